"""Entries of the search centre for records that are still on their way into the database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from operator import attrgetter
from typing import Any
from uuid import UUID

from crm.access.searched import FORMAT, Listed, Searched, searched_kinds
from crm.cli.synthetic.batch import TABLES, Batch
from crm.cli.synthetic.search_rows import SearchEntryRow
from crm.services.search_entries import made

Texts = Callable[[Any], list[str]]


def add_entries(batch: Batch, into: Batch) -> None:
    """The entry of every record in the batch that is not deleted, made as a deed would make it."""
    rows = {table: batch.of(kind) for kind, (table, _) in TABLES.items()}
    for searched in searched_kinds():
        if found := rows.get(searched.rule.table):
            for entry in made(searched, _selected(searched, found, rows)):
                into.add(SearchEntryRow(entry.record_id, int(searched.kind), entry.party_id, FORMAT, entry.tokens))


def _selected(searched: Searched, found: Iterable[Any], rows: dict[str, list[Any]]) -> Iterator[dict[str, Any]]:
    """What is selected of stored rows, of rows in memory."""
    texts = [_texts(each, rows) for each in searched.fields]
    for row in found:
        if getattr(row, "deleted_at", None) is None:
            shown = {f"f{place}": read(row) for place, read in enumerate(texts)}
            yield {"id": row.id, "party_id": row.party_id if searched.party else None, **shown}


def _texts(field: Any, rows: dict[str, list[Any]]) -> Texts:
    if isinstance(field, Listed):
        beside: dict[UUID, list[str]] = defaultdict(list)
        of, values = attrgetter(field.column), [attrgetter(column) for column in field.columns]
        for row in rows.get(field.table, ()):
            beside[of(row)] += [value(row) for value in values]
        return lambda row: beside.get(row.id, [])
    columns = field.columns or (field.field,)
    return lambda row: [text for column in columns if (text := getattr(row, column, None))]
