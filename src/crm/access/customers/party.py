"""Customers, channels and suppliers: three entities that roles grant apart, in one table.

A customer that belongs to nobody lies in the public pool (`pool.py`), and is seen there through a window.
"""

from crm.access.branches import OWNED_ACTIONS, Owned, Pooled, Shared, visible
from crm.access.searched import Listed, Written, searched
from crm.core.kinds import Kind
from crm.core.search_tokens import Place

party = visible(
    "party",
    Owned(),
    Shared(),
    kind=Kind.PARTY,
    entities={"CUSTOMER": "customer", "CHANNEL": "channel", "SUPPLIER": "supplier"},
    discriminator="type",
    actions=OWNED_ACTIONS,
    merging=True,
    window=Pooled("pool", "CUSTOMER"),
)

searched(
    "party",
    Written("name", Place.NAME),
    Written("short_name", Place.ALIAS),
    Written("credit_code", Place.CODE),
    Listed("phone_numbers", Place.PHONE, "phone_number", "party_id", ("display", "e164")),
    Listed("email_addresses", Place.MAIL, "email_address", "party_id", ("address",)),
    Listed("addresses", Place.ADDRESS, "address", "party_id", ("city", "street")),
    Written("website", Place.MAIL),
    Written("note", Place.TEXT),
    state="lifecycle",
    party=False,
)
