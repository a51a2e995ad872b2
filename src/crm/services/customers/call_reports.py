"""What a switchboard reports of calls, taken in: repeated, late and in any order, with one result."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.core.text import clean
from crm.models import Call
from crm.rules.customers.call_states import CallDirection, CallEvent, CallState, Signal
from crm.rules.customers.phone_numbers import is_withheld, parse
from crm.services.customers import blocked_numbers, call_disclosures, call_matches
from crm.services.customers.call_histories import event_key, known, refold
from crm.services.customers.call_matches import CallerNumber
from crm.services.customers.call_people import (
    RING_SECONDS,
    People,
    RungGroup,
    add_candidates,
    group_called,
    people_named,
)
from crm.services.customers.call_rows import row_of
from crm.services.deeds import Deed, DiallingPlan

LONGEST_NUMBER = 64
LONGEST_CAUSE = 60


@dataclass(frozen=True, slots=True)
class CallReport:
    """One event of a switchboard, as it was told. `caller` and `called` are its `from` and `to`."""

    source: str
    event_id: str
    call_id: str
    state: Signal
    direction: CallDirection
    caller: str
    called: str
    at: datetime
    leg_id: str | None = None
    agent: str | None = None
    extensions: tuple[str, ...] = ()
    recording_url: str | None = None
    cause: str | None = None

    @property
    def key(self) -> str:
        """What a repetition of it has in common with it."""
        return event_key(self.source, self.event_id)

    @property
    def inward(self) -> bool:
        """Whether `called` is one of us."""
        return self.direction is not CallDirection.OUTBOUND


_OPEN = """
INSERT INTO call (id, created_at, updated_at, version, source, external_id, direction, state, ringing_at, expires_at)
VALUES ($1, $2, $2, 0, $3, $4, $5, $6, $7, $8) ON CONFLICT (source, external_id) DO NOTHING RETURNING *
"""
_LOCK = "SELECT * FROM call WHERE source = $1 AND external_id = $2 FOR NO KEY UPDATE"
_REMEMBER = """
INSERT INTO call_event (call_id, source, key, signal, at, agent_id, leg, cause, screen, received_at)
SELECT $1, $2, e.key, e.signal, e.at, e.agent_id, e.leg, e.cause, false, $3
FROM unnest($4::text[], $5::text[], $6::timestamptz[], $7::uuid[], $8::text[], $9::text[]) WITH ORDINALITY
  AS e(key, signal, at, agent_id, leg, cause, place)
ORDER BY e.place ON CONFLICT (source, key) DO NOTHING RETURNING key
"""


async def receive(deed: Deed, report: CallReport, plan: DiallingPlan | None = None) -> bool:
    """Take in one event; whether it was new."""
    return await receive_all(deed, [report], plan) == 1


async def receive_all(deed: Deed, reports: Sequence[CallReport], plan: DiallingPlan | None = None) -> int:
    """Take in several events, all or none; how many were new.

    The calls are taken in the order of their names, so that two lists never wait for each other.
    """
    if plan is not None:
        deed = replace(deed, dialling=plan)
    calls: dict[tuple[str, str], dict[str, CallReport]] = {}
    seen: set[str] = set()
    for report in reports:
        if report.key not in seen:
            seen.add(report.key)
            calls.setdefault((report.source, report.call_id), {})[report.event_id] = report
    return sum([await _receive(deed, list(calls[name].values())) for name in sorted(calls)])


async def _receive(deed: Deed, reports: Sequence[CallReport]) -> int:
    """Events of one call."""
    people = await people_named(deed, _names(reports))
    call, fresh = await _opened(deed, reports[0])
    added = await _remembered(deed, call, reports, people)
    if not added:
        if fresh:  # an event id used for another call before: a repetition does nothing at all
            await deed.run("DELETE FROM call WHERE id = $1", call.id)
        return 0
    heard = [_heard(report, people) for report in added] if fresh else await known(deed, call.id)
    leading = _leading(heard, added)
    values: dict[str, Any] = {}
    if recording := max((report.recording_url for report in added if report.recording_url), default=None):
        values["recording_url"] = max(recording, call.recording_url or "")
    news, rings = False, None
    if leading is not None:
        described, rings, news = await _described(deed, call, leading, people)
        values |= described
    rest = [report for report in added if report is not leading and (report.state is Signal.RINGING or report.extensions)]
    # A switchboard that is listened to rings each telephone by a report of its own: together they are one statement.
    blocked = values.get("blocked", call.blocked)
    rung = [each for report in rest for each in await _telephones(deed, report, people)] if rest and not blocked else []
    if await add_candidates(deed, call.id, rung):
        news = True
        if await call_disclosures.settle(deed, call.id) and call.party_id is None:
            values = {name: value for name, value in values.items() if name not in ("party_id", "contact_id")}
    await refold(deed, call, heard, values=values, rings=rings, tell=news)
    return len(added)


def _names(reports: Sequence[CallReport]) -> set[str]:
    """Everything in the reports that could name somebody who works here."""
    ends = {name for report in reports for name in (report.caller, report.called, report.agent) if name}
    return ends | {name for report in reports for name in report.extensions}


async def _opened(deed: Deed, report: CallReport) -> tuple[Any, bool]:
    """The call, locked; made where this is the first that is heard of it, which of several at once only one can do."""
    expires = report.at + timedelta(seconds=RING_SECONDS)
    started = (report.direction.value, CallState.RINGING.value, report.at, expires)
    rows = await deed.rows(_OPEN, new_id(Kind.CALL), deed.at, report.source, report.call_id, *started)
    fresh = bool(rows)
    call = row_of(Call, (rows or await deed.rows(_LOCK, report.source, report.call_id))[0])
    if fresh:
        call.state = call.direction = None  # so that the change log tells them as new
    return call, fresh


async def _remembered(deed: Deed, call: Any, reports: Sequence[CallReport], people: People) -> list[CallReport]:
    """Keep the events; those that were not known before."""
    columns: list[list[Any]] = [
        [report.event_id for report in reports],
        [report.state.value for report in reports],
        [report.at for report in reports],
        [people.agent(report.agent) for report in reports],
        [report.leg_id for report in reports],
        [report.cause and report.cause[:LONGEST_CAUSE] for report in reports],
    ]
    kept = await deed.rows(_REMEMBER, call.id, reports[0].source, deed.at, *columns)
    keys = {row["key"] for row in kept}
    return [report for report in reports if report.event_id in keys]


def _heard(report: CallReport, people: People) -> CallEvent:
    """The report as `known` would tell it."""
    cause = report.cause and report.cause[:LONGEST_CAUSE]
    return CallEvent(report.key, report.state, report.at, people.agent(report.agent), report.leg_id, cause)


def _leading(heard: Collection[CallEvent], added: Sequence[CallReport]) -> CallReport | None:
    """The report that says who calls whom, if it is among these: the call's first ringing, or else its first event.

    Later ones name legs and transfers; which came to us first must make no difference.
    """
    first = min((e for e in heard if not e.screen), key=lambda e: (e.signal is not Signal.RINGING, e.at, e.key))
    return next((report for report in added if report.key == first.key), None)


async def _described(deed: Deed, call: Any, report: CallReport, people: People) -> tuple[dict[str, Any], timedelta, bool]:
    """What the leading report says of the call, how long it rings, and whether people or matches came with it."""
    rung, group = await _rung(deed, report, people)
    number = number_of(report, deed.dialling)
    blocked = await blocked_numbers.blocks(deed, number, report.direction, report.at)
    seconds = timedelta(seconds=group.seconds if group else RING_SECONDS)
    values: dict[str, Any] = {
        "direction": report.direction.value,
        "number_raw": number.raw,
        "number_e164": number.e164,
        "number_extension": number.extension,
        "number_tail": number.tail,
        "number_display": number.display,
        "line": _shown(report.called if report.inward else report.caller),
        "ring_group_id": group and group.id,
        "blocked": blocked,
    }
    # Whoever calls a blocked number has it on the line already; a blocked caller is shown to nobody.
    joined = await add_candidates(deed, call.id, [] if blocked and report.inward else rung)
    known_number = (call.number_e164, call.number_extension, call.number_tail)
    if known_number == (number.e164, number.extension, number.tail) or report.direction is CallDirection.INTERNAL:
        if joined:
            await call_disclosures.settle(deed, call.id)
        return values, seconds, joined
    found = await call_matches.matches_of(deed, number, call.id)
    await call_matches.keep(deed, call.id, found, instead=call.state is not None)
    # To whoever is told nothing the call must look like one of an unknown number in every respect: what a link brings with it
    # (who is to call back, what the log says, what the screen refuses) would tell them. Whoever sees the party can link it.
    withheld = await call_disclosures.settle(deed, call.id)
    linked = call_matches.certain(found) if call.party_id is None and not withheld else {}
    return values | linked, seconds, True


async def _telephones(deed: Deed, report: CallReport, people: People) -> list[Any]:
    """Whose telephones the report says ring; a group is looked up only where it names none."""
    if report.inward and report.extensions:
        return people.extensions(report.extensions)
    return (await _rung(deed, report, people))[0]


async def _rung(deed: Deed, report: CallReport, people: People) -> tuple[list[Any], RungGroup | None]:
    """Whose telephones the report says ring, and the ring group that was dialled."""
    if not report.inward:
        return [people.agent(report.agent) or next(iter(people.extensions([report.caller])), None)], None
    owner = people.extensions([report.called])
    group = None if owner else await group_called(deed, report.called)
    if report.extensions:
        return people.extensions(report.extensions), group
    return owner or list(group.members if group else ()), group


def number_of(report: CallReport, plan: DiallingPlan) -> CallerNumber:
    """The outside number of the call. A call is never refused for its number: what cannot be one is kept as it came."""
    written = clean(report.caller if report.inward else report.called)
    raw = written[:LONGEST_NUMBER] or None
    if raw is None or is_withheld(written):
        return CallerNumber(raw)
    try:
        number = parse(written, region=plan.region, area_code=plan.area_code)
    except ValueError:
        return CallerNumber(raw)
    return CallerNumber(raw, number.e164, number.extension, number.tail, number.display[:LONGEST_NUMBER])


def _shown(written: str) -> str | None:
    return clean(written)[:LONGEST_NUMBER] or None
