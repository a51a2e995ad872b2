"""A caller nobody knows becomes a customer in one step, with the number filled in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from crm.access.grants import Action
from crm.core.errors import DomainError, Invalid, Required
from crm.rules.customers.duplicates import EntryPoint
from crm.rules.customers.lifecycle import PartyType
from crm.services import custom_values
from crm.services.customers import contacts, parties
from crm.services.customers.call_rows import locked_call
from crm.services.customers.calls import check_hands, link_to
from crm.services.deeds import Deed
from crm.services.records import check_frozen, require_gate

SOURCE = "call"
"""The option of `customer_source` for people who called us; organisations may have removed it."""

_SOURCE = """
SELECT i.id FROM dictionary_item i JOIN dictionary d ON d.id = i.dictionary_id
WHERE d.code = 'customer_source' AND i.code = $1 AND i.active AND i.deleted_at IS NULL
"""


async def create_customer(deed: Deed, record_id: str, given: Mapping[str, Any]) -> tuple[UUID, UUID, UUID | None]:
    """A lead made of a call: (call, customer, contact). The number is the contact's, or without one the customer's."""
    person = (given.get("contact_name") or "").strip()
    if person:
        require_gate(deed, "contact", Action.CREATE)
    elif given.get("title"):
        raise Required("Whose title is it?", ("input", "contactName"))
    check_frozen(deed, "call", ["party_id"], ())
    call = await locked_call(deed, record_id)
    await check_hands(deed, call)
    if call.party_id is not None:
        raise Invalid("It is known already who this is.", ("id",))
    numbers = {"phone_numbers": [{"raw": call.number_raw, "primary": True}]} if call.number_display is not None else {}
    owner = {"owner_id": given["owner_id"]} if given.get("owner_id") is not None else {}
    source = await _source(deed)
    custom = {custom_values.NAME: given.get(custom_values.NAME)}
    customer = {"name": given.get("name"), **owner, **source, **custom, **({} if person else numbers)}
    with _at_the_call():
        customer_id = await parties.create(deed, PartyType.CUSTOMER, customer, EntryPoint.TELEPHONY)
    contact_id = None
    if person:
        contact_id = await _contact(deed, customer_id, {**owner, **numbers, "name": person, "title": given.get("title")})
    await link_to(deed, call, {"party_id": customer_id, "contact_id": contact_id})
    return call.id, customer_id, contact_id


async def _source(deed: Deed) -> dict[str, Any]:
    """Where the customer comes from, unless the viewer's roles freeze that: it is our entry and not theirs."""
    if "customer.source" in deed.viewer.rights.frozen:
        return {}
    rows = await deed.rows(_SOURCE, SOURCE)
    return {"source_id": str(rows[0]["id"])} if rows else {}


async def _contact(deed: Deed, customer_id: UUID, values: Mapping[str, Any]) -> UUID:
    given = {name: value for name, value in values.items() if value is not None}
    try:
        with _at_the_call():
            return await contacts.create(deed, {**given, "party_id": str(customer_id)}, EntryPoint.TELEPHONY)
    except DomainError as error:
        told = {"name": "contactName", "partyId": "ownerId"}  # the customer is not seen where another was made its owner
        for each in (error, *getattr(error, "errors", ())):
            each.field = tuple(told.get(part, part) for part in each.field)
        raise


@contextmanager
def _at_the_call() -> Iterator[None]:
    """The number is the call's, and no value of the input."""
    try:
        yield
    except DomainError as error:
        for each in (error, *getattr(error, "errors", ())):
            each.field = ("id",) if "phoneNumbers" in each.field else each.field
        raise
