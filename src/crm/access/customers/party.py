"""Customers, channels and suppliers: three entities that roles grant apart, in one table.

A customer that belongs to nobody lies in the public pool (`pool.py`), and is seen there through a window.
"""

from crm.access.branches import OWNED_ACTIONS, Owned, Pooled, Shared, visible
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
    window=Pooled("pool", "CUSTOMER"),
)
