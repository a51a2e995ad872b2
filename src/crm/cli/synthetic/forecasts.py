"""Weekly forecasts of a synthetic company, as they would have been taken: from what each opportunity was at that time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

from crm.cli.synthetic.batch import Batch
from crm.cli.synthetic.dice import Dice
from crm.cli.synthetic.process_rows import ForecastSnapshotRow
from crm.cli.synthetic.sales_rows import OpportunityRow, StageChangeRow
from crm.cli.synthetic.scene import ZONE, Scene, day_of
from crm.core.kinds import Kind
from crm.rules.customers.forecast import closed_since, week_of
from crm.rules.customers.opportunity_weight import weighted_amount

Group = tuple[UUID | None, UUID | None, UUID, date, str, str]
"""Owner, department, pipeline, month, status, currency."""
WEEKS = 10
HOUR = time(4)


def add_forecasts(batch: Batch, dice: Dice, scene: Scene) -> None:
    """The snapshots of the weeks before this one; that of this week is left to the job."""
    probability = {stage.id: stage.probability for stage in scene.pipeline.stages}
    stays: dict[UUID, list[StageChangeRow]] = {}
    for stay in batch.of(StageChangeRow):
        stays.setdefault(stay.opportunity_id, []).append(stay)
    monday = week_of(day_of(scene.now))
    for week_on in (monday - timedelta(weeks=number) for number in range(WEEKS, 0, -1)):
        at = datetime.combine(week_on, HOUR, ZONE)
        groups: dict[Group, list[Decimal]] = {}
        for row in batch.of(OpportunityRow):
            if row.created_at < at and row.deleted_at is None and (then := _then(row, at, week_on)) is not None:
                status, month = then
                stage = [stay.stage_id for stay in stays[row.id] if stay.entered_at <= at][-1]
                key = (row.owner_id, row.department_id, row.pipeline_id, month, status, row.currency)
                sums = groups.setdefault(key, [Decimal(0), Decimal(0), Decimal(0)])
                weighted = weighted_amount(row.amount, probability[stage], row.currency)
                for place, value in enumerate((Decimal(1), row.amount, weighted)):
                    sums[place] += value
        for made in _rows(dice, week_on, at, groups):
            batch.add(made)


def _then(row: OpportunityRow, at: datetime, week_on: date) -> tuple[str, date] | None:
    """In which state it was, and of which month; None for what was closed too long before."""
    if row.closed_at is None or row.closed_at > at:
        held = row.status == "ON_HOLD" and row.updated_at <= at
        return "ON_HOLD" if held else "OPEN", row.expected_close_on.replace(day=1)
    day = day_of(row.closed_at)
    return (row.status, day.replace(day=1)) if day >= closed_since(week_on) else None


def _rows(dice: Dice, week_on: date, at: datetime, groups: dict[Group, list[Decimal]]) -> Iterator[ForecastSnapshotRow]:
    for key, (count, amount, weighted) in groups.items():
        made = dice.id(Kind.FORECAST_SNAPSHOT, at)
        yield ForecastSnapshotRow(made, week_on, *key, int(count), amount, weighted, at)
