"""What names a party or a contact, wherever it stands: read from the models, so that a new table is merged like all others.

A foreign key says so by itself. Columns without one are known by their names; what is left alone stands in `STAYS`, and a house
test looks that no column is forgotten.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from tortoise import fields
from tortoise.fields.relational import ForeignKeyFieldInstance
from tortoise.models import Model

from crm.models import Address, Call, Contact, EmailAddress, Party, PhoneNumber, RecordTag, Share
from crm.models.document import Document
from crm.models.record import Record
from crm.services.system.owned import models

UNITED: tuple[type[Model], ...] = (PhoneNumber, EmailAddress, Address, RecordTag, Share)
"""Lists that the survivor gets what it lacks of; the merged record keeps its own (`merge_lists.py`)."""

STAYS: Mapping[str, str] = {
    "change.record_id": "the log tells what was done to which record",
    "event.record_id": "the outbox has told of it already",
    "call_disclosure.party_id": "a log of whom people were told of",
    "duplicate_disclosure.record_id": "a log of whom people were told of",
    "merge.record_id": "the ledger itself",
    "custom_value.record_id": "the survivor gets copies of what it lacks; the merged record keeps its own (`merge_values.py`)",
    "search_entry.record_id": "made of its record as it stands at the end of the deed: that of a merged one goes",
    "search_entry.party_id": "made of its record too, which has moved",
}
"""`table.column` that names records without a foreign key, and why it names the merged one for ever."""

LOOSE = ("record_id", "target_id", "party_id", "contact_id")
"""By which names columns without a foreign key are known."""

ALIKE: Mapping[str, tuple[str, ...]] = {
    "call_match": ("call_id", "party_id", "contact_id"),
    "email_suggestion": ("message_id", "party_id", "contact_id"),
    "activity_participant": ("activity_id", "contact_id"),
    "schedule_attendee": ("schedule_event_id", "contact_id"),
}
"""Lists in which nobody stands twice, though no unique index says so."""


@dataclass(frozen=True, slots=True)
class Place:
    """One column that names records of a kind."""

    model: type[Model]
    column: str

    @property
    def table(self) -> str:
        """Its table."""
        return self.model._meta.db_table

    @property
    def name(self) -> str:
        """As the ledger calls it."""
        return f"{self.table}.{self.column}"

    @property
    def key(self) -> str:
        """By which column its rows are known."""
        return self.model._meta.db_pk_column

    @property
    def key_type(self) -> str:
        """And of which type that is."""
        return "uuid" if isinstance(self.model._meta.pk, fields.UUIDField) else "bigint"

    @property
    def quiet(self) -> bool:
        """Whether it is none of what people see of a record: what was merged earlier follows without a word."""
        return self.column == "merged_into_id"

    @property
    def counted(self) -> bool:
        """Whether its rows are records, which count their changes and tell of them."""
        return issubclass(self.model, Record) and not self.quiet

    @property
    def order(self) -> tuple[int, str]:
        """Rows are locked in the order of the house: party, document, call, then what hangs on them."""
        if self.model is Party:
            return 0, self.name
        return (1 if issubclass(self.model, Document) else 2 if self.model is Call else 3), self.name


@cache
def places_of(model: type[Model]) -> tuple[Place, ...]:
    """Everything that names a party, or a contact, and follows when it is merged; in the order in which it is locked."""
    own = f"{model._meta.db_table}_id"
    found = [
        Place(each, each._meta.fields_map[name].source_field or name)
        for each in models()
        if each not in UNITED
        for name in each._meta.fk_fields
        if _names(each, name, model)
    ]
    found += [place for place in loose_places() if place.name not in STAYS and place.column in ("record_id", "target_id", own)]
    return tuple(sorted(found, key=lambda place: place.order))


def _names(model: type[Model], name: str, other: type[Model]) -> bool:
    field = model._meta.fields_map[name]
    return isinstance(field, ForeignKeyFieldInstance) and field.related_model is other


@cache
def loose_places() -> tuple[Place, ...]:
    """Columns without a foreign key that name records."""
    return tuple(
        Place(each, name)
        for each in models()
        if each not in UNITED
        for name, field in each._meta.fields_map.items()
        if name in LOOSE and isinstance(field, fields.UUIDField) and name not in _keyed(each)
    )


def _keyed(model: type[Model]) -> set[str]:
    return {model._meta.fields_map[name].source_field or name for name in model._meta.fk_fields}


def place_named(name: str) -> Place | None:
    """The place that the ledger calls so; None for one that a newer version has dropped."""
    return next((place for model in (Party, Contact) for place in places_of(model) if place.name == name), None)


def counted(model: type[Model]) -> dict[type[Model], list[str]]:
    """Where people see what is there: records with rights of their own, and by which columns they name it."""
    found: dict[type[Model], list[str]] = {}
    for place in places_of(model):
        if place.counted:
            found.setdefault(place.model, []).append(place.column)
    return found
