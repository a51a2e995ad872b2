"""Dictionaries."""

from __future__ import annotations

import strawberry

from crm.graph.fields import column, related_list
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.schema.system.record import Record


@noun("dictionary", entity="dictionary", order="code", description="A list of options that administrators edit (系统选项).")
class Dictionary(Record):
    """系统选项."""

    code: str = column("The name programs use, such as `customer_level`.", sort=True)
    name_zh: str = column("Its Chinese name.")
    name_en: str = column("Its English name.")
    items = related_list("system.DictionaryItem", "dictionary_id", "Its entries (选项).")


DictionaryFilter = filter_of(Dictionary)
DictionaryOrder = order_of(Dictionary)
DictionaryPayload = payload_of(Dictionary)


@strawberry.input(description="A new dictionary.")
class DictionaryCreateInput:
    """系统选项."""

    code: str = strawberry.field(description="The name programs use: 1 to 40 small letters, digits or `_`; never changed.")
    name_zh: str = strawberry.field(description="Its Chinese name.")
    name_en: str = strawberry.field(description="Its English name.")
