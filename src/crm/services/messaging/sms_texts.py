"""What a short message says: a template or a text, the values of each recipient, the signature before and the way out behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from crm.core.errors import Invalid, Required
from crm.rules.messaging.sms_flow import SmsCategory, SmsReason
from crm.rules.messaging.sms_template import BadValue, SmsVariableSource, filled, refuse_signature
from crm.rules.messaging.sms_text import MOST_PARTS, alphabet_of, parts_of
from crm.services.deeds import Deed
from crm.services.messaging import sms_accounts, sms_templates
from crm.services.messaging.sms_recipients import Recipient
from crm.services.messaging.template_variables import given_values

FURTHEST = timedelta(days=90)
VALUES = ("input", "variables")
_CENT = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Draft:
    """A message before it has a recipient. `variables` are the template's; a text of one's own has none."""

    account: Mapping[str, Any]
    template: Mapping[str, Any] | None
    category: SmsCategory
    text: str
    variables: Sequence[Mapping[str, Any]]
    given: Mapping[str, str]
    sender_name: str
    send_at: datetime | None


@dataclass(frozen=True, slots=True)
class Written:
    """A text as its recipient reads it, in how many parts, and what they cost."""

    text: str
    encoding: str
    segments: int
    cost: Decimal


class Unwritable(Exception):
    """It cannot be written for this recipient; `variable` where one of the values is at fault."""

    def __init__(self, reason: SmsReason, message: str, variable: str | None = None) -> None:
        super().__init__(message)
        self.reason, self.message, self.variable = reason, message, variable


async def draft_of(deed: Deed, given: Mapping[str, Any]) -> Draft:
    """What an input says: a template with values, or a text."""
    template = None if given.get("template_id") is None else await sms_templates.chosen(deed, given["template_id"])
    if template is None and given.get("category") == SmsCategory.CODE:
        # It reaches those who opted out: what it says was looked at by whoever wrote the template.
        raise Invalid("A code is sent by a template.", ("input", "category"))
    account_id = given.get("account_id") or (str(template["account_id"]) if template and template["account_id"] else None)
    account = await sms_accounts.chosen(deed, account_id)
    variables = [] if template is None else await sms_templates.variables_of(deed, template["id"])
    return Draft(
        account=account,
        template=template,
        category=SmsCategory(template["category"] if template else given.get("category") or SmsCategory.NOTICE),
        text=_text(given, template),
        variables=variables,
        given=given_values(given, variables),
        sender_name=await _sender_name(deed),
        send_at=_send_at(deed, given),
    )


def written(draft: Draft, recipient: Recipient) -> Written:
    """The text for one recipient, signed; `Unwritable` where a value is missing or cannot stand there, or it gets too long."""
    body = draft.text
    if draft.template is not None:
        limits = {row["name"]: row["longest"] for row in draft.variables}
        try:
            body = filled(body, _filling(draft, recipient), limits)
        except BadValue as error:
            raise Unwritable(SmsReason.BAD_VALUE, error.message, error.variable) from None
    text = _signed(draft, body)
    parts = parts_of(text)
    if len(parts) > MOST_PARTS:
        raise Unwritable(SmsReason.TOO_LONG, f"The message has {len(parts)} parts; {MOST_PARTS} are the most.")
    cost = (len(parts) * draft.account["segment_price"]).quantize(_CENT)
    return Written(text, alphabet_of(text).encoding.value, len(parts), cost)


def written_or_refused(draft: Draft, recipient: Recipient) -> Written:
    """The same for one message, where whoever sends it is told which argument is wrong."""
    try:
        return written(draft, recipient)
    except Unwritable as error:
        where = ("input", "text" if draft.template is None else "templateId")
        raise Invalid(error.message, (*VALUES, error.variable) if error.variable else where) from None


def _signed(draft: Draft, body: str) -> str:
    signature, way_out = draft.account["signature"], draft.account["opt_out_text"]
    before = f"【{signature}】" if signature else ""
    wanted = draft.category is SmsCategory.MARKETING and way_out and way_out not in body
    return f"{before}{body}{way_out if wanted else ''}"


def _filling(draft: Draft, recipient: Recipient) -> dict[str, str]:
    """Name of variable → value. What was given counts for those that are to be given, and for no others."""
    found = {
        SmsVariableSource.CONTACT_NAME: recipient.contact_name or recipient.party_name or "",
        SmsVariableSource.PARTY_NAME: recipient.party_name or "",
        SmsVariableSource.SENDER_NAME: draft.sender_name,
    }
    return {row["name"]: found.get(SmsVariableSource(row["source"]), draft.given.get(row["name"], "")) for row in draft.variables}


def _text(given: Mapping[str, Any], template: Mapping[str, Any] | None) -> str:
    text: str = (given.get("text") or "").strip()
    if template is not None:
        if text:
            raise Invalid("A text or a template, not both.", ("input", "text"))
        return str(template["text"])
    if not text:
        raise Required("A text or a template is needed.", ("input", "text"))
    if len(text) > sms_templates.LONGEST_TEXT:
        raise Invalid(f"The text is longer than {sms_templates.LONGEST_TEXT} characters.", ("input", "text"))
    if any(ord(char) < 32 and char != "\n" for char in text):
        raise Invalid("The text holds characters that no telephone shows.", ("input", "text"))
    try:
        refuse_signature(text)
    except ValueError as error:
        raise Invalid(str(error), ("input", "text")) from None
    return text


def _send_at(deed: Deed, given: Mapping[str, Any]) -> datetime | None:
    at: datetime | None = given.get("send_at")
    if at is not None and not deed.at < at < deed.at + FURTHEST:
        raise Invalid(f"Later than now, and within {FURTHEST.days} days.", ("input", "sendAt"))
    return at


async def _sender_name(deed: Deed) -> str:
    rows = await deed.rows("SELECT display_name FROM user_account WHERE id = $1", deed.actor) if deed.actor else []
    return str(rows[0]["display_name"]) if rows else ""
