"""Nouns: what is hidden from whom, which gate is open, and that every declaration stands on its rule."""

from __future__ import annotations

import pytest

from crm.access.branches import grantable
from crm.access.grants import Action, Rights, Scope, ViewerKind
from crm.graph.declarations import Column, ToMany, ToOne
from crm.graph.nouns import freezable_fields, hidden_fields, hideable_fields, noun_named, nouns
from crm.resolvers.root import build_schema

EVERYTHING = {(entity, action): Scope.ALL for entity, actions in grantable().items() for action in actions}


@pytest.fixture(autouse=True)
def _nouns_are_declared() -> None:
    build_schema()


def rights(*hidden: str, without: str = "") -> Rights:
    scopes = {key: scope for key, scope in EVERYTHING.items() if key[0] != without}
    return Rights(ViewerKind.STAFF, scopes, hidden=frozenset(hidden))


def test_who_may_do_everything_has_nothing_hidden():
    assert {noun.name: hidden_fields(noun, rights()) for noun in nouns() if hidden_fields(noun, rights())} == {}


def test_a_field_is_hidden_by_its_entity_and_its_name_in_the_schema():
    customer, supplier = noun_named("Customer"), noun_named("Supplier")
    assert hidden_fields(customer, rights("customer.creditLimit")) == {"credit_limit"}
    assert hidden_fields(supplier, rights("customer.creditLimit")) == frozenset()
    assert hidden_fields(customer, rights("customer.credit_limit", "credit_limit", "customer.nothing")) == frozenset()


def test_of_an_interface_a_field_is_hidden_where_one_of_its_types_hides_it():
    assert "phone_numbers" in hidden_fields(noun_named("Party"), rights("supplier.phoneNumbers"))


def test_what_lies_beyond_a_users_card_asks_for_a_grant():
    hidden = hidden_fields(noun_named("User"), rights(without="user"))
    assert {"email", "mobile", "extension", "manager", "reports"} <= hidden
    assert not {"id", "username", "display_name", "kind", "active", "department"} & hidden
    assert "roles" in hidden_fields(noun_named("User"), rights(without="role"))


def test_a_computed_field_is_hidden_with_what_it_is_made_from():
    for noun in nouns():
        for name, made in noun.fields.items():
            for need in getattr(made, "needs", ()):
                if need in noun.fields and noun.entity:
                    assert name in hidden_fields(noun, rights(noun.key(need))), (noun.name, name)


@pytest.mark.parametrize("entity", ["", "ghost", "party", "Customer"])
def test_what_is_no_entity_has_no_fields_to_restrict(entity):
    assert (hideable_fields(entity), freezable_fields(entity)) == (frozenset(), frozenset())


def test_what_can_be_hidden_can_be_frozen_and_only_what_can_be_null_is_hidden():
    for entity in grantable():
        assert hideable_fields(entity) <= freezable_fields(entity), entity
    assert {"creditLimit", "note", "phoneNumbers"} & hideable_fields("customer") >= {"creditLimit", "note"}
    assert "name" in freezable_fields("customer") - hideable_fields("customer")


def test_the_gate_of_an_interface_is_open_where_that_of_one_type_is():
    def reads(*entities: str) -> Rights:
        return Rights(ViewerKind.STAFF, {(entity, Action.READ): Scope.OWN for entity in entities})

    party, customer = noun_named("Party"), noun_named("Customer")
    assert [party.gate_open(reads(*each)) for each in ([], ["supplier"], ["contact"])] == [False, True, False]
    assert [customer.gate_open(reads(*each)) for each in ([], ["supplier"], ["customer"])] == [False, False, True]
    assert noun_named("Tag").gate_open(reads())


def test_a_row_of_an_interface_is_the_type_that_its_discriminator_names():
    party = noun_named("Party")
    assert {value: party.concrete({"type": value}).name for value in ("CUSTOMER", "CHANNEL", "SUPPLIER")} == {
        "CUSTOMER": "Customer",
        "CHANNEL": "Channel",
        "SUPPLIER": "Supplier",
    }
    assert noun_named("Tag").concrete({}) is noun_named("Tag")


def test_every_column_that_a_declaration_names_is_read():
    for noun in nouns():
        for name, made in noun.fields.items():
            if isinstance(made, Column | ToOne):
                assert made.column in noun.source.columns, (noun.name, name)
            if isinstance(made, Column) and made.sort:
                assert made.sort in noun.source.columns, (noun.name, name)


def test_every_relation_leads_to_a_noun():
    for noun in nouns():
        for made in noun.fields.values():
            if isinstance(made, ToOne | ToMany):
                assert noun_named(made.target) in nouns()


def test_a_noun_that_roles_grant_is_in_the_catalogue_and_names_its_rows():
    for noun in nouns():
        if noun.entity is not None:
            assert noun.entity in grantable(), noun.name
            if noun.rule.recycled and Action.DELETE in noun.rule.actions:
                assert noun.label in noun.source.columns, noun.name
