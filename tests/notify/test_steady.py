"""Comings and goings that last, and those that do not."""

from __future__ import annotations

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.notify.steady import Steady

ALICE, BOB = uuid4(), uuid4()
STAY, LEAVE = 1, 5


@pytest.fixture
def steady() -> Steady:
    return Steady(frozenset(), stay=STAY, leave=LEAVE)


def looks(steady: Steady, at: float, *people: UUID) -> set[UUID]:
    return steady.look(frozenset(people), at)


def test_somebody_who_stays_is_there(steady: Steady):
    assert looks(steady, 0, ALICE) == set()
    assert looks(steady, 0.9, ALICE) == set()
    assert steady.people == set()
    assert looks(steady, 1.0, ALICE) == {ALICE}
    assert steady.people == {ALICE}
    assert looks(steady, 2.0, ALICE) == set()


def test_somebody_who_only_looks_in_was_never_there(steady: Steady):
    looks(steady, 0, ALICE)
    assert looks(steady, 0.5) == set()
    assert looks(steady, 60) == set()
    assert steady.people == set()


def test_a_page_that_is_loaded_anew_is_no_going(steady: Steady):
    looks(steady, 0, ALICE)
    looks(steady, 1, ALICE)
    assert looks(steady, 10) == set()
    assert steady.people == {ALICE}
    assert looks(steady, 14.9, ALICE) == set()
    assert looks(steady, 60, ALICE) == set()
    assert steady.people == {ALICE}


def test_somebody_who_stays_away_is_gone(steady: Steady):
    looks(steady, 0, ALICE, BOB)
    looks(steady, 1, ALICE, BOB)
    looks(steady, 10, BOB)
    assert looks(steady, 14.9, BOB) == set()
    assert looks(steady, 15, BOB) == {ALICE}
    assert steady.people == {BOB}
    assert looks(steady, 16, ALICE, BOB) == set()
    assert looks(steady, 17, ALICE, BOB) == {ALICE}


def test_whoever_was_known_before_has_time_to_come_back():
    steady = Steady(frozenset((ALICE, BOB)), stay=STAY, leave=LEAVE)
    assert looks(steady, 0) == set()
    assert looks(steady, 3, ALICE) == set()
    assert looks(steady, 5, ALICE) == {BOB}
    assert steady.people == {ALICE}


@given(st.lists(st.tuples(st.integers(0, 3), st.sets(st.sampled_from([ALICE, BOB])))))
def test_it_tells_each_change_once_and_ends_where_everybody_is(steps: list[tuple[int, set[UUID]]]):
    steady, at, told = Steady(frozenset(), stay=STAY, leave=LEAVE), 0, set()
    last: set[UUID] = set()
    for wait, people in steps:
        at, last = at + wait, people
        told ^= looks(steady, at, *last)
        assert told == steady.people
    looks(steady, at, *last)
    looks(steady, at + LEAVE, *last)
    assert steady.people == last
