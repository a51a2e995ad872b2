"""Filters as data, and their SQL. What a client may ask is in the schema; here is only how it is said to PostgreSQL.

A condition on a related record holds only for related records that the viewer may read, so nobody can find out by filtering what
they may not see.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from crm.access.binds import Binds, Later
from crm.access.branches import Visible
from crm.access.grants import Rights
from crm.access.periods import Period, bounds
from crm.access.predicates import FALSE, TRUE, all_of, any_of, readable


class Operator(StrEnum):
    """How a column is compared. All but the null tests take one bound value."""

    EQ = "eq"
    NE = "ne"
    IN = "in"
    LT = "lt"
    LTE = "lte"
    GT = "gt"
    GTE = "gte"
    STARTS_WITH = "startsWith"
    CONTAINS = "contains"
    IS_NULL = "isNull"


@dataclass(frozen=True, slots=True)
class Compare:
    """One column against one value. For `IS_NULL` the value is the boolean asked for."""

    column: str
    operator: Operator
    value: object


@dataclass(frozen=True, slots=True)
class During:
    """An instant (or, with `days`, a day) lies in a period of the viewer's; with `before`, earlier than it began."""

    column: str
    period: Period
    before: bool = False
    days: bool = False


@dataclass(frozen=True, slots=True)
class Every:
    """All of the parts."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Some:
    """At least one of the parts."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold, or is unknown: a row without a level is a row whose level is not A."""

    part: Condition


@dataclass(frozen=True, slots=True)
class Related:
    """Some related row that the viewer may read fulfils the part.

    The related table's `remote` column equals this table's `local` column. `fixed` narrows a table that holds several types.
    `card`: the edge shows its target to everybody who sees this row (authors and owners), so no rule of its own applies.
    """

    rule: Visible
    local: str
    remote: str
    part: Condition
    card: bool = False


@dataclass(frozen=True, slots=True)
class Tagged:
    """The record has one of these tags."""

    tags: tuple[object, ...] | Later


@dataclass(frozen=True, slots=True)
class NameStarts:
    """Prefix search by pinyin or Latin letters: a range of the names' sort key."""

    low: str | Later
    high: str | Later


@dataclass(frozen=True, slots=True)
class Valued:
    """The record has a value of this custom field that fulfils the part."""

    field: UUID | Later
    part: Condition


@dataclass(frozen=True, slots=True)
class Standing:
    """The viewer may read this one row of another table: the same for every row of the list, and asked once."""

    rule: Visible
    key: UUID | Later


@dataclass(frozen=True, slots=True)
class MemberOf:
    """The record stands in the table of members of this segment."""

    key: UUID | Later


Condition = Compare | During | Every | Some | Not | Related | Tagged | NameStarts | Valued | Standing | MemberOf


def parametrised(condition: Condition, keep: Callable[[object], Later]) -> Condition:
    """The condition without its values: each is given to `keep`, which answers what stands for it.

    What is left decides the text of a statement: columns, operators, relations, null tests. Conditions of one form share a plan.
    """
    match condition:
        case Every() | Some():
            return replace(condition, parts=tuple(parametrised(part, keep) for part in condition.parts))
        case Not() | Related():
            return replace(condition, part=parametrised(condition.part, keep))
        case Tagged(tags=tags):
            return Tagged(keep(tags))
        case Valued(field=key, part=part):
            return Valued(keep(key), parametrised(part, keep))
        case Standing() | MemberOf():
            return replace(condition, key=keep(condition.key))
        case NameStarts():
            return replace(condition, low=keep(condition.low), high=keep(condition.high))
        case Compare(operator=Operator.IS_NULL) | During():
            return condition
        case Compare(value=value):
            return replace(condition, value=keep(value))


_COMPARISONS = {
    Operator.EQ: "{column} = {value}",
    Operator.NE: "{column} IS DISTINCT FROM {value}",
    Operator.IN: "{column} = ANY({value})",
    Operator.LT: "{column} < {value}",
    Operator.LTE: "{column} <= {value}",
    Operator.GT: "{column} > {value}",
    Operator.GTE: "{column} >= {value}",
    Operator.STARTS_WITH: "{column} LIKE {value}",
    Operator.CONTAINS: "{column} ILIKE {value}",
}


def render_condition(condition: Condition, alias: str, rights: Rights, binds: Binds) -> str:
    """The condition as SQL over the row under `alias`."""
    match condition:
        case Every(parts=parts):
            return all_of([render_condition(part, alias, rights, binds) for part in parts])
        case Some(parts=parts):
            return any_of([render_condition(part, alias, rights, binds) for part in parts])
        case Not(part=part):
            inner = render_condition(part, alias, rights, binds)
            return {TRUE: FALSE, FALSE: TRUE}.get(inner, f"({inner}) IS NOT TRUE")
        case Compare():
            return _compare(condition, alias, binds)
        case During():
            return _during(condition, alias, binds)
        case Related():
            return _related(condition, alias, rights, binds)
        case Tagged(tags=tags):
            wanted = f"g.record_id = {alias}.id AND g.tag_id = ANY({binds.value(tags)})"
            return f"EXISTS (SELECT FROM record_tag g JOIN tag l ON l.id = g.tag_id WHERE {wanted} AND l.deleted_at IS NULL)"
        case Valued() | Standing() | MemberOf():
            return _beside(condition, alias, rights, binds)
        case NameStarts():
            low, high = binds.value(condition.low), binds.value(condition.high)
            return f"({alias}.name_key >= {low} AND {alias}.name_key < {high})"


def _beside(condition: Valued | Standing | MemberOf, alias: str, rights: Rights, binds: Binds) -> str:
    """What stands in a table beside the row's own: a value of a custom field, a segment, its members."""
    other = binds.alias()
    match condition:
        case Valued(field=key, part=part):
            inner = render_condition(part, other, rights, binds)
            tests = all_of([f"{other}.record_id = {alias}.id AND {other}.field_id = {binds.value(key)}", inner])
            return tests if tests == FALSE else f"EXISTS (SELECT FROM custom_value {other} WHERE {tests})"
        case Standing(rule=rule, key=key):
            tests = all_of([f"{other}.id = {binds.value(key)}", readable(rule, other, rights, binds)])
            return tests if tests == FALSE else f"EXISTS (SELECT FROM {rule.table} {other} WHERE {tests})"
        case MemberOf(key=key):
            tests = f"{other}.record_id = {alias}.id AND {other}.segment_id = {binds.value(key)}"
            return f"EXISTS (SELECT FROM segment_member {other} WHERE {tests})"


def _compare(condition: Compare, alias: str, binds: Binds) -> str:
    column = f"{alias}.{condition.column}"
    if condition.operator is Operator.IS_NULL:
        return f"{column} IS {'' if condition.value else 'NOT '}NULL"
    return _COMPARISONS[condition.operator].format(column=column, value=binds.value(condition.value))


def _during(condition: During, alias: str, binds: Binds) -> str:
    column = f"{alias}.{condition.column}"
    begins, next_begins = bounds(condition.period, binds.viewer("time_zone"), days=condition.days)
    return f"{column} < {begins}" if condition.before else f"({column} >= {begins} AND {column} < {next_begins})"


def _related(condition: Related, alias: str, rights: Rights, binds: Binds) -> str:
    other = binds.alias()
    seen = TRUE if condition.card else readable(condition.rule, other, rights, binds)
    inner = render_condition(condition.part, other, rights, binds)
    tests = all_of([f"{other}.{condition.remote} = {alias}.{condition.local}", seen, inner])
    return tests if tests == FALSE else f"EXISTS (SELECT FROM {condition.rule.table} {other} WHERE {tests})"
