"""The one place where a read becomes SQL: rights, conditions, keyset, and one level of reading at a time.

Each statement also returns the `rights_epoch` and whether the session still lives, in `_epoch` and `_live` of every row (there is
always at least one), so a cached viewer never outlives its rights and no statement is spent on asking.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NewType
from uuid import UUID

from crm.access.binds import Binds, Look
from crm.access.branches import Via, Visible
from crm.access.conditions import Condition, render_condition
from crm.access.custom_orders import Ordered, beside, in_two_parts
from crm.access.grants import Action, Rights
from crm.access.id_sets import id_set, one_of
from crm.access.keyset import Term, beyond, order_by
from crm.access.predicates import FALSE, TRUE, all_of, any_of, beyond_window, permitted, pooled, present, readable
from crm.core.paging import Page


@dataclass(frozen=True, slots=True)
class Source:
    """What is read: the rule with its table, the columns, and column values that every row has (`type = 'CUSTOMER'`).

    `window`: through the window of the table. A row by its id is then looked for there too, and a list is all that lies there.
    """

    rule: Visible
    columns: tuple[str, ...]
    fixed: tuple[tuple[str, str], ...] = ()
    window: bool = False

    @property
    def type(self) -> str | None:
        """The discriminator's value, where one table holds several types and this reads one of them."""
        return dict(self.fixed).get(self.rule.discriminator or "")


@dataclass(frozen=True, slots=True)
class Parent:
    """The edge a list hangs on, for a whole level at once: rows whose `column` is one of `ids`."""

    column: str
    ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class Edge:
    """The edge a level hangs on inside a statement: rows whose `column` equals `value`, of a row already proven visible."""

    column: str
    value: str


Guarded = NewType("Guarded", str)
"""A query of one table, rights inside. Whoever puts statements together takes their tables in this form and no other."""


def by_ids(source: Source, ids: Sequence[UUID], rights: Rights, binds: Binds, *, card: bool = False) -> str:
    """Rows by id. `card`: the edge that leads here shows its target to whoever sees the record (authors, owners)."""
    alias = binds.alias()
    wanted = f"{alias}.id = ANY({binds.value(list(ids))}::uuid[])"
    tests = [wanted, *_fixed(source, alias), _one_seen(source, alias, rights, binds, card=card)]
    return _select(source, alias, tests, rights, binds)


def row_of(source: Source, edge: Edge, rights: Rights, binds: Binds, *, card: bool = False) -> Guarded:
    """The one row at the other end of a reference, where the viewer may see it; `card` as in `by_ids`."""
    alias = binds.alias()
    wanted = f"{alias}.{edge.column} = {edge.value}"
    tests = [wanted, *_fixed(source, alias), _one_seen(source, alias, rights, binds, card=card)]
    return Guarded(_select(source, alias, tests, rights, binds))


def ids_for(source: Source, ids: Sequence[UUID], action: Action, rights: Rights, binds: Binds) -> str:
    """Those of these ids that the viewer may see and may do something to."""
    alias = binds.alias()
    may = permitted(source.rule, alias, rights, binds, action, fixed=source.type)
    tests = [f"{alias}.id = ANY({binds.value(list(ids))}::uuid[])", *_fixed(source, alias), may]
    tests.append(readable(source.rule, alias, rights, binds, fixed=source.type))
    return f"SELECT {alias}.id FROM {source.rule.table} {alias} WHERE {all_of(tests)}"


def page_of(
    source: Source,
    parent: Parent | None,
    condition: Condition | None,
    order: Sequence[Term],
    page: Page,
    rights: Rights,
    binds: Binds,
) -> str:
    """One page (and one row more, which tells whether there is a next one), of a whole table or for each parent."""
    edge = None if parent is None else Edge(parent.column, "k.parent")
    return _per_parent(parent, rows_of(source, edge, condition, order, page, rights, binds, ahead=1), binds)


def count_of(source: Source, parent: Parent | None, condition: Condition | None, rights: Rights, binds: Binds) -> str:
    """How many rows the viewer may read, of a whole table or for each parent, under the same rights as the list."""
    edge = None if parent is None else Edge(parent.column, "k.parent")
    return _per_parent(parent, total_of(source, edge, condition, rights, binds), binds)


def rows_of(
    source: Source,
    edge: Edge | None,
    condition: Condition | None,
    order: Sequence[Term],
    page: Page,
    rights: Rights,
    binds: Binds,
    *,
    ahead: int,
) -> Guarded:
    """One page in its order (turned round where it is read backwards) and `ahead` rows more, of a table or under one row."""
    alias = binds.alias()
    tests = [*_edge(edge, alias), *_fixed(source, alias), *_condition(condition, alias, rights, binds)]
    with binds.looking(Look.ROW if edge is not None else Look.PAGE):
        tests.append(_seen(source, edge, alias, rights, binds))
    if order[0].field is not None:
        few = edge is not None or source.rule.table in rights.narrow
        wanted = Ordered(source.rule.table, source.columns, alias, all_of(tests), order[0], page, page.size + ahead)
        return Guarded((beside if few else in_two_parts)(wanted, binds))
    return Guarded(_page(source, alias, tests, order, page, rights, binds, ahead))


def total_of(source: Source, edge: Edge | None, condition: Condition | None, rights: Rights, binds: Binds) -> Guarded:
    """How many rows the viewer may read, as `total`, of a whole table or under one row."""
    alias = binds.alias()
    tests = [*_edge(edge, alias), *_fixed(source, alias), *_condition(condition, alias, rights, binds)]
    with binds.looking(Look.ROW if edge is not None else Look.TABLE):
        tests.append(_seen(source, edge, alias, rights, binds))
    return Guarded(f"SELECT count(*) AS total FROM {source.rule.table} {alias} WHERE {all_of(tests)}")


@dataclass(frozen=True, slots=True)
class Tally:
    """What is counted and summed up over the rows of a list, group by group.

    `keys` tell the groups apart, `figures` are what is made of each; both are expressions of our own by name, in which `{row}`
    stands for the row. `counted` are figures too: how many rows fulfil a condition. `beside` joins a table that is seen with the
    row. With `most`, groups come in the order of their keys, and one more than that tells that there are more.
    """

    keys: Mapping[str, str]
    figures: Mapping[str, str]
    counted: Mapping[str, Condition] = field(default_factory=dict)
    beside: str = ""
    most: int | None = None


def tally_of(source: Source, condition: Condition | None, wanted: Tally, rights: Rights, binds: Binds) -> Guarded:
    """Figures over all rows the viewer may read, under the rights of the list; nothing of groups without rows.

    Rows that fulfil none of the conditions that are counted are not looked at. Whether the viewer may see what is summed up is
    asked before.
    """
    alias = binds.alias()
    tests = [*_fixed(source, alias), *_condition(condition, alias, rights, binds)]
    with binds.looking(Look.TABLE):
        tests.append(_seen(source, None, alias, rights, binds))
    filters = {name: render_condition(each, alias, rights, binds) for name, each in wanted.counted.items()}
    if filters:
        tests.append(any_of(list(filters.values())))
    chosen = {**wanted.keys, **wanted.figures} | {name: f"count(*) FILTER (WHERE {test})" for name, test in filters.items()}
    shown = ", ".join(f"{expression.replace('{row}', alias)} AS {name}" for name, expression in chosen.items())
    places = ", ".join(str(place) for place in range(1, len(wanted.keys) + 1))
    joined = f"{source.rule.table} {alias} {wanted.beside.replace('{row}', alias)}"
    ordered = "" if wanted.most is None else f" ORDER BY {places} LIMIT {wanted.most + 1}"
    return Guarded(f"SELECT {shown} FROM {joined} WHERE {all_of(tests)} GROUP BY {places}{ordered}")


def deleted_page(source: Source, order: Sequence[Term], page: Page, rights: Rights, binds: Binds) -> str:
    """One page of the recycle bin: deleted rows that the viewer might read and delete, and so may restore."""
    alias = binds.alias()
    tests = _restorable(source, alias, rights, binds)
    return _page(source, alias, tests, order, page, rights, binds, ahead=1)


def deleted_count(source: Source, rights: Rights, binds: Binds) -> str:
    """How many rows `deleted_page` has in all."""
    alias = binds.alias()
    tests = _restorable(source, alias, rights, binds)
    return f"SELECT NULL::uuid AS id, count(*) AS total FROM {source.rule.table} {alias} WHERE {all_of(tests)}"


def _restorable(source: Source, alias: str, rights: Rights, binds: Binds) -> list[str]:
    """Deleting takes sight of the row and the right to delete it; so does seeing it in the bin."""
    may = permitted(source.rule, alias, rights, binds, Action.DELETE, deleted=True, fixed=source.type)
    seen = readable(source.rule, alias, rights, binds, fixed=source.type, deleted=True)
    # What was merged comes back by undoing that, and not from here.
    alone = [f"{alias}.merged_into_id IS NULL"] if source.rule.merging else []
    return [*_fixed(source, alias), may, seen, *alone]


def guarded(inner: str, binds: Binds) -> str:
    """The statement with the epoch and the session's state beside its rows; LEFT JOIN, so that they come without rows too."""
    return f"SELECT g._epoch, g._live, x.* FROM (SELECT {_state(binds)}) g LEFT JOIN LATERAL ({inner}) x ON TRUE"


def guarded_values(values: Sequence[str], binds: Binds) -> str:
    """One row of these expressions, as `f0, f1, …`, with the epoch and the session's state beside them."""
    listed = "".join(f"{value} AS f{place}, " for place, value in enumerate(values))
    return f"SELECT {listed}{_state(binds)}"


def _state(binds: Binds) -> str:
    live = (
        f"EXISTS (SELECT FROM session z WHERE z.id = {binds.viewer('session')} AND z.revoked_at IS NULL AND z.expires_at > now())"
    )
    return f"e.epoch AS _epoch, {live} AS _live FROM rights_epoch e"


def _page(
    source: Source,
    alias: str,
    tests: list[str],
    order: Sequence[Term],
    page: Page,
    rights: Rights,
    binds: Binds,
    ahead: int,
) -> str:
    """The rows between the page's cursors that pass the tests, in order, and some more than asked."""
    for values, backwards in ((page.after, False), (page.before, True)):
        if values is not None:
            tests.append(beyond(order, values, alias, binds, backwards=backwards))
    ordered = order_by(order, alias, backwards=page.backwards)
    return f"{_select(source, alias, tests, rights, binds)} ORDER BY {ordered} LIMIT {page.size + ahead}"


def _select(source: Source, alias: str, tests: list[str], rights: Rights, binds: Binds) -> str:
    open_ = _unmasked(source, alias, rights, binds)
    if open_ == TRUE:
        columns = ", ".join(f'{alias}."{column}"' for column in source.columns)
        return f"SELECT {columns} FROM {source.rule.table} {alias} WHERE {all_of(tests)}"
    row, masks = binds.alias(), source.rule.masks
    columns = ", ".join(
        f'CASE WHEN {row}.open THEN {alias}."{column}" ELSE {masks[column].replace("{row}", alias)} END AS "{column}"'
        if column in masks
        else f'{alias}."{column}"'
        for column in source.columns
    )
    # OFFSET, so that it is asked once for a row and not for each of its columns.
    beside = f"CROSS JOIN LATERAL (SELECT {open_} AS open OFFSET 0) {row}"
    return f"SELECT {columns} FROM {source.rule.table} {alias} {beside} WHERE {all_of(tests)}"


def _unmasked(source: Source, alias: str, rights: Rights, binds: Binds) -> str:
    """The viewer sees what the row is part of otherwise than through its window, so nothing of the row is masked."""
    if not set(source.rule.masks) & set(source.columns):
        return TRUE
    above = [branch for branch in source.rule.branches if isinstance(branch, Via) and branch.window]
    asked = [(branch.column, beyond_window(branch.column, branch.parent, alias, rights, binds)) for branch in above]
    return all_of([any_of([f"{alias}.{column} IS NULL", open_]) for column, open_ in asked])


def _fixed(source: Source, alias: str) -> list[str]:
    """Values of our own (`CUSTOMER`), part of the text so that partial indexes can be used."""
    return [f"{alias}.{column} = '{value}'" for column, value in source.fixed]


def _edge(edge: Edge | None, alias: str) -> list[str]:
    return [] if edge is None else [f"{alias}.{edge.column} = {edge.value}"]


def _one_seen(source: Source, alias: str, rights: Rights, binds: Binds, *, card: bool) -> str:
    return TRUE if card else readable(source.rule, alias, rights, binds, fixed=source.type, window=source.window)


def _condition(condition: Condition | None, alias: str, rights: Rights, binds: Binds) -> list[str]:
    return [] if condition is None else [render_condition(condition, alias, rights, binds)]


def _seen(source: Source, edge: Edge | None, alias: str, rights: Rights, binds: Binds) -> str:
    """Rights of a list: under a parent the predicate (its edge is proven), else the form that suits the viewer's width."""
    if edge is not None:
        return readable(source.rule, alias, rights, binds, proven=frozenset({edge.column}), fixed=source.type)
    predicate = readable(source.rule, alias, rights, binds, fixed=source.type, window=source.window)
    if source.window:
        return all_of([predicate, pooled(source.rule, alias)])
    if source.rule.table not in rights.narrow or predicate == FALSE:
        return predicate
    ids = id_set(source.rule, rights, binds)
    if ids is None:
        return predicate
    exact = len(source.rule.entities) <= 1
    return all_of([one_of(f"{alias}.id", source.rule, ids), present(source.rule, alias) if exact else predicate])


def _per_parent(parent: Parent | None, inner: str, binds: Binds) -> str:
    if parent is None:
        return inner
    keys = binds.value(list(parent.ids))
    return f"SELECT k.parent AS _parent, y.* FROM unnest({keys}::uuid[]) AS k(parent) CROSS JOIN LATERAL ({inner}) y"
