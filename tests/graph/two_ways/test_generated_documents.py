"""Random documents, asked both ways as many viewers: whatever a client may write, a plan answers as the reference does.

`make test` asks the same documents each time. With CRM_SOAK=1 they are new ones and many more; the seed is in every failure.
"""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator

import pytest
from tests.factories.choices import Choices, smallest
from tests.factories.company import VIEWERS
from tests.factories.documents import Asked, asked
from tests.factories.two_ways import Different
from tests.graph.two_ways.corners import corners
from tests.graph.two_ways.offices import MODES, Offices, opened, reachable

SOAK = bool(os.environ.get("CRM_SOAK"))
DOCUMENTS = 5_000 if SOAK else 450
SEED = int(time.time()) if SOAK else 2026
SIGNED_IN = ("admin", "hider", "agent", "admin", *VIEWERS[1:])
"""Whoever sees much, and whoever sees some and not all of a record, oftener than the others."""
LEAST_FILLED = 0.4
"""Of all answers, the share that must hold a record: empty lists are alike in every way of reading."""
LEAST_FIELDS = 0.75
"""Of all fields that can be reached from Query, the share that must have been asked for."""
LEAST_PLANNED = 0.6
"""Of the documents that were asked, the share that must have run as plans."""


@pytest.fixture(scope="module")
async def offices(databases, tmp_path_factory) -> AsyncIterator[Offices]:
    async with opened(databases, tmp_path_factory.mktemp("two_ways")) as found:
        yield found


def drawn(offices: Offices, choices: Choices) -> tuple[str, list[str], Asked]:
    """Who asks what."""
    mode = choices.one(MODES)
    viewers = sorted({choices.one(SIGNED_IN) for _ in range(choices.number(1, 2))})
    return mode, viewers, asked(choices, offices.values, offices.seen)


async def difference(offices: Offices, choices: Choices) -> str | None:
    """What differs between the two ways, if something does."""
    mode, viewers, found = drawn(offices, choices)
    for viewer in viewers:
        try:
            await offices.ask(mode, viewer, found.body())
        except Different as apart:
            return f"{mode}: {apart}"
    return None


async def test_both_ways_answer_alike(offices: Offices):
    for number in range(DOCUMENTS):
        choices = Choices(f"{SEED} {number}")
        first = await difference(offices, choices)
        if first is not None:

            async def fails(made: list[int]) -> bool:
                return await difference(offices, Choices(made)) is not None

            made = await smallest(choices.made, fails)
            last = await difference(offices, Choices(made)) or f"not again, but at first\n{first}"
            pytest.fail(f"seed {SEED}, document {number}; at its smallest: {last}")


async def test_the_documents_were_worth_asking(offices: Offices):
    """They reached nearly every field, found records, and met the refusals that clients meet."""
    asked_for = {place for place in reachable() if offices.seen[place]}
    assert len(asked_for) >= LEAST_FIELDS * len(reachable()), sorted(reachable() - asked_for)
    assert offices.filled >= LEAST_FILLED * offices.asked, (offices.filled, offices.asked)
    assert {"BAD_USER_INPUT", "FORBIDDEN", "NOT_FOUND"} <= set(offices.errors), offices.errors


async def test_most_of_them_ran_as_plans(offices: Offices):
    """Otherwise the reference was compared with itself."""
    told = offices.outcomes()
    assert not told.get("failed"), told
    assert told["planned"] >= LEAST_PLANNED * offices.asked, told


@pytest.mark.parametrize("mode", MODES)
async def test_corners_are_answered_alike(offices: Offices, mode: str):
    different = []
    for name, (query, variables, operation) in corners(offices.values).items():
        for viewer in ("admin", "agent", "hider", "clerk"):
            try:
                await offices.ask(mode, viewer, Asked(query, variables, operation).body())
            except Different as apart:
                different.append(f"{name}: {apart}")
    assert not different, f"{len(different)} differences\n" + "\n\n".join(different[:10])
