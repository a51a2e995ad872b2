"""The collector while a process serves: what stays is looked at once, and everything only seldom."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest

from crm import garbage


class Knot:
    """Refers to itself, so only the collector frees it."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """The other tests of this process want what start-up made out of the way again."""
    yield
    garbage.settle()


@pytest.fixture
def whole() -> Iterator[list[int]]:
    """The generations beyond the first that were looked through."""
    seen: list[int] = []

    def note(phase: str, info: dict[str, int]) -> None:
        if phase == "stop" and info["generation"] > 0:
            seen.append(info["generation"])

    gc.callbacks.append(note)
    yield seen
    gc.callbacks.remove(note)


async def test_what_stays_is_looked_at_once(whole, monkeypatch):
    monkeypatch.setattr(garbage, "GROWTH", 10)
    with garbage.seldom():
        whole.clear()
        frozen = gc.get_freeze_count()
        stays = [[] for _ in range(garbage.YOUNG * 60)]  # with the usual rule the second generation's turn comes, too
        await asyncio.sleep(0)
        assert whole == []
        assert gc.get_freeze_count() > frozen + garbage.YOUNG * 55
        assert len(gc.get_objects(generation=0)) < 3 * garbage.YOUNG
        del stays


async def test_new_garbage_goes_at_once_and_what_survived_a_look_with_the_next_look_at_all(whole, monkeypatch):
    with garbage.seldom():
        young = weakref.ref(Knot())
        stays = [[] for _ in range(garbage.YOUNG * 2)]
        assert young() is None
        old = Knot()
        stays += [[] for _ in range(garbage.YOUNG * 2)]
        gone = weakref.ref(old)
        del old
        stays += [[] for _ in range(garbage.YOUNG * 2)]
        await asyncio.sleep(0)
        assert gone() is not None
        whole.clear()
        monkeypatch.setattr(garbage, "SELDOM", 0.0)
        stays += [[] for _ in range(garbage.YOUNG * 2)]
        assert gone() is not None, "not in the middle of whatever made the last object"
        await asyncio.sleep(0)
        assert gone() is None
        assert whole == [2]


async def test_a_process_that_has_grown_is_looked_through_and_one_that_shrank_again_is_not(whole, monkeypatch):
    with garbage.seldom():
        monkeypatch.setattr(garbage, "GROWTH", 1 + 10 * garbage.YOUNG / gc.get_freeze_count())
        whole.clear()
        for _ in range(4):
            passing = [[] for _ in range(garbage.YOUNG * 4)]
            del passing
        await asyncio.sleep(0)
        assert whole == []
        stays = [[] for _ in range(garbage.YOUNG * 14)]
        await asyncio.sleep(0)
        assert whole == [2]
        del stays


async def test_a_process_that_is_heavier_is_looked_through_however_few_objects_it_has(whole, monkeypatch):
    assert garbage.resident() > 10 * 2**20
    monkeypatch.setattr(garbage, "GROWTH", 10)
    with garbage.seldom():
        whole.clear()
        monkeypatch.setattr(garbage, "resident", lambda: 2 * garbage.HEAVIER + 10**10)
        stays = [[] for _ in range(garbage.YOUNG * 2)]
        await asyncio.sleep(0)
        assert whole == [2]
        stays += [[] for _ in range(garbage.YOUNG * 2)]
        await asyncio.sleep(0)
        assert whole == [2], "not again before it has grown as much again"


async def test_nothing_is_left_of_it_afterwards():
    before, callbacks = gc.get_threshold(), len(gc.callbacks)
    with garbage.seldom():
        assert gc.get_threshold() != before
    assert gc.get_threshold() == before
    assert len(gc.callbacks) == callbacks
