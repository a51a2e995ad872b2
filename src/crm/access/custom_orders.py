"""Pages in the order of a custom field, whose values stand in a table of their own.

Records without a value come last, whichever way the list runs: nobody who wants the largest first asks to see thousands without
any. The index holds values only, so it could not begin with those that have none anyway.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from crm.access.binds import Binds, Later
from crm.access.keyset import CUSTOM, Term, order_value
from crm.access.predicates import FALSE, TRUE, all_of, any_of
from crm.core.paging import Page


@dataclass(frozen=True, slots=True)
class Ordered:
    """A page of a table: what is shown of its rows, which of them, by which field, and how many at most."""

    table: str
    columns: tuple[str, ...]
    alias: str
    tests: str
    term: Term
    page: Page
    limit: int

    @property
    def down(self) -> bool:
        """Whether the statement goes down; a page that is read backwards is turned round afterwards."""
        return self.term.descending is not self.page.backwards

    @property
    def way(self) -> str:
        """The direction, as SQL says it."""
        return "DESC" if self.down else "ASC"

    @property
    def shown(self) -> str:
        """The columns of the row."""
        return ", ".join(f'{self.alias}."{column}"' for column in self.columns)


@dataclass(frozen=True, slots=True)
class _Bounds:
    """What the page's cursors say of rows that have a value and of rows that have none."""

    valued: str
    bare: str


def beside(wanted: Ordered, binds: Binds) -> str:
    """The page of few rows: each looks its value up, and they are sorted."""
    value = binds.alias()
    bounds = _bounds(wanted, value, binds)
    held = f"{value}.{wanted.term.column} IS NOT NULL"
    within = any_of([all_of([held, bounds.valued]), all_of([f"{value}.{wanted.term.column} IS NULL", bounds.bare])])
    place = f"{value}.record_id = {wanted.alias}.id AND {value}.field_id = {binds.value(wanted.term.field)}"
    nulls = "FIRST" if wanted.page.backwards else "LAST"
    return (
        f'SELECT {wanted.shown}, {value}.{wanted.term.column} AS "{CUSTOM}" FROM {wanted.table} {wanted.alias}'
        f" LEFT JOIN custom_value {value} ON {place} WHERE {all_of([wanted.tests, within])}"
        f" ORDER BY {value}.{wanted.term.column} {wanted.way} NULLS {nulls}, {wanted.alias}.id {wanted.way} LIMIT {wanted.limit}"
    )


def in_two_parts(wanted: Ordered, binds: Binds) -> str:
    """The page of a whole table: values in the order of their index; records without one only where those do not fill it."""
    value, field = binds.alias(), binds.value(wanted.term.field)
    bounds = _bounds(wanted, value, binds)
    first, then = ("bare", "valued") if wanted.page.backwards else ("valued", "bare")
    room = f"(SELECT count(*) FROM {first}) < {wanted.limit}"
    held = f"{value}.field_id = {field} AND {value}.{wanted.term.column} IS NOT NULL"
    valued = all_of([held, bounds.valued, wanted.tests, TRUE if first == "valued" else room])
    none = f"NOT EXISTS (SELECT FROM custom_value {value} WHERE {value}.record_id = {wanted.alias}.id AND {held})"
    bare = all_of([none, bounds.bare, wanted.tests, TRUE if first == "bare" else room])
    parts = {
        "valued": f'SELECT {wanted.shown}, {value}.{wanted.term.column} AS "{CUSTOM}", {value}.record_id AS _id'
        f" FROM custom_value {value} JOIN {wanted.table} {wanted.alias} ON {wanted.alias}.id = {value}.record_id WHERE {valued}"
        f" ORDER BY {value}.{wanted.term.column} {wanted.way}, {value}.record_id {wanted.way} LIMIT {wanted.limit}",
        "bare": f'SELECT {wanted.shown}, NULL::{_TYPES[wanted.term.column]} AS "{CUSTOM}", {wanted.alias}.id AS _id'
        f" FROM {wanted.table} {wanted.alias} WHERE {bare} ORDER BY {wanted.alias}.id {wanted.way} LIMIT {wanted.limit}",
    }
    listed = ", ".join(f'u."{column}"' for column in (*wanted.columns, CUSTOM))
    nulls = "FIRST" if wanted.page.backwards else "LAST"
    return (
        f"WITH {first} AS MATERIALIZED ({parts[first]}), {then} AS MATERIALIZED ({parts[then]})"
        f" SELECT {listed} FROM (SELECT * FROM {first} UNION ALL SELECT * FROM {then}) u"
        f' ORDER BY u."{CUSTOM}" {wanted.way} NULLS {nulls}, u._id {wanted.way} LIMIT {wanted.limit}'
    )


_ID = Term("id", descending=False, type=UUID)
_TYPES = {"text_key": 'text COLLATE "C"', "number": "numeric(20,4)", "day": "date", "yes_no": "boolean"}


def _bounds(wanted: Ordered, row: str, binds: Binds) -> _Bounds:
    valued, bare = [TRUE], [TRUE]
    for cursor, backwards in ((wanted.page.after, False), (wanted.page.before, True)):
        if cursor is not None:
            found = _beyond(wanted, cursor, row, binds, backwards=backwards)
            valued.append(found.valued)
            bare.append(found.bare)
    return _Bounds(all_of(valued), all_of(bare))


def _beyond(wanted: Ordered, cursor: Sequence[object], row: str, binds: Binds, *, backwards: bool) -> _Bounds:
    """Strictly after (or before) a cursor: of (value, id)."""
    value, key = (_typed(term, given) for term, given in zip((wanted.term, _ID), cursor, strict=True))
    sign = "<" if wanted.term.descending is not backwards else ">"
    if value is None:
        return _Bounds(TRUE if backwards else FALSE, f"{wanted.alias}.id {sign} {binds.value(key)}")
    place = f"({row}.{wanted.term.column}, {row}.record_id)"
    return _Bounds(f"{place} {sign} ({binds.value(value)}, {binds.value(key)})", FALSE if backwards else TRUE)


def _typed(term: Term, given: object) -> object:
    return given if given is None or isinstance(given, Later) else order_value(term, given)
