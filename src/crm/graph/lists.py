"""What a list is asked for: the arguments that every list takes, judged and read, as data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import strawberry

from crm.access.conditions import Condition, Every
from crm.access.grants import Rights
from crm.access.keyset import Term
from crm.core.errors import FieldForbidden
from crm.core.paging import Page, read_page
from crm.graph.connections import list_signature
from crm.graph.context import Operation
from crm.graph.filters import condition_of
from crm.graph.nouns import Noun
from crm.graph.orders import terms_of
from crm.graph.searches import search_condition
from crm.graph.segments import Segments, ids_in, named_in


@dataclass(frozen=True, slots=True)
class Asked:
    """Which rows, in what order, and which part of them."""

    condition: Condition | None
    order: tuple[Term, ...]
    page: Page


def asked(entry: Noun, arguments: dict[str, Any], rights: Rights, saved: Segments) -> Asked:
    """What a client asks of a list of this noun; refuses what this permission set may not ask. `saved` are segments it names."""
    if not entry.gate_open(rights):
        raise FieldForbidden(f"{entry.entity or entry.name}.read")
    arguments = {name: value for name, value in arguments.items() if value is not strawberry.UNSET}
    order = terms_of(entry, arguments.get("order_by"), rights)
    page = read_page(
        arguments.get("first"),
        arguments.get("after"),
        arguments.get("last"),
        arguments.get("before"),
        list_signature(entry.name, order),
        len(order),
    )
    return Asked(_condition(entry, arguments, rights, saved), order, page)


async def condition_for(operation: Operation, entry: Noun, wanted: Any) -> Condition | None:
    """What a filter asks that stands elsewhere than in a list, where figures are made of a noun's rows; segments and all."""
    if wanted is None or wanted is strawberry.UNSET:
        return None
    saved = await named_in(operation, list(ids_in(wanted)))
    return condition_of(entry, wanted, operation.rights, saved=saved)


def _condition(entry: Noun, arguments: dict[str, Any], rights: Rights, saved: Segments) -> Condition | None:
    parts: list[Condition] = []
    if arguments.get("filter") is not None:
        parts.append(condition_of(entry, arguments["filter"], rights, saved=saved.anew()))
    if (searched := search_condition(arguments.get("search"), entry.label)) is not None:
        parts.append(searched)
    return None if not parts else parts[0] if len(parts) == 1 else Every(tuple(parts))
