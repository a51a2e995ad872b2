"""What the search centre (检索中心) finds records by: one declaration for each noun, beside its `visible`.

A new noun joins by its `searched(…)` line: its records are kept in the index by whatever writes them, found under their own
rights, counted among the kinds, and filled in by `crm search rebuild`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from crm.access.branches import Visible, named
from crm.core.kinds import Kind
from crm.core.naming import field_name
from crm.core.search_tokens import Place

FORMAT = 1
"""Which way of making tokens an entry was made by. Count it up when that changes: `crm search rebuild` makes the others anew."""

APART = (Kind.PARTY, Kind.CONTACT, Kind.ACTIVITY, Kind.CALL, Kind.OPPORTUNITY, Kind.DELIVERY, Kind.CONTRACT)
"""Kinds with an index of their own, because there are many of each; all others share one."""


BEHIND_WINDOW = frozenset({Place.PHONE, Place.MAIL, Place.ADDRESS, Place.TEXT})
"""Places that do not count for whoever sees a record through its table's window alone: what is masked there, what is not shown,
and notes, in which the same numbers stand. What is left are names and codes, which are on the card."""


@dataclass(frozen=True, slots=True)
class Written:
    """A field that is found by what stands in the record's own columns, by default in that of its name.

    `person`: its texts are names of people, which begin with a surname.
    """

    field: str
    place: Place
    columns: tuple[str, ...] = ()
    person: bool = False

    def texts(self, alias: str) -> str:
        """Its texts, as an SQL array."""
        return f"ARRAY[{', '.join(f'{alias}.{column}' for column in self.columns or (self.field,))}]::text[]"


@dataclass(frozen=True, slots=True)
class Listed:
    """A field that is found by what stands in its value rows: telephone numbers, addresses. `column` there is the record's id."""

    field: str
    place: Place
    table: str
    column: str
    columns: tuple[str, ...]
    person: bool = False

    def texts(self, alias: str) -> str:
        """Its texts, as an SQL array."""
        values = ", ".join(f"(v.{column})" for column in self.columns)
        rows = f"{self.table} v CROSS JOIN LATERAL (VALUES {values}) AS c(written)"
        return f"ARRAY(SELECT c.written::text FROM {rows} WHERE v.{self.column} = {alias}.id ORDER BY v.position)"


@dataclass(frozen=True)
class Searched:
    """What is searched of one table.

    `title` is the column that a hit is shown by, `state` the one that tells how far a record is. `party` says that its rows
    have a party, whose name counts as theirs for whoever may see both: `华为 张` finds Zhang at Huawei.
    """

    rule: Visible
    fields: tuple[Written | Listed, ...]
    title: str
    state: str | None
    party: bool

    @cached_property
    def kind(self) -> Kind:
        """The kind of its records."""
        assert self.rule.kind is not None
        return self.rule.kind

    @cached_property
    def told(self) -> frozenset[str]:
        """The fields that its tokens come from, as the change log names them."""
        return frozenset({*(field_name(each.field) for each in self.fields), "party"})

    @property
    def entries(self) -> str:
        """The condition under which an entry is of this kind, in the words of the partial index that holds it."""
        if self.kind in APART:
            return f"record_kind = {int(self.kind)}"
        # Told so that no index of kinds is brought in, which lists all records of this one.
        apart = ", ".join(str(int(kind)) for kind in APART)
        return f"record_kind NOT IN ({apart}) AND (record_kind = {int(self.kind)}) IS TRUE"


_SEARCHED: dict[Kind, Searched] = {}


def searched(
    rule: str, *fields: Written | Listed, title: str | None = None, state: str | None = None, party: bool = True
) -> None:
    """Declare what a noun's records are found by."""
    made = Searched(named(rule), fields, title or fields[0].field, state, party)
    _SEARCHED[made.kind] = made


def searched_kinds() -> tuple[Searched, ...]:
    """All declarations, in the order of their kinds."""
    return tuple(_SEARCHED[kind] for kind in sorted(_SEARCHED))


def searched_of(kind: Kind | None) -> Searched | None:
    """The declaration of a kind, where its records are searched."""
    return _SEARCHED.get(kind) if kind is not None else None
