"""Twilio's status callbacks: forms, signed over the address they are posted to, one for each line of a call.

The line from outside has no parent; each telephone that is dialled for it has one, and tells of its ringing and answering. That
the line itself is `in-progress` says only that Twilio talks to the caller.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl

from pydantic import SecretStr
from starlette.requests import Request

from crm.endpoints.hooks.call_bodies import BadBody

SIGNATURE = "x-twilio-signature"
MOST_FIELDS = 200
NOBODY = secrets.token_hex(16)
ENDS = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})
_OURS = ("sip:", "client:")

Pairs = Sequence[tuple[str, str]]


def signature(token: str, url: str, fields: Pairs) -> str:
    """HMAC-SHA1 of the address and all fields in the order of their names, in base64: the provider's own way."""
    text = url + "".join(f"{name}{value}" for name, value in sorted(set(fields)))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), hashlib.sha1).digest()).decode()


def refusal_of(request: Request, body: bytes, secret: SecretStr | None) -> str | None:
    """Why it is not taken for one of Twilio's; None where it is.

    The address is signed as Twilio knows it. Where a proxy ends TLS we know it without its `s`, perhaps with a port.
    """
    token = secret.get_secret_value() if secret is not None else NOBODY
    fields = fields_of(body)
    given = request.headers.get(SIGNATURE, "").encode()
    right = False
    for url in _addresses(request):  # all of them, so that it takes as long whichever is right
        right |= hmac.compare_digest(signature(token, url, fields).encode(), given)
    return None if secret is not None and right else "The source is unknown or the signature is wrong."


def fields_of(body: bytes) -> Pairs:
    """The form; of what is none, nothing."""
    try:
        return parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        return []


def event_of(body: bytes, now: datetime) -> dict[str, Any] | None:
    """A callback in the words of the webhook; None where it tells nothing of a call's state."""
    form = dict(fields_of(body))
    call, status = form.get("CallSid", ""), form.get("CallStatus", "")
    if not call or not status:
        raise BadBody("`CallSid` and `CallStatus` are needed.", "CallSid" if not call else "CallStatus")
    if (state := _state(form, status)) is None:
        return None
    event: dict[str, Any] = {
        "event_id": f"{call}:{status}", "call_id": form.get("ParentCallSid") or call, "leg_id": call, "state": state,
        "at": _instant(form.get("Timestamp", ""), now).isoformat(), **_ends(form),
    }  # fmt: skip
    person = event.pop("person")
    if person and state == "ringing":
        event["extensions"] = [person]
    elif person and state == "answered":
        event["agent"] = person
    if state == "ended":
        event["cause"] = None if status == "completed" else status
    return event | ({"recording_url": form["RecordingUrl"]} if form.get("RecordingUrl") else {})


def _state(form: Mapping[str, str], status: str) -> str | None:
    if status == "in-progress":
        return None if form.get("Direction") == "inbound" else "answered"
    return "ringing" if status == "ringing" else "ended" if status in ENDS else None


def _ends(form: Mapping[str, str]) -> dict[str, str]:
    """Who calls whom, and who of us takes part: addresses of ours are `sip:1001@…` and `client:1001`."""
    caller, called = form.get("From", ""), form.get("To", "")
    mine = _person(caller)
    if mine or form.get("Direction") == "outbound-api":
        return {"direction": "outbound", "from": mine or caller, "to": _person(called) or called, "person": mine}
    # Whom the company's line has dialled for the caller; the line itself says what the caller dialled.
    return {"direction": "inbound", "from": caller, "to": _person(called) or called, "person": _person(called)}


def _person(address: str) -> str:
    kind = next((kind for kind in _OURS if address.lower().startswith(kind)), None)
    return "" if kind is None else address[len(kind) :].partition("@")[0]


def _instant(text: str, now: datetime) -> datetime:
    """RFC 2822; callbacks without a time are of this moment."""
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return now
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _addresses(request: Request) -> Iterator[str]:
    host, path = request.headers.get("host", ""), request.url.path
    rest = f"{path}?{request.url.query}" if request.url.query else path
    for name in dict.fromkeys((host, host.rpartition(":")[0] or host)):
        for scheme in ("https", "http"):
            yield f"{scheme}://{name}{rest}"
