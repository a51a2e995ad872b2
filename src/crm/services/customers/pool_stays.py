"""Customers go into the pool and come out of it, with what goes along and what is written down of it; many at once.

What goes along are contacts and planned activities: of the owner who gives the customer up, so that nobody keeps the numbers, and
on the way out what belongs to nobody. History stays whose it was, and so do papers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from tortoise.models import Model

from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.models import Activity, Contact, Party
from crm.rules.customers.pool import PoolCause, PoolExit
from crm.services.change_batches import Entry, record_changes
from crm.services.deeds import Deed
from crm.services.records import FieldChange, record_change, revise
from crm.services.values import loggable

ALONG: tuple[tuple[type[Model], str, str], ...] = ((Contact, "contact", ""), (Activity, "activity", " AND t.status = 'PLANNED'"))
"""(model, entity, which of them)."""

_EMPTIED = """
UPDATE party SET owner_id = NULL, department_id = NULL, owner_since = NULL, protected_until = NULL, recycle_warned_at = NULL,
    updated_at = $2, updated_by_id = $3, version = version + 1 WHERE id = ANY($1::uuid[])
"""
_GIVEN_UP = """
UPDATE {table} t SET owner_id = NULL, department_id = NULL, updated_at = $3, updated_by_id = $4, version = version + 1
FROM unnest($1::uuid[], $2::uuid[]) AS k(party_id, owner_id)
WHERE t.party_id = k.party_id AND t.owner_id = k.owner_id AND t.deleted_at IS NULL{which}
RETURNING t.id, t.party_id, k.owner_id
"""
_TAKEN_UP = """
UPDATE {table} t SET owner_id = $2, department_id = $3, updated_at = $4, updated_by_id = $5, version = version + 1
WHERE t.party_id = $1 AND t.owner_id IS NULL AND t.deleted_at IS NULL{which} RETURNING t.id, t.party_id
"""
_UNSHARED = """
DELETE FROM share WHERE record_id = ANY($1::uuid[]) AND cause = 'MANUAL' RETURNING record_id, principal_id, access, expires_at
"""
_ENTERED = """
INSERT INTO pool_stay (id, party_id, entered_at, cause, reason, former_owner_id, returned_by_id)
SELECT k.id, k.party_id, $4, $5, $6, k.owner_id, $7 FROM unnest($1::uuid[], $2::uuid[], $3::uuid[]) AS k(id, party_id, owner_id)
"""
_HANDED_OVER = """
UPDATE pool_stay s SET left_at = coalesce(p.owner_since, $1), exit = 'TRANSFERRED', owner_id = p.owner_id
FROM party p WHERE p.id = s.party_id AND s.left_at IS NULL AND p.owner_id IS NOT NULL AND ($2::uuid[] IS NULL OR p.id = ANY($2))
"""
_LEFT = """
UPDATE pool_stay SET left_at = $2, exit = $3, owner_id = $4, handed_by_id = $5
WHERE party_id = $1 AND left_at IS NULL RETURNING id
"""
_PASSED = """
INSERT INTO pool_stay (id, party_id, entered_at, cause, left_at, exit, owner_id, handed_by_id)
VALUES ($1, $2, $3, 'UNOWNED', $4, $5, $6, $7)
"""


async def close_handed_over(deed: Deed, parties: Sequence[UUID] | None = None) -> None:
    """End the stays of customers that were given to somebody by a transfer, which knows nothing of the pool."""
    await deed.run(_HANDED_OVER, deed.at, None if parties is None else list(parties))


async def put_in(deed: Deed, rows: Sequence[Mapping[str, Any]], cause: PoolCause, verb: str, reason: str | None = None) -> None:
    """Take locked customers (`id`, `owner_id`, `protected_until`) from their owners. Shares by hand end with the owner's say."""
    parties, owners = [row["id"] for row in rows], [row["owner_id"] for row in rows]
    await close_handed_over(deed, parties)
    await deed.run(_EMPTIED, parties, deed.at, deed.actor)
    ids = [new_id(Kind.POOL_STAY) for _ in rows]
    await deed.run(_ENTERED, ids, parties, owners, deed.at, cause.value, reason, deed.actor)
    along = {}
    for model, entity, which in ALONG:
        query = _GIVEN_UP.format(table=model._meta.db_table, which=which)
        along[entity] = await deed.rows(query, parties, owners, deed.at, deed.actor)
    unshared = await _unshared(deed, [*parties, *(row["id"] for found in along.values() for row in found)])
    told: list[Entry] = [(row["id"], row["id"], [*_lost(row), *unshared.get(row["id"], ())]) for row in rows]
    await record_changes(deed, Party, "customer", verb, told)
    for model, entity, _ in ALONG:
        gone: list[Entry] = [
            (row["id"], row["party_id"], [_owner(row["owner_id"], None), *unshared.get(row["id"], ())]) for row in along[entity]
        ]
        await record_changes(deed, model, entity, verb, gone)


async def take_out(deed: Deed, party: Any, to: tuple[UUID, UUID | None], exit_: PoolExit, verb: str) -> None:
    """Give a locked customer of the pool to somebody."""
    owner, department = to
    values = {"owner_id": owner, "department_id": department, "owner_since": deed.at, "recycle_warned_at": None}
    await record_change(deed, party, f"customer.{verb}", await revise(deed, party, values))
    for model, entity, which in ALONG:
        query = _TAKEN_UP.format(table=model._meta.db_table, which=which)
        rows = await deed.rows(query, party.id, owner, department, deed.at, deed.actor)
        taken: list[Entry] = [(row["id"], row["party_id"], [_owner(None, owner)]) for row in rows]
        await record_changes(deed, model, entity, verb, taken)
    if not await deed.rows(_LEFT, party.id, deed.at, exit_.value, owner, deed.actor):
        entered = party.created_at  # it never had an owner, and so lay there from the beginning
        await deed.run(_PASSED, new_id(Kind.POOL_STAY), party.id, entered, deed.at, exit_.value, owner, deed.actor)


async def _unshared(deed: Deed, records: Sequence[UUID]) -> dict[UUID, list[FieldChange]]:
    ended: dict[UUID, list[FieldChange]] = {}
    for row in await deed.rows(_UNSHARED, list(records)):
        old = {"principal": str(row["principal_id"]), "access": row["access"], "expiresAt": loggable(row["expires_at"])}
        ended.setdefault(row["record_id"], []).append(FieldChange("shares", old, None))
    return ended


def _owner(old: UUID | None, new: UUID | None) -> FieldChange:
    return FieldChange("owner", loggable(old), loggable(new))


def _lost(row: Mapping[str, Any]) -> list[FieldChange]:
    until = row["protected_until"]
    ended = [] if until is None else [FieldChange("protectedUntil", loggable(until), None)]
    return [_owner(row["owner_id"], None), *ended]
