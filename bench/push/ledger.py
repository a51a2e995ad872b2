"""What every subscription should have got, and whether it did: each message once, in order, and with the right content.

Nothing here runs while a clock does: messages are kept as they came, and looked at afterwards.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import orjson

from bench.push.questions import key_of, operation_id

Arrival = tuple[float, int, bytes]
"""When, on which socket, and the message."""
Subscription = tuple[str, int]
"""Field and socket."""
EXAMPLES = 3


@dataclass
class Verdict:
    """What became of one round's messages. `came` holds, for each field and record, when it came to whom."""

    expected: int = 0
    messages: int = 0
    lost: int = 0
    doubled: int = 0
    reordered: int = 0
    strange: int = 0
    examples: list[str] = field(default_factory=list)
    came: dict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))

    @property
    def faults(self) -> int:
        return self.lost + self.doubled + self.reordered + self.strange

    def example(self, what: str) -> None:
        if len(self.examples) < EXAMPLES:
            self.examples.append(what[:300])


class Ledger:
    """The expectations of one round."""

    def __init__(self, *, shared_ids: bool = False) -> None:
        self.shared_ids = shared_ids
        self.expected = 0
        self._contents: dict[tuple[str, str], Mapping[str, Any]] = {}
        self._due: dict[Subscription, list[str]] = defaultdict(list)

    def expect(self, name: str, content: Mapping[str, Any], sockets: Iterable[int]) -> None:
        """A value of this field, for these sockets, after all that was expected of them before."""
        key = key_of(name, content)
        self._contents[name, key] = content
        for number in sockets:
            self._due[name, number].append(key)
            self.expected += 1

    def check(self, arrivals: Sequence[Arrival]) -> Verdict:
        """Hold what came against what was due, and begin anew."""
        verdict = Verdict(expected=self.expected, messages=len(arrivals))
        got: dict[Subscription, list[str]] = defaultdict(list)
        cursors: set[tuple[str, str, str]] = set()
        for arrived, number, message in arrivals:
            try:
                name, key, cursor = self._read(number, message)
                cursors.add((name, key, cursor))
            except (ValueError, KeyError, TypeError) as error:
                verdict.strange += 1
                verdict.example(f"socket {number}: {error!r}: {message[:200]!r}")
            else:
                got[name, number].append(key)
                verdict.came[name, key].append(arrived)
        events, names = {(name, key) for name, key, _ in cursors}, {cursor for _, _, cursor in cursors}
        if not len(events) == len(names) == len(cursors):
            verdict.strange += max(len(cursors) - len(events), len(cursors) - len(names))
            verdict.example("an event has two cursors, or two events have one")
        for subscription in self._due.keys() | got.keys():
            _compare(verdict, subscription, self._due.get(subscription, []), got.get(subscription, []))
        self.expected = 0
        self._contents.clear()
        self._due.clear()
        return verdict

    def _read(self, number: int, message: bytes) -> tuple[str, str, str]:
        """Field, record and cursor of a message that says exactly what it should."""
        body = orjson.loads(message)
        if body.keys() != {"id", "type", "payload"} or body["type"] != "next" or body["payload"].keys() != {"data"}:
            raise ValueError("not a plain `next`")
        ((name, value),) = body["payload"]["data"].items()
        if body["id"] != operation_id(name, number, shared=self.shared_ids):
            raise ValueError("under another operation's id")
        cursor = value.pop("cursor")
        if not isinstance(cursor, str) or not cursor:
            raise ValueError("no cursor")
        key = key_of(name, value)
        if value != self._contents.get((name, key)):
            raise ValueError("another content")
        return name, key, cursor


def _compare(verdict: Verdict, subscription: Subscription, due: Sequence[str], got: Sequence[str]) -> None:
    """One subscription."""
    if due == got:
        return
    places = {key: place for place, key in enumerate(due)}
    once = list(dict.fromkeys(got))
    stray = sum(key not in places for key in once)
    missing = len(due) - (len(once) - stray)
    doubled = len(got) - len(once)
    wanted = [places[key] for key in once if key in places]
    reordered = sum(later < earlier for earlier, later in pairwise(wanted))
    verdict.lost += missing
    verdict.doubled += doubled
    verdict.reordered += reordered
    verdict.strange += stray
    name, number = subscription
    verdict.example(f"socket {number}, {name}: {missing} lost, {doubled} doubled, {reordered} reordered, {stray} of others")
