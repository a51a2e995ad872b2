"""The state of a call (通话状态), folded from all that is known of it.

Switchboards repeat themselves, are late, and tell things in the wrong order. So no event changes a state: the facts are a
function of the *set* of events, each at its own time, and the same set gives the same facts in whatever order it came.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from crm.core.flow import Flow


class CallState(StrEnum):
    """Where a call stands."""

    RINGING = "RINGING"  # 振铃
    ANSWERED = "ANSWERED"  # 通话中
    HELD = "HELD"  # 保持
    TRANSFERRED = "TRANSFERRED"  # 已转接, nobody has answered there yet
    ENDED = "ENDED"  # 已结束, somebody had answered
    MISSED = "MISSED"  # 未接
    BUSY = "BUSY"  # 忙线
    FAILED = "FAILED"  # 呼叫失败
    ABANDONED = "ABANDONED"  # 主叫放弃
    LOST = "LOST"  # 失联: it vanished from the switchboard unseen


OPEN = frozenset({CallState.RINGING, CallState.ANSWERED, CallState.HELD, CallState.TRANSFERRED})
"""The states of a call that goes on."""


class CallDirection(StrEnum):
    """Who called whom (呼叫方向)."""

    INBOUND = "INBOUND"  # 呼入
    OUTBOUND = "OUTBOUND"  # 呼出
    INTERNAL = "INTERNAL"  # 内部


class CallVerb(StrEnum):
    """What can be done to a call on screen."""

    CLAIM = "CLAIM"  # 接听
    HOLD = "HOLD"  # 保持
    RESUME = "RESUME"  # 恢复
    TRANSFER = "TRANSFER"  # 转接
    END = "END"  # 结束, which files the outcome
    AMEND = "AMEND"  # 补记, of what was filed
    LINK = "LINK"  # 关联客户


class Signal(StrEnum):
    """What an event says. CLAIMED and FILED come from the screen, HELD, RESUMED and TRANSFERRED from there as well."""

    RINGING = "RINGING"
    CLAIMED = "CLAIMED"
    ANSWERED = "ANSWERED"
    HELD = "HELD"
    RESUMED = "RESUMED"
    TRANSFERRED = "TRANSFERRED"
    ENDED = "ENDED"
    MISSED = "MISSED"
    FILED = "FILED"
    LOST = "LOST"


@dataclass(frozen=True, slots=True)
class CallEvent:
    """One thing known of a call. `key` is what a repetition has in common with it; `leg` is one line of the call."""

    key: str
    signal: Signal
    at: datetime
    agent: UUID | None = None
    leg: str | None = None
    cause: str | None = None
    screen: bool = False


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What the events of a call amount to.

    `overridden` tells that a switchboard answer took the call from whoever had claimed it on screen, `cause` is what the
    switchboard gave as the reason for the state it ended in, `filed` that its outcome was entered on screen.
    """

    state: CallState
    ringing_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    holder: UUID | None
    overridden: bool
    cause: str | None
    filed: bool


CALL_FLOW = Flow(
    "Call",
    CallState,
    CallVerb,
    {
        (CallState.RINGING, CallVerb.CLAIM): CallState.ANSWERED,
        (CallState.ANSWERED, CallVerb.HOLD): CallState.HELD,
        (CallState.ANSWERED, CallVerb.TRANSFER): CallState.TRANSFERRED,
        (CallState.ANSWERED, CallVerb.END): CallState.ENDED,
        (CallState.HELD, CallVerb.RESUME): CallState.ANSWERED,
        (CallState.HELD, CallVerb.TRANSFER): CallState.TRANSFERRED,
        (CallState.HELD, CallVerb.END): CallState.ENDED,
        (CallState.TRANSFERRED, CallVerb.END): CallState.ENDED,
        (CallState.ENDED, CallVerb.END): CallState.ENDED,
        (CallState.LOST, CallVerb.END): CallState.ENDED,
    },
)
"""The screen's verbs. END is also there for what has ended without it: the switchboard hangs up before anybody files."""


def verbs_of(state: CallState, *, claimed: bool, filed: bool) -> tuple[CallVerb, ...]:
    """The legal next verbs on screen, in the order of their enum.

    `claimed` is whether the call has a holder: only then can anything but a claim be done to it. Claimed is whatever is open and
    nobody's, and what was transferred, by whoever was given it. An outcome is filed once, and amended from then on. A customer
    can be linked at any time.
    """
    legal = set(CALL_FLOW.verbs(state)) - {CallVerb.CLAIM} if claimed else set()
    if state is CallState.TRANSFERRED or (state in OPEN and not claimed):
        legal.add(CallVerb.CLAIM)
    if filed:
        legal.discard(CallVerb.END)
    if filed and claimed:
        legal.add(CallVerb.AMEND)
    return tuple(verb for verb in CallVerb if verb in legal or verb is CallVerb.LINK)


_STAGE = {signal: stage for stage, signal in enumerate(Signal)}
"""Of two events with the same time, the one earlier in the life of a call comes first: switchboards round to seconds."""

_MIDDLE = {
    Signal.CLAIMED: CallState.ANSWERED,
    Signal.ANSWERED: CallState.ANSWERED,  # also after HELD: that is how many switchboards say "resumed"
    Signal.RESUMED: CallState.ANSWERED,
    Signal.HELD: CallState.HELD,
    Signal.TRANSFERRED: CallState.TRANSFERRED,
}
"""What makes a call more than ringing."""

_TAKEN = frozenset({Signal.CLAIMED, Signal.ANSWERED, Signal.HELD, Signal.RESUMED})
"""What proves that somebody took the call, even where the answer itself was never told. A transfer may be a forwarding."""

_CAUSES = {
    CallState.BUSY: "17 21 486 600 603 busy user_busy busy_here busy_everywhere call_rejected rejected decline declined",
    CallState.FAILED: (
        "1 2 3 27 28 34 38 41 42 44 58 404 484 502 503 failed failure error congestion chanunavail channel_unavailable"
        " no_route_destination no_route_transit_net destination_out_of_order normal_circuit_congestion circuit_congestion"
        " normal_temporary_failure temporary_failure switch_congestion requested_chan_unavail"
    ),
    CallState.ABANDONED: (
        "487 abandon abandoned originator_cancel cancel canceled cancelled caller_hangup caller_hung_up caller_hang_up"
        " request_terminated"
    ),
    CallState.MISSED: "18 19 408 480 no_answer noanswer no_user_response allotted_timeout timeout unanswered missed",
}
_STATE_BY_CAUSE = {cause: state for state, causes in _CAUSES.items() for cause in causes.split()}
_FAILED_PREFIXES = ("network", "invalid_number", "unallocated", "unassigned")
_GAP = re.compile(r"[\s_-]+")

_OF_CALL = (CallState.BUSY, CallState.FAILED, CallState.ABANDONED, CallState.MISSED)
"""Several ends of one call, the most specific first."""

OF_LEGS = (CallState.ABANDONED, CallState.MISSED, CallState.BUSY, CallState.FAILED)
"""Ends of single legs: a call that rang out at one agent was missed, though another was busy."""


def folded(events: Collection[CallEvent]) -> CallFacts:
    """The facts of a call, the same for every order and any repetition of its events. Needs at least one event.

    - It rings from the earliest event; what comes late never moves it backwards.
    - The first claim counts unless somebody is known to have answered before; the holder is whom the latest answer or
      transfer names, else who claimed. The time of events decides, not the order of their arrival: an answer elsewhere
      that is learnt of after a claim overrides it even if it happened before. An answer by whoever claimed confirms the
      claim, and a later answer elsewhere is then a step of the switchboard, no override.
    - An end without a leg ends the call, and so does the end of every leg that any event named. A switchboard should name
      the caller's leg first: a leg that was unknown when all others had ended opens the call again.
    - A call somebody took is ENDED, for whatever cause. Else the most specific end decides, and without one it is MISSED.
    - Filing ends a call; LOST does as well, but any other end overrides it. Nothing else reopens a lost call.
    """
    known = _in_order(events)
    if not known:
        raise ValueError("a call has at least one event")
    claim = _claim(known)
    ends = [event for event in known if event.signal in (Signal.ENDED, Signal.MISSED)]
    ended_at = _ended_at(known, ends)
    taken = any(event.signal in _TAKEN for event in known)
    state = _middle(known, claim) if ended_at is None else _terminal(known, ends, taken)
    return CallFacts(
        state=state,
        ringing_at=known[0].at,
        answered_at=_first(known, Signal.ANSWERED, Signal.CLAIMED),
        ended_at=ended_at,
        holder=_holder(known, claim),
        overridden=_is_overridden(known),
        cause=None if ended_at is None else _cause(known, ends, state),
        filed=any(event.signal is Signal.FILED for event in known),
    )


def _in_order(events: Iterable[CallEvent]) -> list[CallEvent]:
    """The events by time, each key once. All fields take part, so that even two contents of one key give one result."""

    def place(event: CallEvent) -> tuple[object, ...]:
        rest = (str(event.agent or ""), event.leg or "", event.cause or "", event.screen)
        return event.at, _STAGE[event.signal], event.key, *rest

    kept: dict[str, CallEvent] = {}
    for event in sorted(events, key=place):
        kept.setdefault(event.key, event)
    return list(kept.values())


def _names_holder(event: CallEvent) -> bool:
    return event.agent is not None and event.signal in (Signal.ANSWERED, Signal.TRANSFERRED)


def _claim(known: list[CallEvent]) -> CallEvent | None:
    """The claim that counts: the first, unless the call had a holder by then."""
    first = next((event for event in known if event.signal is Signal.CLAIMED or _names_holder(event)), None)
    return first if first and first.signal is Signal.CLAIMED else None


def _holder(known: list[CallEvent], claim: CallEvent | None) -> UUID | None:
    named = [event.agent for event in known if _names_holder(event)]
    if named:
        return named[-1]
    return claim.agent if claim else None


def _is_overridden(known: list[CallEvent]) -> bool:
    """Whether the first holder the switchboard named answered in place of the first claimer."""
    claim = next((event for event in known if event.signal is Signal.CLAIMED), None)
    named = next((event for event in known if _names_holder(event)), None)
    return bool(claim and named and named.signal is Signal.ANSWERED and named.agent != claim.agent)


def _middle(known: list[CallEvent], claim: CallEvent | None) -> CallState:
    """The state of a call that goes on; claims that do not count change nothing."""
    steps = [event for event in known if event.signal in _MIDDLE and (event.signal is not Signal.CLAIMED or event is claim)]
    return _MIDDLE[steps[-1].signal] if steps else CallState.RINGING


def _ended_at(known: list[CallEvent], ends: list[CallEvent]) -> datetime | None:
    """When the call ended, or None while it goes on. The switchboard's time wins over the screen's, that over our watch's."""
    legs = {event.leg for event in known if event.leg is not None and event.signal is not Signal.LOST}
    over = {event.leg: event.at for event in reversed(ends) if event.leg is not None}  # of several ends of one the first
    times = [event.at for event in ends if event.leg is None][:1]
    if legs and over.keys() == legs:
        times.append(max(over.values()))
    return min(times) if times else _first(known, Signal.FILED) or _first(known, Signal.LOST)


def _terminal(known: list[CallEvent], ends: list[CallEvent], taken: bool) -> CallState:
    """The state of a call that is over. The ends of some legs do not outweigh that the call was lost, the end of all does."""
    if _ended_at([event for event in known if event.signal is not Signal.LOST], ends) is None:
        return CallState.LOST
    if taken or _first(known, Signal.FILED):
        return CallState.ENDED
    of_call = {_verdict(event) for event in ends if event.leg is None}
    of_legs = {_verdict(event) for event in ends if event.leg is not None}
    told = [state for state in _OF_CALL if state in of_call] + [state for state in OF_LEGS if state in of_legs]
    return told[0] if told else CallState.MISSED


def _verdict(event: CallEvent) -> CallState | None:
    """What an end says of a call that nobody took."""
    return CallState.MISSED if event.signal is Signal.MISSED else verdict_of(event.cause)


def verdict_of(cause: str | None) -> CallState | None:
    """What a cause says of a call that nobody took; None for a normal or unknown one."""
    word = _GAP.sub("_", (cause or "").strip().lower())
    return CallState.FAILED if word.startswith(_FAILED_PREFIXES) else _STATE_BY_CAUSE.get(word)


def _cause(known: list[CallEvent], ends: list[CallEvent], state: CallState) -> str | None:
    """The cause that made the state; else the first of the call as a whole, else that of the leg that ended last."""
    if state is CallState.LOST:
        ends = [event for event in known if event.signal is Signal.LOST]
    given = [event for event in ends if event.cause]
    ranked = [event for event in given if event.leg is None] + [event for event in reversed(given) if event.leg is not None]
    chosen = next((event for event in ranked if _verdict(event) is state), ranked[0] if ranked else None)
    return chosen.cause if chosen else None


def _first(known: list[CallEvent], *signals: Signal) -> datetime | None:
    return next((event.at for event in known if event.signal in signals), None)
