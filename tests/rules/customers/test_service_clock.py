"""What is due of a case, and what has been missed, without a database."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from crm.rules.customers.maintenance_flow import MAINTENANCE_FLOW
from crm.rules.customers.project_flow import PROJECT_FLOW
from crm.rules.customers.service_case_flow import SERVICE_CASE_FLOW, TICKING, CaseStatus
from crm.rules.customers.service_clock import STEPS_UP, Clock, Escalation, Promise, judged, timing
from crm.rules.system.working_time import WorkingTime

ZONE = ZoneInfo("Asia/Shanghai")
HOURS = WorkingTime(ZONE, dict.fromkeys(range(1, 6), ((540, 1080),)))
MONDAY = datetime(2026, 3, 2, 9, tzinfo=ZONE)
HOUR = timedelta(hours=1)
PROMISE = Promise(2 * HOUR, 10 * HOUR, 50)
CLOCK = Clock(MONDAY, timedelta(), True, None, Escalation.NONE, False, False)


def test_each_step_is_waited_for_in_turn():
    clock, seen = CLOCK, []
    while (at := timing(clock, PROMISE, HOURS).escalate_at) is not None:
        found = judged(clock, PROMISE, HOURS, at)
        seen.append((found.level, at))
        clock = replace(
            clock,
            level=found.level,
            response_breached=found.response_breached,
            resolution_breached=found.resolution_breached,
        )
    tuesday = datetime(2026, 3, 3, 10, tzinfo=ZONE)
    steps = [step for step in Escalation if step]
    assert seen == list(zip(steps, [MONDAY + HOUR, MONDAY + 2 * HOUR, MONDAY + 5 * HOUR, tuesday], strict=True))


def test_an_answer_that_came_is_not_waited_for_and_one_that_came_late_stays_late():
    answered = replace(CLOCK, responded_at=MONDAY + HOUR)
    assert timing(answered, PROMISE, HOURS).escalate_at == MONDAY + 5 * HOUR
    late = judged(CLOCK, PROMISE, HOURS, MONDAY + 3 * HOUR)
    assert (late.level, late.response_breached, late.resolution_breached) == (Escalation.RESPONSE_BREACHED, True, False)
    after = replace(answered, response_breached=True)
    assert judged(after, PROMISE, HOURS, MONDAY + 4 * HOUR).response_breached


def test_a_breach_is_noted_even_after_a_higher_level():
    """A short solution can be near due before the answer is overdue."""
    promise = Promise(9 * HOUR, 10 * HOUR, 50)
    clock = replace(CLOCK, level=Escalation.RESOLUTION_NEAR)
    assert timing(clock, promise, HOURS).escalate_at == MONDAY + 9 * HOUR
    assert judged(clock, promise, HOURS, MONDAY + 9 * HOUR).response_breached


def test_what_was_spent_waiting_does_not_count_and_a_clock_that_stands_misses_nothing():
    paused = replace(CLOCK, paused=4 * HOUR, responded_at=MONDAY)
    assert timing(paused, PROMISE, HOURS).resolution_due_at == datetime(2026, 3, 3, 14, tzinfo=ZONE)
    standing = timing(replace(paused, ticking=False), PROMISE, HOURS)
    assert (standing.resolution_due_at, standing.escalate_at) == (None, None)
    assert judged(replace(paused, ticking=False), PROMISE, HOURS, MONDAY + timedelta(days=90)).level is Escalation.NONE


def test_every_step_says_who_is_told():
    assert set(STEPS_UP) == set(Escalation) - {Escalation.NONE}


@pytest.mark.parametrize("flow", [PROJECT_FLOW, MAINTENANCE_FLOW, SERVICE_CASE_FLOW], ids=lambda flow: flow.noun)
def test_no_state_is_a_dead_end_and_each_is_reached(flow):
    first = next(iter(flow.states))
    reached, seen = {first}, {first}
    while reached:
        reached = {target for (state, _), target in flow.table.items() if state in reached} - seen
        seen |= reached
    assert seen == set(flow.states)
    assert not any(flow.is_final(state) for state in flow.states)


def test_the_clock_runs_where_it_is_on_us():
    assert {CaseStatus.NEW, CaseStatus.ASSIGNED} == TICKING
