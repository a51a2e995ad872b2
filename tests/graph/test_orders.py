"""Orders of clients made into keyset terms: total, short, and blind to what is hidden."""

from __future__ import annotations

from datetime import datetime
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from crm.access.grants import Action, Rights, Scope, ViewerKind
from crm.access.keyset import Term
from crm.core.errors import BadUserInput, FieldForbidden
from crm.graph.declarations import Column
from crm.graph.nouns import noun_named, nouns
from crm.graph.orders import MAX_TERMS, Direction, terms_of
from crm.resolvers.root import build_schema

RIGHTS = Rights(ViewerKind.STAFF, {("customer", Action.READ): Scope.ALL})


@pytest.fixture(autouse=True)
def _nouns_are_declared() -> None:
    build_schema()


def wanted(*fields: str) -> list[Any]:
    """What a client's `orderBy` is made into; `-name` for descending."""
    return [
        SimpleNamespace(
            field=SimpleNamespace(value=name.lstrip("-")), direction=Direction.DESC if name.startswith("-") else Direction.ASC
        )
        for name in fields
    ]


@pytest.mark.parametrize("nothing", [None, []])
def test_without_an_order_a_noun_has_its_own(nothing):
    for noun in nouns():
        assert terms_of(noun, nothing, RIGHTS) == noun.order
        assert noun.order[-1].column == "id"


def test_the_id_settles_ties_in_the_direction_of_the_last_term():
    entry = noun_named("Customer")
    assert terms_of(entry, wanted("created_at"), RIGHTS) == (
        Term("created_at", descending=False, type=datetime),
        Term("id", descending=False, type=UUID),
    )
    assert [term.descending for term in terms_of(entry, wanted("created_at", "-updated_at"), RIGHTS)] == [False, True, True]


def test_names_are_ordered_by_their_key():
    (name, _) = terms_of(noun_named("Customer"), wanted("name"), RIGHTS)
    assert (name.column, name.type) == ("name_key", str)


def test_every_sortable_field_is_a_term_that_knows_whether_it_can_be_missing():
    for noun in nouns():
        for name, made in noun.fields.items():
            if isinstance(made, Column) and made.sort:
                term = terms_of(noun, wanted(name), Rights(ViewerKind.SYSTEM, {}))[0]
                assert (term.column, term.nullable) == (made.sort, made.nullable), (noun.name, name)


def test_no_more_terms_than_allowed_and_none_twice():
    entry = noun_named("Customer")
    sortable = [name for name, made in entry.fields.items() if isinstance(made, Column) and made.sort]
    assert len(terms_of(entry, wanted(*sortable[:MAX_TERMS]), RIGHTS)) == MAX_TERMS + 1
    with pytest.raises(BadUserInput, match="at most"):
        terms_of(entry, wanted(*sortable[: MAX_TERMS + 1]), RIGHTS)
    with pytest.raises(BadUserInput, match="twice"):
        terms_of(entry, wanted("name", "-name"), RIGHTS)


def test_a_hidden_field_is_no_order():
    hidden = Rights(ViewerKind.STAFF, RIGHTS.scopes, hidden=frozenset({"customer.nextContactAt"}))
    entry = noun_named("Customer")
    assert terms_of(entry, wanted("next_contact_at"), RIGHTS)
    for order in (["next_contact_at"], ["name", "-next_contact_at"]):
        with pytest.raises(FieldForbidden, match=r"customer\.nextContactAt"):
            terms_of(entry, wanted(*order), hidden)


def test_the_order_of_an_interface_is_refused_where_one_of_its_types_hides_the_field():
    hidden = Rights(ViewerKind.STAFF, RIGHTS.scopes, hidden=frozenset({"supplier.nextContactAt"}))
    assert terms_of(noun_named("Supplier"), None, hidden)
    if "next_contact_at" in noun_named("Party").fields:
        with pytest.raises(FieldForbidden):
            terms_of(noun_named("Party"), wanted("next_contact_at"), hidden)
