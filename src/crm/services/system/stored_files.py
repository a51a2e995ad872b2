"""Files (文件): uploaded, attached to a record, shown wherever the record is, removed, and swept up when nobody needs them."""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

from crm.access.grants import Action
from crm.core.errors import Invalid, LimitReached, NotFound
from crm.core.ids import new_id, parse_id
from crm.core.kinds import Kind
from crm.models import StoredFile
from crm.rules.system.file_types import runs, shown_name
from crm.services import events
from crm.services.deeds import Database, Deed
from crm.services.records import FieldChange, check_frozen, claim, entity_of, lock_seen, record_change, revise, rule_of
from crm.services.system.accounts import system_deed
from crm.services.system.owned import model_of_record
from crm.services.topics import Topic
from crm.store.blobs import BlobStore, Draft

LINK_SECONDS = 600
MOST_LOOSE = 100
"""Files that one person may have uploaded and not attached."""
UNATTACHED = timedelta(hours=24)
REMOVED = timedelta(days=30)
UNKEPT_SECONDS = 3600.0
BATCH = 500
_LOCK, _LOOSE = 7261090, 7261091

FILE, RECORD = ("input", "fileId"), ("input", "recordId")


async def upload(deed: Deed, blobs: BlobStore, draft: Draft, name: str, media_type: str) -> UUID:
    """Keep a content, and a file of the uploader's that has it."""
    # One after the other, or all of them would find room for one more.
    await deed.run("SELECT pg_advisory_xact_lock($1::int, hashtext($2))", _LOOSE, str(deed.actor))
    loose = "SELECT count(*) AS n FROM stored_file WHERE author_id = $1 AND record_id IS NULL AND deleted_at IS NULL"
    if (await deed.rows(loose, deed.actor))[0]["n"] >= MOST_LOOSE:
        raise LimitReached(f"{MOST_LOOSE} files of yours wait to be attached.")
    return await keep(deed, blobs, draft, name, media_type)


async def keep(
    deed: Deed, blobs: BlobStore, draft: Draft, name: str, media_type: str, record: tuple[UUID, Kind] | None = None
) -> UUID:
    """Keep a content, and a file that has it: nobody's yet but its author's, or a record's."""
    await keep_contents(deed, blobs, [draft])
    return await file_of(deed, draft, name, media_type, record)


async def keep_contents(deed: Deed, blobs: BlobStore, drafts: Sequence[Draft]) -> None:
    """Keep contents that files are to name in the same transaction. An upload takes its time: hold no row meanwhile."""
    # A sweep holds this lock alone: between keeping a content and naming it, nothing is thrown away.
    await deed.run("SELECT pg_advisory_xact_lock_shared($1::bigint)", _LOCK)
    for draft in drafts:
        await blobs.keep(draft)


async def file_of(deed: Deed, draft: Draft, name: str, media_type: str, record: tuple[UUID, Kind] | None = None) -> UUID:
    """A file that has a content which this transaction has kept."""
    made = await StoredFile.create(
        using_db=deed.tx, id=new_id(Kind.STORED_FILE), name=name, media_type=media_type, size=draft.size, sha256=draft.sha256,
        author_id=deed.actor, created_at=deed.at, record_id=record[0] if record else None,
        record_kind=int(record[1]) if record else None,
    )  # fmt: skip
    return made.id


async def attach(deed: Deed, given: Mapping[str, Any]) -> UUID:
    """Put a file that one has uploaded to a record that one may change."""
    row: Any = await claim(deed, model_of_record(given["record_id"], RECORD), given["record_id"], Action.UPDATE, where=RECORD)
    check_frozen(deed, entity_of(row), ["files"], RECORD)
    key = parse_id(given["file_id"], Kind.STORED_FILE)
    query = "SELECT * FROM stored_file WHERE id = $1 AND author_id = $2 AND record_id IS NULL AND deleted_at IS NULL FOR UPDATE"
    found = await deed.rows(query, key, deed.actor) if key is not None else []
    if not found:
        raise NotFound(FILE)
    name = found[0]["name"] if given.get("name") is None else _name(given["name"])
    kind = int(rule_of(type(row)).kind or 0)
    query = "UPDATE stored_file SET record_id = $2, record_kind = $3, name = $4 WHERE id = $1"
    await deed.run(query, key, row.id, kind, name)
    await _tell(deed, row, "attach", FieldChange("files", None, name))
    return UUID(str(found[0]["id"]))


async def remove(deed: Deed, file_id: str) -> UUID:
    """Take a file off its record; its content is kept for a while."""
    file: Any = await lock_seen(deed, StoredFile, file_id)
    record = str(file.record_id)
    row: Any = await claim(deed, model_of_record(record), record, Action.UPDATE)
    check_frozen(deed, entity_of(row), ["files"], ("id",))
    await deed.run("UPDATE stored_file SET deleted_at = $2 WHERE id = $1", file.id, deed.at)
    await _tell(deed, row, "detach", FieldChange("files", file.name, None))
    return UUID(str(file.id))


async def _tell(deed: Deed, row: Any, verb: str, change: FieldChange) -> None:
    await revise(deed, row, {}, [change])
    await record_change(deed, row, f"{entity_of(row)}.{verb}", [change])
    await events.record(deed, Topic.RECORD_CHANGES, row.id)


def _name(name: str) -> str:
    try:
        shown = shown_name(name)
    except ValueError as error:
        raise Invalid(str(error), ("input", "name")) from None
    if runs(shown):
        raise Invalid("By this name it would be run.", ("input", "name"))
    return shown


def link(secret: bytes, file_id: UUID, name: str) -> str:
    """A path by which anybody can download the file for ten minutes. Made only for somebody who sees it."""
    expires = int(time.time()) + LINK_SECONDS
    return f"/files/{file_id}/{quote(name, safe='')}?expires={expires}&signature={_signature(secret, file_id, expires)}"


def is_signed(secret: bytes, file_id: UUID, expires: str, signature: str) -> bool:
    """Whether a link is one of ours, and not over."""
    if not (expires.isascii() and expires.isdigit() and len(expires) <= 12) or int(expires) < time.time():
        return False
    return hmac.compare_digest(_signature(secret, file_id, int(expires)).encode(), signature.encode())


def _signature(secret: bytes, file_id: UUID, expires: int) -> str:
    key = hmac.new(secret, b"crm files v1", hashlib.sha256).digest()
    return hmac.new(key, f"{file_id}.{expires}".encode(), hashlib.sha256).hexdigest()


async def named(database: Database, file_id: UUID) -> Mapping[str, Any] | None:
    """What a link leads to; nothing once the file was removed."""
    query = (
        "SELECT name, media_type, size, sha256 FROM stored_file WHERE id = $1 AND record_id IS NOT NULL AND deleted_at IS NULL"
    )
    async with database.transaction() as tx:
        rows: list[Mapping[str, Any]] = list(await tx.execute_query_dict(query, [file_id]))
    return rows[0] if rows else None


_GONE = """
DELETE FROM stored_file WHERE id IN (SELECT id FROM stored_file
    WHERE deleted_at < $1 OR (record_id IS NULL AND created_at < $2) LIMIT $3 FOR UPDATE SKIP LOCKED) RETURNING id
"""
_NEEDED = "SELECT DISTINCT sha256 FROM stored_file WHERE sha256 = ANY($1::text[])"


async def sweep(database: Database, blobs: BlobStore) -> int:
    """Throw away what was removed or never attached, and contents that no file names; how many of these."""
    gone = BATCH
    while gone == BATCH:
        async with system_deed(database, "files") as deed:
            gone = len(await deed.rows(_GONE, deed.at - REMOVED, deed.at - UNATTACHED, BATCH))
    swept, some = 0, []
    async for sha256 in blobs.old(UNKEPT_SECONDS):
        some.append(sha256)
        if len(some) == BATCH:
            swept += await _forget(database, blobs, some)
            some = []
    return swept + await _forget(database, blobs, some)


async def _forget(database: Database, blobs: BlobStore, contents: list[str]) -> int:
    if not contents:
        return 0
    async with system_deed(database, "files") as deed:
        await deed.run("SELECT pg_advisory_xact_lock($1::bigint)", _LOCK)
        needed = {row["sha256"] for row in await deed.rows(_NEEDED, contents)}
        loose = [each for each in contents if each not in needed]
        for sha256 in loose:
            await blobs.forget(sha256)
    return len(loose)
