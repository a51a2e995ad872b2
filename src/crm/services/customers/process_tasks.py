"""What happens to the tasks of a record of the sales process."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crm.core.errors import Invalid
from crm.core.kinds import Kind
from crm.models import ProcessTask
from crm.rules.customers.process_task_flow import PROCESS_TASK_FLOW, ProcessTaskStatus, ProcessTaskVerb
from crm.rules.customers.sales_processes import SalesProcess
from crm.rules.system.notices import Notice
from crm.services.customers import process_parts
from crm.services.customers.process_parts import Part
from crm.services.deeds import Deed
from crm.services.notices import notify_people
from crm.services.references import resolved
from crm.services.values import columns

TASKS = Part(
    ProcessTask, Kind.PROCESS_TASK, "tasks", "Task",
    ("title", "description", "status", "assignee_id", "due_on", "done_at", "position"),
)  # fmt: skip


async def add(deed: Deed, given: Mapping[str, Any]) -> UUID:
    """A new task, to do; without a position it stands last. Whoever is to do it is notified."""
    process, record = await process_parts.record_of(deed, TASKS, given["record_id"])
    values = await _decided(deed, process, record, {name: value for name, value in given.items() if name != "record_id"})
    if "position" not in values:
        query = f"SELECT coalesce(max(position) + 1, 0) AS last FROM process_task WHERE {process.column} = $1"
        values["position"] = (await deed.rows(query, record.id))[0]["last"]
    row = await process_parts.add(deed, TASKS, process, record, {**values, "status": ProcessTaskStatus.TODO.value})
    await notify_people(deed, Notice.ASSIGNED, record.id, [row.assignee_id])
    return UUID(str(row.id))


async def update(deed: Deed, row_id: str, version: int, given: Mapping[str, Any]) -> UUID:
    """New values of a task; its status is changed by the verbs below."""
    found = await process_parts.held(deed, TASKS, row_id, version=version)
    values, before = await _decided(deed, found.process, found.record, given, found.row), found.row.assignee_id
    changed = await process_parts.change(deed, TASKS, found, values)
    if found.row.assignee_id != before:
        await notify_people(deed, Notice.ASSIGNED, found.record.id, [found.row.assignee_id])
    return changed


async def start(deed: Deed, row_id: str) -> UUID:
    """Somebody is at it."""
    return await _step(deed, row_id, ProcessTaskVerb.START)


async def complete(deed: Deed, row_id: str) -> UUID:
    """It is done, now."""
    return await _step(deed, row_id, ProcessTaskVerb.COMPLETE, done_at=deed.at)


async def cancel(deed: Deed, row_id: str) -> UUID:
    """It will not be done."""
    return await _step(deed, row_id, ProcessTaskVerb.CANCEL)


async def reopen(deed: Deed, row_id: str) -> UUID:
    """It is to be done after all, or was begun too early."""
    return await _step(deed, row_id, ProcessTaskVerb.REOPEN, done_at=None)


async def remove(deed: Deed, row_id: str) -> UUID:
    """It should never have been written down."""
    return await process_parts.remove(deed, TASKS, await process_parts.held(deed, TASKS, row_id))


async def _step(deed: Deed, row_id: str, verb: ProcessTaskVerb, **values: Any) -> UUID:
    found = await process_parts.held(deed, TASKS, row_id)
    values["status"] = PROCESS_TASK_FLOW.after(ProcessTaskStatus(found.row.status), verb).value
    return await process_parts.change(deed, TASKS, found, values, verb.lower())


async def _decided(deed: Deed, process: SalesProcess, record: Any, given: Mapping[str, Any], task: Any = None) -> dict[str, Any]:
    values, references = columns(ProcessTask, given)
    values |= await resolved(deed, ProcessTask, references, current=task)
    assignee = values.get("assignee_id")
    if assignee not in (None, record.owner_id, getattr(task, "assignee_id", None)):
        query = f"SELECT 1 FROM team_member WHERE {process.column} = $1 AND user_id = $2"
        if not await deed.rows(query, record.id, assignee):
            raise Invalid("Tasks are done by the owner and the team; put this person on the team first.", ("input", "assigneeId"))
    return values
