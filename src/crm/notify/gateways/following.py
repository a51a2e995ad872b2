"""The calls of one switchboard as they go on: what is told of channels, made into reports of calls.

A call is known by the name of its first channel; each telephone that takes part has a channel of its own. It rings where a
telephone is dialled, is answered where one is, and is over when its last channel is. Every report has an event id that follows
from what it says: switchboards send some things twice, and after a new connection we look at what is there once more.

What is not known of a call is taken from the event at hand, so that nothing depends on having heard an earlier one; and of a call
that is over a while is remembered, so that what comes late makes no new one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from crm.rules.customers.call_causes import telling_cause
from crm.rules.customers.call_states import CallDirection, Signal
from crm.services.customers.call_intake import OpenCall
from crm.services.customers.call_reports import LONGEST_CAUSE, CallReport

MOST_CALLS = 20_000
"""Calls that are followed at once; of more the oldest is forgotten, which costs it its end until the next log-in."""
MOST_OVER = 5_000
"""Calls that are over, and channels that are, which are remembered for what comes late."""
ABANDONED = "ABANDONED"
UNCONFIRMED = "unconfirmed"
"""The cause of a call that was ordered and lost: it may have been dialled, and is not dialled again."""

Ours = Callable[[str], bool]
"""Whether an extension is somebody's who works here."""


@dataclass(slots=True)
class FollowedCall:
    """What is known of a call. `first` is the extension that began it, or the name of the line that it came in by."""

    id: str
    first: str = ""
    caller: str = ""
    called: str = ""
    channels: dict[str, str] = field(default_factory=dict)
    """Those that live, each with its telephone's extension."""
    answered: bool = False
    causes: list[str] = field(default_factory=list)
    """Why lines of it ended, for the case that nobody answers."""
    told: bool = False
    """Whether there is a call in our database."""
    over_at: datetime | None = None
    ended: bool = False

    def learn(self, first: str, caller: str, called: str) -> None:
        """Keep what is not known better."""
        self.first, self.caller, self.called = self.first or first, self.caller or caller, self.called or called


@dataclass(frozen=True, slots=True)
class Channel:
    """A channel as a switchboard lists it. `linked` is the call's name, `extension` whose telephone it is."""

    name: str
    linked: str
    extension: str
    caller: str
    called: str
    ringing: bool
    talking: bool
    seconds: float


class FollowedCalls:
    """Follows the calls of one switchboard. `ours` is asked when it matters, so that people may join while calls go on."""

    def __init__(self, source: str, ours: Ours) -> None:
        self.source, self.ours = source, ours
        self._calls: dict[str, FollowedCall] = {}
        self._over: dict[str, FollowedCall] = {}
        self._of_channel: dict[str, str] = {}
        """A channel keeps the call it began in: a transfer may give it another name."""
        self._gone: dict[str, None] = {}

    def living(self) -> frozenset[str]:
        """The calls that go on."""
        return frozenset(self._calls)

    def call(self, channel: str, linked: str) -> FollowedCall | None:
        """The call in which a channel takes part; None where neither it nor the call has a name."""
        name = self._of_channel.get(channel) or linked
        if not name:
            return None
        call = self._calls.get(name) or self._over.get(name)
        if call is None:
            call = self._calls[name] = FollowedCall(name)
            while len(self._calls) > MOST_CALLS:
                self._forget(next(iter(self._calls)))
        return call

    def joined(self, channel: str, linked: str, extension: str = "") -> FollowedCall | None:
        """The same, and the channel is one of its own from now on; unless it is over, as we may have heard before."""
        call = self.call(channel, linked)
        if call is not None and channel and channel not in self._gone:
            if call.id in self._over and call.over_at is None:
                self._calls[call.id] = self._over.pop(call.id)  # it was taken for lost
            if call.id in self._over:
                return call
            call.channels.setdefault(channel, extension)
            self._of_channel[channel] = call.id
        return call

    def expect(self, call_id: str, extension: str, number: str) -> None:
        """A call that we are about to have dialled."""
        call = self.call("", call_id)
        if call is not None:
            call.learn(extension, extension, number)
            call.told = True

    def give_up(self, call_id: str) -> None:
        """It will not be dialled after all."""
        if (call := self._calls.get(call_id)) is not None and not call.channels:
            del self._calls[call_id]

    def rings(self, call: FollowedCall, leg: str, extension: str, at: datetime) -> list[CallReport]:
        """A telephone is dialled. Of what is dialled outside, only a call of ours is told: it began for its caller."""
        if leg == call.id:
            return []  # somebody's own telephone, in a call that is dialled for them
        if self.ours(extension):
            return self._reports(call, Signal.RINGING, f"{leg}:ring", at, extensions=(extension,))
        return self._reports(call, Signal.RINGING, f"{leg}:ring", at) if self.ours(call.first) else []

    def answered(self, call: FollowedCall, leg: str, extension: str, at: datetime, *, ring: bool = False) -> list[CallReport]:
        """A telephone was answered; outside, by whomever somebody here had called. `ring`: nothing was heard of it ringing."""
        if leg == call.id:
            return []
        call.answered = True
        mine = self.ours(extension)
        agent = extension if mine else call.first if self.ours(call.first) else None
        rang = (extension,) if ring and mine else ()
        return self._reports(call, Signal.ANSWERED, f"{leg}:answer", at, agent=agent, extensions=rang)

    def taken(self, call: FollowedCall, leg: str, extension: str, at: datetime) -> list[CallReport]:
        """A conversation is somebody's now who was not dialled for it: picked up, or handed to them by word of mouth."""
        if not self.ours(extension):
            return []
        call.answered = True
        return self._reports(call, Signal.ANSWERED, f"{call.id}:{leg}:taken", at, agent=extension)

    def held(self, call: FollowedCall, channel: str, at: datetime, *, held: bool) -> list[CallReport]:
        """The caller waits, or waits no more."""
        signal = Signal.HELD if held else Signal.RESUMED
        return self._reports(call, signal, f"{channel}:{signal.lower()}:{at.timestamp():.3f}", at)

    def transferred(self, call: FollowedCall, channel: str, extension: str, at: datetime) -> list[CallReport]:
        """Handed on without a word before. Where to an outside number, nobody here has it any more, and it goes on."""
        if not self.ours(extension):
            return []
        return self._reports(call, Signal.TRANSFERRED, f"{channel}:transfer:{extension}", at, agent=extension)

    def hung_up(self, channel: str, linked: str, at: datetime, cause: str) -> list[CallReport]:
        """A channel is over; with the last one the call."""
        call = self.call(channel, linked)
        if call is None:
            return []
        self._gone[channel] = None
        _keep_latest(self._gone, MOST_OVER)
        self._of_channel.pop(channel, None)
        call.channels.pop(channel, None)
        call.causes.append(cause)
        if channel == call.id and call.channels and not call.answered:
            call.causes.append(ABANDONED)  # the caller is the first to go, and telephones still ring
        call.over_at = max(at, call.over_at or at)
        return self._ends(call)

    def failed(self, call_id: str, at: datetime, cause: str) -> list[CallReport]:
        """A call that was ordered could not be dialled; it may have no channel whose end we would hear of."""
        call = self._calls.get(call_id)
        if call is None or not call.told:
            return []
        call.causes.append(cause)
        if not call.channels:
            call.over_at = at
        return self._ends(call)

    def resume(self, channels: Collection[Channel], known: Mapping[str, OpenCall], at: datetime) -> list[CallReport]:
        """What goes on at this moment: tell what was not heard, and what was lost of the calls that we took to go on."""
        before, self._of_channel = self._of_channel, {}
        self._calls.clear()
        for each in sorted(channels, key=lambda each: each.name != each.linked):
            self._gone.pop(each.name, None)
            self._over.pop(before.get(each.name) or each.linked, None)
            call = self.joined(each.name, before.get(each.name) or each.linked, each.extension)
            if call is not None:
                call.learn(each.extension, each.caller, each.called)
        reports = []
        for name, opened in known.items():
            call = self._calls.get(name)
            if call is None:
                reports.append(self._lost(opened, at))
                continue
            call.told = True
            if opened.direction is CallDirection.OUTBOUND:
                call.first, call.called = opened.line or call.first, opened.number or call.called
            call.answered = opened.answered
        return reports + [report for each in channels for report in self._found(each, at)]

    def _found(self, each: Channel, at: datetime) -> list[CallReport]:
        call = self._calls.get(self._of_channel.get(each.name, ""))
        if call is None or each.name == call.id:
            return []
        if each.ringing:
            return self.rings(call, each.name, each.extension, at - timedelta(seconds=each.seconds))
        if each.talking and (self.ours(each.extension) or self.ours(call.first)):
            return self.answered(call, each.name, each.extension, at, ring=True)
        return []

    def _lost(self, opened: OpenCall, at: datetime) -> CallReport:
        """A call that went on and is there no more. Of it nothing is remembered but that it was: its end may still be told."""
        self._over[opened.id] = FollowedCall(opened.id, told=True, answered=opened.answered)
        cause = UNCONFIRMED if opened.unheard else None
        return CallReport(self.source, f"{opened.id}:lost", opened.id, Signal.LOST, opened.direction, "", "", at, cause=cause)

    def _reports(
        self, call: FollowedCall, signal: Signal, name: str, at: datetime, *, agent: str | None = None,
        extensions: tuple[str, ...] = (),
    ) -> list[CallReport]:  # fmt: skip
        """A report, and the end of the call where that was heard before it."""
        call.told = True
        told = self._report(call, signal, name, at, agent=agent, extensions=extensions)
        return [told, *self._ends(call)]

    def _ends(self, call: FollowedCall) -> list[CallReport]:
        """The end of a call whose last channel is gone; once, and only of a call that there is for us.

        What somebody here dialled and nobody was rung by, such as a voice mailbox, is none. Whoever calls from outside is
        told of even where it rang nobody: they gave up in the queue.
        """
        if call.over_at is None or call.channels or call.ended:
            return []
        if call.id in self._calls:
            self._over[call.id] = self._calls.pop(call.id)
            _keep_latest(self._over, MOST_OVER)
        if not call.told and (self.ours(call.first) or not (call.caller or call.called)):
            return []
        call.ended = True
        cause = None if call.answered else telling_cause(call.causes)
        return [self._report(call, Signal.ENDED, f"{call.id}:end", call.over_at, cause=cause and cause[:LONGEST_CAUSE])]

    def _report(
        self, call: FollowedCall, signal: Signal, name: str, at: datetime, *, agent: str | None = None,
        extensions: tuple[str, ...] = (), cause: str | None = None,
    ) -> CallReport:  # fmt: skip
        direction, caller = CallDirection.INBOUND, call.caller
        if self.ours(call.first):
            direction = CallDirection.INTERNAL if self.ours(call.called) else CallDirection.OUTBOUND
            caller = call.first
        return CallReport(
            self.source,
            name,
            call.id,
            signal,
            direction,
            caller,
            call.called,
            at,
            agent=agent,
            extensions=extensions,
            cause=cause,
        )

    def _forget(self, name: str) -> None:
        for channel in self._calls.pop(name).channels:
            self._of_channel.pop(channel, None)


def _keep_latest(kept: dict[str, Any], most: int) -> None:
    for name in list(islice(kept, max(0, len(kept) - most))):
        del kept[name]


def not_ended(reports: Iterable[CallReport]) -> list[CallReport]:
    """Without the losses of calls whose end is told beside them."""
    given = list(reports)
    ended = {report.call_id for report in given if report.state is Signal.ENDED}
    return [report for report in given if report.state is not Signal.LOST or report.call_id not in ended]
