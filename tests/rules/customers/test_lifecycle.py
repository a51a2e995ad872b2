"""The enums of parties: stored and printed, so their members and order are fixed."""

from crm.rules.customers.lifecycle import Lifecycle, PartyType


def test_members():
    assert list(PartyType) == ["CUSTOMER", "CHANNEL", "SUPPLIER"]
    assert list(Lifecycle) == ["LEAD", "PROSPECT", "ACTIVE", "DORMANT", "LOST"]
