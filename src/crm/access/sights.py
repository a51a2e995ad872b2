"""What several people see of the same rows, asked at once: for the deeds that tell them of something."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from crm.access.binds import Binds, BindsOf
from crm.access.branches import Visible
from crm.access.predicates import TRUE, readable
from crm.access.viewer import ANONYMOUS, Viewer


def unseen(rule: Visible, ids: Sequence[UUID], viewers: Sequence[Viewer]) -> tuple[str, list[object]] | None:
    """(`user_id`, `id`) of the rows that each of these people may not read; None where all of them read everything there is."""
    binds = Binds()
    wanted = binds.value(list(ids))
    parts: list[str] = []
    for viewer in viewers:
        own, alias = BindsOf(binds, viewer), binds.alias()
        seen = readable(rule, alias, viewer.rights, own)
        if seen not in (TRUE, f"{alias}.deleted_at IS NULL"):
            tests = f"{alias}.id = ANY({wanted}::uuid[]) AND ({seen}) IS NOT TRUE"
            parts.append(f"SELECT {own.viewer('id')}::uuid AS user_id, {alias}.id FROM {rule.table} {alias} WHERE {tests}")
    return binds.statement(" UNION ALL ".join(parts), ANONYMOUS) if parts else None
