"""The search centre (检索中心): one statement finds, ranks and counts; a second one where there was more than was looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from uuid import UUID

import orjson

from crm.access.commonness import Commonness
from crm.access.grants import Action, Rights
from crm.access.search import ORDER, Narrowing, Search
from crm.access.search_reach import Looked, bound
from crm.access.searched import searched_kinds
from crm.core.errors import BadUserInput, FieldForbidden
from crm.core.naming import camel_case
from crm.core.paging import Page, encode_cursor, order_signature, read_page
from crm.core.search_highlights import Range, excerpt, in_utf16, ranges_in
from crm.core.search_queries import Query, read_query
from crm.core.search_tokens import Place
from crm.graph.context import Operation
from crm.graph.nouns import hidden_fields
from crm.graph.search_wishes import closed_places, noun_of_entity, searched_entities, wider, wishes


@dataclass(frozen=True)
class Hit:
    """One record that was found. `texts` are those it can be found by, of fields that the viewer may read."""

    query: Query
    cursor: str
    id: UUID
    entity: str
    score: int
    title: str | None
    texts: Mapping[str, tuple[Place, Sequence[str]]]

    @cached_property
    def marks(self) -> list[tuple[str, str, list[Range]]]:
        """Field, text and where in it the words are, of each text that has some; of long texts a part."""
        found = []
        for field, (place, texts) in self.texts.items():
            numbers: set[str] = set()  # each is there as it is shown and as it is stored, and marked once
            for text in texts:
                number = "".join(filter(str.isdecimal, text))[-7:] if place is Place.PHONE else ""
                if number in numbers or not (ranges := ranges_in(text, self.query, place)):
                    continue
                numbers |= {number} if number else set()
                shown, moved = excerpt(text, ranges)
                found.append((field, shown, in_utf16(shown, moved)))
        return found


@dataclass(frozen=True)
class PageOfHits:
    """A page of what was found, and the counts of all that was. `partial`: of some kind, not all could be looked at."""

    hits: list[Hit]
    page: Page
    more: bool
    total: int
    partial: bool
    counts: Mapping[str, list[list[Any]]]


@dataclass(frozen=True, slots=True)
class _Answer:
    page: list[dict[str, Any]]
    counts: dict[str, Any]
    looked: dict[str, int]
    total: int


async def find(
    operation: Operation, text: str, entities: Sequence[str] | None, narrowing: Narrowing, first: int | None, after: str | None
) -> PageOfHits:
    """A page of the records that have every word and that the viewer may see."""
    query = _read(text)
    asked = searched_entities() if entities is None else tuple(entities)
    _refuse_hidden_owners(operation.rights, asked, narrowing)
    signature = order_signature("search", [query.text, *sorted(asked), repr(narrowing)])
    page = read_page(first, after, None, None, signature, len(ORDER))
    looked = wishes(query, asked, operation.rights, await _commonness(operation))
    answer = await _answer(operation, looked, query, narrowing, page)
    if (again := wider(looked, answer.looked, operation.rights)) is not None:
        looked = again
        answer = await _answer(operation, looked, query, narrowing, page)
    return PageOfHits(
        hits=_hits(answer, query, signature, page, operation.rights),
        page=page,
        more=len(answer.page) > page.size,
        total=answer.total,
        partial=any(_is_partial(each, answer.looked, operation.rights) for each in looked),
        counts={name: rows or [] for name, rows in answer.counts.items()},
    )


def _read(text: str) -> Query:
    try:
        return read_query(text)
    except ValueError as error:
        raise BadUserInput(f"`query`: {error}.") from error


def _refuse_hidden_owners(rights: Rights, asked: Sequence[str], narrowing: Narrowing) -> None:
    """Whoever may not see who owns a record may not find that out by asking for each owner's."""
    for entity in asked if narrowing.owners is not None else ():
        if rights.allows(entity, Action.READ) and "owner" in hidden_fields(noun_of_entity(entity), rights):
            raise FieldForbidden(f"{entity}.owner")


async def _commonness(operation: Operation) -> Commonness:
    known: Commonness = operation.services.commonness
    if known.stale:
        async with operation.database.connection() as connection:
            await known.refresh(connection)
    return known


async def _answer(operation: Operation, looked: Sequence[Looked], query: Query, narrowing: Narrowing, page: Page) -> _Answer:
    row = (await operation.run(Search(tuple(looked), query.text, narrowing, page).prepared, generic=True))[0]
    read = {name: orjson.loads(row[name]) for name in ("page", "counts", "looked")}
    return _Answer(**read, total=int(row["total"]))


def _hits(answer: _Answer, query: Query, signature: str, page: Page, rights: Rights) -> list[Hit]:
    open_ = _open_fields(rights)
    hits = []
    for row in answer.page[: page.size]:
        places, titled = open_[row["entity"]]
        texts = {
            camel_case(field): (places[field], list(filter(None, texts)))
            for field, texts in row["texts"].items()
            if field in places
        }
        cursor = encode_cursor(signature, [row["score"], row["at"], row["id"]])
        title = row["title"] if titled else None
        hits.append(Hit(query, cursor, UUID(row["id"]), row["entity"], row["score"], title, texts))
    return hits


def _open_fields(rights: Rights) -> dict[str, tuple[dict[str, Place], bool]]:
    """Entity → the searched fields that the viewer may read, and whether the title is one of them."""
    found = {}
    for searched in searched_kinds():
        for entity in searched.rule.entities.values():
            closed = closed_places(searched, entity, rights)
            places = {each.field: each.place for each in searched.fields if each.place not in closed}
            found[entity] = (places, searched.fields[0].field in places)
    return found


def _is_partial(looked: Looked, counts: Mapping[str, int], rights: Rights) -> bool:
    return counts.get(looked.searched.rule.table, 0) > bound(looked, rights)
