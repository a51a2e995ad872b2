"""The contact cycle."""

from datetime import UTC, datetime, timedelta

import pytest

from crm.rules.customers.contact_cycle import last_contact_at, next_contact_at

DONE = datetime(2026, 2, 27, 9, 30, tzinfo=UTC)


def test_the_next_contact_is_a_cycle_after_the_last():
    assert next_contact_at(DONE, 7) == datetime(2026, 3, 6, 9, 30, tzinfo=UTC)


def test_without_a_cycle_nothing_is_due():
    assert next_contact_at(DONE, None) is None


@pytest.mark.parametrize("days", [0, -1])
def test_a_cycle_below_one_day_is_refused(days):
    with pytest.raises(ValueError, match="at least one day"):
        next_contact_at(DONE, days)


def test_the_last_contact_never_moves_back():
    assert last_contact_at(None, DONE) == DONE
    assert last_contact_at(DONE - timedelta(days=1), DONE) == DONE
    assert last_contact_at(DONE + timedelta(days=1), DONE) == DONE + timedelta(days=1)
