"""Every root field says who may use it, every type whose rows it shows, every column has a grant key: a new one without a lock
fails here."""

from __future__ import annotations

from graphql import GraphQLObjectType, get_named_type
from strawberry.types.base import get_object_definition
from strawberry.utils.str_converters import to_camel_case
from tests.factories import inputs, walk
from tests.factories.company import OWNED
from tests.factories.oracle import TABLES, permission

from crm.access.branches import declared, grantable
from crm.graph.nouns import hideable_fields, nouns
from crm.resolvers.root import build_schema

ROOTS = {"Query", "Mutation", "Subscription"}
PLUMBING = {"PageInfo"}
ENTITYLESS = {"Party", "Session", "Reminder", "Notification", "CalendarFeed", "Share", "Change", "Merge", "Comment", "StoredFile"}
"""Nouns whose fields no role hides: an interface (its types have keys), one's own sessions, reminders, notifications and feeds,
and what hangs on records and goes with them."""


def directives(type_name: str, field: str) -> dict[str, str | None]:
    """The directives printed on a root field."""
    definition = get_object_definition(build_schema().get_type_by_name(type_name).origin, strict=True)  # type: ignore[union-attr]
    made = next(each for each in definition.fields if to_camel_case(each.python_name) == field)
    return {type(each).__name__: getattr(each, "permission", None) for each in made.directives}


def test_every_root_field_requires_what_the_rules_say():
    query, mutation, subscription = walk.SCHEMA.query_type, walk.SCHEMA.mutation_type, walk.SCHEMA.subscription_type
    assert query
    assert mutation
    assert subscription
    for root in (query, mutation, subscription):
        for name, made in root.fields.items():
            found = directives(root.name, name)
            assert len(found) == 1, f"{name} needs one of @requires and @public"
            wanted = permission(name, (walk.element(made) or get_named_type(made.type).name) if root is query else None)
            assert found == ({"Public": None} if wanted == "public" else {"Requires": wanted}), name


def test_only_signing_in_is_public():
    assert {name for name in inputs.mutations() if "Public" in directives("Mutation", name)} == {"signIn"}


def test_every_object_type_says_whose_rows_it_shows():
    locked = set()
    for definition in build_schema().schema_converter.type_map.values():
        printed = getattr(definition.definition, "directives", None) or ()
        locked |= {definition.definition.name for each in printed if type(each).__name__ == "VisibleBy"}
    for name, made in walk.SCHEMA.type_map.items():
        plumbing = name in ROOTS | PLUMBING or name.startswith("__") or name.endswith(("Connection", "Edge"))
        if isinstance(made, GraphQLObjectType) and not plumbing:
            assert name in locked, f"{name} has no @visible"


def test_every_field_of_a_noun_is_declared():
    """An undeclared field would be read past grants, filters and plans."""
    for entry in nouns():
        fields = {each.python_name for each in get_object_definition(entry.type, strict=True).fields}
        assert fields == set(entry.fields), (
            f"{entry.name}: {fields ^ set(entry.fields)} not made by column, related, … or computed"
        )


def test_every_column_has_a_grant_key():
    known = set(grantable()) | {"dictionary_item"}
    for entry in nouns():
        if entry.part_of is None and entry.name not in ENTITYLESS:
            assert entry.entity in known, f"{entry.name} has no entity that roles grant"
            for field in entry.fields:
                assert entry.key(field) == f"{entry.entity}.{to_camel_case(field)}"
    for entity in OWNED:
        assert hideable_fields(entity) > {"owner", "createdBy", "tags", "shares", "changes"}


def test_the_inputs_of_every_owned_record_take_custom_fields():
    """By the base `OwnedValues` in the schema, and `custom_values.write` in the deed. Calls get theirs when they are filed."""
    otherwise = {"call": ("callEnd",), "channel_assignment": ("opportunityOffer",), "channel_submission": ("opportunitySubmit",)}
    otherwise |= {"sms_batch": ("smsBatchSend",), "sms_message": ("smsMessageSend",), "email_batch": ("emailBatchSend",)}
    for entity in OWNED:
        noun = entity.split("_")[0] + "".join(part.title() for part in entity.split("_")[1:])
        for name in otherwise.get(entity, (f"{noun}Create", f"{noun}Update")):
            takes = get_named_type(inputs.mutations()[name].args["input"].type)
            assert "customFields" in takes.fields, f"{takes.name} has no customFields"


def test_hideable_fields_can_be_null():
    for entry in nouns():
        if entry.entity in OWNED and entry.part_of is None:
            fields = walk.fields_of(entry.name)
            for name in hideable_fields(entry.entity):
                assert not str(fields[name].type).endswith("!"), f"{entry.name}.{name}"


def test_every_noun_stands_in_a_table_that_has_its_visible():
    tables = {rule.table for rule in declared()}
    for entry in nouns():
        assert entry.rule.table in tables
        assert TABLES.get(entry.name) == entry.rule.table, f"{entry.name}: the oracle does not know where it stands"
