"""What is kept, and what has to go: a flood of newcomers does not drive out what is in use."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from crm.core.segments import SAFE_SHARE, Segments


def key(number: int) -> bytes:
    return number.to_bytes(4)


def test_what_is_used_twice_outlives_any_number_of_newcomers():
    kept: Segments[int] = Segments(1000)
    for number in range(8):
        kept.put(key(number), number, 100)
        assert kept.get(key(number)) == number
    for number in range(1000, 6000):
        kept.put(key(number), number, 100)
    assert [kept.get(key(number)) for number in range(8)] == list(range(8))
    assert kept.bytes <= 1000


def test_newcomers_go_oldest_first():
    gone: list[int] = []
    kept: Segments[int] = Segments(300, lambda: gone.append(1))
    for number in range(5):
        kept.put(key(number), number, 100)
    assert [kept.get(key(number)) for number in range(5)] == [None, None, 2, 3, 4]
    assert len(gone) == 2


def test_of_the_settled_the_one_not_used_for_longest_goes_first():
    kept: Segments[int] = Segments(1000)
    for number in range(9):
        kept.put(key(number), number, 100)
        kept.get(key(number))
    kept.get(key(1))
    for number in range(100, 200):
        kept.put(key(number), number, 100)
    assert kept.get(key(0)) is None
    assert kept.get(key(1)) == 1


def test_what_is_larger_than_the_room_is_not_kept():
    kept: Segments[int] = Segments(1000)
    kept.put(key(1), 1, 100)
    kept.get(key(1))
    kept.put(key(2), 2, 5000)
    assert (kept.get(key(1)), kept.get(key(2)), kept.bytes) == (1, None, 100)


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 30), st.integers(1, 400)), max_size=300))
def test_the_bytes_are_those_of_what_is_there_and_never_too_many(steps):
    kept: Segments[int] = Segments(1000)
    for putting, number, weight in steps:
        if putting:
            kept.put(key(number), number, weight)
        else:
            assert kept.get(key(number)) in (None, number)
        there = [*kept._trial.values(), *kept._settled.values()]
        assert kept.bytes == sum(weight for _, weight in there) <= 1000
        assert kept._settled_bytes == sum(weight for _, weight in kept._settled.values()) <= 1000 * SAFE_SHARE
        assert len(kept) == len(there)
