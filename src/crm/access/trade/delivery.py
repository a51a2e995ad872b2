"""Deliveries: their own owner and shares, and wherever their party is visible."""

from crm.access.branches import OWNED_ACTIONS, Owned, Shared, Via, visible
from crm.core.kinds import Kind

delivery = visible("delivery", Owned(), Shared(), Via("party_id", "party"), kind=Kind.DELIVERY, actions=OWNED_ACTIONS)
delivery_line = visible("delivery_line", Via("delivery_id", "delivery"), recycled=False)
