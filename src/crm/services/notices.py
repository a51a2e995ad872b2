"""Notifying people of what somebody else did, in the transaction in which it was done."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

from crm.core.ids import kind_of, new_id
from crm.core.kinds import Kind
from crm.rules.system.notices import Notice
from crm.services.deeds import Deed
from crm.services.topics import Topic

_NOTIFY = """
WITH made AS (
    INSERT INTO notification (id, user_id, kind, record_id, record_kind, actor_id, created_at)
    SELECT n.id, n.person, $3, n.record, $5, $6, $7 FROM unnest($1::uuid[], $2::uuid[], $4::uuid[]) AS n(id, person, record)
    JOIN user_account u ON u.id = n.person AND u.active AND u.deleted_at IS NULL
    RETURNING id, user_id)
INSERT INTO event (topic, record_id, record_kind, audience, recorded_at)
SELECT $8, id, $9, ARRAY[user_id], $7 FROM made ORDER BY id
"""


async def notify_people(deed: Deed, notice: Notice, record_id: UUID, people: Iterable[UUID | None]) -> None:
    """A notification for each of these people, who are told of it; not for whoever does it, nor for those who have left."""
    told = {person for person in people if person is not None and person != deed.actor}
    await notify_each(deed, notice, [(record_id, person) for person in sorted(told)])


async def notify_each(deed: Deed, notice: Notice, news: Sequence[tuple[UUID, UUID]]) -> None:
    """The same of many records of one kind, each with the person who is told of it, by one statement."""
    if news:
        await deed.run(*notification(notice, news, actor=deed.actor, at=deed.at))
        deed.news.append(Topic.NOTIFICATIONS)


def notification(
    notice: Notice, news: Sequence[tuple[UUID, UUID]], *, actor: UUID | None, at: datetime
) -> tuple[str, *tuple[object, ...]]:
    """The statement that tells these people of these records, and its arguments: for what writes beside deeds."""
    kind = kind_of(news[0][0])
    assert kind is not None, "a notification names a record"
    ids = [new_id(Kind.NOTIFICATION) for _ in news]
    records, people = [record for record, _ in news], [person for _, person in news]
    names = (Topic.NOTIFICATIONS.value, int(Kind.NOTIFICATION))
    return (_NOTIFY, ids, people, notice.value, records, int(kind), actor, at, *names)
