"""What the mutations of customers, channels and suppliers take."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

import strawberry

from crm.schema.customers.address import AddressInput
from crm.schema.customers.email_address import EmailAddressInput
from crm.schema.customers.enums import Lifecycle
from crm.schema.customers.phone_number import PhoneNumberInput
from crm.schema.system.custom_value import OwnedValues


@strawberry.input(description="What creation and update of a party have in common.")
class PartyValues(OwnedValues):
    """Everything but the owner, which changes hands by transfer."""

    short_name: strawberry.Maybe[str | None] = strawberry.field(description="What people call it (简称).")
    credit_code: strawberry.Maybe[str | None] = strawberry.field(
        description="Unified social credit code (统一社会信用代码), 18 characters with a check character."
    )
    level_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="Of dictionary `customer_level`.")
    category_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(
        description="Of dictionary `customer_type`, `channel_type` or `supplier_type`, by the type of party."
    )
    source_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="Of dictionary `customer_source`.")
    industry_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="Of dictionary `industry`.")
    region_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="Of dictionary `region`.")
    credit_grade_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="Of dictionary `credit_grade`.")
    credit_limit: strawberry.Maybe[Decimal | None] = strawberry.field(description="Most that may be owed at once; not negative.")
    payment_terms_days: strawberry.Maybe[int | None] = strawberry.field(description="Days until an invoice is due, 0 to 3650.")
    website: strawberry.Maybe[str | None] = strawberry.field(description="Its website.")
    lifecycle: strawberry.Maybe[Lifecycle] = strawberry.field(description="How far the relationship has come.")
    parent_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="The party it belongs to.")
    channel_group_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(
        description="The group of a channel; others have none (渠道分组)."
    )
    territory_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(
        description="Where a channel sells; others have none (销售区域)."
    )
    channel_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(
        description="The channel that serves a customer; others have none (所属渠道)."
    )
    next_contact_at: strawberry.Maybe[datetime | None] = strawberry.field(description="When to contact it next.")
    contact_cycle_days: strawberry.Maybe[int | None] = strawberry.field(description="Contact it every so many days, 1 to 3650.")
    note: strawberry.Maybe[str | None] = strawberry.field(description="Anything else, at most 20,000 characters.")
    phone_numbers: strawberry.Maybe[list[PhoneNumberInput]] = strawberry.field(
        description="The whole list of its phone numbers, at most 50; replaces what is there."
    )
    email_addresses: strawberry.Maybe[list[EmailAddressInput]] = strawberry.field(
        description="The whole list of its e-mail addresses, at most 50; replaces what is there."
    )
    addresses: strawberry.Maybe[list[AddressInput]] = strawberry.field(
        description="The whole list of its addresses, at most 50; replaces what is there."
    )


@strawberry.input(description="The values of a party. Absent fields stay as they are; null clears.")
class PartyUpdateInput(PartyValues):
    """What an update takes."""

    name: strawberry.Maybe[str] = strawberry.field(description="Its full name (名称).")


@strawberry.input(description="A new party. Only the name must be given.")
class PartyCreateInput(PartyValues):
    """Without an owner the record is the creator's."""

    name: str = strawberry.field(description="Its full name (名称).")
    owner_id: strawberry.Maybe[strawberry.ID] = strawberry.field(description="Who will be responsible (负责人).")
