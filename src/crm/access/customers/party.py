"""Customers, channels and suppliers: three entities that roles grant apart, in one table."""

from crm.access.branches import OWNED_ACTIONS, Owned, Shared, visible
from crm.core.kinds import Kind

party = visible(
    "party",
    Owned(),
    Shared(),
    kind=Kind.PARTY,
    entities={"CUSTOMER": "customer", "CHANNEL": "channel", "SUPPLIER": "supplier"},
    discriminator="type",
    actions=OWNED_ACTIONS,
    merging=True,
)
