"""Contacts: their own owner and shares, and wherever their party is visible."""

from crm.access.branches import OWNED_ACTIONS, Owned, Shared, Via, visible
from crm.access.searched import Listed, Written, searched
from crm.core.kinds import Kind
from crm.core.search_tokens import Place

contact = visible("contact", Owned(), Shared(), Via("party_id", "party"), kind=Kind.CONTACT, actions=OWNED_ACTIONS, merging=True)

searched(
    "contact",
    Written("name", Place.NAME, person=True),
    Listed("phone_numbers", Place.PHONE, "phone_number", "contact_id", ("display", "e164")),
    Listed("email_addresses", Place.MAIL, "email_address", "contact_id", ("address",)),
    Listed("addresses", Place.ADDRESS, "address", "contact_id", ("city", "street")),
    Written("title", Place.TEXT),
    Written("department_name", Place.TEXT),
    Written("note", Place.TEXT),
)
