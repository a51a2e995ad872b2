"""Recording events: in the transaction of the change they tell of, so that neither exists without the other.

Nothing is announced here. The relay (`notify/relay.py`) finds what was committed and pushes it.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from uuid import UUID

from crm.core.ids import kind_of
from crm.models import Event
from crm.services.deeds import Deed
from crm.services.topics import Topic

EPOCH_BITS = 62
MOST_NAMED = 10_000
"""Above so many people the audience is left empty: visibility alone then finds them, and the row stays small."""


async def record(deed: Deed, topic: Topic, record_id: UUID, audience: Iterable[UUID] = ()) -> None:
    """Write an event of the outbox: ids, no data.

    `audience` are the people it is for, by user id; of them only those who may read the record when it is delivered are told.
    An empty one leaves it to visibility alone, so an event for nobody must not be recorded.
    """
    kind = kind_of(record_id)
    assert kind is not None, "an event names a record"
    people = sorted(set(audience))
    if len(people) > MOST_NAMED:
        people = []
    await Event.create(
        using_db=deed.tx,
        topic=topic.value,
        record_id=record_id,
        record_kind=int(kind),
        audience=people,
        recorded_at=deed.at,
    )
    deed.news.append(topic)


_MANY = """
INSERT INTO event (topic, record_id, record_kind, audience, recorded_at)
SELECT $1, k.record_id, k.record_kind, k.audience::uuid[], $2::timestamptz
FROM unnest($3::uuid[], $4::smallint[], $5::text[]) WITH ORDINALITY AS k(record_id, record_kind, audience, place)
ORDER BY k.place
"""


async def record_many(deed: Deed, topic: Topic, news: Sequence[tuple[UUID, Iterable[UUID]]]) -> None:
    """Many events of one topic, each a record and its audience, by one statement and in this order."""
    if not news:
        return
    kinds = [int(kind) for record_id, _ in news if (kind := kind_of(record_id)) is not None]
    assert len(kinds) == len(news), "an event names a record"
    people = [sorted(set(audience)) for _, audience in news]
    audiences = [f"{{{','.join(map(str, named if len(named) <= MOST_NAMED else []))}}}" for named in people]
    await deed.run(_MANY, topic.value, deed.at, [record_id for record_id, _ in news], kinds, audiences)
    deed.news.append(topic)


def new_epoch() -> int:
    """A number that tells this life of the database from every other: cursors of another one are refused."""
    return secrets.randbits(EPOCH_BITS)
