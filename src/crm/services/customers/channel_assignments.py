"""What happens to assignments: an opportunity is offered to a channel, taken up, protected, given back.

The opportunity is locked first, then its assignment: whoever offers, answers or lets go of the same opportunity comes one after
another. A channel that has accepted sees the opportunity by a share of cause ASSIGNED, which ends by itself with the protection.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from crm.access.grants import Action
from crm.core.errors import Invalid
from crm.core.ids import parse_id
from crm.core.kinds import Kind
from crm.models import ChannelAssignment, Opportunity
from crm.rules.customers.assignment_flow import (
    ASSIGNMENT_FLOW,
    LONGEST_DAYS,
    PROTECTION_DAYS,
    RESPOND_DAYS,
    SEEING,
    AssignmentStatus,
    AssignmentVerb,
    lapsed,
    wrong_answer_time,
)
from crm.rules.customers.opportunity_flow import CLOSED, OpportunityStatus
from crm.rules.system.notices import Notice
from crm.services import custom_values
from crm.services.arguments import reason_for
from crm.services.customers.channel_fields import require_channel
from crm.services.customers.channel_people import people_of, require_ours, require_theirs
from crm.services.deeds import Deed
from crm.services.notices import notify_people
from crm.services.owners import owned_by
from crm.services.records import FieldChange, check_frozen, claim, insert, lock_seen, record_change, revise
from crm.services.references import resolved
from crm.services.system.shares import ASSIGNED, close_to, open_to
from crm.services.values import columns, loggable

CHANNEL = ("input", "channelId")
OVER = "The time to answer is over."


async def offer(deed: Deed, opportunity_id: str, given: Mapping[str, Any]) -> UUID:
    """Ask a channel whether it takes an opportunity up; what it is told of it stands in the offer."""
    opportunity: Any = await claim(deed, Opportunity, opportunity_id, Action.UPDATE)
    require_ours(deed)
    check_frozen(deed, "channel_assignment", list(given))
    if OpportunityStatus(opportunity.status) in CLOSED:
        raise Invalid("This opportunity is decided.", ("id",))
    values, references = columns(ChannelAssignment, given)
    respond_by = values.setdefault("respond_by", deed.at + timedelta(days=RESPOND_DAYS))
    if (wrong := wrong_answer_time(respond_by, deed.at)) is not None:
        raise Invalid(wrong, ("input", "respondBy"))
    values |= await resolved(deed, ChannelAssignment, references)
    await require_channel(deed, values["channel_id"], CHANNEL)
    values.setdefault("title", opportunity.title)
    assignment = await _written(deed, opportunity, {**values, "status": AssignmentStatus.OFFERED.value}, given)
    await notify_people(deed, Notice.OFFERED, assignment.id, await people_of(deed, [assignment.channel_id]))
    return UUID(str(assignment.id))


async def registered(deed: Deed, opportunity: Any, channel_id: UUID, brief: str | None) -> UUID:
    """An opportunity that a channel brought itself is registered for it from the start. The caller has locked the opportunity."""
    until = deed.at + timedelta(days=PROTECTION_DAYS)
    values = {
        "channel_id": channel_id,
        "title": opportunity.title,
        "brief": brief,
        "status": AssignmentStatus.REGISTERED.value,
        "customer_name": await _customer_name(deed, opportunity),
        "respond_by": deed.at,
        "answered_at": deed.at,
        "registered_at": deed.at,
        "protected_until": until,
    }
    assignment = await _written(deed, opportunity, values, None)
    await _show(deed, opportunity, channel_id, until)
    return UUID(str(assignment.id))


async def accept(deed: Deed, record_id: str) -> UUID:
    """The channel takes it up, and sees the opportunity from now on."""
    opportunity, assignment = await _locked(deed, record_id)
    require_theirs(deed, assignment.channel_id)
    status = _after(deed, assignment, AssignmentVerb.ACCEPT)
    if opportunity is None or OpportunityStatus(opportunity.status) in CLOSED:
        raise Invalid("This opportunity is decided.", ("id",))
    values = {"status": status.value, "answered_at": deed.at, "customer_name": await _customer_name(deed, opportunity)}
    await _show(deed, opportunity, assignment.channel_id, None)
    await _record(deed, assignment, AssignmentVerb.ACCEPT, values)
    await notify_people(deed, Notice.OFFER_ACCEPTED, assignment.id, [assignment.owner_id, opportunity.owner_id])
    return UUID(str(assignment.id))


async def decline(deed: Deed, record_id: str, reason: str) -> UUID:
    """The channel does not want it, or gives it up before it is registered."""
    opportunity, assignment = await _locked(deed, record_id)
    require_theirs(deed, assignment.channel_id)
    await end(deed, opportunity, assignment, AssignmentVerb.DECLINE, reason_for(ChannelAssignment, "reason", reason))
    owners = [assignment.owner_id, None if opportunity is None else opportunity.owner_id]
    await notify_people(deed, Notice.OFFER_DECLINED, assignment.id, owners)
    return UUID(str(assignment.id))


async def register(deed: Deed, record_id: str, protection_days: int) -> UUID:
    """The opportunity is the channel's for so many days; again, to prolong that."""
    opportunity, assignment = await _locked(deed, record_id, Action.UPDATE)
    require_ours(deed)
    if not 1 <= protection_days <= LONGEST_DAYS:
        raise Invalid(f"Between 1 and {LONGEST_DAYS} days.", ("protectionDays",))
    status = _after(deed, assignment, AssignmentVerb.REGISTER)
    if opportunity is None:
        raise Invalid("This opportunity is not there any more.", ("id",))
    until = deed.at + timedelta(days=protection_days)
    values = {"status": status.value, "protected_until": until, "registered_at": assignment.registered_at or deed.at}
    await _show(deed, opportunity, assignment.channel_id, until)
    await _record(deed, assignment, AssignmentVerb.REGISTER, values)
    await notify_people(deed, Notice.REGISTERED, assignment.id, await people_of(deed, [assignment.channel_id]))
    return UUID(str(assignment.id))


async def withdraw(deed: Deed, record_id: str, reason: str) -> UUID:
    """It is taken back from the channel, which no longer sees the opportunity."""
    opportunity, assignment = await _locked(deed, record_id, Action.UPDATE)
    require_ours(deed)
    await end(deed, opportunity, assignment, AssignmentVerb.WITHDRAW, reason_for(ChannelAssignment, "reason", reason))
    await notify_people(deed, Notice.OFFER_WITHDRAWN, assignment.id, await people_of(deed, [assignment.channel_id]))
    return UUID(str(assignment.id))


async def end(deed: Deed, opportunity: Any, assignment: Any, verb: AssignmentVerb, reason: str | None) -> None:
    """A locked assignment ends; who saw the opportunity by it does so no more."""
    seeing = AssignmentStatus(assignment.status) in SEEING
    status = _after(deed, assignment, verb)
    values = {"status": status.value, "ended_at": deed.at, "reason": reason}
    if assignment.answered_at is None and verb is AssignmentVerb.DECLINE:
        values["answered_at"] = deed.at
    if seeing:
        await close_to(deed, assignment.opportunity_id, assignment.channel_id, ASSIGNED)
        if opportunity is not None:
            told = {"principal": str(assignment.channel_id), "access": "READ", "expiresAt": loggable(assignment.protected_until)}
            await record_change(deed, opportunity, "opportunity.unshare", [FieldChange("shares", told, None)])
    await _record(deed, assignment, verb, values)


def _after(deed: Deed, assignment: Any, verb: AssignmentVerb) -> AssignmentStatus:
    """What follows; an offer whose time is over is not taken up, whether or not somebody has looked at the clock already."""
    status = AssignmentStatus(assignment.status)
    after = ASSIGNMENT_FLOW.after(status, verb)
    late = lapsed(status, assignment.respond_by, assignment.protected_until, deed.at)
    if late and verb is not AssignmentVerb.EXPIRE and status is AssignmentStatus.OFFERED:
        raise Invalid(OVER, ("id",))
    return after


async def _locked(deed: Deed, record_id: str, action: Action | None = None) -> tuple[Any, Any]:
    """The opportunity and its assignment, locked in this order. Which one it is stands in the assignment and never changes.

    None for an opportunity that lies in the recycle bin. Without an action it is no question of scope: see `require_theirs`.
    """
    key = parse_id(record_id, Kind.CHANNEL_ASSIGNMENT)
    found = await deed.rows("SELECT opportunity_id FROM channel_assignment WHERE id = $1", key) if key is not None else []
    opportunity = await lock_opportunity(deed, found[0]["opportunity_id"]) if found else None
    if action is None:
        return opportunity, await lock_seen(deed, ChannelAssignment, record_id)
    return opportunity, await claim(deed, ChannelAssignment, record_id, action)


async def lock_opportunity(deed: Deed, key: UUID) -> Any:
    """Lock an opportunity that a row of ours names; None where it lies in the recycle bin."""
    rows = await deed.rows("SELECT * FROM opportunity WHERE id = $1 FOR NO KEY UPDATE", key)
    row = Opportunity._init_from_db(**rows[0])
    row._saved_in_db = True
    return None if row.deleted_at is not None else row


async def _written(deed: Deed, opportunity: Any, values: Mapping[str, Any], given: Mapping[str, Any] | None) -> Any:
    """`given` is what somebody said of it, custom fields and all; None where it comes by itself, and is asked for none."""
    whole = await owned_by(deed, "channel_assignment", {**values, "opportunity_id": opportunity.id})
    assignment: Any
    assignment, changes = await insert(deed, ChannelAssignment, Kind.CHANNEL_ASSIGNMENT, whole)
    if given is not None:
        changes += await custom_values.write(deed, assignment, given, new=True)
    await record_change(deed, assignment, "channel_assignment.create", changes, party_id=assignment.channel_id)
    return assignment


async def _record(deed: Deed, assignment: Any, verb: AssignmentVerb, values: Mapping[str, Any]) -> None:
    changes = await revise(deed, assignment, values)
    await record_change(deed, assignment, f"channel_assignment.{verb.lower()}", changes, party_id=assignment.channel_id)


async def _show(deed: Deed, opportunity: Any, channel_id: UUID, until: datetime | None) -> None:
    """The channel's people may read the opportunity, until then; its log says so."""
    await open_to(deed, opportunity.id, channel_id, ASSIGNED, until)
    told = {"principal": str(channel_id), "access": "READ", "expiresAt": loggable(until)}
    await record_change(deed, opportunity, "opportunity.share", [FieldChange("shares", None, told)])


async def _customer_name(deed: Deed, opportunity: Any) -> str:
    """Whom it is about: the one thing that a channel learns of the customer by taking it up."""
    name: str = (await deed.rows("SELECT name FROM party WHERE id = $1", opportunity.party_id))[0]["name"]
    return name
