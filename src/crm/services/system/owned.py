"""Records of any kind that have an owner: which model an id belongs to, and how they change hands.

Nothing here names a table of another room: kinds, owners and foreign keys are read from the models themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from tortoise import Tortoise
from tortoise.fields.relational import ForeignKeyFieldInstance
from tortoise.models import Model

from crm.access.branches import declared
from crm.access.grants import Action
from crm.core.errors import Forbidden, NotFound
from crm.core.ids import parse_id
from crm.core.kinds import Kind
from crm.models.record import OwnedRecord
from crm.rules.system.notices import Notice
from crm.services.deeds import Deed
from crm.services.notices import notify_people
from crm.services.owners import department_of
from crm.services.records import claim, entity_of, record_change, revise, rule_of
from crm.services.references import rule_of_table, visible_id

FINISHED = (
    "DONE", "CANCELLED", "WON", "LOST", "COMPLETED", "TERMINATED", "EXPIRED", "DELIVERED", "RETURNED", "CLOSED",
    "ENDED", "MISSED", "BUSY", "FAILED", "ABANDONED",
)  # fmt: skip
"""The states in which a record of any kind is history: nothing is left to do for whoever takes over. A word means the same in
every flow, so it stands here once, whatever rooms will be added."""


def models() -> list[type[Model]]:
    """Every model of the product."""
    found: Iterable[type[Model]] = (Tortoise.apps or {})["crm"].values()
    return list(found)


def owned_models() -> list[type[Model]]:
    """Every model with an owner."""
    return [model for model in models() if issubclass(model, OwnedRecord)]


def referring(target: type[Model]) -> list[tuple[type[Model], str]]:
    """Every (model, column) whose foreign key points at rows of this one, whatever rooms will be added."""
    found = []
    for model in models():
        for name in model._meta.fk_fields:
            field: Any = model._meta.fields_map[name]
            if field.related_model is target:
                found.append((model, str(field.source_field)))
    return found


def model_of_record(record_id: str, where: tuple[str, ...] = ("input", "ids")) -> type[Model]:
    """The model of an owned record's id; anything else is simply not found."""
    kinds = [rule.kind for rule in declared() if rule.owned and rule.kind]
    key = parse_id(record_id, *kinds)
    if key is not None:
        for model in owned_models():
            rule = rule_of(model)
            if rule.kind and parse_id(record_id, rule.kind):
                return model
    raise NotFound(where)


async def recipient(deed: Deed, to: str) -> tuple[UUID, UUID | None]:
    """The person that records are handed to, and the department they will join."""
    where = ("input", "toId")
    owner = await visible_id(deed, rule_of_table("user_account"), to, where)
    return owner, await department_of(deed, owner, where)


async def transfer(deed: Deed, record_id: str, to: tuple[UUID, UUID | None], *, with_children: bool) -> UUID:
    """Give a record to another person, whose department it joins.

    With its children, whatever of them the viewer may transfer goes along if it was the old owner's: contacts, and what is not
    finished of activities, opportunities, contracts and the like. The others stay where they are.
    """
    owner, department = to
    row: Any = await claim(deed, model_of_record(record_id), record_id, Action.TRANSFER, where=("input", "ids"))
    former = row.owner_id
    await _give(deed, row, owner, department)
    if former != owner:
        await notify_people(deed, Notice.HANDED_TO_YOU, row.id, [owner])
        await notify_people(deed, Notice.TAKEN_OVER, row.id, [former])
    if with_children and rule_of(type(row)).kind is Kind.PARTY:
        for child in await _open_children(deed, row, former):
            await _give(deed, child, owner, department)
    return UUID(str(row.id))


async def _give(deed: Deed, row: Any, owner: UUID, department: UUID | None) -> None:
    values: dict[str, Any] = {"owner_id": owner, "department_id": department}
    if "owner_since" in row._meta.fields_map and row.owner_id != owner:
        values["owner_since"] = deed.at
    if changes := await revise(deed, row, values):
        await record_change(deed, row, f"{entity_of(row)}.transfer", changes)


async def _open_children(deed: Deed, party: Any, former: UUID | None) -> list[Any]:
    """Every record whose `party` is this one, that belonged to the former owner and is not finished; locked, in id order."""
    found = []
    for model in owned_models():
        if not _has_party(model):
            continue
        state = next((f" AND {name} <> ALL($3)" for name in ("status", "state") if name in model._meta.fields_map), "")
        values = [party.id, former, *([list(FINISHED)] if state else [])]
        ids = await deed.rows(
            f"SELECT id FROM {model._meta.db_table} WHERE party_id = $1 AND owner_id IS NOT DISTINCT FROM $2"
            f" AND deleted_at IS NULL{state} ORDER BY id",
            *values,
        )  # fmt: skip
        for row in ids:
            try:
                found.append(await claim(deed, model, str(row["id"]), Action.TRANSFER))
            except (NotFound, Forbidden):
                continue
    return found


def _has_party(model: type[Model]) -> bool:
    field = model._meta.fields_map.get("party")
    return isinstance(field, ForeignKeyFieldInstance) and field.related_model.__name__ == "Party"
