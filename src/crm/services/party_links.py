"""Records of a party refer to others of the same party: a contract to its opportunity, a delivery to its contract."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from tortoise.models import Model

from crm.core.errors import Invalid
from crm.core.naming import camel_case
from crm.services.deeds import Deed
from crm.services.system.owned import models


async def refuse_other_party(
    deed: Deed, party_id: UUID, values: Mapping[str, Any], tables: Mapping[str, str], *, movable: frozenset[str] = frozenset()
) -> None:
    """What the values name (column → table) must be of this party.

    `movable` are the tables whose rows may be given to another party: such a row is held until the record is written.
    """
    for column, table in tables.items():
        if (key := values.get(column)) is None:
            continue
        hold = " FOR SHARE" if table in movable else ""
        found = await deed.rows(f"SELECT party_id FROM {table} WHERE id = $1{hold}", key)
        if found[0]["party_id"] != party_id:
            raise Invalid(f"This {table} belongs to another party.", ("input", camel_case(column)))


async def refuse_leaving(deed: Deed, row: Model) -> None:
    """A record that others of its party, or of its people, refer to stays with the party; which these are, the models say."""
    for model in models():
        for name in model._meta.fk_fields:
            field: Any = model._meta.fields_map[name]
            if field.related_model is type(row) and model._meta.fk_fields & {"party", "contact"}:
                query = f"SELECT 1 FROM {model._meta.db_table} WHERE {field.source_field} = $1 LIMIT 1"
                if await deed.rows(query, row.pk):
                    raise Invalid(f"A {model.__name__.lower()} refers to it, so it stays with its party.", ("input", "partyId"))
