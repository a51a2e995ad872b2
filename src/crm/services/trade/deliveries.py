"""What happens to deliveries: drafted, shipped, delivered, returned or cancelled."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from crm.access.grants import Action
from crm.core.errors import Invalid
from crm.core.kinds import Kind
from crm.models import Delivery, DeliveryLine
from crm.rules.trade.delivery_flow import ALWAYS_EDITABLE, DELIVERY_FLOW, EDITABLE, DeliveryStatus, DeliveryVerb
from crm.services import custom_values, value_rows
from crm.services.amounts import check_amounts
from crm.services.arguments import reason_for
from crm.services.deeds import Deed
from crm.services.documents import refuse_closed
from crm.services.owners import owned_by
from crm.services.party_links import refuse_other_party
from crm.services.records import (
    FieldChange,
    check_frozen,
    check_version,
    claim,
    insert,
    record_change,
    refuse_blank,
    revise,
    trash,
    untrash,
)
from crm.services.references import resolved
from crm.services.system.numbers import allot
from crm.services.system.organisation import ORGANISATION_CURRENCY, ORGANISATION_ZONE, today
from crm.services.values import checked, columns

NEW = {"status": DeliveryStatus.DRAFT.value, "currency": ORGANISATION_CURRENCY, "exchange_rate": Decimal(1)}
LINE = ("product", "description", "quantity", "unit")
_SCALE = Decimal("0.0001")


async def create(deed: Deed, given: Mapping[str, Any]) -> UUID:
    """A new draft with its lines, and its number for good."""
    refuse_blank(given, ["party_id"])
    check_frozen(deed, "delivery", list(given))
    lines = _checked_lines(given)
    values = await owned_by(deed, "delivery", {**NEW, **await _decided(deed, given, None)})
    values["number"] = await allot(deed, "DL")
    delivery, changes = await insert(deed, Delivery, Kind.DELIVERY, values)
    changes += await _replace_lines(deed, delivery.id, lines or [])
    changes += await custom_values.write(deed, delivery, given, new=True)
    await record_change(deed, delivery, "delivery.create", changes)
    return delivery.id


async def update(deed: Deed, record_id: str, version: int, given: Mapping[str, Any]) -> UUID:
    """New values of a draft; of what has left, only the waybill and the note."""
    delivery = await claim(deed, Delivery, record_id, Action.UPDATE)
    check_version(delivery, version)
    check_frozen(deed, "delivery", list(given))
    lines, values = _checked_lines(given), await _decided(deed, given, delivery)
    changes = [] if lines is None else await _replace_lines(deed, delivery.id, lines)
    changes += await custom_values.write(deed, delivery, given)
    if DeliveryStatus(delivery.status) not in EDITABLE:
        refuse_closed(delivery, values, changes, still_open=ALWAYS_EDITABLE)
    if changes := await revise(deed, delivery, values, changes):
        await record_change(deed, delivery, "delivery.update", changes)
    return delivery.id


async def ship(deed: Deed, record_id: str, given: Mapping[str, Any]) -> UUID:
    """It leaves: today, unless another day is given, with what is known of its way only now."""
    delivery = await claim(deed, Delivery, record_id, Action.UPDATE)
    check_frozen(deed, "delivery", list(given))
    status = DELIVERY_FLOW.after(DeliveryStatus(delivery.status), DeliveryVerb.SHIP)
    values = {"shipped_on": today(deed), **await _decided(deed, given, delivery), "status": status.value}
    if not await deed.rows("SELECT 1 FROM delivery_line WHERE delivery_id = $1 LIMIT 1", delivery.id):
        raise Invalid("There is nothing to ship: it has no lines.", ("id",))
    await record_change(deed, delivery, "delivery.ship", await revise(deed, delivery, values))
    return delivery.id


async def deliver(deed: Deed, record_id: str, delivered_at: datetime | None) -> UUID:
    """It has arrived: now, unless another time is given."""
    delivery: Any = await claim(deed, Delivery, record_id, Action.UPDATE)
    check_frozen(deed, "delivery", ["delivered_at"], ())
    DELIVERY_FLOW.after(DeliveryStatus(delivery.status), DeliveryVerb.DELIVER)
    if delivered_at is not None and _day(delivered_at) < delivery.shipped_on:
        raise Invalid("It cannot arrive before it was shipped.", ("deliveredAt",))
    return await _step(deed, delivery, DeliveryVerb.DELIVER, delivered_at=delivered_at or deed.at)


async def take_back(deed: Deed, record_id: str, reason: str) -> UUID:
    """It has come back, and why."""
    text = reason_for(Delivery, "return_reason", reason)
    delivery = await claim(deed, Delivery, record_id, Action.UPDATE)
    return await _step(deed, delivery, DeliveryVerb.RETURN, returned_at=deed.at, return_reason=text)


async def cancel(deed: Deed, record_id: str, reason: str) -> UUID:
    """It will not be sent, and why."""
    text = reason_for(Delivery, "cancel_reason", reason)
    delivery = await claim(deed, Delivery, record_id, Action.UPDATE)
    return await _step(deed, delivery, DeliveryVerb.CANCEL, cancelled_at=deed.at, cancel_reason=text)


async def delete(deed: Deed, record_id: str) -> UUID:
    """Move a delivery to the recycle bin. Its number stays its own."""
    delivery = await claim(deed, Delivery, record_id, Action.DELETE)
    await trash(deed, delivery, "delivery.delete")
    return delivery.id


async def restore(deed: Deed, record_id: str) -> UUID:
    """Take a delivery out of the recycle bin."""
    delivery = await claim(deed, Delivery, record_id, Action.DELETE, deleted=True)
    await untrash(deed, delivery, "delivery.restore")
    return delivery.id


async def _step(deed: Deed, delivery: Any, verb: DeliveryVerb, **values: Any) -> UUID:
    values["status"] = DELIVERY_FLOW.after(DeliveryStatus(delivery.status), verb).value
    await record_change(deed, delivery, f"delivery.{verb.lower()}", await revise(deed, delivery, values))
    return UUID(str(delivery.id))


async def _decided(deed: Deed, given: Mapping[str, Any], delivery: Any) -> dict[str, Any]:
    values, references = columns(Delivery, given, ("lines",))
    check_amounts(values, ["freight"])
    values |= await resolved(deed, Delivery, references, current=delivery)
    party_id = values["party_id"] if delivery is None else delivery.party_id
    await refuse_other_party(deed, party_id, values, {"contact_id": "contact", "contract_id": "contract"})
    return values


def _checked_lines(given: Mapping[str, Any]) -> list[dict[str, Any]] | None:
    """The lines as their columns take them; None where none were given."""
    if "lines" not in given:
        return None
    lines = []
    for place, item in enumerate(given["lines"]):
        where = ("input", "lines", str(place))
        line = checked(DeliveryLine, item, where)
        if line["quantity"] <= 0:
            raise Invalid("A quantity is above zero.", (*where, "quantity"))
        # In the column's own scale, so that a line sent back as it was is no change.
        lines.append({**line, "quantity": line["quantity"].quantize(_SCALE)})
    return lines


async def _replace_lines(deed: Deed, delivery_id: UUID, lines: list[dict[str, Any]]) -> list[FieldChange]:
    return await value_rows.replace(deed, DeliveryLine, Kind.DELIVERY_LINE, ("delivery_id", delivery_id), "lines", lines, LINE)


def _day(instant: datetime) -> date:
    return instant.astimezone(ORGANISATION_ZONE).date()
