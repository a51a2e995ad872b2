"""The body of the telephony webhook, read strictly: a mistake is told by the name of its field, and nothing is guessed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import orjson

from crm.core.text import has_nul
from crm.endpoints.hooks.field_maps import PLAIN, FieldMap
from crm.rules.customers.call_states import CallDirection, Signal
from crm.services.customers.call_reports import CallReport

MOST_EVENTS = 100
MOST_EXTENSIONS = 200
LONGEST_TEXT = 128
LONGEST_ADDRESS = 500
AHEAD = timedelta(minutes=5)
FIRST_YEAR = 1970

STATES = {
    state.lower(): state
    for state in (Signal.RINGING, Signal.ANSWERED, Signal.HELD, Signal.TRANSFERRED, Signal.ENDED, Signal.MISSED)
}
DIRECTIONS = {direction.lower(): direction for direction in CallDirection}
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)


class BadBody(Exception):
    """What is wrong, and where: `to`, or in a list `3.to`."""

    def __init__(self, message: str, field: str | None = None, status: int = 400) -> None:
        super().__init__(message)
        self.message, self.field, self.status = message, field, status


def reports_of(source: str, body: bytes, now: datetime, said: FieldMap = PLAIN) -> list[CallReport | None]:
    """The events in a body, one object or a list of them, as the source says them; None for what is nothing to us."""
    try:
        given = said.events(orjson.loads(body))
    except orjson.JSONDecodeError:
        raise BadBody("The body is not JSON.") from None
    events = given if isinstance(given, list) else [given]
    if len(events) > MOST_EVENTS:
        raise BadBody(f"At most {MOST_EVENTS} events at once.", status=413)
    return [report_of(source, event, now, said, f"{place}." if given is events else "") for place, event in enumerate(events)]


def report_of(source: str, event: Any, now: datetime, said: FieldMap = PLAIN, prefix: str = "") -> CallReport | None:
    """One event; None where it is nothing to us."""
    event = fields_of(event, prefix)
    told = event if said.plain else said.event(event)
    return None if told is None else Reader(told, prefix, now, said).report(source)


def fields_of(event: Any, prefix: str) -> dict[str, Any]:
    """What an event tells, by name."""
    if not isinstance(event, dict):
        raise BadBody("An event is a JSON object.", prefix.rstrip(".") or None)
    return event


class Reader:
    """One event, field by field."""

    def __init__(self, event: dict[str, Any], prefix: str, now: datetime, said: FieldMap = PLAIN) -> None:
        self.event, self.prefix, self.now, self.said = event, prefix, now, said

    def report(self, source: str) -> CallReport:
        """The event of a call."""
        return CallReport(
            source=source,
            event_id=self.needed("event_id", _name),
            call_id=self.needed("call_id", _name),
            leg_id=self.optional("leg_id", _name),
            state=self.needed("state", one_of(STATES)),
            direction=self.needed("direction", one_of(DIRECTIONS)),
            caller=self.needed("from", text_of),
            called=self.needed("to", text_of),
            agent=self.optional("agent", text_of),
            extensions=self.optional("extensions", _texts) or (),
            at=self.needed("at", self.instant),
            recording_url=self.optional("recording_url", _address),
            cause=self.optional("cause", text_of),
        )

    def needed(self, name: str, read: Callable[[Any], Any]) -> Any:
        """A field that has to be there."""
        if name not in self.event:
            raise BadBody(f"`{self.said.name(name)}` is missing.", f"{self.prefix}{self.said.name(name)}")
        return self.read(name, read)

    def optional(self, name: str, read: Callable[[Any], Any]) -> Any:
        """A field that may be missing or null."""
        return None if self.event.get(name) is None else self.read(name, read)

    def read(self, name: str, read: Callable[[Any], Any]) -> Any:
        """A field, with what is wrong with it told by its name."""
        try:
            return read(self.event[name])
        except ValueError as error:
            raise BadBody(f"`{self.said.name(name)}` {error}.", f"{self.prefix}{self.said.name(name)}") from None

    def instant(self, value: Any) -> datetime:
        """An instant with a zone, not ahead of the clock."""
        if not isinstance(value, str) or not _RFC_3339.fullmatch(value):
            raise ValueError("is an instant with a zone such as 2026-01-31T09:00:00+08:00")
        try:
            at = datetime.fromisoformat(value).astimezone(UTC)
        except (ValueError, OverflowError):
            raise ValueError("is no instant of any calendar") from None
        if at.year < FIRST_YEAR or at > self.now + AHEAD:
            raise ValueError("lies in the future, or before telephones had switchboards like yours")
        return at


def text_of(value: Any, longest: int = LONGEST_TEXT) -> str:
    """A text of at most so many characters."""
    if not isinstance(value, str):
        raise ValueError("is a text")  # noqa: TRY004 -- wrong data, not a wrong call
    if len(value) > longest:
        raise ValueError(f"is longer than {longest} characters")
    if has_nul(value):
        raise ValueError("holds a NUL character")
    return value


def _name(value: Any) -> str:
    text = text_of(value)
    if not text.strip():
        raise ValueError("is empty")
    return text


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > MOST_EXTENSIONS:
        raise ValueError(f"is a list of at most {MOST_EXTENSIONS} texts")
    return tuple(text_of(each) for each in value)


def _address(value: Any) -> str:
    """An address that a browser may be given: nothing that would run as a script."""
    text = text_of(value, LONGEST_ADDRESS)
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("is an http or https address")
    return text


def one_of(values: Mapping[str, Any]) -> Callable[[Any], Any]:
    """One of these words, as what it stands for."""

    def read(value: Any) -> Any:
        if not isinstance(value, str) or value not in values:
            raise ValueError(f"is one of {', '.join(values)}")
        return values[value]

    return read
