"""Deliveries: their own owner and shares, and wherever their party is visible."""

from crm.access.branches import OWNED_ACTIONS, Owned, Shared, Via, visible
from crm.access.searched import Written, searched
from crm.core.kinds import Kind
from crm.core.search_tokens import Place

delivery = visible("delivery", Owned(), Shared(), Via("party_id", "party"), kind=Kind.DELIVERY, actions=OWNED_ACTIONS)
delivery_line = visible("delivery_line", Via("delivery_id", "delivery"), recycled=False)

searched(
    "delivery",
    Written("number", Place.NAME),
    Written("recipient", Place.ALIAS, person=True),
    Written("waybill", Place.CODE),
    Written("phone", Place.PHONE),
    Written("address", Place.ADDRESS),
    Written("courier", Place.TEXT),
    Written("note", Place.TEXT),
    state="status",
)
