"""Filters of clients made into conditions: what is hidden, too deep or too long is refused before SQL is made of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from graphql.utilities import coerce_input_value
from strawberry.types.arguments import convert_argument

from crm.access.conditions import Compare, Every, Not, Operator, Related, Some, Tagged
from crm.access.grants import Action, Rights, Scope, ViewerKind
from crm.core.errors import BadUserInput, FieldForbidden
from crm.core.ids import make_id
from crm.core.kinds import Kind
from crm.graph.filters import MAX_DEPTH, MAX_LISTED, condition_of
from crm.graph.nouns import noun_named
from crm.resolvers.root import build_schema

READ = {(entity, Action.READ): Scope.ALL for entity in ("customer", "channel", "supplier", "contact", "activity", "user")}
RIGHTS = Rights(ViewerKind.STAFF, READ)
KEY = make_id(Kind.USER, 1, 1)


def condition(given: dict[str, Any], rights: Rights = RIGHTS, noun: str = "Customer") -> Any:
    """The condition of a filter as a client writes it."""
    return condition_of(noun_named(noun), wanted(f"{noun}Filter", given), rights)


def wanted(name: str, given: dict[str, Any]) -> Any:
    """The input object that the schema makes of what a client sent."""
    schema = build_schema()
    kind: Any = schema._schema.type_map[name]
    definition = schema.schema_converter.type_map[name].definition
    return convert_argument(
        coerce_input_value(given, kind),
        type_=definition.origin,
        scalar_registry=schema.schema_converter.scalar_registry,
        config=schema.config,
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, Every(())),
        ({"name": {"eq": "x"}}, Compare("name", Operator.EQ, "x")),
        ({"name": {}}, Every(())),
        ({"name": {"startsWith": "5%_\\"}}, Compare("name", Operator.STARTS_WITH, "5\\%\\_\\\\%")),
        ({"name": {"contains": "5%"}}, Compare("name", Operator.CONTAINS, "%5\\%%")),
        ({"lifecycle": {"in": ["LEAD", "LOST"]}}, Compare("lifecycle", Operator.IN, ["LEAD", "LOST"])),
        ({"ownerId": {"eq": str(KEY)}}, Compare("owner_id", Operator.EQ, KEY)),
        ({"ownerId": {"eq": "x"}}, Compare("owner_id", Operator.EQ, UUID(int=0))),
        ({"ownerId": {"in": ["x", str(KEY)]}}, Compare("owner_id", Operator.IN, [KEY])),
        ({"tags": [str(KEY), "x"]}, Tagged((KEY,))),
        ({"and": []}, Every(())),
        ({"or": []}, Some(())),
        ({"not": {}}, Not(Every(()))),
        ({"or": [{"name": {"eq": "x"}}, {}]}, Some((Compare("name", Operator.EQ, "x"), Every(())))),
    ],
)
def test_a_filter_is_made_into_a_condition(given, expected):
    assert condition(given) == expected


def test_several_comparisons_must_all_hold():
    made = condition({"paymentTermsDays": {"gt": 1, "isNull": False}, "name": {"eq": "x"}})
    several = Every((Compare("payment_terms_days", Operator.GT, 1), Compare("payment_terms_days", Operator.IS_NULL, False)))
    assert isinstance(made, Every)
    assert sorted(made.parts, key=str) == sorted([several, Compare("name", Operator.EQ, "x")], key=str)


def test_conditions_on_lists_count_seen_rows_of_the_own_type():
    made = condition({"contacts": {"some": {"name": {"eq": "x"}}, "none": {"name": {"eq": "y"}}}})
    some, none = made.parts
    assert (some.rule.name, some.remote, some.card) == ("contact", "party_id", False)
    assert isinstance(none, Not)
    assert isinstance(none.part, Related)


def test_a_condition_on_a_card_needs_no_right_of_its_own():
    made = condition({"owner": {"username": {"eq": "x"}}})
    assert (made.rule.name, made.card, made.local, made.remote) == ("user", True, "owner_id", "id")


HIDDEN = {
    "plain": ({"creditLimit": {"gt": "1"}}, "customer.creditLimit"),
    "negated": ({"not": {"creditLimit": {"isNull": True}}}, "customer.creditLimit"),
    "among others": ({"or": [{"name": {"eq": "x"}}, {"creditLimit": {"eq": "1"}}]}, "customer.creditLimit"),
    "without a comparison": ({"creditLimit": {}}, "customer.creditLimit"),
    "relation": ({"level": {"code": {"eq": "a"}}}, "customer.level"),
    "id of a relation": ({"levelId": {"isNull": True}}, "customer.level"),
    "list": ({"contacts": {"none": {}}}, "customer.contacts"),
    "tags": ({"tags": []}, "customer.tags"),
    "beyond a relation": ({"contacts": {"some": {"birthdayOn": {"isNull": True}}}}, "contact.birthdayOn"),
    "two relations away": ({"contacts": {"some": {"party": {"creditLimit": {"isNull": True}}}}}, "customer.creditLimit"),
}


@pytest.mark.parametrize(("given", "key"), HIDDEN.values(), ids=HIDDEN.keys())
def test_what_is_hidden_cannot_be_asked_about(given, key):
    condition(given)
    with pytest.raises(FieldForbidden, match=key.partition(".")[2]):
        condition(given, Rights(ViewerKind.STAFF, READ, hidden=frozenset({key})))


def test_what_lies_beyond_a_card_cannot_be_asked_about():
    given = {"owner": {"mobile": {"eq": "1"}}}
    condition(given)
    without = Rights(ViewerKind.STAFF, {key: scope for key, scope in READ.items() if key[0] != "user"})
    with pytest.raises(FieldForbidden):
        condition(given, without)


def nested(depth: int, how: str) -> dict[str, Any]:
    """A filter of so many levels."""
    made: dict[str, Any] = {"name": {"eq": "x"}}
    for _ in range(depth - 1):
        made = {"not": made} if how == "not" else {how: [made]}
    return made


@pytest.mark.parametrize("how", ["not", "and", "or"])
def test_a_filter_nests_as_deep_as_is_allowed_and_no_deeper(how):
    condition(nested(MAX_DEPTH, how))
    with pytest.raises(BadUserInput, match="nests deeper"):
        condition(nested(MAX_DEPTH + 1, how))


def test_relations_count_as_levels():
    def around(made: dict[str, Any], times: int) -> dict[str, Any]:
        for _ in range(times):
            made = {"contacts": {"some": {"party": made}}}
        return made

    condition({"parent": {"name": {"eq": "x"}}})
    with pytest.raises(BadUserInput, match="nests deeper"):
        condition(around({"name": {"eq": "x"}}, MAX_DEPTH // 2))


@pytest.mark.parametrize("count", [MAX_LISTED, MAX_LISTED + 1])
@pytest.mark.parametrize(
    "given",
    [
        lambda n: {"name": {"in": ["x"] * n}},
        lambda n: {"id": {"in": ["x"] * n}},
        lambda n: {"tags": ["x"] * n},
        lambda n: {"and": [{}] * n},
        lambda n: {"or": [{}] * n},
    ],
    ids=["in", "ids", "tags", "and", "or"],
)
def test_a_list_has_as_many_values_as_is_allowed_and_no_more(given, count):
    if count <= MAX_LISTED:
        condition(given(count))
    else:
        with pytest.raises(BadUserInput, match="at most"):
            condition(given(count))


@pytest.mark.parametrize(
    "given",
    [
        {"name": None},
        {"name": {"eq": None}},
        {"name": {"in": None}},
        {"not": None},
        {"and": None},
        {"tags": None},
        {"contacts": None},
        {"contacts": {"some": None}},
        {"name": {"eq": "a\x00"}},
        {"name": {"contains": "x" * 1001}},
        {"name": {"in": ["a", "b\x00"]}},
    ],
)
def test_nulls_and_texts_that_no_record_holds_are_wrong_requests(given):
    with pytest.raises(BadUserInput):
        condition(given)
