"""What happens to submissions: a partner's person brings an opportunity, and we take it or turn it down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crm.access.grants import Action
from crm.core.errors import Forbidden, Invalid
from crm.core.kinds import Kind
from crm.models import ChannelSubmission
from crm.rules.customers.party_names import normalised_name
from crm.rules.customers.phone_numbers import parse
from crm.rules.customers.submission_flow import SUBMISSION_FLOW, SubmissionStatus, SubmissionVerb
from crm.rules.system.notices import Notice
from crm.services import custom_values
from crm.services.amounts import check_amounts
from crm.services.arguments import reason_for
from crm.services.customers.channel_people import people_of, require_ours, require_theirs
from crm.services.deeds import Deed
from crm.services.notices import notify_people
from crm.services.records import check_frozen, claim, insert, lock_seen, record_change, refuse_blank, revise
from crm.services.references import resolved
from crm.services.system.organisation import ORGANISATION_CURRENCY
from crm.services.values import columns

DICTIONARIES = {"region_id": "region", "industry_id": "industry"}


async def submit(deed: Deed, given: Mapping[str, Any]) -> UUID:
    """A new submission of the channel that the viewer works for; whoever looks after the channel will decide on it."""
    channel_id = deed.viewer.channel
    if channel_id is None:
        raise Forbidden("Only a partner's people submit opportunities; others create them.")
    refuse_blank(given, ["title", "customer_name"])
    check_frozen(deed, "channel_submission", list(given))
    values = await _decided(deed, given)
    keeper = (await deed.rows("SELECT owner_id, department_id FROM party WHERE id = $1", channel_id))[0]
    values |= {"channel_id": channel_id, "status": SubmissionStatus.SUBMITTED.value, **keeper}
    submission: Any
    submission, changes = await insert(deed, ChannelSubmission, Kind.CHANNEL_SUBMISSION, values)
    changes += await custom_values.write(deed, submission, given, new=True)
    await record_change(deed, submission, "channel_submission.create", changes, party_id=channel_id)
    await notify_people(deed, Notice.SUBMITTED, submission.id, [submission.owner_id])
    return UUID(str(submission.id))


async def withdraw(deed: Deed, record_id: str) -> UUID:
    """The channel takes it back while nobody has decided on it."""
    submission: Any = await lock_seen(deed, ChannelSubmission, record_id)
    require_theirs(deed, submission.channel_id)
    await step(deed, submission, SubmissionVerb.WITHDRAW, {})
    return UUID(str(submission.id))


async def reject(deed: Deed, record_id: str, reason: str) -> UUID:
    """We do not take it, and say why."""
    submission: Any = await claim(deed, ChannelSubmission, record_id, Action.UPDATE)
    require_ours(deed)
    values = {"reason": reason_for(ChannelSubmission, "reason", reason)}
    await step(deed, submission, SubmissionVerb.REJECT, values)
    await tell(deed, submission, Notice.REJECTED)
    return UUID(str(submission.id))


async def step(deed: Deed, submission: Any, verb: SubmissionVerb, values: Mapping[str, Any]) -> None:
    """Take a step with a locked submission."""
    status = SUBMISSION_FLOW.after(SubmissionStatus(submission.status), verb)
    changes = await revise(deed, submission, {**values, "status": status.value, "decided_at": deed.at})
    await record_change(deed, submission, f"channel_submission.{verb.lower()}", changes, party_id=submission.channel_id)


async def tell(deed: Deed, submission: Any, notice: Notice) -> None:
    """The channel learns what was decided."""
    await notify_people(deed, notice, submission.id, await people_of(deed, [submission.channel_id]))


async def _decided(deed: Deed, given: Mapping[str, Any]) -> dict[str, Any]:
    values, references = columns(ChannelSubmission, given)
    values = {"currency": ORGANISATION_CURRENCY, **values}
    check_amounts(values, ["amount"])
    values["normalised_name"] = normalised_name(values["customer_name"])[:200]
    if values.get("phone") is not None:
        values["phone_e164"] = _e164(deed, values["phone"])
    return values | await resolved(deed, ChannelSubmission, references, dictionaries=DICTIONARIES)


def _e164(deed: Deed, written: str) -> str | None:
    try:
        return parse(written, region=deed.dialling.region, area_code=deed.dialling.area_code).e164
    except ValueError as error:
        raise Invalid(str(error), ("input", "phone")) from error
