"""What is known of a call, and what follows from it: the one place where a call's state is written.

Every deed on a call adds an event and folds them all anew (`rules/customers/call_states.py`), so that switchboard and screen
agree in whatever order they are heard.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from crm.rules.customers.call_states import CallEvent, CallFacts, Signal, folded
from crm.services import events
from crm.services.customers import call_backs, call_disclosures
from crm.services.customers.call_people import add_candidates, candidates_of
from crm.services.deeds import Deed
from crm.services.records import FieldChange, record_change, revise
from crm.services.topics import Topic

SCREEN = "screen"
_KNOWN = "SELECT source, key, signal, at, agent_id, leg, cause, screen FROM call_event WHERE call_id = $1"
_ADD = """
INSERT INTO call_event (call_id, source, key, signal, at, agent_id, screen, received_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""
_NUMBER = "number"
_FOLLOWING = ("ringSeconds", "talkSeconds")
_TAKES = (Signal.CLAIMED, Signal.ANSWERED, Signal.TRANSFERRED)


def event_key(source: str, key: str) -> str:
    """What tells an event from every other, whoever reported it."""
    return f"{source}:{key}"


async def known(deed: Deed, call_id: UUID) -> list[CallEvent]:
    """Everything that is known of a call."""
    return [
        CallEvent(
            key=event_key(row["source"], row["key"]),
            signal=Signal(row["signal"]),
            at=row["at"],
            agent=row["agent_id"],
            leg=row["leg"],
            cause=row["cause"],
            screen=row["screen"],
        )
        for row in await deed.rows(_KNOWN, call_id)
    ]


async def note(deed: Deed, call: Any, signal: Signal, *, agent: UUID | None = None, source: str = SCREEN) -> list[CallEvent]:
    """Add what happened on our side; all that is known with it.

    It comes after everything known so far: a switchboard whose clock is ahead of ours must not make a click come first.
    """
    heard = await known(deed, call.id)
    at = max([deed.at, *(event.at for event in heard)])
    key, screen = str(uuid4()), source == SCREEN
    await deed.run(_ADD, call.id, source, key, signal.value, at, agent, screen, deed.at)
    return [*heard, CallEvent(event_key(source, key), signal, at, agent, screen=screen)]


async def refold(
    deed: Deed,
    call: Any,
    heard: Sequence[CallEvent],
    *,
    verb: str | None = None,
    values: Mapping[str, Any] | None = None,
    beside: Sequence[FieldChange] = (),
    rings: timedelta | None = None,
    tell: bool = False,
) -> None:
    """Make the call what its events say, with `values` beside that; log it and tell everybody it rings, if anything changed.

    `verb` is what the log calls it (by default what became of the call), `beside` what changed beside the row, `rings` how long
    it may ring where that is known only now, `tell` that something else beside the row changed.
    """
    facts = folded(heard)
    columns = {**_columns(facts, rings or call.expires_at - call.ringing_at), **(values or {})}
    columns |= await _holder(deed, call, facts, heard)
    joined = await add_candidates(deed, call.id, [facts.holder])
    if joined:
        await call_disclosures.settle(deed, call.id)
    columns |= await call_backs.settled(deed, call, columns)
    verb = verb or _verb(call, facts)
    changes = await revise(deed, call, columns, beside)
    if changes:
        await record_change(deed, call, verb, _logged(call, changes))
    audience = await candidates_of(deed, call.id) if changes or joined or tell else []
    if audience:  # an event for nobody would be one for everybody
        await events.record(deed, Topic.INCOMING_CALLS, call.id, audience)


def _columns(facts: CallFacts, rings: timedelta) -> dict[str, Any]:
    return {
        "state": facts.state.value,
        "ringing_at": facts.ringing_at,
        "expires_at": facts.ringing_at + rings,
        "answered_at": facts.answered_at,
        "ended_at": facts.ended_at,
        "cause": facts.cause,
        "ring_seconds": _seconds(facts.ringing_at, facts.answered_at or facts.ended_at),
        "talk_seconds": _seconds(facts.answered_at, facts.ended_at),
    }


def _seconds(start: datetime | None, end: datetime | None) -> int | None:
    """Whole seconds; of clocks that disagree, none."""
    return None if start is None or end is None else max(0, int((end - start).total_seconds()))


async def _holder(deed: Deed, call: Any, facts: CallFacts, heard: Sequence[CallEvent]) -> dict[str, Any]:
    """Who holds the call. It is theirs from then on, until somebody else gets it; a transfer of the record stays."""
    if facts.holder is None:
        return {}
    held = {"claimed_by_id": facts.holder, "claimed_at": _held_since(facts, heard)}
    if facts.holder == call.claimed_by_id:
        return held
    rows = await deed.rows("SELECT department_id FROM user_account WHERE id = $1", facts.holder)
    return {**held, "owner_id": facts.holder, "department_id": rows[0]["department_id"]}


def _held_since(facts: CallFacts, heard: Sequence[CallEvent]) -> datetime:
    """When the holder got the call: their first sign in it since anybody else had it."""
    since: datetime | None = None
    for event in sorted(heard, key=lambda each: (each.at, each.key)):
        if event.agent is None or event.signal not in _TAKES:
            continue
        if event.agent == facts.holder:
            since = since or event.at
        elif event.signal is not Signal.CLAIMED:
            since = None
    return since or facts.answered_at or facts.ringing_at


def _verb(call: Any, facts: CallFacts) -> str:
    """What the change log calls it when the switchboard, or nobody, did it."""
    if facts.state.value != call.state:
        return f"call.{facts.state.lower()}"
    if facts.holder != call.claimed_by_id:
        return "call.override" if facts.overridden else "call.answered"
    return "call.update"


def _logged(call: Any, changes: Sequence[FieldChange]) -> list[FieldChange]:
    """The number is told as the one field it is, so that hiding that hides it here too; what follows from times, by these."""
    told = [change for change in changes if change.field not in _FOLLOWING]
    rest = [change for change in told if not change.field.startswith(_NUMBER)]
    if len(rest) == len(told):
        return rest
    raw = next((change for change in changes if change.field == "numberRaw"), None)
    return [*rest, FieldChange(_NUMBER, raw.old if raw else None, call.number_display or call.number_raw)]
