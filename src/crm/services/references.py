"""Ids that came from outside, made into references: each must name a record that the viewer may read.

Unknown, malformed, foreign and invisible ids get one answer, at the field they stand in.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from crm.access.binds import Binds
from crm.access.branches import Visible, declared
from crm.access.predicates import readable
from crm.core.errors import DomainError, Invalid, MergedAway, NotFound, Refusals
from crm.core.ids import parse_id
from crm.core.naming import camel_case
from crm.services.deeds import Deed


def rule_of_table(table: str) -> Visible:
    """The `visible` of a table."""
    return next(rule for rule in declared() if rule.table == table)


def _target(model: type[Model], column: str) -> Visible | None:
    """The rule of the table that a column refers to; None where the column is no reference."""
    field = model._meta.fields_map.get(column.removesuffix("_id"))
    if not column.endswith("_id") or not isinstance(field, fields.relational.ForeignKeyFieldInstance):
        return None
    return rule_of_table(field.related_model._meta.db_table)


async def resolved(
    deed: Deed,
    model: type[Model],
    values: Mapping[str, Any],
    *,
    path: tuple[str, ...] = ("input",),
    dictionaries: Mapping[str, str] | None = None,
    current: Any = None,
) -> dict[str, Any]:
    """The values with every reference checked and turned into a UUID.

    `dictionaries` says of which dictionary an option must be: `{"level_id": "customer_level"}`. What stands in the `current` row
    already is not judged anew: a form that sends everything back must not fail over an option retired meanwhile.
    """
    result = dict(values)
    errors: list[DomainError] = []
    for column, text in values.items():
        rule = _target(model, column)
        if rule is None or text is None:
            continue
        where = (*path, camel_case(column))
        if current is not None and str(text) == str(getattr(current, column)):
            result[column] = getattr(current, column)
            continue
        try:
            result[column] = await visible_id(deed, rule, str(text), where)
            if rule.name == "dictionary_item":
                await _of_dictionary(deed, result[column], (dictionaries or {}).get(column), where)
        except DomainError as error:
            errors.append(error)
    if errors:
        raise errors[0] if len(errors) == 1 else Refusals(errors)
    return result


async def visible_id(deed: Deed, rule: Visible, wanted_id: str, where: tuple[str, ...], *, window: bool = False) -> UUID:
    """The id of a record of this table that the viewer may read.

    A record that can be merged is held as the foreign key will hold it: a merge waits until whoever refers to it has committed,
    or whoever refers to it finds that it was merged. `window`: or one that they see through the window of the table.
    """
    key = parse_id(wanted_id, rule.kind) if rule.kind is not None else None
    if key is None:
        raise NotFound(where)
    binds = Binds()
    wanted = binds.value(key)
    seen = readable(rule, "r", deed.viewer.rights, binds, window=window)
    query = f"SELECT 1 FROM {rule.table} r WHERE r.id = {wanted} AND {seen}{' FOR KEY SHARE OF r' if rule.merging else ''}"
    text, values = binds.statement(query, deed.viewer)
    if not await deed.rows(text, *values):
        raise await absent(deed, rule, key, where)
    return key


async def absent(
    deed: Deed, rule: Visible, key: UUID, where: tuple[str, ...], fixed: Mapping[str, str] = MappingProxyType({})
) -> DomainError:
    """Why there is no such record for this viewer: it was merged into one that they see, or nothing that can be told."""
    if rule.merging:
        binds = Binds()
        tests = [f"m.id = {binds.value(key)}", *(f"r.{name} = {binds.value(value)}" for name, value in fixed.items())]
        tests.append(readable(rule, "r", deed.viewer.rights, binds))
        merged = f"{rule.table} m JOIN {rule.table} r ON r.id = m.merged_into_id"
        text, values = binds.statement(f"SELECT r.id FROM {merged} WHERE {' AND '.join(tests)}", deed.viewer)
        if found := await deed.rows(text, *values):
            return MergedAway(where, found[0]["id"])
    return NotFound(where)


async def _of_dictionary(deed: Deed, key: UUID, code: str | None, where: tuple[str, ...]) -> None:
    """An option must come from its own list, and still be one that can be chosen.

    It is held until the record is written: otherwise somebody could remove or retire it in between, finding it unused.
    """
    found = await deed.rows(
        "SELECT d.code, i.active FROM dictionary_item i JOIN dictionary d ON d.id = i.dictionary_id"
        " WHERE i.id = $1 AND i.deleted_at IS NULL FOR SHARE OF i",
        key,
    )
    if not found:
        raise NotFound(where)
    if code is not None and found[0]["code"] != code:
        raise Invalid(f"This is not an option of `{code}`.", where)
    if not found[0]["active"]:
        raise Invalid("This option can no longer be chosen.", where)
