"""Weekly snapshots of what is expected to be sold, and what the same groups come to now.

A group is an owner, department, pipeline, month, status and currency. The month is that of the expected close; of what was won or
lost, that in which it was, where the organisation is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from crm.access.binds import Binds, Look
from crm.access.branches import named
from crm.access.grants import Rights
from crm.access.predicates import readable
from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.rules.customers.forecast import closed_since, week_of
from crm.rules.system.retries import Retries
from crm.services.deeds import Deed
from crm.services.jobs import Nothing, Task
from crm.services.system.job_runs import JobRun
from crm.services.system.organisation import ORGANISATION_ZONE, today

GROUP = ("owner_id", "department_id", "pipeline_id", "month_on", "status", "currency")
Group = tuple[Any, ...]
LOCK = 7_261_051
"""Of two who take a snapshot at once, by the calendar and by hand, the second finds that of the first."""

_MONTH = """date_trunc('month', CASE WHEN o.status IN ('WON', 'LOST') THEN o.closed_at AT TIME ZONE {zone}
    ELSE o.expected_close_on::timestamp END)::date"""
_GROUPED = """
SELECT o.owner_id, o.department_id, o.pipeline_id, {month} AS month_on, o.status, o.currency,
    count(*) AS total, sum(o.amount) AS amount, sum(o.weighted_amount) AS weighted_amount
FROM opportunity o WHERE {tests} GROUP BY 1, 2, 3, 4, 5, 6
"""
_ALL = "o.deleted_at IS NULL AND (o.status IN ('OPEN', 'ON_HOLD') OR o.closed_at >= ($2::date::timestamp AT TIME ZONE $1))"
_WRITE = """
INSERT INTO forecast_snapshot (id, week_on, owner_id, department_id, pipeline_id, month_on, status, currency, opportunity_count,
    amount, weighted_amount, taken_at)
SELECT k.id, $1, k.owner_id, k.department_id, k.pipeline_id, k.month_on, k.status, k.currency, k.total, k.amount,
    k.weighted_amount, $2
FROM unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::date[], $8::text[], $9::text[], $10::int[], $11::numeric[],
    $12::numeric[])
    AS k(id, owner_id, department_id, pipeline_id, month_on, status, currency, total, amount, weighted_amount)
"""


async def take(deed: Deed) -> int:
    """Write this week's snapshot, if that has not been done; how many groups there are in it."""
    week_on = week_of(today(deed))
    await deed.run("SELECT pg_advisory_xact_lock($1)", LOCK)
    if await deed.rows("SELECT 1 FROM forecast_snapshot WHERE week_on = $1 LIMIT 1", week_on):
        return 0
    statement = _GROUPED.format(month=_MONTH.format(zone="$1"), tests=_ALL)
    rows = await deed.rows(statement, ORGANISATION_ZONE.key, closed_since(week_on))
    columns = [[row[name] for row in rows] for name in (*GROUP, "total", "amount", "weighted_amount")]
    await deed.run(_WRITE, week_on, deed.at, [new_id(Kind.FORECAST_SNAPSHOT) for _ in rows], *columns)
    return len(rows)


async def take_weekly(run: JobRun, _: Nothing) -> None:
    """All of it in one transaction: there is a whole snapshot of a week, or none."""
    async with run.deed() as deed:
        taken = await take(deed)
    await run.progress(taken, taken, "taken")


TAKE_FORECAST = Task(
    "forecasts.take", take_weekly, Nothing, retries=Retries(attempts=5, first=timedelta(minutes=5)),
    every=timedelta(days=7), offset=timedelta(days=3, hours=20),
)  # fmt: skip
"""On Mondays at four in the morning in China (spans are counted from a Thursday), or as soon as somebody works again."""


def group_of(row: Mapping[str, Any]) -> Group:
    """What tells one group from another."""
    return tuple(row[name] for name in GROUP)


def now_statement(owners: Collection[UUID | None], months: Collection[date | None]) -> Callable[[Rights, Binds], str]:
    """What the groups of these owners and months come to now, of the opportunities that the viewer may read."""

    def render(rights: Rights, binds: Binds) -> str:
        month = _MONTH.format(zone=binds.value(ORGANISATION_ZONE.key))
        tests = [_among("o.owner_id", "uuid", owners, binds), _among(month, "date", months, binds)]
        with binds.looking(Look.TABLE):
            tests.append(readable(named("opportunity"), "o", rights, binds))
        return _GROUPED.format(month=month, tests=" AND ".join(tests))

    return render


def _among(what: str, kind: str, values: Collection[Any], binds: Binds) -> str:
    """The value is one of these, of which one may be NULL."""
    test = f"{what} = ANY({binds.value([each for each in values if each is not None])}::{kind}[])"
    return f"({test} OR {what} IS NULL)" if None in values else test
