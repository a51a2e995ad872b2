"""Values that generated documents ask with: those the fixture company has, so that lists are not always empty, and odd ones."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLEnumType, GraphQLNamedType
from strawberry.utils.str_converters import to_camel_case
from tests.factories.choices import Choices
from tests.factories.company import Company, Fact, department_id
from tests.factories.company_custom import HELD
from tests.factories.oracle_tables import snake
from tests.factories.walk import written

from crm.graph.declarations import Column, ToOne
from crm.graph.nouns import noun_named, nouns

Order = tuple[tuple[str, str], ...]
"""Terms of an order, as (field, direction)."""

ODD_TEXTS = ("", " ", "%", "_", "\\", "'", '"', "zzz", "客", "zh", "\u0000", "🦊", "x" * 101, "$1", "a\tb")
ODD_IDS = ("", "x", "00000000-0000-0000-0000-000000000000", "  ", "019b0000-0000-8fff-8000-000000000000", "1")


@dataclass
class Values:
    """What the company holds, by noun and field, and cursors that the server gave out for its lists."""

    company: Company
    cursors: dict[tuple[str, Order], list[str]] = field(default_factory=dict)
    _columns: dict[tuple[str, str], list[Any]] = field(default_factory=dict)

    def rows(self, type_name: str) -> list[Fact]:
        """The rows of a noun, deleted ones included."""
        source = noun_named(type_name).source
        return [row for row in self.company.of(source.rule.table) if all(row[name] == value for name, value in source.fixed)]

    def of(self, type_name: str, label: str) -> list[Any]:
        """The values of a field of a noun, as a client writes them."""
        if (type_name, label) not in self._columns:
            column = _column(type_name, label)
            held = {} if column is None else {json.dumps(written(row[column])): None for row in self.rows(type_name)}
            self._columns[type_name, label] = [value for text in held if (value := json.loads(text)) is not None]
        return self._columns[type_name, label]

    def custom_fields(self, type_name: str) -> list[Fact]:
        """The custom fields of a noun's records; of an interface those of customers."""
        entity = "customer" if type_name == "Party" else snake(type_name)
        return [row for row in self.company.of("custom_field") if row["entity"] == entity]

    def custom_orders(self, type_name: str) -> list[str]:
        """The keys of those that lists can be in the order of."""
        return [] if type_name == "Party" else [row["key"] for row in self.custom_fields(type_name) if row["sortable"]]

    def custom_values(self, field: Fact) -> list[Any]:
        """What stands in one of them, as a client writes it."""
        place = ("custom value", str(field.id))
        if place not in self._columns:
            rows = [row for row in self.company.of("custom_value") if row["field_id"] == field.id]
            found = {json.dumps(written(row[HELD[field["type"]]])): None for row in rows}
            self._columns[place] = [json.loads(text) for text in found]
        return self._columns[place]

    def segment(self, choose: Choices, type_name: str) -> str:
        """The id of a segment: mostly of one that holds records of this noun."""
        own = [str(row.id) for row in self.rows("Segment") if row["holds"] == type_name.upper() and row["deleted_at"] is None]
        return choose.one(own) if own and not choose.chance(12) else self.id(choose, "Segment")

    def everything(self) -> list[str]:
        """An id of each noun's rows, and a few more: what `node` can be asked for."""
        if ("", "id") not in self._columns:
            found = [str(row.id) for each in nouns() if each.rule.kind for row in self.rows(each.name)[::7]]
            self._columns["", "id"] = list(dict.fromkeys([*found, str(department_id("hq"))]))
        return self._columns["", "id"]

    def orders(self, type_name: str) -> list[Order]:
        """The orders of a list of which cursors are known."""
        return [order for name, order in self.cursors if name == type_name]

    def id(self, choose: Choices, type_name: str | None) -> str:
        """An id: mostly of this noun, at times of another, unknown or malformed."""
        own = self.live(type_name) if type_name else self.everything()
        if own and not choose.chance(12):
            return choose.one(own)
        dead = self.of(type_name, "id")[::4] if type_name else []
        return str(choose.one([*self.everything()[::5], *ODD_IDS, *dead]))

    def live(self, type_name: str) -> list[str]:
        """The ids of a noun's rows that are not in the recycle bin."""
        if (type_name, "") not in self._columns:
            rows = [str(row.id) for row in self.rows(type_name) if row.values.get("deleted_at") is None]
            self._columns[type_name, ""] = rows
        return self._columns[type_name, ""]

    def text(self, choose: Choices, type_name: str, label: str, operator: str) -> str:
        """A text to compare with: a whole one, how one begins, or what is inside one."""
        held = [value for value in self.of(type_name, label) if isinstance(value, str)]
        if not held or choose.chance(10):
            return choose.one(ODD_TEXTS)
        whole = choose.one(held)
        if operator == "startsWith":
            return whole[: choose.number(1, 9)]
        return whole[1 : 2 + choose.number(0, 6)].upper() if operator == "contains" else whole

    def scalar(self, choose: Choices, made: GraphQLNamedType, type_name: str, label: str, operator: str = "eq") -> Any:
        """A value of a scalar or enum for a field of a noun."""
        if isinstance(made, GraphQLEnumType):
            return choose.one([each for each in self.of(type_name, label) if each in made.values] or list(made.values))
        if made.name == "Boolean":
            return choose.chance(50)
        if made.name == "ID":
            return self.id(choose, _target(type_name, label))
        if made.name == "String":
            return self.text(choose, type_name, label, operator)
        held = self.of(type_name, label)
        return choose.one(held) if held and not choose.chance(10) else choose.one(_OTHERS[made.name])


_OTHERS: dict[str, tuple[Any, ...]] = {
    "Int": (0, 1, -1, 10, 2**31 - 1),
    "Decimal": ("0", 0, "1250.00", 7, "-1.5", "1e3", "x", 10**15),
    "DateTime": ("2026-03-01T00:00:00Z", "2026-03-01T08:00:00+08:00", "2026-06-30T12:34:56.123456Z", "2026-03-01", "yesterday"),
    "Date": ("2026-03-01", "2026-02-30", "1800-01-01", "2199-12-31"),
}


def _field(type_name: str, label: str) -> Any:
    for name, made in noun_named(type_name).fields.items():
        if to_camel_case(name) == label or (isinstance(made, ToOne) and f"{to_camel_case(name)}Id" == label):
            return made
    return None


def _column(type_name: str, label: str) -> str | None:
    made = _field(type_name, label)
    return "id" if label == "id" else made.column if isinstance(made, Column | ToOne) else None


def _target(type_name: str, label: str) -> str | None:
    """The noun that an id at this field is one of."""
    if label == "id":
        return type_name
    if label == "tags":
        return "Tag"
    made = _field(type_name, label)
    return made.target.rpartition(".")[2] if isinstance(made, ToOne) else None
