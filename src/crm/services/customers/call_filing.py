"""Ending a call on screen: how it went, said once, and kept as an activity of whoever had it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from crm.access.grants import Action
from crm.core.errors import IllegalTransition, Invalid
from crm.core.ids import parse_id
from crm.core.kinds import Kind
from crm.models import Activity, Call
from crm.rules.customers.activity_flow import ACTIVITY_FLOW, ActivityKind, ActivityStatus, ActivityVerb
from crm.rules.customers.call_states import CALL_FLOW, CallDirection, CallState, CallVerb, Signal, folded
from crm.services import custom_values
from crm.services.arguments import told_at
from crm.services.customers import activity_links, call_back_list
from crm.services.customers.call_histories import note, refold
from crm.services.customers.calls import held
from crm.services.customers.contact_cycles import touch_party
from crm.services.deeds import Deed
from crm.services.records import check_frozen, claim, insert, record_change, revise, rule_of
from crm.services.references import visible_id
from crm.services.values import checked

DICTIONARY = "call_disposition"
FURTHEST = timedelta(days=731)

_OPTION = """
SELECT i.id, i.label_zh, i.label_en FROM dictionary_item i JOIN dictionary d ON d.id = i.dictionary_id
WHERE d.code = $1 AND (i.id = $2 OR i.code = $3) AND i.active AND i.deleted_at IS NULL FOR SHARE OF i
"""

_SUBJECTS = {
    # (to us, from us, follow-up): Chinese and English
    True: ("来电", "去电", "回访"),
    False: ("Incoming call", "Outgoing call", "Follow-up call"),
}
"""Without the number: roles may hide it on the call, and a text that is stored can never be judged again."""


async def end(deed: Deed, record_id: str, given: Mapping[str, Any]) -> UUID:
    """How the call went. It ends by this, if the switchboard has not ended it."""
    check_frozen(deed, "call", list(given))
    await _lock_party(deed, record_id)
    call = await held(deed, record_id)
    about = activity_links.spelled({name: given[name] for name in ("record_id",) if given.get(name) is not None})
    if call.filed_at is not None:
        raise IllegalTransition("Call", call.state, CallVerb.END)
    CALL_FLOW.after(CallState(call.state), CallVerb.END)
    values = checked(Call, {"note": given.get("note")})
    values["follow_up_at"] = _follow_up(deed, given.get("follow_up_at"))
    option = await disposition_of(deed, given.get("disposition"))
    told = await custom_values.write(deed, call, given)
    heard = await note(deed, call, Signal.FILED, agent=deed.actor)
    ended_at = folded(heard).ended_at or deed.at
    about = await _about(deed, call, about)
    planned = await _planned(deed, call, given["activity_id"]) if given.get("activity_id") is not None else None
    activity_id = await _kept(deed, call, values | about, option, ended_at, planned)
    values |= {"disposition_id": option and option["id"], "filed_at": deed.at, "activity_id": activity_id}
    await refold(deed, call, heard, verb="call.end", values=values, beside=told)
    return UUID(str(call.id))


async def _lock_party(deed: Deed, record_id: str) -> None:
    """The party is written too, and parties are locked before calls. Which one stands in the call itself."""
    key = await visible_id(deed, rule_of(Call), record_id, ("id",))
    await deed.run("SELECT p.id FROM party p JOIN call c ON c.party_id = p.id WHERE c.id = $1 FOR NO KEY UPDATE OF p", key)


def _follow_up(deed: Deed, at: datetime | None) -> datetime | None:
    if at is not None and not deed.at < at <= deed.at + FURTHEST:
        raise Invalid("A follow-up lies ahead, within two years.", ("input", "followUpAt"))
    return at


async def disposition_of(deed: Deed, given: str | None) -> dict[str, Any] | None:
    """The option that a code or an id names, held until the call is written."""
    if given is None or not given.strip():
        return None
    text = given.strip()
    rows = await deed.rows(_OPTION, DICTIONARY, parse_id(text, Kind.DICTIONARY_ITEM), text) if "\0" not in text else []
    if not rows:
        raise Invalid(f"This is no option of `{DICTIONARY}` that can be chosen.", ("input", "disposition"))
    return rows[0]


async def _about(deed: Deed, call: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """What it was about, of the party that it was with."""
    links = await activity_links.taken(deed, given, None)
    found = await activity_links.with_its_party(deed, links, None)
    if found.get("party_id") not in (None, call.party_id):
        raise Invalid("What it was about belongs to another party.", activity_links.WHERE)
    return links


async def _planned(deed: Deed, call: Any, record_id: str) -> Any:
    """The planned activity that this call was, locked."""
    where = ("input", "activityId")
    activity: Any = await claim(deed, Activity, record_id, Action.UPDATE, where=where)
    with told_at(*where):
        ACTIVITY_FLOW.after(ActivityStatus(activity.status), ActivityVerb.COMPLETE)
        if activity.party_id != call.party_id:
            raise Invalid("This activity is with somebody else.", where)
    return activity


async def _kept(
    deed: Deed,
    call: Any,
    values: Mapping[str, Any],
    option: Mapping[str, Any] | None,
    ended_at: datetime,
    planned: Any,
) -> UUID:
    """The call as an activity of the history, which may have been planned, and another planned one to follow it up."""
    holder = (await deed.rows("SELECT locale, department_id FROM user_account WHERE id = $1", deed.actor))[0]
    chinese = holder["locale"].startswith("zh")
    inward, outward, again = _SUBJECTS[chinese]
    links = {column: values[column] for column in activity_links.link_models() if column in values}
    shared = links | {
        "kind": ActivityKind.CALL.value,
        "party_id": call.party_id,
        "contact_id": call.contact_id,
        "owner_id": deed.actor,
        "department_id": holder["department_id"],
    }
    told = {
        "status": ActivityStatus.DONE.value,
        "done_at": ended_at,
        "outcome": option and option["label_zh" if chinese else "label_en"],
    }
    await touch_party(deed, call.party_id, ended_at)
    if planned is not None:
        told |= {"content": planned.content or values["note"], "outcome": told["outcome"] or planned.outcome} | links
        await record_change(deed, planned, "activity.complete", await revise(deed, planned, told))
        await call_back_list.task_closed(deed, planned)
        activity_id = UUID(str(planned.id))
    else:
        subject = outward if call.direction == CallDirection.OUTBOUND else inward
        activity_id = await _activity(deed, shared | told | {"subject": subject, "content": values["note"]})
    if values["follow_up_at"] is not None:
        following = {"status": ActivityStatus.PLANNED.value, "planned_at": values["follow_up_at"], "previous_id": activity_id}
        await _activity(deed, shared | following | {"subject": again})
    return activity_id


async def _activity(deed: Deed, values: dict[str, Any]) -> UUID:
    activity, changes = await insert(deed, Activity, Kind.ACTIVITY, values)
    await record_change(deed, activity, "activity.create", changes)
    return activity.id
