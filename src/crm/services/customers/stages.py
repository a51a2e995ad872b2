"""Which stage an opportunity enters. Its pipeline is held meanwhile, so that nobody removes or retires the stage in between."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crm.core.errors import Invalid, NotFound
from crm.services.deeds import Deed

_DEFAULT = "SELECT id FROM pipeline WHERE active AND deleted_at IS NULL ORDER BY position, id LIMIT 1"
_HOLD = "SELECT active FROM pipeline WHERE id = $1 AND deleted_at IS NULL FOR SHARE"
_COLUMNS = "SELECT id, pipeline_id, probability, active FROM stage"


async def first(deed: Deed, pipeline_id: UUID | None) -> Mapping[str, Any]:
    """The first stage of a pipeline, by default of the first pipeline."""
    where = ("input", "pipelineId")
    if pipeline_id is None:
        found = await deed.rows(_DEFAULT)
        if not found:
            raise Invalid("There is no pipeline; one must be made first.", where)
        pipeline_id = found[0]["id"]
    await _hold(deed, pipeline_id, where)
    return (await deed.rows(f"{_COLUMNS} WHERE pipeline_id = $1 AND active ORDER BY position, id LIMIT 1", pipeline_id))[0]


async def chosen(deed: Deed, stage_id: UUID, where: tuple[str, ...]) -> Mapping[str, Any]:
    """A stage that somebody chose, if it can still be chosen."""
    found = await deed.rows("SELECT pipeline_id FROM stage WHERE id = $1", stage_id)
    if not found:
        raise NotFound(where)
    await _hold(deed, found[0]["pipeline_id"], where)
    stages = await deed.rows(f"{_COLUMNS} WHERE id = $1", stage_id)  # as it is now that nobody can change it
    if not stages:
        raise NotFound(where)
    if not stages[0]["active"]:
        raise Invalid("This stage can no longer be chosen.", where)
    return stages[0]


async def _hold(deed: Deed, pipeline_id: UUID, where: tuple[str, ...]) -> None:
    held = await deed.rows(_HOLD, pipeline_id)
    if not held:
        raise NotFound(where)
    if not held[0]["active"]:
        raise Invalid("This pipeline can no longer be chosen.", where)
