"""One series made into two: together they have the occurrences that it had."""

from __future__ import annotations

from datetime import UTC, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.rules.office.test_recurrence import EVER, MORE, ZONES, local, moments, rules, taken

from crm.rules.office.recurrence import Series, between, bounds_of, last_until, next_after
from crm.rules.office.recurrence_split import split_rule

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("rule", "head", "tail"),
    [
        ("FREQ=DAILY;COUNT=5", "FREQ=DAILY;COUNT=2", "FREQ=DAILY;COUNT=3"),
        ("FREQ=DAILY", "FREQ=DAILY;UNTIL=20260703T085959", "FREQ=DAILY"),
        ("FREQ=DAILY;UNTIL=20260801", "FREQ=DAILY;UNTIL=20260703T085959", "FREQ=DAILY;UNTIL=20260801"),
    ],
)
def test_what_becomes_of_its_end(rule, head, tail):
    assert split_rule(rule, local("2026-07-01 09:00"), local("2026-07-03 09:00")) == (head, tail)


@settings(max_examples=120 * MORE, deadline=None)
@given(rules(), moments, st.sampled_from(ZONES), st.integers(1, 12))
def test_both_parts_have_what_the_whole_had(text, starts, zone, place):
    """Of a rule without end the second part runs longer than the whole did; that much is expected of one that goes on."""
    whole = Series(starts, HOUR, zone, taken(text, starts))
    found = between(whole, *EVER, limit=20)
    assume(len(found) > place)
    original = found[place].original
    head, tail = split_rule(whole.rule or "", starts, original)
    before, after = Series(starts, HOUR, zone, head), Series(original, HOUR, zone, tail)
    assert between(before, *EVER, limit=20) == found[:place]
    assert between(after, *EVER, limit=20)[: len(found) - place] == found[place:]
    assert bounds_of(before)[1] == found[place - 1].original


@settings(max_examples=80 * MORE, deadline=None)
@given(rules(), moments, st.sampled_from(ZONES), st.integers(0, 3000))
def test_the_last_one_until_an_instant_is_the_one_before_the_next(text, starts, zone, days):
    series = Series(starts, HOUR, zone, taken(text, starts))
    instant = starts.replace(tzinfo=UTC) + timedelta(days=days)
    last = last_until(series, instant)
    if last is None:
        first = next_after(series, instant)
        assert first is None or first.original == bounds_of(series)[0]
    else:
        assert last.starts_at <= instant
        following = next_after(series, last.starts_at)
        assert following is None or following.starts_at > instant
