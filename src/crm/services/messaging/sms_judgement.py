"""Who of many is written to in bulk, and what: one judgement for the preview and for the messages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crm.rules.messaging.sms_flow import SmsReason
from crm.services.deeds import Deed
from crm.services.messaging import sms_opt_outs
from crm.services.messaging.sms_recipients import Recipient
from crm.services.messaging.sms_texts import Draft, Unwritable, Written, written


@dataclass(frozen=True, slots=True)
class Sample:
    """One recipient as they would be written to, or why not."""

    recipient: Recipient
    text: Written | None
    reason: SmsReason | None


async def judged(deed: Deed, draft: Draft, people: Sequence[Recipient], seen: set[str]) -> list[Sample]:
    """Each recipient's text, or why there is none. `seen` are the numbers that have it already, and those of these join them."""
    unwilling = await sms_opt_outs.among(deed, [each.e164 for each in people])
    return [_judged(draft, each, unwilling, seen) for each in people]


def _judged(draft: Draft, recipient: Recipient, unwilling: set[str], seen: set[str]) -> Sample:
    if recipient.reason is not None or recipient.e164 is None:
        return Sample(recipient, None, recipient.reason or SmsReason.NO_NUMBER)
    if recipient.e164 in unwilling:
        return Sample(recipient, None, SmsReason.OPTED_OUT)
    if recipient.e164 in seen:
        return Sample(recipient, None, SmsReason.DUPLICATE_NUMBER)
    try:
        text = written(draft, recipient)
    except Unwritable as error:
        return Sample(recipient, None, error.reason)
    seen.add(recipient.e164)
    return Sample(recipient, text, None)
