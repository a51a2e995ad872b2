"""FreeSWITCH's channels: whose telephone one is, and what a list or an event says of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from crm.notify.gateways.following import Channel
from crm.notify.gateways.wire import BadFrame

Event = Mapping[str, str]

_WITHHELD = frozenset({"", "unknown", "anonymous", "restricted", "0000000000"})
_RINGING = frozenset({"RINGING", "RING_WAIT", "EARLY"})
_TALKING = frozenset({"ACTIVE", "HELD", "UNHELD"})


def call_of(event: Event) -> str:
    """The name of the call that a channel takes part in: that of the channel which began it."""
    own = event.get("unique-id", "")
    named = event.get("variable_call_uuid") or event.get("channel-call-uuid")
    if named and (named != own or "other-leg-unique-id" not in event or event.get("other-type") != "originator"):
        return named
    return event.get("other-leg-unique-id") or own


def extension_of(event: Event) -> str:
    """Whose telephone a channel is: who was dialled, or who signed in to dial."""
    if event.get("call-direction") == "outbound":
        found = (
            event.get("variable_dialed_user") or event.get("caller-callee-id-number") or event.get("caller-destination-number")
        )
        return found or user_of(event.get("channel-name", ""))
    return event.get("variable_user_name") or event.get("variable_sip_auth_username") or user_of(event.get("channel-name", ""))


def user_of(name: str) -> str:
    """The user in the name of a channel: 1001 of `sofia/internal/1001@10.0.0.5:5060`. A line's has none of ours."""
    return name.rpartition("/")[2].partition("@")[0]


def number_of(text: str) -> str:
    """A caller's number; nothing where it is withheld."""
    return "" if text.strip().lower() in _WITHHELD else text


def channels_of(body: bytes, now: float) -> list[Channel]:
    """The answer to `show channels as json`. With no channel there are no rows."""
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise BadFrame("The list of channels is no JSON.") from None
    rows = told.get("rows", []) if isinstance(told, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BadFrame("The list of channels is none.")
    return [_channel(row, now) for row in rows if _text(row, "uuid")]


def _channel(row: dict[str, Any], now: float) -> Channel:
    name, state = _text(row, "uuid"), _text(row, "callstate")
    outbound = _text(row, "direction") == "outbound"
    extension = user_of(_text(row, "name"))
    if outbound and not extension.isdigit():
        extension = _text(row, "callee_num") or _text(row, "dest") or extension
    since = _text(row, "created_epoch")
    return Channel(
        name=name,
        linked=_text(row, "call_uuid") or name,
        extension=extension,
        caller=number_of(_text(row, "cid_num")),
        called=_text(row, "initial_dest") or _text(row, "dest"),
        ringing=outbound and state in _RINGING,
        talking=state in _TALKING,
        seconds=max(0.0, now - int(since)) if since.isascii() and since.isdigit() and len(since) <= 12 else 0.0,
    )


def _text(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    return value if isinstance(value, str) else ""
