"""What the search centre answers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import strawberry
from strawberry.types import Info

from crm.graph import reads
from crm.graph.connections import PageInfo
from crm.graph.nouns import noun_named, noun_of_record, part
from crm.graph.searching import Hit, PageOfHits
from crm.schema.system.me import UserType
from crm.schema.system.record import Node


@part(of="its SearchMatch", description="A part of a text, counted in UTF-16 code units as browsers count.")
class TextRange:
    """文字范围."""

    start: int = strawberry.field(description="Where it begins; the first sign is 0.")
    length: int = strawberry.field(description="How long it is.")


@part(of="its SearchHit", description="A text of the record that has some of the words (命中文本).")
class SearchMatch:
    """命中文本."""

    field: str = strawberry.field(description="The field it stands in, as in the schema.")
    text: str = strawberry.field(description="The text as it was written; of a long one the part around the first word.")
    ranges: list[TextRange] = strawberry.field(description="Where the words are in it, for highlighting.")


@part(of="its record", description="A record that was found (检索结果). Everything in it is under the record's own rights.")
class SearchHit:
    """检索结果."""

    hit: strawberry.Private[Hit]

    @strawberry.field(description="The record's id.")
    def id(self) -> strawberry.ID:
        """For `node`, or the record's own field."""
        return strawberry.ID(str(self.hit.id))

    @strawberry.field(description="What sort of record it is, such as `customer`.")
    def entity(self) -> str:
        """The name that roles grant."""
        return self.hit.entity

    @strawberry.field(description="What people know it by; null where that is hidden from the viewer, or there is nothing.")
    def title(self) -> str | None:
        """Its name, subject or number."""
        return self.hit.title

    @strawberry.field(
        description="How well it fits: 100 the whole name, 80 its beginning, 60 a word of it, 50 together with its party's name,"
        " 40 inside it, 20 another short field, 10 an address or a text."
    )
    def score(self) -> int:
        """What the list is ordered by; of equal ones, the one that was changed last comes first."""
        return self.hit.score

    @strawberry.field(description="The texts that have the words. Empty where only tokens tell: a word of its party's name.")
    def matches(self) -> list[SearchMatch]:
        """Of fields that the viewer may read."""
        return [
            SearchMatch(field=field, text=text, ranges=[TextRange(start=a, length=b - a) for a, b in ranges])
            for field, text, ranges in self.hit.marks
        ]

    @strawberry.field(description="The record itself.")
    async def record(self, info: Info) -> Node | None:
        """Read as any other; null where it went meanwhile."""
        entry = noun_of_record(self.hit.id)
        return None if entry is None else await reads.one(info.context, entry, self.hit.id, window=True)  # type: ignore[return-value]


@part(of="its list", description="One hit with its cursor.")
class SearchEdge:
    """Relay's edge."""

    cursor: str = strawberry.field(description="Stands for this hit in this search; give it back as `after`.")
    node: SearchHit = strawberry.field(description="The hit.")


@part(of="its list", description="How many hits are of an entity.")
class EntityCount:
    """按类型计数."""

    entity: str = strawberry.field(description="The entity, such as `customer`.")
    count: int = strawberry.field(description="How many hits.")


@part(of="its list", description="How many hits of an entity are in a state.")
class StateCount:
    """按状态计数."""

    entity: str = strawberry.field(description="The entity, such as `opportunity`.")
    state: str = strawberry.field(description="Lifecycle, status or state (状态).")
    count: int = strawberry.field(description="How many hits.")


@part(of="its list", description="How many hits belong to somebody.")
class OwnerCount:
    """按负责人计数."""

    owner_id: strawberry.Private[UUID]
    count: int = strawberry.field(description="How many hits.")

    @strawberry.field(description="Who is responsible for them (负责人).")
    async def owner(self, info: Info) -> UserType | None:
        """Their card."""
        return await reads.one(info.context, noun_named("User"), self.owner_id, card=True)  # type: ignore[return-value]


@part(of="its list", description="All hits, counted (分面). Only records that the viewer may see are counted.")
class SearchFacets:
    """分面."""

    entities: list[EntityCount] = strawberry.field(description="By entity, most first (类型).")
    states: list[StateCount] = strawberry.field(description="By entity and state, most first (状态).")
    owners: list[OwnerCount] = strawberry.field(description="By owner, most first, at most 20 (负责人).")


@part(of="each record", description="One page of what was found, the best hits first (检索中心).")
class SearchConnection:
    """检索中心."""

    page: strawberry.Private[PageOfHits]

    @strawberry.field(description="The hits with their cursors.")
    def edges(self) -> list[SearchEdge]:
        """Relay's edges."""
        return [SearchEdge(cursor=hit.cursor, node=SearchHit(hit=hit)) for hit in self.page.hits]

    @strawberry.field(description="The hits.")
    def nodes(self) -> list[SearchHit]:
        """Without cursors."""
        return [SearchHit(hit=hit) for hit in self.page.hits]

    @strawberry.field(description="Where the page stands.")
    def page_info(self) -> PageInfo:
        """Read forwards only."""
        hits = self.page.hits
        return PageInfo(
            has_next_page=self.page.more,
            has_previous_page=self.page.page.after is not None,
            start_cursor=hits[0].cursor if hits else None,
            end_cursor=hits[-1].cursor if hits else None,
        )

    @strawberry.field(description="How many records were found; if `partial`, at least so many.")
    def total_count(self) -> int:
        """Counted with the page."""
        return self.page.total

    @strawberry.field(
        description="Whether the words are so common that not all records which have them were looked at: there are more than the"
        " counts say. The best by name, and of the others some, are there; another word narrows it."
    )
    def partial(self) -> bool:
        """At most a few thousand of each kind are looked at."""
        return self.page.partial

    @strawberry.field(description="All hits, counted (分面).")
    def facets(self) -> SearchFacets:
        """Counted with the page."""
        counts: Any = self.page.counts
        entities = sorted(counts.get("entities", ()), key=lambda row: (-row[1], row[0]))
        states = sorted(counts.get("states", ()), key=lambda row: (-row[2], row[0], row[1]))
        return SearchFacets(
            entities=[EntityCount(entity=entity, count=count) for entity, count in entities],
            states=[StateCount(entity=entity, state=state, count=count) for entity, state, count in states],
            owners=[OwnerCount(owner_id=UUID(owner), count=count) for owner, count in counts.get("owners", ())],
        )
