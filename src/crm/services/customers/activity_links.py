"""What an activity is about: one record of its party, of any kind that the model of activities refers to.

A new kind joins by its reference in `models/customers/activity.py` and its field in `schema/customers/activity.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any
from uuid import UUID

from tortoise.models import Model

from crm.core.errors import Invalid, NotFound
from crm.core.ids import parse_id
from crm.models import Activity, Contact
from crm.models.record import OwnedRecord
from crm.services.arguments import told_at
from crm.services.deeds import Deed
from crm.services.records import check_frozen, rule_of
from crm.services.references import resolved

WHERE = ("input", "recordId")


@cache
def link_models() -> Mapping[str, type[Model]]:
    """Column → what it refers to: every record of a party that an activity can be about."""
    found: dict[str, type[Model]] = {}
    for name in Activity._meta.fk_fields:
        field: Any = Activity._meta.fields_map[name]
        model = field.related_model
        if issubclass(model, OwnedRecord) and "party" in model._meta.fk_fields and model not in (Activity, Contact):
            found[field.source_field] = model
    return dict(sorted(found.items()))


def spelled(given: Mapping[str, Any]) -> dict[str, Any]:
    """What was given, with `record_id` as the reference to its kind, and the others empty."""
    values = dict(given)
    if "record_id" not in values:
        return values
    text = values.pop("record_id")
    values |= dict.fromkeys(link_models())
    if text is not None:
        values[_column_of(str(text))] = text
    return values


def _column_of(text: str) -> str:
    for column, model in link_models().items():
        kind = rule_of(model).kind
        if kind is not None and parse_id(text, kind) is not None:
            return column
    raise NotFound(WHERE)


async def taken(deed: Deed, references: Mapping[str, Any], activity: Any) -> dict[str, Any]:
    """The references among these that say what it is about, as ids of records that the viewer may read."""
    named = {column: references[column] for column in link_models() if column in references}
    with told_at(*WHERE):
        return await resolved(deed, Activity, named, current=activity)


async def with_its_party(deed: Deed, values: dict[str, Any], activity: Any) -> dict[str, Any]:
    """The values with the party of what it is about. A contact or a party of another one beside it is a mistake."""
    if not {"party_id", "contact_id", *link_models()} & values.keys():
        return values
    found = await _party_of(deed, values, activity)
    if found is None:
        return values
    before = getattr(activity, "party_id", None)
    with_somebody = values.get("contact_id", getattr(activity, "contact_id", None)) is not None
    known = values["party_id"] if values.get("party_id") is not None else before if with_somebody else None
    if known is not None and known != found:
        asked = any(values.get(column) is not None for column in link_models())
        raise Invalid("What it is about belongs to another party.", WHERE if asked else ("input", "partyId"))
    if activity is not None and found != before:
        check_frozen(deed, "activity", ["party_id"])  # it follows from the record, but it is written all the same
    return {**values, "party_id": found}


async def _party_of(deed: Deed, values: Mapping[str, Any], activity: Any) -> UUID | None:
    for column, model in link_models().items():
        key = values.get(column, getattr(activity, column, None))
        if key is not None:
            # Held until the activity is written: an opportunity can be given to another party.
            rows = await deed.rows(f"SELECT party_id FROM {model._meta.db_table} WHERE id = $1 FOR SHARE", key)
            found: UUID | None = rows[0]["party_id"]
            return found
    return None
