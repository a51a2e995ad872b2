"""Contacts: their own owner and shares, and wherever their party is visible."""

from crm.access.branches import OWNED_ACTIONS, Owned, Shared, Via, visible
from crm.core.kinds import Kind

contact = visible("contact", Owned(), Shared(), Via("party_id", "party"), kind=Kind.CONTACT, actions=OWNED_ACTIONS, merging=True)
