"""The change log of many records at once: an entry for each of them, as `records.record_change` writes one, by one statement."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import orjson
from tortoise.models import Model

from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.services.deeds import Deed
from crm.services.records import FieldChange, rule_of
from crm.services.topics import topic_of_changes

_LOG = """
WITH k AS (SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[]) AS k(id, record_id, party_id, changes)),
told AS (
    INSERT INTO event (topic, record_id, record_kind, audience, recorded_at)
    SELECT $5, record_id, $6::smallint, '{}', $12 FROM k ORDER BY id)
INSERT INTO change
    (id, record_id, record_kind, party_id, entity, verb, actor_id, on_behalf_of_id, channel, request_id, at, changes)
SELECT id, record_id, $6, party_id, $7, $8, $9, $10, $11, $13, $12, changes::jsonb FROM k
"""

Entry = tuple[UUID, UUID | None, Sequence[FieldChange]]
"""A record, the party it belongs to, and what changed."""


async def record_changes(deed: Deed, model: type[Model], entity: str, verb: str, entries: Sequence[Entry]) -> None:
    """One entry for each record. Whoever watches one of them is told."""
    if not entries:
        return
    kind = rule_of(model).kind
    assert kind is not None
    told = [
        orjson.dumps([{"field": each.field, "old": each.old, "new": each.new} for each in changes]).decode()
        for _, _, changes in entries
    ]
    await deed.run(
        _LOG, [new_id(Kind.CHANGE) for _ in entries], [key for key, _, _ in entries], [party for _, party, _ in entries], told,
        topic_of_changes(kind).value, int(kind), entity, f"{entity}.{verb}", deed.actor, deed.on_behalf_of, deed.channel.value,
        deed.at, deed.request_id,
    )  # fmt: skip
