"""What happens to marketing tasks: written, dispatched to channels, ended; and what channels report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from crm.access.grants import Action
from crm.core.errors import IllegalTransition
from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.models import ChannelTask, MarketingTask
from crm.rules.customers.marketing_task_flow import ENDED, MARKETING_TASK_FLOW, MarketingTaskStatus, MarketingTaskVerb, state_at
from crm.rules.system.notices import Notice
from crm.services import custom_values
from crm.services.customers import channel_audiences
from crm.services.customers.channel_people import people_of, require_ours, require_theirs
from crm.services.deeds import Deed
from crm.services.notices import notify_people
from crm.services.owners import owned_by
from crm.services.records import (
    FieldChange,
    check_frozen,
    check_version,
    claim,
    insert,
    lock_seen,
    record_change,
    refuse_blank,
    refuse_outside,
    revise,
    trash,
    untrash,
)
from crm.services.references import resolved
from crm.services.values import checked, columns

_DISPATCH = """
INSERT INTO channel_task (id, marketing_task_id, channel_id, dispatched_at, state, percent)
SELECT n.id, $1, n.channel, $2, 'TODO', 0 FROM unnest($3::uuid[], $4::uuid[]) AS n(id, channel)
ON CONFLICT (marketing_task_id, channel_id) DO NOTHING RETURNING channel_id
"""


async def create(deed: Deed, given: Mapping[str, Any]) -> UUID:
    """A draft, which no channel sees."""
    refuse_blank(given, ["title"])
    check_frozen(deed, "marketing_task", list(given))
    values, references = columns(MarketingTask, given)
    values |= await resolved(deed, MarketingTask, references)
    values = await owned_by(deed, "marketing_task", {**values, "status": MarketingTaskStatus.DRAFT.value})
    task, changes = await insert(deed, MarketingTask, Kind.MARKETING_TASK, values)
    changes += await custom_values.write(deed, task, given, new=True)
    await record_change(deed, task, "marketing_task.create", changes)
    return task.id


async def update(deed: Deed, record_id: str, version: int, given: Mapping[str, Any]) -> UUID:
    """New values, until it has ended."""
    task: Any = await claim(deed, MarketingTask, record_id, Action.UPDATE)
    check_version(task, version)
    check_frozen(deed, "marketing_task", list(given))
    if MarketingTaskStatus(task.status) in ENDED:
        raise IllegalTransition("Marketing task", task.status, "UPDATE")
    beside = await custom_values.write(deed, task, given)
    if changes := await revise(deed, task, columns(MarketingTask, given)[0], beside):
        await record_change(deed, task, "marketing_task.update", changes)
    return UUID(str(task.id))


async def dispatch(deed: Deed, record_id: str, audience: Mapping[str, Any]) -> UUID:
    """It goes to the channels that the audience reaches now and that do not have it yet; their people are told."""
    task: Any = await claim(deed, MarketingTask, record_id, Action.UPDATE)
    require_ours(deed)
    status = MARKETING_TASK_FLOW.after(MarketingTaskStatus(task.status), MarketingTaskVerb.DISPATCH)
    reached = await channel_audiences.channels_of(deed, audience, ("audience",))
    ids = [new_id(Kind.CHANNEL_TASK) for _ in reached]
    fresh = [row["channel_id"] for row in await deed.rows(_DISPATCH, task.id, deed.at, ids, reached)]
    if not fresh:
        return UUID(str(task.id))
    values = {"status": status.value, "dispatched_at": task.dispatched_at or deed.at}
    told = FieldChange("channelTasks", None, [{"channel": str(each)} for each in sorted(fresh)])
    await record_change(deed, task, "marketing_task.dispatch", await revise(deed, task, values, [told]))
    await notify_people(deed, Notice.TASK_DISPATCHED, task.id, await people_of(deed, fresh))
    return UUID(str(task.id))


async def complete(deed: Deed, record_id: str) -> UUID:
    """It is over, however far the channels have come."""
    return await _end(deed, record_id, MarketingTaskVerb.COMPLETE)


async def cancel(deed: Deed, record_id: str) -> UUID:
    """It is not to be done any more."""
    return await _end(deed, record_id, MarketingTaskVerb.CANCEL)


async def delete(deed: Deed, record_id: str) -> UUID:
    """Move a task to the recycle bin; no channel sees it there."""
    task = await claim(deed, MarketingTask, record_id, Action.DELETE)
    await trash(deed, task, "marketing_task.delete")
    return task.id


async def restore(deed: Deed, record_id: str) -> UUID:
    """Take a task out of the recycle bin."""
    task = await claim(deed, MarketingTask, record_id, Action.DELETE, deleted=True)
    await untrash(deed, task, "marketing_task.restore")
    return task.id


async def report(deed: Deed, record_id: str, given: Mapping[str, Any]) -> UUID:
    """How far a channel is, by its own people. The state follows from the figure. Reports are the record of themselves."""
    part: Any = await lock_seen(deed, ChannelTask, record_id)
    require_theirs(deed, part.channel_id)
    task = (await deed.rows("SELECT * FROM marketing_task WHERE id = $1 FOR SHARE", part.marketing_task_id))[0]
    if task["deleted_at"] is not None or task["status"] != MarketingTaskStatus.DISPATCHED:
        raise IllegalTransition("Marketing task", task["status"], "REPORT")
    refuse_outside(given["percent"], 0, 100, "percent")
    values = checked(ChannelTask, {name: value for name, value in given.items() if name in ("percent", "report")})
    values |= {"state": state_at(given["percent"]).value, "reported_at": deed.at, "reported_by_id": deed.actor}
    part.update_from_dict(values)
    await part.save(using_db=deed.tx, update_fields=list(values))
    await notify_people(deed, Notice.TASK_REPORTED, part.marketing_task_id, _told(task))
    return UUID(str(part.id))


def _told(task: Mapping[str, Any]) -> Sequence[UUID | None]:
    return [task["owner_id"], task["created_by_id"]]


async def _end(deed: Deed, record_id: str, verb: MarketingTaskVerb) -> UUID:
    task: Any = await claim(deed, MarketingTask, record_id, Action.UPDATE)
    require_ours(deed)
    status = MARKETING_TASK_FLOW.after(MarketingTaskStatus(task.status), verb)
    changes = await revise(deed, task, {"status": status.value, "ended_at": deed.at})
    await record_change(deed, task, f"marketing_task.{verb.lower()}", changes)
    return UUID(str(task.id))
