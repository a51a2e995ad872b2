"""Postal addresses."""

from __future__ import annotations

import strawberry

from crm.graph.fields import column, related
from crm.graph.nouns import noun


@noun("address", order="position", part_of="Party or Contact", description="A postal address (地址).")
class Address:
    """地址."""

    country: str = column("ISO 3166 code of two letters.")
    region = related("system.DictionaryItem", "region_id", "Dictionary `region` (地区).", card=True)
    city: str | None = column("City (城市).")
    street: str = column("Street, number and the rest (详细地址).")
    postal_code: str | None = column("Postal code (邮编).")
    label: str | None = column("Such as `office`, `delivery`.")
    primary: bool = column("Whether it is the main one.")
    position: int = column("Its place in the list.", sort=True)


@strawberry.input(description="A postal address.")
class AddressInput:
    """The street must be given."""

    street: str = strawberry.field(description="Street, number and the rest (详细地址).")
    city: str | None = strawberry.field(description="City (城市).", default=None)
    region_id: strawberry.ID | None = strawberry.field(description="Of dictionary `region`.", default=None)
    country: str = strawberry.field(description="ISO 3166 code of two letters.", default="CN")
    postal_code: str | None = strawberry.field(description="Postal code (邮编).", default=None)
    label: str | None = strawberry.field(description="Such as `office`, `delivery`.", default=None)
    primary: bool = strawberry.field(description="Whether it is the main one.", default=False)
