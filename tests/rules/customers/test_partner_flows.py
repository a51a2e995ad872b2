"""How assignments, submissions and marketing tasks go, and what follows from a clock or a figure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crm.core.errors import IllegalTransition
from crm.rules.customers.assignment_flow import (
    ASSIGNMENT_FLOW,
    LIVE,
    LONGEST_DAYS,
    SEEING,
    AssignmentStatus,
    AssignmentVerb,
    lapsed,
    offered,
    wrong_answer_time,
)
from crm.rules.customers.marketing_task_flow import ENDED, MARKETING_TASK_FLOW, ChannelTaskState, state_at
from crm.rules.customers.submission_flow import SUBMISSION_FLOW, SubmissionStatus

AT = datetime(2026, 5, 1, 9, tzinfo=UTC)
BEFORE, AFTER = AT - timedelta(microseconds=1), AT + timedelta(microseconds=1)


def test_what_is_live_can_end_and_what_has_ended_stays_so():
    for status in AssignmentStatus:
        assert ASSIGNMENT_FLOW.is_final(status) == (status not in LIVE)
    assert SEEING < LIVE
    assert {status for status in SubmissionStatus if not SUBMISSION_FLOW.is_final(status)} == {SubmissionStatus.SUBMITTED}
    assert {status for status in MARKETING_TASK_FLOW.states if MARKETING_TASK_FLOW.is_final(status)} == ENDED


def test_a_registered_one_is_given_up_by_nobody_but_us():
    with pytest.raises(IllegalTransition):
        ASSIGNMENT_FLOW.after(AssignmentStatus.REGISTERED, AssignmentVerb.DECLINE)
    assert offered(AssignmentStatus.REGISTERED) == (AssignmentVerb.REGISTER, AssignmentVerb.WITHDRAW)
    assert AssignmentVerb.EXPIRE not in {verb for status in AssignmentStatus for verb in offered(status)}


@pytest.mark.parametrize(
    ("status", "respond_by", "protected_until", "over"),
    [
        (AssignmentStatus.OFFERED, AT, None, True),
        (AssignmentStatus.OFFERED, AFTER, None, False),
        (AssignmentStatus.ACCEPTED, BEFORE, None, False),
        (AssignmentStatus.REGISTERED, BEFORE, AT, True),
        (AssignmentStatus.REGISTERED, BEFORE, AFTER, False),
        (AssignmentStatus.REGISTERED, BEFORE, None, False),
        (AssignmentStatus.DECLINED, BEFORE, BEFORE, False),
    ],
)
def test_an_offer_and_a_protection_end_at_their_instant(status, respond_by, protected_until, over):
    assert lapsed(status, respond_by, protected_until, AT) is over


def test_an_answer_is_asked_for_in_the_future_and_not_too_far():
    furthest = AT + timedelta(days=LONGEST_DAYS)
    assert [wrong_answer_time(each, AT) is None for each in (AT, AFTER, furthest, furthest + timedelta(seconds=1))] == [
        False, True, True, False,
    ]  # fmt: skip


def test_the_state_follows_from_the_figure():
    states = [state_at(percent) for percent in range(101)]
    assert states == [ChannelTaskState.TODO, *[ChannelTaskState.DOING] * 99, ChannelTaskState.DONE]
