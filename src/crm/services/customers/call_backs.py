"""Call-back tasks (回电): what is owed to a caller whom nobody answered, one for each number however often it rang."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crm.core.kinds import Kind
from crm.models import Activity
from crm.rules.customers.activity_flow import ACTIVITY_FLOW, ActivityKind, ActivityStatus, ActivityVerb
from crm.rules.customers.call_states import CallDirection, CallState
from crm.rules.system.notices import Notice
from crm.services.customers.call_people import candidates_of
from crm.services.customers.call_rows import locked_own
from crm.services.deeds import Deed
from crm.services.notices import notify_people
from crm.services.records import insert, record_change, revise

NUMBER_LOCK = 7_261_005
UNANSWERED = frozenset({CallState.MISSED, CallState.ABANDONED, CallState.LOST})

_OPEN_TASK = """
SELECT c.call_back_id FROM call c JOIN activity a ON a.id = c.call_back_id
WHERE {same} AND c.call_back_id IS NOT NULL AND c.id <> $2 AND a.status = 'PLANNED' AND a.deleted_at IS NULL
ORDER BY c.ringing_at, c.id LIMIT 1
"""
_OF_NUMBER = _OPEN_TASK.format(same="c.number_e164 = $1")
_OF_DISPLAY = _OPEN_TASK.format(same="c.number_e164 IS NULL AND c.number_display = $1")


async def settled(deed: Deed, call: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """The call's link to its task, as far as it changes: made when nobody answered, given up when somebody did after all.

    `values` are what the call is about to become.
    """

    def after(name: str) -> Any:
        return values.get(name, getattr(call, name))

    missed = after("direction") == CallDirection.INBOUND and after("state") in UNANSWERED and after("answered_at") is None
    owed = missed and after("number_display") is not None
    if owed == (call.call_back_id is not None):
        return {}
    # Two calls of one number may be missed at the same instant, and must find each other's task.
    number = after("number_e164") or after("number_display") or ""
    await deed.run("SELECT pg_advisory_xact_lock($1, hashtext($2))", NUMBER_LOCK, number)
    if not owed:
        await _withdraw(deed, call)
        return {"call_back_id": None}
    found = await deed.rows(_OF_NUMBER if after("number_e164") else _OF_DISPLAY, number, call.id)
    if found:
        return {"call_back_id": found[0]["call_back_id"]}
    return {"call_back_id": await _task(deed, call.id, after("party_id"), after("contact_id"))}


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
    """Cancel the task if it is still open and no other call is waiting for it."""
    others = await deed.rows("SELECT 1 FROM call WHERE call_back_id = $1 AND id <> $2 LIMIT 1", call.call_back_id, call.id)
    task = await locked_own(deed, Activity, call.call_back_id)
    if others or task is None or task.status != ActivityStatus.PLANNED:
        return
    status = ACTIVITY_FLOW.after(ActivityStatus(task.status), ActivityVerb.CANCEL)
    await record_change(deed, task, "activity.cancel", await revise(deed, task, {"status": status.value}))
