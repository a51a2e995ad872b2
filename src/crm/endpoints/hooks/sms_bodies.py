"""The body of the hook for short messages, read strictly: receipts of what we sent, and what somebody wrote to us."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson

from crm.endpoints.hooks.call_bodies import MOST_EVENTS, BadBody, Reader, fields_of, one_of, text_of
from crm.rules.messaging.sms_receipts import Reported
from crm.services.messaging.sms_replies import Reply
from crm.services.messaging.sms_reports import Receipt

LONGEST_ID = 64
LONGEST_DETAIL = 200
LONGEST_TEXT = 2000

STATES = {state.lower(): state for state in Reported}
RECEIPT, MESSAGE = "receipt", "message"


def reports_of(body: bytes, now: datetime) -> list[Receipt | Reply]:
    """The reports in a body: one object, or a list of them."""
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise BadBody("The body is not JSON.") from None
    events = given if isinstance(given, list) else [given]
    if len(events) > MOST_EVENTS:
        raise BadBody(f"At most {MOST_EVENTS} reports at once.", status=413)
    return [_report(event, f"{place}." if given is events else "", now) for place, event in enumerate(events)]


def _report(event: Any, prefix: str, now: datetime) -> Receipt | Reply:
    read = Reader(fields_of(event, prefix), prefix, now)
    kind = read.optional("type", one_of({RECEIPT: RECEIPT, MESSAGE: MESSAGE})) or RECEIPT
    event_id = read.needed("event_id", _name)
    at = read.needed("at", read.instant)
    if kind == MESSAGE:
        return Reply(event_id, read.needed("from", _name), read.needed("text", _long), at)
    found = Receipt(
        event_id=event_id,
        state=read.needed("state", one_of(STATES)),
        at=at,
        provider_id=read.optional("id", _name),
        reference=read.optional("reference", _name),
        detail=read.optional("detail", lambda value: text_of(value, LONGEST_DETAIL)),
    )
    if found.provider_id is None and found.reference is None:
        raise BadBody("`id` or `reference` says which message it is about.", f"{prefix}id")
    return found


def _name(value: Any) -> str:
    text = text_of(value, LONGEST_ID)
    if not text.strip():
        raise ValueError("is empty")
    return text


def _long(value: Any) -> str:
    return text_of(value, LONGEST_TEXT)
