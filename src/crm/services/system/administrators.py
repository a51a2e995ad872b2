"""Somebody must always remain who can administer users and roles."""

from __future__ import annotations

from crm.access.grants import Action, Scope
from crm.core.errors import LastAdministrator
from crm.services.deeds import Deed

ADMINISTRATION = (("user", Action.UPDATE), ("user", Action.ADMINISTER), ("role", Action.UPDATE), ("role", Action.ADMINISTER))
"""What it takes to repair everything else."""

_QUERY = """
SELECT 1 FROM user_account u WHERE u.active AND u.kind = 'STAFF' AND u.deleted_at IS NULL AND (
    SELECT count(DISTINCT (g.entity, g.action)) FROM role_member m
    JOIN role r ON r.id = m.role_id AND r.deleted_at IS NULL JOIN role_grant g ON g.role_id = r.id
    WHERE m.user_id = u.id AND g.scope = $1 AND g.entity || '.' || g.action = ANY($2)) = $3 LIMIT 1
"""


async def require_administrator(deed: Deed) -> None:
    """Refuse the change just written if nobody is left; called at the end of every change of users, roles and memberships."""
    wanted = [f"{entity}.{action}" for entity, action in ADMINISTRATION]
    if not await deed.rows(_QUERY, Scope.ALL.value, wanted, len(wanted)):
        raise LastAdministrator
