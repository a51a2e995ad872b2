"""The vocabulary of a noun's fields: `column`, `related`, `related_list`, `owned_list`, `computed`.

Each makes a Strawberry field whose metadata carries the declaration, and whose resolver is the reference way of reading it.
"""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable
from typing import Annotated, Any

import strawberry
from strawberry.types import Info

from crm.access.branches import named
from crm.access.select import Source
from crm.core.paging import MAX_OWNED, Page
from crm.graph import reads
from crm.graph.connections import Connection, PageOfRows
from crm.graph.context import Operation
from crm.graph.declarations import DECLARED, LINK_ORDER, Column, Computed, Lacking, Through, ToMany, ToOne
from crm.graph.lists import asked
from crm.graph.nouns import Noun, list_of, noun_named, optional, reference
from crm.graph.rows import Row
from crm.graph.segments import ids_in, named_in

OWNED_PAGE = Page(size=MAX_OWNED, backwards=False, after=None, before=None)


def column(
    description: str,
    *,
    column: str = "",
    sort: bool | str = False,
    filterable: bool = True,
    requires: str | None = None,
    hidden_with: str | None = None,
) -> Any:
    """A plain column, by default of the field's own name.

    `sort=True` lets lists be ordered by it (an index must serve that), `sort="name_key"` by another column in its place.
    `requires`: the permission without which the field is hidden. `hidden_with`: another field that shows the same.
    """
    key = "" if sort is True else sort or None
    made = Column(column, filterable=filterable, sort=key, requires=requires, hidden_with=hidden_with)
    return strawberry.field(description=description, metadata={DECLARED: made})


def computed(
    description: str, *, needs: tuple[str, ...] = (), reads: tuple[str, ...] = (), requires: str | None = None
) -> Callable[..., Any]:
    """A field made in Python from the columns it `needs`: a decorator for its method.

    It is hidden where one of them is. `reads` are further columns that it may look at and does not show; `WHOLE_ROW` among them
    says that it hands the row itself on.
    """
    made = Computed(needs, requires, reads)

    def declare(resolver: Callable[..., Any]) -> Any:
        return strawberry.field(resolver=resolver, description=description, metadata={DECLARED: made})

    return declare


def related(
    target: str,
    column: str,
    description: str,
    *,
    card: bool = False,
    requires: str | None = None,
    window: bool = False,
    along: str | None = None,
) -> Any:
    """A to-one relation by a foreign key of this row: null where there is none or the viewer may not see it.

    `along`: another of this row's relations; what is seen at this one is shown only where something is seen at that one.
    """
    made = ToOne(target, column, card, requires, window, along)

    async def resolve(root: Row, info: Info) -> Any:
        root.check(_name(info))
        return await _at(root, made, info)

    resolve.__annotations__["return"] = optional(reference(target))
    return strawberry.field(resolver=resolve, description=description, metadata={DECLARED: made})


def lacking(of: str, description: str, *, requires: str | None = None) -> Any:
    """Whether the viewer sees nothing at the relation `of` of this row: there is nothing, or they may not."""

    async def resolve(root: Row, info: Info) -> bool:
        root.check(_name(info))
        return await _at(root, _to_one(root, of), info) is None

    return strawberry.field(resolver=resolve, description=description, metadata={DECLARED: Lacking(of, requires)})


async def _at(root: Row, made: ToOne, info: Info) -> Row | None:
    """What the viewer sees at a relation."""
    key = root.record[made.column]
    if key is None or (made.along is not None and await _at(root, _to_one(root, made.along), info) is None):
        return None
    return await reads.one(info.context, noun_named(made.target), key, card=made.card, window=made.window)


def _to_one(root: Row, name: str) -> ToOne:
    made = root.noun.fields[name]
    assert isinstance(made, ToOne)
    return made


def related_list(target: str, column: str, description: str, *, search: bool = False, requires: str | None = None) -> Any:
    """A paged list of the rows of `target` whose `column` is this row's id; `search` where `target` has names."""

    async def resolve(root: Row, info: Info, **arguments: Any) -> Any:
        root.check(_name(info))
        return await list_page(info.context, noun_named(target), arguments, column, root)

    return strawberry.field(
        resolver=with_list_arguments(resolve, target, search=search),
        description=description,
        metadata={DECLARED: ToMany(target, column, requires=requires)},
    )


def owned_list(target: str, column: str, description: str, *, limit: int = MAX_OWNED, requires: str | None = None) -> Any:
    """A plain list of the value rows that are part of this one (by default at most 50): phone numbers, participants."""
    page = Page(size=limit, backwards=False, after=None, before=None)

    async def resolve(root: Row, info: Info) -> Any:
        root.check(_name(info))
        entry = noun_named(target)
        rows = await reads.children(info.context, entry, column, root.id, None, entry.order, page)
        return rows[:limit]

    resolve.__annotations__["return"] = optional(list_of(reference(target)))
    made = ToMany(target, column, owned=True, requires=requires, limit=limit)
    return strawberry.field(resolver=resolve, description=description, metadata={DECLARED: made})


def related_through(
    target: str, link: str, near: str, far: str, description: str, *, card: bool = False, requires: str | None = None
) -> Any:
    """A plain list (at most 50) of the rows of `target` that the table `link` ties to this row: tags, members.

    `card`: whoever reads this row may see the targets' cards.
    """
    source = Source(named(link), ("id", near, far))

    async def resolve(root: Row, info: Info) -> Any:
        root.check(_name(info))
        links = await reads.linked(info.context, source, near, root.id, LINK_ORDER, OWNED_PAGE)
        loaded = [reads.one(info.context, noun_named(target), row[far], card=card) for row in links[:MAX_OWNED]]
        return [row for row in await asyncio.gather(*loaded) if row is not None]

    resolve.__annotations__["return"] = optional(list_of(reference(target)))
    return strawberry.field(
        resolver=resolve, description=description, metadata={DECLARED: Through(target, source, near, far, card, requires)}
    )


async def list_page(
    operation: Operation,
    entry: Noun,
    arguments: dict[str, Any],
    column: str | None = None,
    parent: Row | None = None,
    *,
    window: bool = False,
) -> PageOfRows:
    """A page of a noun's list, of the whole table (or what lies behind its window), or under a parent."""
    saved = await named_in(operation, list(ids_in(arguments.get("filter"))))
    wanted = asked(entry, arguments, operation.rights, saved)
    condition, order, page = wanted.condition, wanted.order, wanted.page
    key = None if parent is None else parent.id
    if column is None or key is None:
        rows = await reads.listed(operation, entry, condition, order, page, window=window)
    else:
        rows = await reads.children(operation, entry, column, key, condition, order, page)
    return PageOfRows(rows, entry.name, order, page, lambda: reads.total(operation, entry, column, key, condition, window=window))


LIST_ARGUMENTS = {
    "first": "How many rows from the start, 1 to 100 (default 20).",
    "after": "Rows after this cursor.",
    "last": "How many rows from the end, 1 to 100.",
    "before": "Rows before this cursor.",
    "filter": "Which rows.",
    "order_by": "In what order; at most three terms, the id settles ties.",
    "search": "Names that begin with this, in Chinese, pinyin or Latin letters.",
}
"""What every list takes, with the words of the schema."""


def with_list_arguments(resolve: Callable[..., Any], target: str, *, search: bool) -> Callable[..., Any]:
    """Give a resolver of `**arguments` the typed arguments of a list of `target`."""
    kinds: dict[str, Any] = {
        "first": int,
        "after": str,
        "last": int,
        "before": str,
        "filter": reference(target, "Filter"),
        "order_by": list_of(reference(target, "Order")),
    }
    if search:
        kinds["search"] = str
    parameters = [p for p in inspect.signature(resolve).parameters.values() if p.kind is not p.VAR_KEYWORD]
    annotated: Any = Annotated  # around types made at run time
    for name, kind in kinds.items():
        annotation = annotated[optional(kind), strawberry.argument(description=LIST_ARGUMENTS[name])]
        parameters.append(
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=strawberry.UNSET, annotation=annotation)
        )
    returned: Any = Connection.__class_getitem__(reference(target))  # type: ignore[attr-defined]
    resolve.__signature__ = inspect.Signature(parameters, return_annotation=optional(returned))  # type: ignore[attr-defined]
    return resolve


def _name(info: Info) -> str:
    return info.python_name
