"""Who is told that a job was given up: whoever started it, and whoever could retry it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from crm.access.grants import Action, Scope
from crm.core.clock import now
from crm.rules.system.notices import Notice
from crm.services.notices import notification

_PEOPLE = """
SELECT m.user_id FROM role_member m JOIN role r ON r.id = m.role_id AND r.deleted_at IS NULL
JOIN role_grant g ON g.role_id = r.id AND g.entity = 'job' AND g.action = $1 AND g.scope = $2
UNION SELECT starter_id FROM job WHERE id = $3 AND starter_id IS NOT NULL
"""


async def notify_of_failure(connection: Any, jobs: Iterable[UUID]) -> None:
    """Notify them in the transaction in which the jobs were given up. Dead letters that nobody looks at are lost."""
    for job in jobs:
        rows = await connection.fetch(_PEOPLE, Action.ADMINISTER.value, Scope.ALL.value, job)
        people = {row["user_id"] for row in rows}
        if people:
            news = [(job, person) for person in sorted(people)]
            await connection.execute(*notification(Notice.JOB_FAILED, news, actor=None, at=now()))
