"""What one type of party has and the others have not: the group and territory of a channel, the channel of a customer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crm.core.errors import DomainError, Invalid, Refusals
from crm.core.naming import camel_case
from crm.rules.customers.lifecycle import PartyType
from crm.services.deeds import Deed

CATEGORIES = {
    PartyType.CUSTOMER: "customer_type",
    PartyType.CHANNEL: "channel_type",
    PartyType.SUPPLIER: "supplier_type",
}
"""Of which dictionary the type (类型) of a party is."""
_OF = {"channel_group_id": PartyType.CHANNEL, "territory_id": PartyType.CHANNEL, "channel_id": PartyType.CUSTOMER}
_OTHER_TYPE = "Only a {} has this."


def implied(type_: PartyType, channel_id: UUID | None) -> dict[str, Any]:
    """A customer that came by a channel, or that a partner's person enters, is served by that channel."""
    return {"channel_id": channel_id} if type_ is PartyType.CUSTOMER and channel_id is not None else {}


async def check(deed: Deed, type_: PartyType, values: Mapping[str, Any]) -> None:
    """Refuse what another type has, a channel that is none, and a channel below something that is none."""
    errors: list[DomainError] = [
        Invalid(_OTHER_TYPE.format(owner.lower()), ("input", camel_case(name)))
        for name, owner in _OF.items()
        if values.get(name) is not None and type_ is not owner
    ]
    if errors:
        raise errors[0] if len(errors) == 1 else Refusals(errors)
    if values.get("channel_id") is not None:
        await require_channel(deed, values["channel_id"], ("input", "channelId"))
    if type_ is PartyType.CHANNEL and values.get("parent_id") is not None:
        await require_channel(deed, values["parent_id"], ("input", "parentId"))


async def require_channel(deed: Deed, party_id: UUID, where: tuple[str, ...]) -> None:
    """A reference to a party that the viewer may see, and that must be a channel."""
    found = await deed.rows("SELECT type FROM party WHERE id = $1", party_id)
    if found[0]["type"] != PartyType.CHANNEL:
        raise Invalid("This is not a channel.", where)
