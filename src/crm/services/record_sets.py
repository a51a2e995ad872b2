"""Changing many records at once: one statement for all rows of a table that name a record and are to name another.

The one place where rows are changed that nobody has claimed one by one: whatever has to follow a change of a record (the log,
news for those who watch it, what the search centre finds it by) is done here for a set of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from tortoise.models import Model

from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.core.naming import field_name
from crm.models.record import Record
from crm.services.deeds import Deed
from crm.services.records import rule_of
from crm.services.topics import topic_of_changes

_LOG = """
WITH told AS (
    INSERT INTO event (topic, record_id, record_kind, audience, recorded_at)
    SELECT $1, k.record_id, $2, '{}', $3 FROM unnest($8::uuid[]) WITH ORDINALITY AS k(record_id, place) ORDER BY k.place)
INSERT INTO change
    (id, record_id, record_kind, party_id, entity, verb, actor_id, on_behalf_of_id, channel, request_id, at, changes)
SELECT k.id, k.record_id, $2, k.party_id, k.entity, k.entity || '.' || $4, $5, $6, $10, $11, $3, $12
FROM unnest($7::uuid[], $8::uuid[], $9::uuid[], $13::text[]) AS k(id, record_id, party_id, entity)
"""


@dataclass(frozen=True, slots=True)
class Moved:
    """A row that names another record now; `version` where it counts its changes."""

    key: str
    version: int | None


@dataclass(frozen=True, slots=True)
class Only:
    """A condition on the rows, under the alias `x`; `{0}`, `{1}`, … in it stand for its values."""

    test: str
    values: tuple[object, ...] = ()


EVERY = Only("TRUE")


async def repoint(
    deed: Deed, model: type[Model], column: str, old: UUID, new: UUID, *, verb: str, only: Only = EVERY, quiet: bool = False
) -> list[Moved]:
    """Let all rows of a model whose `column` names one record name another.

    Records get a version, an entry in the log under `verb`, and tell whoever watches them; `quiet` where the column is none of
    what people see of them. Rows are locked in the order of their keys, those in the recycle bin too: what is restored later must
    not name what is gone.
    """
    table, key = model._meta.db_table, model._meta.db_pk_column
    told = issubclass(model, Record) and not quiet
    values: list[object] = [old, new, *([deed.at, deed.actor] if told else [])]
    stamps = ", version = r.version + 1, updated_at = $3, updated_by_id = $4" if told else ""
    test = only.test.format(*(f"${place}" for place in range(len(values) + 1, len(values) + 1 + len(only.values))))
    shown = ", ".join([f"r.{key}::text AS key", *(["r.id", *_columns(model)] if told else [])])
    rows = await deed.rows(
        f"WITH held AS (SELECT x.{key} AS k FROM {table} x WHERE x.{column} = $1 AND {test} ORDER BY x.{key} FOR NO KEY UPDATE)"
        f" UPDATE {table} r SET {column} = $2{stamps} FROM held WHERE r.{key} = held.k RETURNING {shown}",
        *values, *only.values,
    )  # fmt: skip
    if told and rows:
        await _tell(deed, model, verb, rows, {"field": field_name(column), "old": str(old), "new": str(new)})
    return [Moved(row["key"], row["version"] if told else None) for row in rows]


def _columns(model: type[Model]) -> list[str]:
    discriminator = rule_of(model).discriminator
    wanted = ["version", *(["party_id"] if "party" in model._meta.fk_fields else []), *([discriminator] if discriminator else [])]
    return [f"r.{each}" for each in wanted]


async def _tell(deed: Deed, model: type[Model], verb: str, rows: Sequence[dict[str, Any]], change: dict[str, Any]) -> None:
    rule = rule_of(model)
    assert rule.kind is not None, "a record has a kind"
    deed.reworded.update(row["id"] for row in rows)
    parties = [row["id"] if rule.kind is Kind.PARTY else row.get("party_id") for row in rows]
    entities = [rule.entities.get(row[rule.discriminator] if rule.discriminator else "", rule.name) for row in rows]
    await deed.run(
        _LOG, topic_of_changes(rule.kind).value, int(rule.kind), deed.at, verb, deed.actor, deed.on_behalf_of,
        [new_id(Kind.CHANGE) for _ in rows], [row["id"] for row in rows], parties, deed.channel.value, deed.request_id,
        orjson.dumps([change]).decode(), entities,
    )  # fmt: skip
