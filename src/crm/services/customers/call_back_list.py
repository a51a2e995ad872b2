"""The call-back list (回电清单): one entry for each number that reached nobody, kept as calls come in and tasks end.

Rows are locked in one order: the call, the lock of its number, the task, the entry. What people do with entries is in
`call_back_steps.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.models import Activity, Call, CallBack
from crm.rules.customers.activity_flow import ACTIVITY_FLOW, ActivityStatus, ActivityVerb
from crm.rules.customers.call_back_flow import WAITING, CallBackStatus, due_at
from crm.services.customers.call_people import add_candidates
from crm.services.customers.call_rows import row_of
from crm.services.deeds import Deed
from crm.services.records import FieldChange, record_change, revise

FIELD = "callBackEntry"
_WAITING_FOR = """
SELECT b.id, b.activity_id FROM call_back b WHERE b.number_key = $1 AND b.status IN ('OPEN', 'CLAIMED')
"""
_LOCK = "SELECT b.* FROM call_back b WHERE b.id = $1 FOR NO KEY UPDATE"
_OF_TASK = "SELECT b.* FROM call_back b WHERE b.activity_id = $1 AND b.status IN ('OPEN', 'CLAIMED') FOR NO KEY UPDATE"
_MISSED_LATEST = """
SELECT id, ringing_at FROM call WHERE call_back_entry_id = $1 AND id <> $2 ORDER BY ringing_at DESC, id DESC
"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """An entry that is not closed, locked together with its task."""

    entry: Any
    task: Any


async def waiting_for(deed: Deed, number_key: str) -> Waiting | None:
    """The open entry of a number; one whose task ended otherwise is closed here, and none."""
    found = await deed.rows(_WAITING_FOR, number_key)
    if not found:
        return None
    tasks = await deed.rows("SELECT * FROM activity WHERE id = $1 FOR NO KEY UPDATE", found[0]["activity_id"])
    task: Any = row_of(Activity, tasks[0])
    entry: Any = row_of(CallBack, (await deed.rows(_LOCK, found[0]["id"]))[0])
    if CallBackStatus(entry.status) not in WAITING:
        return None
    if task.status != ActivityStatus.PLANNED or task.deleted_at is not None:
        await close(deed, entry, _ended_as(task))
        return None
    return Waiting(entry, task)


async def enter(deed: Deed, call: Any, number_key: str, task_id: UUID, at: datetime) -> UUID:
    """A number reached nobody: a new entry beside its task."""
    entry = await CallBack.create(
        using_db=deed.tx, id=new_id(Kind.CALL_BACK), created_at=deed.at, number_key=number_key, call_id=call.id,
        activity_id=task_id, status=CallBackStatus.OPEN.value, first_missed_at=at, last_missed_at=at, due_at=due_at(at),
    )  # fmt: skip
    return entry.id


async def count_in(deed: Deed, entry: Any, call: Any, at: datetime) -> None:
    """The number was missed again. Whoever has claimed it hears of the call too."""
    values: dict[str, Any] = {"missed_count": entry.missed_count + 1, "first_missed_at": min(entry.first_missed_at, at)}
    values["due_at"] = due_at(values["first_missed_at"])
    if at >= entry.last_missed_at:
        values |= {"call_id": call.id, "last_missed_at": at}
    await _write(deed, entry, values)
    if entry.claimed_by_id is not None:
        await add_candidates(deed, call.id, [entry.claimed_by_id])


async def take_out(deed: Deed, call: Any) -> None:
    """This call was answered after all. The entry goes with its last call."""
    rows = await deed.rows(_LOCK, call.call_back_entry_id)
    entry: Any = row_of(CallBack, rows[0])
    others = await deed.rows(_MISSED_LATEST, entry.id, call.id)
    if not others:
        if CallBackStatus(entry.status) in WAITING:
            await close(deed, entry, CallBackStatus.CANCELLED)
        return
    times = [row["ringing_at"] for row in others]
    values = {"missed_count": len(others), "first_missed_at": min(times), "last_missed_at": max(times)}
    await _write(deed, entry, {**values, "call_id": others[0]["id"]})


async def reached(deed: Deed, call: Any, number_key: str, at: datetime, holder: UUID | None) -> None:
    """This number was called back: nothing is owed to it any more, unless it was missed since.

    The party's contact dates follow when that call is filed; parties are locked before calls, so not from here.
    """
    found = await waiting_for(deed, number_key)
    if found is None or found.entry.last_missed_at > at:
        return
    status = ACTIVITY_FLOW.after(ActivityStatus(found.task.status), ActivityVerb.COMPLETE).value
    changes = await revise(deed, found.task, {"status": status, "done_at": deed.at})
    await record_change(deed, found.task, "activity.complete", changes)
    await close(deed, found.entry, CallBackStatus.DONE, answer_id=call.id, closed_by_id=holder or deed.actor)


async def task_closed(deed: Deed, task: Any) -> None:
    """The task of an entry was done, cancelled or thrown away: the entry is closed with it."""
    if task.status == ActivityStatus.PLANNED and task.deleted_at is None:
        return
    for row in await deed.rows(_OF_TASK, task.id):
        await close(deed, row_of(CallBack, row), _ended_as(task))


async def close(deed: Deed, entry: Any, status: CallBackStatus, **values: Any) -> None:
    """Write that an entry is over."""
    closed = {"status": status.value, "closed_at": deed.at, "closed_by_id": deed.actor}
    await move(deed, entry, {**closed, **values})


async def move(deed: Deed, entry: Any, values: Mapping[str, Any]) -> None:
    """Write a step of an entry. It is told as a change of its latest call: whoever sees that sees the entry, and nobody else."""
    before = entry.status
    await _write(deed, entry, values)
    call: Any = row_of(Call, (await deed.rows("SELECT * FROM call WHERE id = $1", entry.call_id))[0])
    change = FieldChange(FIELD, {"status": before}, {"status": entry.status, "claimedById": _text(entry.claimed_by_id)})
    await record_change(deed, call, "call.callBack", [change])


def _text(key: UUID | None) -> str | None:
    return None if key is None else str(key)


async def _write(deed: Deed, entry: Any, values: Mapping[str, Any]) -> None:
    entry.update_from_dict(dict(values))
    await entry.save(using_db=deed.tx, update_fields=list(values))


def _ended_as(task: Any) -> CallBackStatus:
    return CallBackStatus.DONE if task.status == ActivityStatus.DONE else CallBackStatus.CANCELLED
