"""Asterisk's channels: whose telephone one is, and what a list says of it."""

from __future__ import annotations

import re

from crm.notify.gateways.ami.frames import Frame
from crm.notify.gateways.following import Channel

_TAIL = re.compile(r"(-[0-9a-f]+)?(;[12])?$")
_DIGITS = re.compile(r"(\d{2,})$")
_WITHHELD = frozenset({"", "<unknown>", "unknown", "anonymous"})
_UP, _RING, _RINGING = "6", "4", "5"


def extension_of(channel: str) -> str:
    """Whose telephone a channel is: `PJSIP/agent1001-0000002a` is 1001's. A name without a number stands for itself."""
    endpoint = _TAIL.sub("", channel.partition("/")[2]).partition("@")[0]
    digits = _DIGITS.search(endpoint)
    return digits.group(1) if digits else endpoint


def number_of(text: str) -> str:
    """A caller's number; nothing where it is withheld."""
    return "" if text.strip().lower() in _WITHHELD else text


def channel_of(listed: Frame) -> Channel:
    """An entry of `CoreShowChannels`."""
    state = listed.get("channelstate", "")
    return Channel(
        name=listed.get("uniqueid", ""),
        linked=listed.get("linkedid", "") or listed.get("uniqueid", ""),
        extension=extension_of(listed.get("channel", "")),
        caller=number_of(listed.get("calleridnum", "")),
        called=listed.get("exten", ""),
        ringing=state in (_RING, _RINGING),
        talking=state == _UP and bool(listed.get("bridgeid")),
        seconds=_seconds(listed.get("duration", "")),
    )


def _seconds(text: str) -> float:
    """Of `01:02:03`; 0 of anything else."""
    parts = text.split(":")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) <= 4 for part in parts):
        return 0
    hours, minutes, seconds = map(int, parts)
    return hours * 3600 + minutes * 60 + seconds
