"""Taking an opportunity that a channel brought: for a customer there is or a new one, as an opportunity there is or a new one.

Whoever takes it needs the rights for what is made of it: to create a customer, to create an opportunity.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crm.access.grants import Action
from crm.core.errors import Invalid
from crm.models import ChannelSubmission, Opportunity
from crm.rules.customers.lifecycle import PartyType
from crm.rules.customers.opportunity_flow import CLOSED, OpportunityStatus
from crm.rules.customers.submission_flow import SUBMISSION_FLOW, SubmissionStatus, SubmissionVerb
from crm.rules.system.notices import Notice
from crm.services.customers import opportunities, parties
from crm.services.customers.channel_assignments import registered
from crm.services.customers.channel_people import require_ours
from crm.services.customers.channel_submissions import step, tell
from crm.services.deeds import Deed
from crm.services.records import claim
from crm.services.references import resolved

OPPORTUNITY = ("input", "opportunityId")
CUSTOMER = ("input", "customerId")


async def register(deed: Deed, record_id: str, given: Mapping[str, Any]) -> UUID:
    """It becomes an opportunity of ours, registered for the channel, whose people see it from now on."""
    known = await _known_opportunity(deed, given.get("opportunity_id"))  # documents are locked before what hangs on them
    submission: Any = await claim(deed, ChannelSubmission, record_id, Action.UPDATE)
    require_ours(deed)
    SUBMISSION_FLOW.after(SubmissionStatus(submission.status), SubmissionVerb.REGISTER)
    customer_id = await _customer(deed, submission, given, known)
    opportunity = known if known is not None else await _new_opportunity(deed, submission, given, customer_id)
    values = {"customer_id": customer_id, "opportunity_id": opportunity.id}
    await step(deed, submission, SubmissionVerb.REGISTER, values)
    await registered(deed, opportunity, submission.channel_id, submission.description)
    await tell(deed, submission, Notice.REGISTERED)
    return UUID(str(submission.id))


async def _known_opportunity(deed: Deed, text: str | None) -> Any:
    if text is None:
        return None
    found: Any = await claim(deed, Opportunity, text, Action.UPDATE, where=OPPORTUNITY)
    if OpportunityStatus(found.status) in CLOSED:
        raise Invalid("This opportunity is decided.", OPPORTUNITY)
    return found


async def _customer(deed: Deed, submission: Any, given: Mapping[str, Any], known: Any) -> UUID:
    """The one that was chosen, the one of the opportunity that was chosen, or a new one, which the channel serves."""
    chosen = given.get("customer_id")
    if chosen is not None:
        found = (await resolved(deed, ChannelSubmission, {"customer_id": chosen}))["customer_id"]
        if (await deed.rows("SELECT type FROM party WHERE id = $1", found))[0]["type"] != PartyType.CUSTOMER:
            raise Invalid("This is not a customer.", CUSTOMER)
        if known is not None and known.party_id != found:
            raise Invalid("This opportunity belongs to another party.", OPPORTUNITY)
        return UUID(str(found))
    if known is not None:
        return UUID(str(known.party_id))
    values: dict[str, Any] = {"name": submission.customer_name}
    values |= {name: str(key) for name in ("region_id", "industry_id") if (key := getattr(submission, name)) is not None}
    if submission.phone is not None:
        values["phone_numbers"] = [{"raw": submission.phone, "label": submission.contact_name, "primary": True}]
    return await parties.create(deed, PartyType.CUSTOMER, values | _owner(given), channel_id=submission.channel_id)


async def _new_opportunity(deed: Deed, submission: Any, given: Mapping[str, Any], customer_id: UUID) -> Any:
    values: dict[str, Any] = {"title": submission.title, "party_id": str(customer_id), "currency": submission.currency}
    told = {"amount": submission.amount, "expected_close_on": submission.expected_close_on, "note": submission.description}
    values |= {name: value for name, value in told.items() if value is not None}
    key = await opportunities.create(deed, values | _owner(given))
    row = (await deed.rows("SELECT * FROM opportunity WHERE id = $1", key))[0]
    return Opportunity._init_from_db(**row)


def _owner(given: Mapping[str, Any]) -> dict[str, Any]:
    return {"owner_id": given["owner_id"]} if given.get("owner_id") is not None else {}
