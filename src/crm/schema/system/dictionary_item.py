"""Entries of dictionaries."""

from __future__ import annotations

import strawberry

from crm.graph.fields import column, related, related_list
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.schema.system.record import Record


@noun("dictionary_item", entity="dictionary", order="position", description="One option of a dictionary (选项).")
class DictionaryItem(Record):
    """选项."""

    code: str = column("The name programs use, unique in its dictionary.", sort=True)
    label_zh: str = column("The Chinese label.")
    label_en: str = column("The English label.")
    position: int = column("Its place in the list.", sort=True)
    colour: str | None = column("`#rrggbb`.")
    active: bool = column("Whether it can still be chosen.")
    dictionary = related("system.Dictionary", "dictionary_id", "Its dictionary.", card=True)
    parent = related("system.DictionaryItem", "parent_id", "The entry above, in trees such as regions.", card=True)
    children = related_list("system.DictionaryItem", "parent_id", "The entries directly below.")


DictionaryItemFilter = filter_of(DictionaryItem)
DictionaryItemOrder = order_of(DictionaryItem)
DictionaryItemPayload = payload_of(DictionaryItem)


@strawberry.input(description="The values of a dictionary's entry.")
class DictionaryItemInput:
    """Absent fields stay as they are."""

    label_zh: strawberry.Maybe[str] = strawberry.field(description="The Chinese label.")
    label_en: strawberry.Maybe[str] = strawberry.field(description="The English label.")
    position: strawberry.Maybe[int] = strawberry.field(description="Its place in the list.")
    colour: strawberry.Maybe[str | None] = strawberry.field(description="`#rrggbb`.")
    active: strawberry.Maybe[bool] = strawberry.field(description="Whether it can still be chosen.")
    parent_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="The entry above.")


@strawberry.input(description="A new entry of a dictionary.")
class DictionaryItemCreateInput(DictionaryItemInput):
    """Code, dictionary and labels must be given."""

    dictionary_id: strawberry.ID = strawberry.field(description="The dictionary it joins.")
    code: str = strawberry.field(description="The name programs use, unique in its dictionary; never changed.")
