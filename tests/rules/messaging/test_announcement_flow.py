"""The life of an announcement, and the times that make sense for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crm.core.errors import IllegalTransition
from crm.rules.messaging.announcement_flow import (
    ANNOUNCEMENT_FLOW,
    EDITABLE,
    OUT,
    AnnouncementStatus,
    AnnouncementVerb,
    offered,
    wrong_end,
    wrong_time,
)

STEPS = {
    ("DRAFT", "PUBLISH"): "PUBLISHED",
    ("DRAFT", "SCHEDULE"): "SCHEDULED",
    ("SCHEDULED", "PUBLISH"): "PUBLISHED",
    ("SCHEDULED", "SCHEDULE"): "SCHEDULED",
    ("SCHEDULED", "UNSCHEDULE"): "DRAFT",
    ("PUBLISHED", "WITHDRAW"): "WITHDRAWN",
    ("PUBLISHED", "EXPIRE"): "EXPIRED",
    ("EXPIRED", "WITHDRAW"): "WITHDRAWN",
}
NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)


@pytest.mark.parametrize("state", AnnouncementStatus)
@pytest.mark.parametrize("verb", AnnouncementVerb)
def test_the_steps_are_these_and_no_other(state, verb):
    if (state, verb) in STEPS:
        assert ANNOUNCEMENT_FLOW.after(state, verb) == STEPS[state, verb]
    else:
        with pytest.raises(IllegalTransition, match="Announcement"):
            ANNOUNCEMENT_FLOW.after(state, verb)


def test_a_withdrawn_one_never_comes_back():
    assert [state for state in AnnouncementStatus if ANNOUNCEMENT_FLOW.is_final(state)] == ["WITHDRAWN"]


def test_nobody_is_offered_what_the_clock_does():
    assert {state.value: [verb.value for verb in offered(state)] for state in AnnouncementStatus} == {
        "DRAFT": ["PUBLISH", "SCHEDULE"],
        "SCHEDULED": ["PUBLISH", "SCHEDULE", "UNSCHEDULE"],
        "PUBLISHED": ["WITHDRAW"],
        "WITHDRAWN": [],
        "EXPIRED": ["WITHDRAW"],
    }


def test_what_is_out_is_not_edited():
    assert EDITABLE.isdisjoint(OUT)


@pytest.mark.parametrize(
    ("ahead", "right"),
    [(-DAY, False), (0 * DAY, False), (SECOND, True), (365 * DAY, True), (365 * DAY + SECOND, False), (50_000 * DAY, False)],
)
def test_publication_lies_ahead_and_within_a_year(ahead, right):
    assert (wrong_time(NOW + ahead, NOW) is None) == right


@pytest.mark.parametrize(
    ("end", "publication", "right"),
    [
        (None, None, True),
        (None, DAY, True),
        (SECOND, None, True),
        (0 * DAY, None, False),
        (-DAY, None, False),
        (2 * DAY, DAY, True),
        (DAY, DAY, False),
        (DAY, 2 * DAY, False),
    ],
)
def test_it_ends_in_the_future_and_after_it_is_published(end, publication, right):
    ahead = [None if each is None else NOW + each for each in (end, publication)]
    assert (wrong_end(*ahead, NOW) is None) == right
