"""Whatever stands in a text, an id or a cursor: it is a value, never a part of a statement, and nobody crashes on it."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLScalarType,
    get_named_type,
)
from tests.factories.api import Office, kept

from crm.app import LARGEST_BODY
from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.resolvers.root import build_schema

office = pytest.fixture(scope="module")(kept)

PROBES = {
    "marks": '\' OR 1=1 --"; DROP TABLE party; $1 ⟦0⟧ ⟦99999999999999999999⟧ % _ \\\' {0.__class__} %s ${7*7} {"$where": null}',
    "our bind mark": "⟦0⟧",
    "backslash": "\\",
    "wildcards": "%_%",
    "nul": "a\x00b",
    "long": "x" * 10_000,
    "long as an id": "\x00" * 36,
    "turned round and invisible": "\u202egnp.exe\u202c\u200f\u200b\ufeff",
    "emoji and non-characters": "👩‍👩‍👧‍👦\ufffe\uffff\U0010ffff\ud7ff\ue000\r\n\t\x1b[31m",
    "longer in small letters": "İ" * 64,
    "spaces": "   ",
    "cursor": base64.urlsafe_b64encode(b'["AAAAAA",null,{"a":1}]').decode(),
    "id of another kind": str(new_id(Kind.PHONE_NUMBER)),
    "id of everyone": "00000000-0000-8004-8000-000000000001",
}


def sample(kind: GraphQLInputType, text: str, depth: int = 0) -> Any:
    """A value of an input type with the probe in every text and id inside."""
    if isinstance(kind, GraphQLNonNull):
        return sample(kind.of_type, text, depth)
    if isinstance(kind, GraphQLList):
        return [sample(kind.of_type, text, depth)] if depth < 3 else []
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values))
    if isinstance(kind, GraphQLInputObjectType):
        return {
            name: sample(item.type, text, depth + 1)
            for name, item in kind.fields.items()
            if isinstance(item.type, GraphQLNonNull)
            or (depth < 2 and not (depth and kind.name.endswith("Filter") and nests(item.type)))
        }
    assert isinstance(kind, GraphQLScalarType)
    plain = {"Int": 1, "Boolean": True, "Decimal": "1.5", "Date": "2026-01-31", "DateTime": "2030-01-31T09:00:00Z"}
    return plain.get(kind.name, text)


def nests(kind: GraphQLInputType) -> bool:
    named = get_named_type(kind)
    return isinstance(named, GraphQLInputObjectType)


def arguments_of(field: Any, text: str) -> dict[str, Any]:
    """Every argument with the probe in it; half of the paging arguments, which exclude each other."""
    found = {name: sample(argument.type, text) for name, argument in field.args.items()}
    for name in ("last", "before"):
        found.pop(name, None)
    return found


def alone(field: Any, text: str) -> Iterator[dict[str, Any]]:
    """All arguments at once, then each optional one by itself, so that one refusal does not hide the others."""
    everything = arguments_of(field, text)
    needed = {name: value for name, value in everything.items() if isinstance(field.args[name].type, GraphQLNonNull)}
    yield everything
    for name, value in everything.items():
        if name not in needed:
            kind = get_named_type(field.args[name].type)
            parts = value if isinstance(kind, GraphQLInputObjectType) and isinstance(value, dict) else {"": value}
            for part, inner in parts.items():
                yield {**needed, name: {part: inner} if part else inner}


def call(operation: str, name: str, field: Any, given: dict[str, Any]) -> str:
    kind = get_named_type(field.type)
    assert not isinstance(kind, GraphQLScalarType)
    declared = ", ".join(f"${each}: {field.args[each].type}" for each in given)
    passed = ", ".join(f"{each}: ${each}" for each in given)
    head = f"{operation}({declared}) {{ {name}({passed})" if given else f"{operation} {{ {name}"
    return f"{head} {{ __typename }} }}"


def root_fields(operation: str) -> dict[str, Any]:
    schema = build_schema()._schema
    root = schema.query_type if operation == "query" else schema.mutation_type
    assert isinstance(root, GraphQLObjectType)
    return {name: field for name, field in root.fields.items() if field.args and name != "signOut"}


@pytest.mark.parametrize("probe", PROBES.values(), ids=PROBES.keys())
@pytest.mark.parametrize("operation", ["query", "mutation"])
async def test_no_text_in_any_argument_makes_us_crash(office: Office, operation, probe):
    tried, crashed = 0, []
    for name, field in root_fields(operation).items():
        for given in alone(field, probe):
            if len(str(given)) > LARGEST_BODY // 2:
                continue
            answer = await office.admin.post({"query": call(operation, name, field, given), "variables": given})
            tried += 1
            if answer.status >= 500 or "INTERNAL" in answer.codes:
                crashed.append((name, {key: str(value)[:200] for key, value in given.items()}, answer.status))
    assert tried > 50
    assert crashed == []
