"""When failed jobs come back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.rules.system.retries import ONCE, SEVERAL, Retries


def exactly() -> float:
    return 0.5


def test_each_pause_is_several_times_the_one_before_up_to_the_longest():
    retries = Retries(attempts=6, first=timedelta(seconds=10), factor=4, longest=timedelta(minutes=5))
    pauses = [retries.pause(attempt, exactly) for attempt in range(1, 7)]
    assert [each and each.total_seconds() for each in pauses] == [10, 40, 160, 300, 300, None]


def test_what_is_tried_once_never_comes_back():
    assert ONCE.pause(1, exactly) is None


@pytest.mark.parametrize(("dice", "seconds"), [(0.0, 8), (0.5, 10), (1.0, 12)])
def test_jitter_spreads_both_ways(dice: float, seconds: float):
    assert SEVERAL.pause(1, lambda: dice) == timedelta(seconds=seconds)


@given(st.integers(1, 10_000), st.floats(0, 1))
def test_no_attempt_is_too_late_for_arithmetic(attempt: int, dice: float):
    retries = Retries(attempts=20_000, jitter=0.5)
    pause = retries.pause(attempt, lambda: dice)
    assert pause is not None
    assert timedelta() < pause <= retries.longest * 1.5
