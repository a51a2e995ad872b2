"""Every list that hangs on a record, with each order it can be asked in, as one statement reads it for many parents at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID

from crm.access.binds import Binds
from crm.access.keyset import Term
from crm.access.select import Parent, Source, guarded, page_of
from crm.access.viewer import Viewer
from crm.core.paging import Page
from crm.graph.declarations import LINK_ORDER, Column, Through, ToMany
from crm.graph.nouns import Noun, noun_named, nouns, order_terms
from crm.resolvers.root import build_schema

PAGE_SIZE = 20


@dataclass(frozen=True)
class Edge:
    """A list under a parent: the rows of `source` whose `column` is the parent, in this order."""

    name: str
    source: Source
    column: str
    order: tuple[Term, ...]
    paged: bool
    default: bool

    @property
    def table(self) -> str:
        return self.source.rule.table

    def __str__(self) -> str:
        term = self.order[0]
        return f"{self.name} by {term.column}{' descending' * term.descending}"

    def statement(self, viewer: Viewer, parents: Sequence[UUID], page: Page) -> tuple[str, list[object]]:
        """The statement that reads a page for each of these parents."""
        binds = Binds()
        text = page_of(self.source, Parent(self.column, tuple(parents)), None, self.order, page, viewer.rights, binds)
        return binds.statement(guarded(text, binds), viewer)

    def pages(self) -> Iterator[Page]:
        """From both ends, and from a row in the middle in both directions."""
        deep = [tuple(_written(term) for term in self.order)] if self.paged else []
        for backwards in (False, True) if self.paged else (False,):
            yield Page(PAGE_SIZE, backwards, None, None)
            for cursor in deep:
                yield Page(PAGE_SIZE, backwards, None if backwards else cursor, cursor if backwards else None)


def edges() -> list[Edge]:
    """All of them; the same rows under the same column once, whatever types have the list."""
    build_schema()
    found: dict[tuple[str, str, tuple[Term, ...]], Edge] = {}
    for entry in nouns():
        for edge in _lists(entry):
            found.setdefault((edge.table, edge.column, edge.order), edge)
    return list(found.values())


def _lists(entry: Noun) -> Iterator[Edge]:
    for name, made in entry.fields.items():
        if isinstance(made, Through):
            yield Edge(f"{entry.name}.{name}", made.link, made.near, LINK_ORDER, paged=False, default=True)
        if isinstance(made, ToMany):
            target, label = noun_named(made.target), f"{entry.name}.{name}"
            yield Edge(label, target.source, made.column, target.order, not made.owned, default=True)
            for field in () if made.owned else _sortable(target):
                for descending in (False, True):
                    order = order_terms(target, [(field, descending)])
                    yield Edge(label, target.source, made.column, order, True, _alike(order, target.order))


def _alike(one: tuple[Term, ...], two: tuple[Term, ...]) -> bool:
    """Whether one index serves both: the same columns, in the same directions or all in the opposite ones."""
    turned = [term.descending for term in one] == [not term.descending for term in two]
    return [term.column for term in one] == [term.column for term in two] and (turned or one == two)


def _sortable(entry: Noun) -> Iterator[str]:
    for name, made in entry.fields.items():
        if isinstance(made, Column) and made.sort:
            yield name


_VALUES: dict[type, object] = {
    str: "m", int: 5, bool: True, UUID: "80000000-0000-8000-8000-000000000000", Decimal: "500",
    datetime: datetime(2026, 3, 1, tzinfo=UTC).isoformat(), date: "2026-03-01",
}  # fmt: skip


def _written(term: Term) -> object:
    """A value of the term's type, as cursors hold it."""
    return _VALUES[term.type]
