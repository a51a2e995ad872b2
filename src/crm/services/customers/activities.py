"""What happens to activities: planned, done, cancelled, reopened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from crm.access.grants import Action
from crm.core.errors import Invalid
from crm.core.ids import parse_id
from crm.core.kinds import Kind
from crm.models import Activity, ActivityParticipant
from crm.rules.customers.activity_flow import ACTIVITY_FLOW, ActivityStatus, ActivityVerb
from crm.rules.system.notices import Notice
from crm.services import value_rows
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
    revise,
    trash,
    untrash,
)
from crm.services.references import resolved
from crm.services.values import checked, columns

# Held until the record that will name it is written: a party that is being merged just now stays, or is the survivor here.
_PARTY_OF_CONTACT = """
SELECT coalesce(p.merged_into_id, p.id) AS party_id FROM contact c JOIN party p ON p.id = c.party_id
WHERE c.id = $1 FOR KEY SHARE OF p
"""


async def create(deed: Deed, given: Mapping[str, Any]) -> UUID:
    """A new activity: planned, or, with `done_at`, one that has happened already."""
    refuse_blank(given, ["subject", "kind"])
    check_frozen(deed, "activity", list(given))
    values = await _decided(deed, given, None)
    done_at = values.get("done_at")
    status = ActivityStatus.PLANNED if done_at is None else ActivityStatus.DONE
    values = await owned_by(deed, "activity", {**values, "status": status.value})
    if done_at is not None:
        await touch_party(deed, values.get("party_id"), done_at)
    activity, changes = await insert(deed, Activity, Kind.ACTIVITY, values)
    changes += await _replace_participants(deed, activity.id, given)
    await record_change(deed, activity, "activity.create", changes)
    if status is ActivityStatus.PLANNED:
        await notify_people(deed, Notice.ASSIGNED, activity.id, [values["owner_id"]])
    return activity.id


async def update(deed: Deed, record_id: str, version: int, given: Mapping[str, Any]) -> UUID:
    """New values of an activity; its status is changed by the verbs below."""
    activity = await claim(deed, Activity, record_id, Action.UPDATE)
    check_version(activity, version)
    check_frozen(deed, "activity", list(given))
    values = await _decided(deed, given, activity)
    changes = await _replace_participants(deed, activity.id, given)
    if changes := await revise(deed, activity, values, changes):
        await record_change(deed, activity, "activity.update", changes)
    return activity.id


async def complete(deed: Deed, record_id: str, given: Mapping[str, Any]) -> UUID:
    """It has been done; the party's last and next contact follow from it."""
    activity: Any = await _step_claim(deed, record_id)
    check_frozen(deed, "activity", list(given))
    values = checked(Activity, given)
    done_at = values.setdefault("done_at", deed.at)
    values["status"] = ACTIVITY_FLOW.after(ActivityStatus(activity.status), ActivityVerb.COMPLETE).value
    await touch_party(deed, activity.party_id, done_at)
    await record_change(deed, activity, "activity.complete", await revise(deed, activity, values))
    return UUID(str(activity.id))


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
    await record_change(deed, activity, f"activity.{verb.lower()}", await revise(deed, activity, values))
    return activity.id


async def _step_claim(deed: Deed, record_id: str) -> Any:
    """Claim an activity whose party will be written too."""
    await lock_party_of(deed, parse_id(record_id, Kind.ACTIVITY))
    return await claim(deed, Activity, record_id, Action.UPDATE)


async def _decided(deed: Deed, given: Mapping[str, Any], activity: Any) -> dict[str, Any]:
    values, references = columns(Activity, given, ("participants",))
    values |= await resolved(deed, Activity, references, current=activity)
    party_id = values.get("party_id", getattr(activity, "party_id", None))
    contact_id = values.get("contact_id", getattr(activity, "contact_id", None))
    if contact_id is not None and ("contact_id" in values or "party_id" in values):
        values["party_id"] = await party_of_contact(deed, contact_id, party_id, chosen="party_id" in values)
        if activity is not None and values["party_id"] != activity.party_id:
            check_frozen(deed, "activity", ["party_id"])  # it follows from the contact, but it is written all the same
    return values


async def party_of_contact(deed: Deed, contact_id: UUID, party_id: UUID | None, *, chosen: bool) -> UUID:
    """An activity with a contact is with the contact's party; another party beside it is a mistake."""
    found: UUID = (await deed.rows(_PARTY_OF_CONTACT, contact_id))[0]["party_id"]
    if party_id is not None and chosen and found != party_id:
        raise Invalid("This contact belongs to another party.", ("input", "contactId"))
    return found


async def _replace_participants(deed: Deed, activity_id: UUID, given: Mapping[str, Any]) -> Sequence[FieldChange]:
    if "participants" not in given:
        return []
    rows = []
    for place, item in enumerate(given["participants"]):
        where = ("input", "participants", str(place))
        if (item.get("user_id") is None) == (item.get("contact_id") is None):
            raise Invalid("Name a user or a contact, one of the two.", where)
        rows.append(await resolved(deed, ActivityParticipant, item, path=where))
    parent = ("activity_id", activity_id)
    shown = ("user_id", "contact_id")
    return await value_rows.replace(deed, ActivityParticipant, Kind.ACTIVITY, parent, "participants", rows, shown)
