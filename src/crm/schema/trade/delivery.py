"""Deliveries."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

import strawberry

from crm.graph.fields import column, computed, owned_list, related, related_list
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.graph.rows import Row
from crm.rules.trade.delivery_flow import DELIVERY_FLOW
from crm.schema.system.custom_value import OwnedValues
from crm.schema.system.record import OwnedRecord
from crm.schema.trade.delivery_line import DeliveryLineInput
from crm.schema.trade.enums import DeliveryStatus, DeliveryVerb, FreightPayer


@noun(
    "delivery",
    entity="delivery",
    label="number",
    order="-created_at",
    description="What is sent to a party, by whom, and who pays for it (发货单).",
)
class Delivery(OwnedRecord):
    """发货单."""

    number: str = column("Its number, such as DL-2026-000001: gapless, for good (发货单号).")
    status: DeliveryStatus = column("Where it stands (发货状态).")
    recipient: str | None = column("Who takes it there (收货人).")
    phone: str | None = column("How to reach them (收货电话).")
    address: str | None = column("Where to (收货地址).")
    courier: str | None = column("Who carries it (承运公司).")
    waybill: str | None = column("The carrier's number for it (运单号).")
    shipped_on: date | None = column("When it left (发货日期).", sort=True)
    delivered_at: datetime | None = column("When it arrived (签收时间).")
    returned_at: datetime | None = column("When it came back (退回时间).")
    return_reason: str | None = column("Why it came back (退回原因).", filterable=False)
    freight: Decimal | None = column("What the transport costs, in its currency (运费).")
    freight_payer: FreightPayer | None = column("Who pays for the transport (运费承担方).")
    currency: str = column("ISO 4217, such as CNY (币种).")
    exchange_rate: Decimal | None = column("What one unit is worth in the organisation's currency (汇率).")
    cancelled_at: datetime | None = column("When it was cancelled (取消时间).")
    cancel_reason: str | None = column("Why it was cancelled (取消原因).", filterable=False)
    note: str | None = column("Anything else (备注).", filterable=False)
    party = related("customers.Party", "party_id", "To whom (单位).")
    contact = related("customers.Contact", "contact_id", "To whom there (联系人).")
    contract = related("marketing.Contract", "contract_id", "Under which contract (合同).")
    maintenances = related_list("customers.Maintenance", "delivery_id", "The maintenance of what was delivered (后期维护).")
    activities = related_list("customers.Activity", "delivery_id", "What is planned and was done about it (活动).")
    lines = owned_list("trade.DeliveryLine", "delivery_id", "What is sent (发货明细).")

    @computed("What can be done with it next; rights come on top.", needs=("status",))
    def actions(root: Row) -> list[DeliveryVerb]:
        """The verbs that the flow table allows from here."""
        return [DeliveryVerb(verb) for verb in DELIVERY_FLOW.verbs(DeliveryStatus(root.record["status"]))]


DeliveryFilter = filter_of(Delivery)
DeliveryOrder = order_of(Delivery)
DeliveryPayload = payload_of(Delivery)


@strawberry.input(description="How a delivery travels.")
class DeliveryTransport:
    """What is often known only when it leaves."""

    courier: strawberry.Maybe[str | None] = strawberry.field(description="Who carries it (承运公司).")
    waybill: strawberry.Maybe[str | None] = strawberry.field(description="The carrier's number for it (运单号).")
    freight: strawberry.Maybe[Decimal | None] = strawberry.field(description="What the transport costs; not negative (运费).")
    freight_payer: strawberry.Maybe[FreightPayer | None] = strawberry.field(description="Who pays for it (运费承担方).")
    note: strawberry.Maybe[str | None] = strawberry.field(description="Anything else, at most 20,000 characters.")


@strawberry.input(description="The values of a draft; of what has left, only waybill and note. Absent fields stay; null clears.")
class DeliveryUpdateInput(DeliveryTransport, OwnedValues):
    """Everything but the party, the owner and the status, which the verbs change."""

    contact_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="To whom there; of that party.")
    contract_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="Under which contract; of that party.")
    recipient: strawberry.Maybe[str | None] = strawberry.field(description="Who takes it there (收货人).")
    phone: strawberry.Maybe[str | None] = strawberry.field(description="How to reach them (收货电话).")
    address: strawberry.Maybe[str | None] = strawberry.field(description="Where to (收货地址).")
    currency: strawberry.Maybe[str] = strawberry.field(description="Three capital letters, such as CNY (币种).")
    exchange_rate: strawberry.Maybe[Decimal] = strawberry.field(
        description="What one unit is worth in the organisation's currency; above zero, by default 1 (汇率)."
    )
    lines: strawberry.Maybe[list[DeliveryLineInput]] = strawberry.field(
        description="The whole list of what is sent, at most 50; replaces what is there."
    )


@strawberry.input(description="A new delivery, a draft.")
class DeliveryCreateInput(DeliveryUpdateInput):
    """The party must be given; without an owner the record is the creator's."""

    party_id: strawberry.ID = strawberry.field(description="To whom; never changes (单位).")
    owner_id: strawberry.Maybe[strawberry.ID] = strawberry.field(description="Who will be responsible (负责人).")


@strawberry.input(description="How a delivery leaves.")
class DeliveryShipInput(DeliveryTransport):
    """Absent fields stay as they are."""

    shipped_on: strawberry.Maybe[date] = strawberry.field(description="When it left; today, if absent (发货日期).")
