"""A merge takes along all that names a record: every table, of every room, those to come included."""

from __future__ import annotations

from typing import Any

import pytest
from strawberry.types.base import get_object_definition
from tortoise import fields
from tortoise.models import Model

from crm.models import Contact, Party
from crm.rules.customers.merging import CONTACT_FIELDS, PARTY_FIELDS
from crm.schema.customers.contact import ContactUpdateInput
from crm.schema.customers.party_input import PartyUpdateInput
from crm.services import custom_values
from crm.services.customers.merge_places import LOOSE, STAYS, UNITED, loose_places, place_named, places_of
from crm.services.customers.reach import LISTS
from crm.services.system.owned import models

NO_RECORDS = {
    "call_disclosure.call_id", "call_disclosure.owner_id", "duplicate_disclosure.owner_id", "merge.merged_id",
    "reminder.series_id", "rights_epoch.catalogue", "outbound.message_id", "outbound.account_id", "outbound.holder",
}  # fmt: skip
"""Columns with an id and without a foreign key that name no party or contact, or name what was merged on purpose."""

pytestmark = pytest.mark.usefixtures("database")


def _loose(model: type[Model]) -> set[str]:
    keyed = {model._meta.fields_map[name].source_field or name for name in model._meta.fk_fields}
    return {
        f"{model._meta.db_table}.{name}"
        for name, field in model._meta.fields_map.items()
        if isinstance(field, fields.UUIDField) and not field.pk and name not in keyed
    }


def test_every_foreign_key_to_a_party_or_contact_is_followed():
    for other in (Party, Contact):
        keys = {
            f"{model._meta.db_table}.{model._meta.fields_map[name].source_field or name}"
            for model in models()
            for name in model._meta.fk_fields
            if getattr(model._meta.fields_map[name], "related_model", None) is other and model not in UNITED
        }
        assert keys <= {place.name for place in places_of(other)}


def test_every_column_that_names_records_without_a_foreign_key_is_decided():
    """Either its name says so, and it follows, or a reason is given why it stays, or it names something else."""
    known = {place.name for place in loose_places()}
    for model in models():
        for name in _loose(model) - known:
            united = model in UNITED and name.rpartition(".")[2] in LOOSE
            assert united or name in NO_RECORDS, f"{name}: what does a merge do with it? services/customers/merge_places.py"
    assert set(STAYS) <= known


def test_the_ledger_finds_its_places_again():
    for model in (Party, Contact):
        for place in places_of(model):
            assert place_named(place.name) == place


@pytest.mark.parametrize(("columns", "input_"), [(PARTY_FIELDS, PartyUpdateInput), (CONTACT_FIELDS, ContactUpdateInput)])
def test_all_that_can_be_written_can_be_chosen(columns: tuple[str, ...], input_: Any):
    written = {field.python_name for field in get_object_definition(input_, strict=True).fields}
    assert set(columns) == written - {*LISTS, custom_values.NAME}, "lists and custom values are united"
