"""What is new in a change, what a policy says of it, and which of two values a survivor gets."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from crm.rules.customers.duplicates import (
    DuplicateAction,
    DuplicateCriterion,
    DuplicateSubject,
    EntryPoint,
    Key,
    default_action,
    entry_point,
    fresh,
    judged,
)
from crm.rules.customers.merging import MergeSide, chosen, later, longer, wider

PHONE, NAME = DuplicateCriterion.PHONE, DuplicateCriterion.NAME
DAY, NEXT = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)


def test_what_stood_there_before_is_not_new_wherever_it_stands_now():
    before = [Key(PHONE, "+861", 0), Key(NAME, "a")]
    assert fresh([Key(PHONE, "+861", 3), Key(PHONE, "+862", 0), Key(NAME, "+861")], before) == [
        Key(PHONE, "+862", 0), Key(NAME, "+861"),
    ]  # fmt: skip


def test_what_a_policy_allows_does_not_matter():
    policy = {"name": "BLOCK", "phone": "ALLOW", "email": "WARN", "credit_code": "WARN"}
    told = [(each.key.criterion, each.action) for each in judged([Key(NAME, "a"), Key(PHONE, "+861")], policy)]
    assert told == [(NAME, DuplicateAction.BLOCK)]


@pytest.mark.parametrize(
    ("channel", "way"),
    [("API", EntryPoint.FORM), ("IMPORT", EntryPoint.IMPORT), ("TELEPHONY", EntryPoint.TELEPHONY), ("SYSTEM", EntryPoint.OTHER)],
)
def test_every_channel_is_a_way_in(channel: str, way: EntryPoint):
    assert entry_point(channel) is way


def test_people_have_no_credit_code():
    code = DuplicateCriterion.CREDIT_CODE
    assert {default_action(DuplicateSubject.CONTACT, way, code) for way in EntryPoint} == {DuplicateAction.ALLOW}
    assert {default_action(DuplicateSubject.PARTY, way, code) for way in EntryPoint} == {DuplicateAction.BLOCK}


def test_the_survivor_keeps_its_own_and_gets_what_it_lacks():
    survivor, merged = {"a": 1, "b": None, "c": 3, "d": None}, {"a": 9, "b": 8, "c": 7, "d": 6}
    assert chosen(survivor, merged, {}, ()) == {"b": 8, "d": 6}
    sides = {"c": MergeSide.MERGED, "b": MergeSide.SURVIVOR}
    assert chosen(survivor, merged, sides, ()) == {"c": 7, "d": 6}
    assert chosen(survivor, merged, {}, {"b", "d"}) == {}


def test_of_two_shares_the_wider_and_the_longer_holds():
    assert (wider("READ", "EDIT"), wider("READ", "READ")) == ("EDIT", "READ")
    assert (longer(DAY, NEXT), longer(DAY, None)) == (NEXT, None)
    assert (later(None, DAY), later(NEXT, DAY), later(None, None)) == (DAY, NEXT, None)
