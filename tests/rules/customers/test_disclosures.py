"""How much may be told: what is no news is free, and the rest has an end."""

from __future__ import annotations

from uuid import UUID

import pytest

from crm.rules.customers import disclosures
from crm.rules.customers.disclosures import PER_HOUR, tellable

MANY = [UUID(int=number) for number in range(200)]


def test_up_to_the_limit_everything_is_told():
    assert tellable(MANY[:PER_HOUR], ()) == set(MANY[:PER_HOUR])


def test_of_more_the_best_are_told():
    assert tellable(MANY, ()) == set(MANY[:PER_HOUR])


def test_what_was_told_before_is_no_news_and_counts_once():
    lately = [*MANY[:PER_HOUR], *MANY[:PER_HOUR]]
    assert tellable(MANY, lately) == set(MANY[:PER_HOUR])
    assert tellable([MANY[0], MANY[0], MANY[150]], lately[:-1]) == {MANY[0]}


@pytest.mark.parametrize("told", range(5))
def test_what_is_left_is_what_was_not_used(monkeypatch, told: int):
    monkeypatch.setattr(disclosures, "PER_HOUR", 3)
    assert len(tellable(MANY[100:], MANY[:told])) == max(0, 3 - told)
