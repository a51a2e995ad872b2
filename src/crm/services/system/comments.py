"""Comments on records: said, seen by whoever sees the record, taken back.

A comment is the record of itself: nobody edits one, so the change log does not repeat it. One that is internal is for our own
people: no partner is shown, counts or is told of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crm.access.branches import Partner, Visible, rule_of_kind
from crm.access.grants import ViewerKind
from crm.access.loading import load_by_users
from crm.access.sights import unseen
from crm.core.errors import Forbidden, NotFound
from crm.core.ids import kind_of, new_id, parse_id
from crm.core.kinds import Kind
from crm.models import Comment
from crm.rules.system.comments import COMMENTED
from crm.rules.system.notices import Notice
from crm.services import events
from crm.services.deeds import Deed, Reading
from crm.services.notices import notify_people
from crm.services.records import lock_seen, refuse_blank
from crm.services.references import visible_id
from crm.services.topics import Topic
from crm.services.values import checked

RECORD = ("input", "recordId")
MOST_TOLD = 200

_CONCERNED = """
SELECT u.id FROM user_account u WHERE u.active AND u.deleted_at IS NULL AND (
    u.id IN (SELECT c.author_id FROM comment c WHERE c.record_id = $1 AND c.deleted_at IS NULL)
    OR EXISTS (SELECT FROM {table} r WHERE r.id = $1 AND (u.id IN (r.owner_id, r.created_by_id){partners})))
ORDER BY u.id LIMIT $2
"""


async def add(deed: Deed, given: Mapping[str, Any]) -> UUID:
    """Say something of a record that the viewer sees; whoever takes part is notified."""
    refuse_blank(given, ["body"])
    key = parse_id(given["record_id"], *COMMENTED)
    rule = rule_of_kind(kind_of(key) or Kind.COMMENT) if key is not None else None
    if key is None or rule is None:
        raise NotFound(RECORD)
    await visible_id(deed, rule, given["record_id"], RECORD)
    internal = bool(given.get("internal"))
    if internal and deed.viewer.rights.kind is ViewerKind.CHANNEL:
        raise Forbidden("Only our own people keep something among themselves.", ("input", "internal"))
    comment = await Comment.create(
        using_db=deed.tx,
        id=new_id(Kind.COMMENT),
        record_id=key,
        record_kind=int(rule.kind or 0),
        body=checked(Comment, {"body": given["body"]})["body"],
        internal=internal,
        author_id=deed.actor,
        created_at=deed.at,
    )
    await notify_people(deed, Notice.COMMENTED, key, await _concerned(deed, rule, key, internal=internal))
    if not internal:
        await events.record(deed, Topic.RECORD_CHANGES, key)
    return comment.id


async def remove(deed: Deed, record_id: str) -> UUID:
    """Whoever wrote it takes it back; it is not shown any more, to anybody."""
    comment: Any = await lock_seen(deed, Comment, record_id)
    if comment.author_id is None or comment.author_id != deed.actor:
        raise Forbidden("Only whoever wrote a comment can take it back.", ("id",))
    await deed.run("UPDATE comment SET deleted_at = $2 WHERE id = $1", comment.id, deed.at)
    return UUID(str(comment.id))


async def _concerned(deed: Deed, rule: Visible, key: UUID, *, internal: bool) -> list[UUID]:
    """Who takes part in a thread, and still sees it.

    Owner and author of the record, whoever has commented, and the channel's people where it is a channel's.
    """
    column = next((each.column for each in rule.branches if isinstance(each, Partner) and each.table is None), None)
    partners = "" if column is None else f" OR u.channel_id = r.{column}"
    rows = await deed.rows(_CONCERNED.format(table=rule.table, partners=partners), key, MOST_TOLD)
    viewers = await load_by_users(Reading(deed), [row["id"] for row in rows])
    told = [each for each in viewers if not (internal and each.rights.kind is ViewerKind.CHANNEL)]
    statement = unseen(rule, [key], told)
    denied = {row["user_id"] for row in await deed.rows(statement[0], *statement[1])} if statement is not None else set()
    return [each.id for each in told if each.id is not None and each.id not in denied]
