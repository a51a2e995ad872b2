"""Relay connections over keyset pages: `edges { cursor node } nodes pageInfo totalCount`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Generic, TypeVar

import strawberry

from crm.access.keyset import Term
from crm.core.clock import print_instant
from crm.core.paging import Page, encode_cursor, order_signature
from crm.graph.rows import Row

T = TypeVar("T")


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    """Relay's page information."""

    has_next_page: bool = strawberry.field(description="Whether there are rows after this page.")
    has_previous_page: bool = strawberry.field(description="Whether there are rows before this page.")
    start_cursor: str | None = strawberry.field(description="The cursor of the first row, for `before`.")
    end_cursor: str | None = strawberry.field(description="The cursor of the last row, for `after`.")


@strawberry.type(description="One row of a page with its cursor.")
class Edge(Generic[T]):
    """Relay's edge."""

    cursor: str = strawberry.field(description="Stands for this row in this order; give it back as `after` or `before`.")
    node: T = strawberry.field(description="The row.")


@strawberry.type(description="One page of a list.")
class Connection(Generic[T]):
    """Relay's connection. What resolvers return for it is a `PageOfRows`."""

    edges: list[Edge[T]] = strawberry.field(description="The rows with their cursors.")
    nodes: list[T] = strawberry.field(description="The rows.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")

    @strawberry.field(  # type: ignore[untyped-decorator]  # strawberry says nothing of what it returns
        description="How many rows the whole list has for this viewer; computed only when asked for."
    )
    async def total_count(self) -> int:
        """Run the count of the page at hand."""
        return await self.count()  # type: ignore[attr-defined, no-any-return]


class PageOfRows:
    """A page that was read: turned the right way round, without the extra row that told whether there is more."""

    def __init__(
        self,
        rows: Sequence[Row],
        noun: str,
        order: tuple[Term, ...],
        page: Page,
        count: Callable[[], Awaitable[int]],
    ) -> None:
        self.more = len(rows) > page.size
        kept = list(rows[: page.size])
        self.nodes = kept[::-1] if page.backwards else kept
        self.order = order
        self.page = page
        self.count = count
        self.signature = list_signature(noun, order)

    def cursor(self, row: Row) -> str:
        """The cursor of one of the rows."""
        return encode_cursor(self.signature, [_scalar(row.record[term.shown]) for term in self.order])

    @property
    def edges(self) -> list[Edge[Row]]:
        """The rows with their cursors."""
        return [Edge(cursor=self.cursor(row), node=row) for row in self.nodes]

    @property
    def page_info(self) -> PageInfo:
        """Rows beyond the far end are known from the extra row; beyond the near end, from the cursor the page started at."""
        near = self.page.before if self.page.backwards else self.page.after
        beyond = near is not None
        return PageInfo(
            has_next_page=beyond if self.page.backwards else self.more,
            has_previous_page=self.more if self.page.backwards else beyond,
            start_cursor=self.cursor(self.nodes[0]) if self.nodes else None,
            end_cursor=self.cursor(self.nodes[-1]) if self.nodes else None,
        )


@lru_cache(maxsize=1024)
def list_signature(noun: str, order: tuple[Term, ...]) -> str:
    """What ties a cursor to a list: the type and the order."""
    return order_signature(noun, [f"{term.field or term.column} {term.descending}" for term in order])


def _scalar(value: object) -> object:
    """A column's value as JSON keeps it in a cursor, microseconds included; instants as a compiled statement prints them."""
    if isinstance(value, datetime):
        return print_instant(value)
    return value if value is None or isinstance(value, bool | int) else str(value)
