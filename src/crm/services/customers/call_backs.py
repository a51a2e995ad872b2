"""Call-back tasks (回电): what is owed to a caller whom nobody answered, one for each number however often it rang.

Beside each stands an entry of the list that a team works through, `call_back_list.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from crm.core.kinds import Kind
from crm.models import Activity
from crm.rules.customers.activity_flow import ACTIVITY_FLOW, ActivityKind, ActivityStatus, ActivityVerb
from crm.rules.customers.call_states import CallDirection, CallState
from crm.rules.system.notices import Notice
from crm.services.customers import call_back_list
from crm.services.customers.call_people import candidates_of
from crm.services.customers.call_rows import locked_own
from crm.services.deeds import Deed
from crm.services.notices import notify_people
from crm.services.records import insert, record_change, revise

NUMBER_LOCK = 7_261_005
UNANSWERED = frozenset({CallState.MISSED, CallState.ABANDONED, CallState.LOST})

_SPOKEN_SINCE = """
SELECT 1 FROM call WHERE number_e164 = $1 AND answered_at >= $2 AND id <> $3 AND direction = 'OUTBOUND' LIMIT 1
"""
"""Switchboards are late: that they were called back may be known before it is that they were missed."""


async def settled(deed: Deed, call: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """The call's links to its task and its entry, as far as they change: made when nobody answered, given up when somebody did.

    `values` are what the call is about to become. Whoever is reached by a call of ours is owed nothing any more.
    """

    def after(name: str) -> Any:
        return values.get(name, getattr(call, name))

    missed = after("direction") == CallDirection.INBOUND and after("state") in UNANSWERED and after("answered_at") is None
    owed = missed and after("number_display") is not None and not after("blocked")
    answered = after("answered_at") is not None and call.answered_at is None and after("direction") == CallDirection.OUTBOUND
    number = after("number_e164") or after("number_display")
    if owed == (call.call_back_id is not None) and not (answered and number):
        return {}
    # Two calls of one number may be missed at the same instant, and must find each other's task.
    await deed.run("SELECT pg_advisory_xact_lock($1, hashtext($2))", NUMBER_LOCK, number or "")
    given_up: dict[str, Any] = {}
    if not owed and call.call_back_id is not None:
        await _withdraw(deed, call)
        given_up = {"call_back_id": None, "call_back_entry_id": None}
    if answered and number:
        await call_back_list.reached(deed, call, number, after("answered_at"), after("claimed_by_id"))
    return await _owed(deed, call, number or "", after) if owed and call.call_back_id is None else given_up


async def _owed(deed: Deed, call: Any, number: str, after: Callable[[str], Any]) -> dict[str, Any]:
    at = after("ringing_at")
    if await deed.rows(_SPOKEN_SINCE, number, at, call.id):
        return {}
    found = await call_back_list.waiting_for(deed, number)
    if found is not None:
        await call_back_list.count_in(deed, found.entry, call, at)
        return {"call_back_id": found.task.id, "call_back_entry_id": found.entry.id}
    task = await _task(deed, call.id, after("party_id"), after("contact_id"))
    return {"call_back_id": task, "call_back_entry_id": await call_back_list.enter(deed, call, number, task, at)}


async def _task(deed: Deed, call_id: UUID, party_id: UUID | None, contact_id: UUID | None) -> UUID:
    owner = await _responsible(deed, call_id, party_id)
    chinese = owner is None or owner["locale"].startswith("zh")
    values = {
        "kind": ActivityKind.TASK.value,
        # Without the number: roles may hide it on the call, and a text that is stored can never be judged again.
        "subject": "回电" if chinese else "Call back",
        "status": ActivityStatus.PLANNED.value,
        "planned_at": deed.at,
        "party_id": party_id,
        "contact_id": contact_id,
        "owner_id": owner and owner["id"],
        "department_id": owner and owner["department_id"],
    }
    task, changes = await insert(deed, Activity, Kind.ACTIVITY, values)
    await record_change(deed, task, "activity.create", changes)
    await notify_people(deed, Notice.ASSIGNED, task.id, [owner["id"] if owner else None])
    return task.id


async def _responsible(deed: Deed, call_id: UUID, party_id: UUID | None) -> dict[str, Any] | None:
    """The owner of the caller's record, while they work here; else the first whose telephone rang."""
    people = await deed.rows("SELECT owner_id FROM party WHERE id = $1 AND owner_id IS NOT NULL", party_id) if party_id else []
    wanted = [row["owner_id"] for row in people] + await candidates_of(deed, call_id)
    rows = await deed.rows(
        "SELECT id, department_id, locale FROM user_account WHERE id = ANY($1::uuid[]) AND active AND deleted_at IS NULL"
        " ORDER BY array_position($1::uuid[], id) LIMIT 1",
        wanted,
    )
    return rows[0] if rows else None


async def _withdraw(deed: Deed, call: Any) -> None:
    """Cancel the task if it is still open and no other call is waiting for it; the entry of the list goes with it."""
    others = await deed.rows("SELECT 1 FROM call WHERE call_back_id = $1 AND id <> $2 LIMIT 1", call.call_back_id, call.id)
    task = await locked_own(deed, Activity, call.call_back_id)
    if not others and task is not None and task.status == ActivityStatus.PLANNED:
        status = ACTIVITY_FLOW.after(ActivityStatus(task.status), ActivityVerb.CANCEL)
        await record_change(deed, task, "activity.cancel", await revise(deed, task, {"status": status.value}))
    if call.call_back_entry_id is not None:
        await call_back_list.take_out(deed, call)
