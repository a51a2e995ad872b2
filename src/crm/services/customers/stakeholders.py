"""What happens to stakeholders: who at the party has a say, and how they are disposed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crm.core.kinds import Kind
from crm.models import Stakeholder
from crm.rules.customers.stakeholders import Attitude
from crm.services.customers import process_parts
from crm.services.customers.process_parts import Part
from crm.services.deeds import Deed
from crm.services.party_links import refuse_other_party
from crm.services.references import resolved
from crm.services.values import checked

STAKEHOLDERS = Part(
    Stakeholder, Kind.STAKEHOLDER, "stakeholders", "Stakeholder", ("contact_id", "role", "attitude", "influence_note")
)


async def add(deed: Deed, given: Mapping[str, Any]) -> UUID:
    """A contact of the record's party; each once."""
    process, record = await process_parts.record_of(deed, STAKEHOLDERS, given["record_id"])
    contact = await resolved(deed, Stakeholder, {"contact_id": given["contact_id"]})
    await refuse_other_party(deed, record.party_id, contact, {"contact_id": "contact"})
    message = "This contact is a stakeholder already."
    await process_parts.refuse_second(deed, STAKEHOLDERS, process, record, *next(iter(contact.items())), message)
    values = {"attitude": Attitude.UNKNOWN.value, **_plain(given), **contact}
    return UUID(str((await process_parts.add(deed, STAKEHOLDERS, process, record, values)).id))


async def update(deed: Deed, row_id: str, version: int, given: Mapping[str, Any]) -> UUID:
    """Another role, attitude or note; the contact stays who it is."""
    found = await process_parts.held(deed, STAKEHOLDERS, row_id, version=version)
    return await process_parts.change(deed, STAKEHOLDERS, found, _plain(given))


async def remove(deed: Deed, row_id: str) -> UUID:
    """They have no say in it any more."""
    return await process_parts.remove(deed, STAKEHOLDERS, await process_parts.held(deed, STAKEHOLDERS, row_id))


def _plain(given: Mapping[str, Any]) -> dict[str, Any]:
    return checked(Stakeholder, {name: value for name, value in given.items() if not name.endswith("_id")})
