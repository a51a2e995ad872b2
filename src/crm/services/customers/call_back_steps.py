"""What people do with the call-back list: take an entry, give it back, say that it is done or need not be."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from crm.access.binds import Binds
from crm.access.predicates import readable
from crm.core.errors import Conflict, Forbidden, NotFound
from crm.core.ids import parse_id
from crm.core.kinds import Kind
from crm.models import Activity, CallBack
from crm.rules.customers.activity_flow import ACTIVITY_FLOW, ActivityStatus, ActivityVerb
from crm.rules.customers.call_back_flow import CALL_BACK_FLOW, CallBackStatus, CallBackVerb
from crm.services.customers.call_back_list import Waiting, close, move
from crm.services.customers.call_rows import row_of
from crm.services.customers.contact_cycles import touch_party
from crm.services.deeds import Deed
from crm.services.owners import department_of
from crm.services.records import record_change, revise, rule_of
from crm.services.values import checked

_TASK = "SELECT b.activity_id, a.party_id FROM call_back b JOIN activity a ON a.id = b.activity_id WHERE b.id = $1"


async def claim(deed: Deed, record_id: str) -> UUID:
    """The viewer will call back; of several at once the first gets it. The task is theirs from then on."""
    found = await _locked(deed, record_id)
    entry = found.entry
    if entry.status == CallBackStatus.CLAIMED:
        if entry.claimed_by_id == deed.actor:
            return UUID(str(entry.id))
        rows = await deed.rows("SELECT display_name FROM user_account WHERE id = $1", entry.claimed_by_id)
        raise Conflict(f"{rows[0]['display_name']} calls back.", ("id",))
    status = CALL_BACK_FLOW.after(CallBackStatus(entry.status), CallBackVerb.CLAIM)
    await _hand(deed, found.task)
    await move(deed, entry, {"status": status.value, "claimed_by_id": deed.actor, "claimed_at": deed.at})
    return UUID(str(entry.id))


async def release(deed: Deed, record_id: str) -> UUID:
    """Somebody else is to call back: by whoever has it, or a superior of theirs."""
    entry = (await _locked(deed, record_id)).entry
    _refuse_others(deed, entry, superiors=True)
    status = CALL_BACK_FLOW.after(CallBackStatus(entry.status), CallBackVerb.RELEASE)
    await move(deed, entry, {"status": status.value, "claimed_by_id": None, "claimed_at": None})
    return UUID(str(entry.id))


async def complete(deed: Deed, record_id: str, note: str | None) -> UUID:
    """They were called back. Where the switchboard told of the answered call, this has happened by itself."""
    return await _closed(deed, record_id, CallBackVerb.COMPLETE, note)


async def cancel(deed: Deed, record_id: str, note: str | None) -> UUID:
    """They need no call."""
    return await _closed(deed, record_id, CallBackVerb.CANCEL, note)


async def _closed(deed: Deed, record_id: str, verb: CallBackVerb, note: str | None) -> UUID:
    found = await _locked(deed, record_id)
    entry, task = found.entry, found.task
    _refuse_others(deed, entry)
    status = CALL_BACK_FLOW.after(CallBackStatus(entry.status), verb)
    text = checked(CallBack, {"note": note}, ())["note"]
    if task.status == ActivityStatus.PLANNED and task.deleted_at is None:
        done = status is CallBackStatus.DONE
        step = ActivityVerb.COMPLETE if done else ActivityVerb.CANCEL
        values: dict[str, Any] = {"status": ACTIVITY_FLOW.after(ActivityStatus(task.status), step).value}
        if done:
            values |= {"done_at": deed.at, "outcome": text or task.outcome}
            await touch_party(deed, task.party_id, deed.at)
        await record_change(deed, task, f"activity.{step.lower()}", await revise(deed, task, values))
    await close(deed, entry, status, note=text)
    return UUID(str(entry.id))


async def _locked(deed: Deed, record_id: str) -> Waiting:
    """Lock an entry that the viewer may see, after its party and its task, as the order of locks says."""
    key = parse_id(record_id, Kind.CALL_BACK)
    of = await deed.rows(_TASK, key)
    if not of:
        raise NotFound(("id",))
    await deed.run("SELECT id FROM party WHERE id = $1 FOR NO KEY UPDATE", of[0]["party_id"])
    tasks = await deed.rows("SELECT * FROM activity WHERE id = $1 FOR NO KEY UPDATE", of[0]["activity_id"])
    binds = Binds()
    seen = readable(rule_of(CallBack), "b", deed.viewer.rights, binds)
    query = f"SELECT b.* FROM call_back b WHERE b.id = {binds.value(key)} AND {seen} FOR NO KEY UPDATE OF b"
    text, values = binds.statement(query, deed.viewer)
    found = await deed.rows(text, *values)
    if not found:
        raise NotFound(("id",))
    return Waiting(row_of(CallBack, found[0]), row_of(Activity, tasks[0]))


def _refuse_others(deed: Deed, entry: Any, *, superiors: bool = False) -> None:
    allowed = deed.viewer.staff if superiors else (deed.actor,)
    if entry.claimed_by_id not in allowed:
        raise Forbidden("This is for whoever has claimed it.", ("id",))


async def _hand(deed: Deed, task: Any) -> None:
    """The task goes to whoever took the entry on."""
    if deed.actor is None or task.owner_id == deed.actor:
        return
    values = {"owner_id": deed.actor, "department_id": await department_of(deed, deed.actor, ("id",))}
    if changes := await revise(deed, task, values):
        await record_change(deed, task, "activity.transfer", changes)
