"""What happens to activities: planned, put off, done, cancelled, reopened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from crm.access.grants import Action
from crm.core.errors import Invalid
from crm.core.ids import parse_id
from crm.core.kinds import Kind
from crm.models import Activity, ActivityParticipant
from crm.rules.customers.activity_flow import ACTIVITY_FLOW, ActivityStatus, ActivityVerb
from crm.rules.system.notices import Notice
from crm.services import custom_values, value_rows
from crm.services.arguments import told_at
from crm.services.customers import activity_links, call_back_list
from crm.services.customers.contact_cycles import lock_party_of, touch_party, untouch_party
from crm.services.deeds import Deed
from crm.services.notices import notify_people
from crm.services.owners import owned_by
from crm.services.records import (
    FieldChange,
    check_frozen,
    check_version,
    claim,
    insert,
    record_change,
    refuse_blank,
    require_gate,
    revise,
    trash,
    untrash,
)
from crm.services.references import resolved
from crm.services.values import columns

OUTCOMES = {"outcome_option_id": "activity_outcome"}
HANDED_ON = ("party_id", "contact_id")

# Held until the record that will name it is written: a party that is being merged just now stays, or is the survivor here.
_PARTY_OF_CONTACT = """
SELECT coalesce(p.merged_into_id, p.id) AS party_id FROM contact c JOIN party p ON p.id = c.party_id
WHERE c.id = $1 FOR KEY SHARE OF p
"""


async def create(deed: Deed, given: Mapping[str, Any]) -> UUID:
    """A new activity: planned, or, with `done_at`, one that has happened already."""
    refuse_blank(given, ["subject", "kind"])
    given = activity_links.spelled(given)
    check_frozen(deed, "activity", list(given))
    values = await _decided(deed, given, None)
    done_at = values.get("done_at")
    status = ActivityStatus.PLANNED if done_at is None else ActivityStatus.DONE
    values = await owned_by(deed, "activity", {**values, "status": status.value})
    if done_at is not None:
        await touch_party(deed, values.get("party_id"), done_at)
    activity, changes = await insert(deed, Activity, Kind.ACTIVITY, values)
    changes += await _replace_participants(deed, activity.id, given)
    changes += await custom_values.write(deed, activity, given, new=True)
    await record_change(deed, activity, "activity.create", changes)
    if status is ActivityStatus.PLANNED:
        await notify_people(deed, Notice.ASSIGNED, activity.id, [values["owner_id"]])
    return activity.id


async def update(deed: Deed, record_id: str, version: int, given: Mapping[str, Any]) -> UUID:
    """New values of an activity; its status is changed by the verbs below."""
    activity = await claim(deed, Activity, record_id, Action.UPDATE)
    check_version(activity, version)
    given = activity_links.spelled(given)
    check_frozen(deed, "activity", list(given))
    values = await _decided(deed, given, activity)
    changes = [*await _replace_participants(deed, activity.id, given), *await custom_values.write(deed, activity, given)]
    if changes := await revise(deed, activity, values, changes):
        await record_change(deed, activity, "activity.update", changes)
    return activity.id


async def complete(deed: Deed, record_id: str, given: Mapping[str, Any]) -> UUID:
    """It has been done; the party's last and next contact follow from it, and what comes next is planned with it."""
    activity: Any = await _step_claim(deed, record_id)
    own = {name: value for name, value in given.items() if name != "next"}
    check_frozen(deed, "activity", list(own))
    values, references = columns(Activity, own)
    values |= await resolved(deed, Activity, references, dictionaries=OUTCOMES)
    done_at = values.setdefault("done_at", deed.at)
    values["status"] = ACTIVITY_FLOW.after(ActivityStatus(activity.status), ActivityVerb.COMPLETE).value
    await touch_party(deed, activity.party_id, done_at)
    await record_change(deed, activity, "activity.complete", await revise(deed, activity, values))
    await call_back_list.task_closed(deed, activity)
    if (following := given.get("next")) is not None:
        await _follow(deed, activity, following)
    return UUID(str(activity.id))


async def _follow(deed: Deed, activity: Any, given: Mapping[str, Any]) -> None:
    """The next step, with whom and about what the last one was; the one who plans it does it, unless somebody else is named."""
    require_gate(deed, "activity", Action.CREATE)
    check_frozen(deed, "activity", list(given), ("input", "next"))
    values, references = columns(Activity, {"subject": activity.subject, **given}, ("participants",))
    if values["planned_at"] < activity.done_at:
        raise Invalid("The next step comes after this one.", ("input", "next", "plannedAt"))
    values |= await resolved(deed, Activity, references, path=("input", "next"))
    values |= {name: getattr(activity, name) for name in (*HANDED_ON, *activity_links.link_models())}
    with told_at("input", "next", "ownerId"):
        values = await owned_by(deed, "activity", values)
    await plan(deed, {**values, "previous_id": activity.id}, given, ("input", "next"))


async def plan(deed: Deed, values: Mapping[str, Any], given: Mapping[str, Any], path: tuple[str, ...] = ("input",)) -> UUID:
    """Write a planned activity whose values are decided, and tell whoever is to do it."""
    activity, changes = await insert(deed, Activity, Kind.ACTIVITY, {**values, "status": ActivityStatus.PLANNED.value})
    changes += await _replace_participants(deed, activity.id, given, path)
    with told_at(*path, "customFields"):
        changes += await custom_values.write(deed, activity, given, new=True)
    await record_change(deed, activity, "activity.create", changes)
    await notify_people(deed, Notice.ASSIGNED, activity.id, [values["owner_id"]])
    return activity.id


async def reschedule(deed: Deed, record_id: str, planned_at: datetime) -> UUID:
    """It is to happen at another time."""
    check_frozen(deed, "activity", ["planned_at"], ())
    return await _step(deed, record_id, ActivityVerb.RESCHEDULE, planned_at=planned_at)


async def cancel(deed: Deed, record_id: str) -> UUID:
    """It will not happen."""
    return await _step(deed, record_id, ActivityVerb.CANCEL)


async def reopen(deed: Deed, record_id: str) -> UUID:
    """It is to be done after all."""
    await lock_party_of(deed, parse_id(record_id, Kind.ACTIVITY))
    return await _step(deed, record_id, ActivityVerb.REOPEN, done_at=None)


async def delete(deed: Deed, record_id: str) -> UUID:
    """Move an activity to the recycle bin; done or not, it was none."""
    await lock_party_of(deed, parse_id(record_id, Kind.ACTIVITY))
    activity = await claim(deed, Activity, record_id, Action.DELETE)
    await untouch_party(deed, activity)
    await trash(deed, activity, "activity.delete")
    await call_back_list.task_closed(deed, activity)
    return activity.id


async def restore(deed: Deed, record_id: str) -> UUID:
    """Take an activity out of the recycle bin."""
    await lock_party_of(deed, parse_id(record_id, Kind.ACTIVITY))
    activity: Any = await claim(deed, Activity, record_id, Action.DELETE, deleted=True)
    if activity.done_at is not None:
        await touch_party(deed, activity.party_id, activity.done_at)
    await untrash(deed, activity, "activity.restore")
    return UUID(str(activity.id))


async def _step(deed: Deed, record_id: str, verb: ActivityVerb, **values: Any) -> UUID:
    activity = await claim(deed, Activity, record_id, Action.UPDATE)
    values["status"] = ACTIVITY_FLOW.after(ActivityStatus(activity.status), verb).value
    if verb is ActivityVerb.REOPEN:
        await untouch_party(deed, activity)
    if changes := await revise(deed, activity, values):
        await record_change(deed, activity, f"activity.{verb.lower()}", changes)
    await call_back_list.task_closed(deed, activity)
    return activity.id


async def _step_claim(deed: Deed, record_id: str) -> Any:
    """Claim an activity whose party will be written too."""
    await lock_party_of(deed, parse_id(record_id, Kind.ACTIVITY))
    return await claim(deed, Activity, record_id, Action.UPDATE)


async def _decided(deed: Deed, given: Mapping[str, Any], activity: Any) -> dict[str, Any]:
    values, references = columns(Activity, given, ("participants",))
    links = await activity_links.taken(deed, references, activity)
    others = {name: value for name, value in references.items() if name not in links}
    values |= await resolved(deed, Activity, others, dictionaries=OUTCOMES, current=activity) | links
    party_id = values.get("party_id", getattr(activity, "party_id", None))
    contact_id = values.get("contact_id", getattr(activity, "contact_id", None))
    if contact_id is not None and ("contact_id" in values or "party_id" in values):
        values["party_id"] = await party_of_contact(deed, contact_id, party_id, chosen="party_id" in values)
        if activity is not None and values["party_id"] != activity.party_id:
            check_frozen(deed, "activity", ["party_id"])  # it follows from the contact, but it is written all the same
    return await activity_links.with_its_party(deed, values, activity)


async def party_of_contact(deed: Deed, contact_id: UUID, party_id: UUID | None, *, chosen: bool) -> UUID:
    """An activity with a contact is with the contact's party; another party beside it is a mistake."""
    found: UUID = (await deed.rows(_PARTY_OF_CONTACT, contact_id))[0]["party_id"]
    if party_id is not None and chosen and found != party_id:
        raise Invalid("This contact belongs to another party.", ("input", "contactId"))
    return found


async def _replace_participants(
    deed: Deed, activity_id: UUID, given: Mapping[str, Any], path: tuple[str, ...] = ("input",)
) -> Sequence[FieldChange]:
    if "participants" not in given:
        return []
    rows: list[dict[str, Any]] = []
    for place, item in enumerate(given["participants"]):
        where = (*path, "participants", str(place))
        if (item.get("user_id") is None) == (item.get("contact_id") is None):
            raise Invalid("Name a user or a contact, one of the two.", where)
        row = await resolved(deed, ActivityParticipant, item, path=where)
        if _same(row) in map(_same, rows):
            raise Invalid("Somebody is named twice.", where)
        rows.append(row)
    parent = ("activity_id", activity_id)
    shown = ("user_id", "contact_id")
    return await value_rows.replace(deed, ActivityParticipant, Kind.ACTIVITY, parent, "participants", rows, shown)


def _same(participant: Mapping[str, Any]) -> tuple[Any, Any]:
    return participant.get("user_id"), participant.get("contact_id")
