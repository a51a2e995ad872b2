"""The clock of service cases: what was promised, read from the settings, and the columns that follow from it.

Every deed that touches the clock goes through here: first what has been missed by now is noted, then the facts change, then what
is due is reckoned anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from crm.rules.customers.service_case_flow import TICKING, CaseStatus
from crm.rules.customers.service_clock import Clock, Escalation, Promise, Verdict, judged, timing
from crm.rules.system.working_time import NoWorkingTime, WorkingTime
from crm.services.deeds import Deed
from crm.services.system.working_hours import working_time

_TERMS = """
SELECT p.id, p.version, p.response_minutes, p.resolution_minutes, p.near_percent, p.work_calendar_id,
    w.version AS calendar_version
FROM sla_policy p JOIN work_calendar w ON w.id = p.work_calendar_id
"""
UNPROMISED = dict.fromkeys(
    ("sla_policy_id", "policy_version", "calendar_version", "response_due_at", "resolution_due_at", "escalate_at")
)


@dataclass(frozen=True, slots=True)
class Terms:
    """A policy and the working time it is counted in, as they were when they were read."""

    marks: Mapping[str, Any]
    promise: Promise
    hours: WorkingTime


async def terms_for(deed: Deed, priority: str) -> Terms | None:
    """What a case of this priority is promised now; None where nothing is."""
    return await _terms(deed, "WHERE p.priority = $1 AND p.deleted_at IS NULL", priority)


async def terms_of(deed: Deed, case: Any) -> Terms | None:
    """What this case was promised when it was opened, or got its priority: by the policy as it is now."""
    return None if case.sla_policy_id is None else await _terms(deed, "WHERE p.id = $1", case.sla_policy_id)


async def _terms(deed: Deed, where: str, value: str | UUID) -> Terms | None:
    for row in await deed.rows(_TERMS + where, value):
        marks = {"sla_policy_id": row["id"], "policy_version": row["version"], "calendar_version": row["calendar_version"]}
        response, resolution = timedelta(minutes=row["response_minutes"]), timedelta(minutes=row["resolution_minutes"])
        promise = Promise(response, resolution, row["near_percent"])
        return Terms(marks, promise, await working_time(deed, row["work_calendar_id"]))
    return None


def verdict(case: Mapping[str, Any], terms: Terms | None, at: datetime) -> Verdict:
    """What has been missed by an instant, seen or unseen."""
    clock = _clock(case)
    try:
        return judged(clock, terms.promise, terms.hours, at) if terms is not None else _as_it_is(clock)
    except NoWorkingTime:
        return _as_it_is(clock)


def missed(case: Mapping[str, Any], terms: Terms | None, at: datetime) -> dict[str, Any]:
    """The same as columns, without the level: only whoever tells people raises that."""
    found = verdict(case, terms, at)
    return {"response_breached": found.response_breached, "resolution_breached": found.resolution_breached}


def reckoned(case: Mapping[str, Any], terms: Terms | None) -> dict[str, Any]:
    """What is due by these facts. An answer that was given keeps the due it was given for; so does a case that is over."""
    if terms is None:
        return dict(UNPROMISED)
    try:
        due = timing(_clock(case), terms.promise, terms.hours)
    except NoWorkingTime:
        return UNPROMISED | dict(terms.marks)
    found = {**terms.marks, "escalate_at": due.escalate_at}
    if case.get("first_responded_at") is None:
        found["response_due_at"] = due.response_due_at
    if CaseStatus(case["status"]) in TICKING | {CaseStatus.PENDING}:
        found["resolution_due_at"] = due.resolution_due_at
    return found


def paused(case: Any, terms: Terms | None, at: datetime) -> int:
    """For how many seconds of working time we have waited for the customer by now, in all."""
    found: int = case.paused_seconds
    if case.pending_at is not None and terms is not None:
        found += int(terms.hours.between(case.pending_at, at).total_seconds())
    return found


def _clock(case: Mapping[str, Any]) -> Clock:
    return Clock(
        started_at=case["clock_started_at"],
        paused=timedelta(seconds=case.get("paused_seconds", 0)),
        ticking=CaseStatus(case["status"]) in TICKING,
        responded_at=case.get("first_responded_at"),
        level=Escalation(case.get("escalation_level", 0)),
        response_breached=case.get("response_breached", False),
        resolution_breached=case.get("resolution_breached", False),
    )


def _as_it_is(clock: Clock) -> Verdict:
    return Verdict(clock.level, clock.response_breached, clock.resolution_breached)
