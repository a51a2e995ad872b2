"""Synthetic contracts: as far along as their dates allow, with the marks that every step left."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from crm.cli.synthetic import sales_words
from crm.cli.synthetic.batch import Batch
from crm.cli.synthetic.dice import Dice, weighted
from crm.cli.synthetic.people import Known
from crm.cli.synthetic.sales_rows import ContractRow
from crm.cli.synthetic.scene import ZONE, Scene, day_of
from crm.core.kinds import Kind

KINDS = weighted(SALES=64, SERVICE=20, FRAMEWORK=10, OTHER=6)
TERMS = (30, 60, 90, 180, 365, 365, 365, 730)
"""Days from start to end."""
ENDS = weighted(COMPLETED=75, EXPIRED=25)
LEFT_LYING, REJECTED, TERMINATED = 0.05, 0.04, 0.05
ONE = Decimal(1)
PREFIX = "CT"


def add_contract(batch: Batch, dice: Dice, scene: Scene, known: Known, created: datetime, number: str) -> ContractRow:
    """One contract; of a won opportunity where there is one."""
    whom = known.whom
    won = next((each for each in known.won if each.closed_at is not None and each.closed_at <= created), None)
    kind = dice.pick(KINDS) if known.row.type != "SUPPLIER" else "PURCHASE"
    person = whom.people[0] if whom.people else None  # who was entered together with the party
    starts = day_of(created) + timedelta(days=dice.between(10, 30))
    ends = starts + timedelta(days=dice.pick(TERMS))
    row = ContractRow(
        id=dice.id(Kind.CONTRACT, created),
        created_at=created,
        created_by_id=whom.owner.author,
        updated_by_id=whom.owner.author,
        owner_id=whom.owner.id,
        department_id=whom.owner.department,
        number=number,
        currency=won.currency if won else "CNY",
        exchange_rate=Decimal("7.1") if won and won.currency == "USD" else ONE,
        title=dice.pick(sales_words.CONTRACT_TITLES[kind])[whom.english],
        kind=kind,
        party_id=whom.party,
        contact_id=person.id if person else None,
        opportunity_id=won.id if won else None,
        amount=won.amount if won else Decimal(dice.between(20, 9_000) * 100),
        starts_on=starts,
        ends_on=ends,
        our_signer_id=whom.owner.id,
        their_signer=person.name if person else None,
        **_progress(dice, scene, whom.owner.id, created, starts, ends, whom.english),
    )
    batch.add(row)
    return row


def _progress(
    dice: Dice, scene: Scene, owner: UUID | None, created: datetime, starts: date, ends: date, english: bool
) -> dict[str, Any]:
    """How far it has come: submitted, approved by somebody else, signed before it starts, and over after it ended."""
    left: dict[str, Any] = dict.fromkeys(
        ("submitted_at", "approved_at", "approved_by_id", "signed_on", "reject_reason", "cancelled_at", "cancel_reason")
    )
    submitted = created + timedelta(seconds=dice.between(600, 2 * 86_400))
    if submitted > scene.now or dice.chance(LEFT_LYING):
        return left | {"status": "DRAFT", "updated_at": created, "version": 1}
    left["submitted_at"] = submitted
    judged = submitted + timedelta(seconds=dice.between(3_600, 3 * 86_400))
    if judged > scene.now:
        return left | {"status": "IN_REVIEW", "updated_at": submitted, "version": 2}
    if dice.chance(REJECTED):
        reason = dice.pick(sales_words.REJECTIONS)[english]
        return left | {"status": "REJECTED", "reject_reason": reason, "updated_at": judged, "version": 3}
    left |= {"approved_at": judged, "approved_by_id": scene.approver(owner)}
    signed = judged + timedelta(seconds=dice.between(3_600, 3 * 86_400))
    if signed > scene.now:
        return left | {"status": "APPROVED", "updated_at": judged, "version": 3}
    left["signed_on"] = day_of(signed)
    today = day_of(scene.now)
    if starts > today:
        return left | {"status": "SIGNED", "updated_at": signed, "version": 4}
    started = _at(starts)
    if dice.chance(TERMINATED):
        over = dice.moment(started, min(scene.now, _at(ends)))
        why = {"cancelled_at": over, "cancel_reason": dice.pick(sales_words.TERMINATIONS)[english]}
        return left | why | {"status": "TERMINATED", "updated_at": over, "version": 6}
    if ends < today:
        return left | {"status": dice.pick(ENDS), "updated_at": _at(ends), "version": 6}
    return left | {"status": "ACTIVE", "updated_at": started, "version": 5}


def _at(day: date) -> datetime:
    """Early on that day, before anybody asks what time it is."""
    return datetime(day.year, day.month, day.day, tzinfo=ZONE)
