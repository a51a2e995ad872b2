"""Counting under rights: how many rows fulfil which of several conditions, group by group, in one statement."""

from __future__ import annotations

from collections.abc import Mapping

from crm.access.binds import Binds, Look
from crm.access.conditions import Condition, render_condition
from crm.access.grants import Rights
from crm.access.predicates import all_of, any_of, readable
from crm.access.select import Source

MOST_GROUPS = 1000


def tally_of(
    source: Source, by: str | None, condition: Condition | None, counted: Mapping[str, Condition], rights: Rights, binds: Binds
) -> str:
    """For each value of the column `by` (or once for all) how many rows fulfil each of the conditions, beside `key` and `rows`.

    Rows that fulfil none of them are not looked at, and groups of nothing but those are left out.
    """
    alias = binds.alias()
    key = f"{alias}.{by}" if by else "NULL::uuid"
    tests = [f"{alias}.{column} = '{value}'" for column, value in source.fixed]
    if condition is not None:
        tests.append(render_condition(condition, alias, rights, binds))
    with binds.looking(Look.TABLE):
        tests.append(readable(source.rule, alias, rights, binds, fixed=source.type))
    filters = {name: render_condition(each, alias, rights, binds) for name, each in counted.items()}
    columns = ", ".join(f"count(*) FILTER (WHERE {test}) AS {name}" for name, test in filters.items())
    where = all_of([*tests, any_of(list(filters.values()))])
    counts = f"SELECT {key} AS key, count(*) AS rows, {columns} FROM {source.rule.table} {alias} WHERE {where}"
    return f"{counts} GROUP BY 1 ORDER BY 1 LIMIT {MOST_GROUPS}"
