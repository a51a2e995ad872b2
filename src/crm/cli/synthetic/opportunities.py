"""Synthetic opportunities, each with every stage it stayed in."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from crm.cli.synthetic import sales_words
from crm.cli.synthetic.batch import Batch
from crm.cli.synthetic.dice import Dice, weighted
from crm.cli.synthetic.people import With
from crm.cli.synthetic.sales_rows import OpportunityRow, StageChangeRow
from crm.cli.synthetic.scene import Scene, day_of
from crm.core.kinds import Kind

STATUSES = weighted(OPEN=45, WON=28, LOST=18, ON_HOLD=9)
CLOSED = ("WON", "LOST")
REASONS = weighted(price=30, competitor=25, no_budget=15, no_need=10, timing=10, product=6, other=4)
WON_REASONS = ("price", "product", "service", "relationship", "reference", "delivery")
HOLD_REASONS = ("budget", "decision", "timing", "reorganisation")
DAYS = 540
LONGEST_STAY = 40
BELOW_A_MINUTE = timedelta(minutes=1)


class _Way(NamedTuple):
    """The stages it went through, when it entered each, and when it was won or lost."""

    status: str
    entered: list[datetime]
    closed: datetime | None


def add_opportunity(batch: Batch, dice: Dice, scene: Scene, whom: With) -> OpportunityRow:
    """One opportunity with its history, from the first stage on without leaving one out."""
    way = _way(dice, scene, whom.since)
    created, stages = way.entered[0], scene.pipeline.stages
    stage, language, author = stages[len(way.entered) - 1], int(whom.english), whom.owner.author
    cents = dice.between(20, 9_000) * 10 ** dice.between(3, 5)
    amount, changed = Decimal(cents).scaleb(-2), way.closed or way.entered[-1]
    lost = way.status == "LOST"
    row = OpportunityRow(
        id=dice.id(Kind.OPPORTUNITY, created),
        created_at=created,
        created_by_id=author,
        updated_at=changed,
        updated_by_id=author,
        version=len(way.entered) + (way.status != "OPEN"),
        owner_id=whom.owner.id,
        department_id=whom.owner.department,
        title=dice.pick(sales_words.TITLES)[language],
        party_id=whom.party,
        contact_id=dice.pick(whom.people).id if whom.people else None,
        pipeline_id=scene.pipeline.id,
        stage_id=stage.id,
        status=way.status,
        amount=amount,
        currency="USD" if whom.english else "CNY",
        probability=stage.probability,
        weighted_amount=Decimal((cents * stage.probability + 50) // 100).scaleb(-2),
        expected_close_on=((way.closed or max(created, scene.now)) + timedelta(days=dice.between(-10, 90))).date(),
        closed_at=way.closed,
        lost_reason_id=scene.option("lost_reason", dice.pick(REASONS)) if lost else None,
        lost_note=dice.pick(sales_words.LOST_NOTES)[language] if lost and dice.chance(0.4) else None,
    )
    row = _explained(scene, row)
    batch.add(row)
    for place, entered in enumerate(way.entered):
        left = way.entered[place + 1] if place + 1 < len(way.entered) else way.closed
        key = dice.id(Kind.STAGE_CHANGE, entered)
        batch.add(StageChangeRow(key, row.id, stages[place].id, entered, left, amount, author))
    return row


def _explained(scene: Scene, row: OpportunityRow) -> OpportunityRow:
    """Why it was won or put aside, chosen by its id: no dice are rolled for it."""
    number = row.id.int
    if row.status == "WON":
        return row._replace(won_reason_id=scene.option("won_reason", WON_REASONS[number % len(WON_REASONS)]))
    if row.status == "ON_HOLD":
        day = day_of(scene.now) + timedelta(days=7 + number % 120)
        return row._replace(hold_reason_id=scene.option("hold_reason", HOLD_REASONS[number % len(HOLD_REASONS)]), resume_on=day)
    return row


def _way(dice: Dice, scene: Scene, since: datetime) -> _Way:
    """As far as there is time for: one entered this morning is still in its first stage."""
    status, most = dice.pick(STATUSES), len(scene.pipeline.stages)
    at = dice.moment(max(since, scene.now - timedelta(days=DAYS)), scene.now - BELOW_A_MINUTE)
    entered = [at]
    wanted = most - int(dice.roll() * 2) if status == "WON" else dice.between(1, most)
    for _ in range(max(wanted, 1) - 1):
        at += timedelta(seconds=dice.between(3_600, LONGEST_STAY * 86_400))
        if at >= scene.now:
            return _Way("OPEN", entered, None)
        entered.append(at)
    if status not in CLOSED:
        return _Way(status, entered, None)
    closed = at + timedelta(seconds=dice.between(3_600, LONGEST_STAY * 86_400))
    return _Way(status, entered, closed) if closed < scene.now else _Way("OPEN", entered, None)
