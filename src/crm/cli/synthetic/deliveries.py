"""Synthetic deliveries: what was sent under a contract or without one, and how far it got."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from crm.cli.synthetic import sales_words
from crm.cli.synthetic.batch import Batch
from crm.cli.synthetic.dice import Dice, weighted
from crm.cli.synthetic.people import Known
from crm.cli.synthetic.sales_rows import ContractRow, DeliveryLineRow, DeliveryRow
from crm.cli.synthetic.scene import Scene, day_of
from crm.core.kinds import Kind

PAYERS = weighted(SENDER=60, RECIPIENT=30, THIRD_PARTY=10)
LINES = (1, 1, 2, 2, 3)
LEFT_LYING, CANCELLED, RETURNED = 0.04, 0.04, 0.03
ONE = Decimal(1)
PREFIX = "DL"


def may_deliver(contract: ContractRow, at: datetime) -> bool:
    """Whether goods can leave under the contract then: both sides have signed, and nobody ended it."""
    return contract.signed_on is not None and contract.signed_on <= day_of(at) and contract.status != "TERMINATED"


def add_delivery(
    batch: Batch, dice: Dice, scene: Scene, known: Known, contract: ContractRow | None, created: datetime, number: str
) -> DeliveryRow:
    """One delivery with its lines."""
    whom = known.whom
    person = whom.people[0] if whom.people else None  # who was entered together with the party
    row = DeliveryRow(
        id=dice.id(Kind.DELIVERY, created),
        created_at=created,
        created_by_id=whom.owner.author,
        updated_by_id=whom.owner.author,
        owner_id=whom.owner.id,
        department_id=whom.owner.department,
        number=number,
        currency="CNY",
        exchange_rate=ONE,
        party_id=whom.party,
        contact_id=person.id if person else None,
        contract_id=contract.id if contract else None,
        recipient=person.name if person else known.row.name[:100],
        phone=person.phone.display if person else None,
        address=known.address,
        freight=Decimal(dice.between(8, 900)) if dice.chance(0.8) else None,
        freight_payer=dice.pick(PAYERS),
        **_progress(dice, scene, created, whom.english),
    )
    batch.add(row)
    for place in range(dice.pick(LINES)):
        key, product = dice.id(Kind.DELIVERY_LINE, created), dice.pick(sales_words.PRODUCTS)[whom.english]
        unit = dice.pick(sales_words.UNITS)[whom.english]
        batch.add(DeliveryLineRow(key, row.id, place, product, Decimal(dice.between(1, 200)), unit))
    return row


def _progress(dice: Dice, scene: Scene, created: datetime, english: bool) -> dict[str, Any]:
    """How far it has come, and the marks of every step."""
    left: dict[str, Any] = dict.fromkeys(
        ("cancelled_at", "cancel_reason", "courier", "waybill", "shipped_on", "delivered_at", "returned_at", "return_reason")
    )
    if dice.chance(CANCELLED):
        at = min(scene.now, created + timedelta(seconds=dice.between(600, 86_400)))
        why = {"cancelled_at": at, "cancel_reason": dice.pick(sales_words.CANCELLATIONS)[english]}
        return left | why | {"status": "CANCELLED", "updated_at": at, "version": 2}
    shipped = created + timedelta(seconds=dice.between(1_800, 2 * 86_400))
    if shipped > scene.now or dice.chance(LEFT_LYING):
        return left | {"status": "DRAFT", "updated_at": created, "version": 1}
    left |= {
        "courier": dice.pick(sales_words.COURIERS)[english],
        "waybill": f"SF{dice.digits(12)}",
        "shipped_on": day_of(shipped),
    }
    delivered = shipped + timedelta(seconds=dice.between(43_200, 5 * 86_400))
    if delivered > scene.now:
        return left | {"status": "SHIPPED", "updated_at": shipped, "version": 2}
    left["delivered_at"] = delivered
    returned = delivered + timedelta(seconds=dice.between(3_600, 10 * 86_400))
    if returned < scene.now and dice.chance(RETURNED):
        why = {"returned_at": returned, "return_reason": dice.pick(sales_words.RETURNS)[english]}
        return left | why | {"status": "RETURNED", "updated_at": returned, "version": 4}
    return left | {"status": "DELIVERED", "updated_at": delivered, "version": 3}
