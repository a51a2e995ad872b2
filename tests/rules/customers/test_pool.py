"""Who may take a customer of the public pool, and which customers go back into it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from crm.rules.customers.pool import PoolRules, Recycling, claim_refused, comes_back, recyclings

NOW = datetime(2026, 11, 26, tzinfo=UTC)
ONE, TWO, THREE = (UUID(int=number) for number in (1, 2, 3))


def rules(**values: object) -> PoolRules:
    given = {
        "recycle_days": None, "warn_days": 3, "most_owned": None, "claims_per_day": None, "protect_days": 30,
        "most_protected": 20, "reclaim_days": None, "levels": {},
    }  # fmt: skip
    return PoolRules(**given | values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("limits", "owned", "claimed", "may"),
    [
        ({}, 10**6, 10**6, True),
        ({"claims_per_day": 5}, 0, 4, True),
        ({"claims_per_day": 5}, 0, 5, False),
        ({"claims_per_day": 0}, 0, 0, False),
        ({"most_owned": 2}, 1, 0, True),
        ({"most_owned": 2}, 2, 0, False),
    ],
)
def test_claims_end_at_their_limits(limits, owned, claimed, may):
    assert (claim_refused(rules(**limits), owned, claimed) is None) is may


def test_a_former_owner_waits_for_so_many_days():
    assert comes_back(rules(), NOW, NOW)
    assert comes_back(rules(reclaim_days=7), None, NOW)
    assert not comes_back(rules(reclaim_days=7), NOW - timedelta(days=7) + timedelta(seconds=1), NOW)
    assert comes_back(rules(reclaim_days=7), NOW - timedelta(days=7), NOW)


def test_levels_with_days_of_their_own_are_taken_out_of_the_rule_for_all():
    levels = {ONE: 90, TWO: None, THREE: 10}
    assert list(recyclings(rules(recycle_days=30, levels=levels))) == [
        Recycling((ONE,), others=False, days=90),
        Recycling((THREE,), others=False, days=10),
        Recycling((ONE, TWO, THREE), others=True, days=30),
    ]
    assert list(recyclings(rules(levels={TWO: None}))) == []
