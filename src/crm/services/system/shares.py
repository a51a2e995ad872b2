"""Sharing records and taking it back. Only MANUAL shares are edited by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from crm.access.branches import rule_of_kind
from crm.access.grants import Action
from crm.core.errors import Invalid, NotFound
from crm.core.ids import EVERYONE_ID, kind_of, new_id, parse_id
from crm.core.kinds import Kind
from crm.models import Share
from crm.rules.system.notices import Notice
from crm.services.deeds import Deed
from crm.services.notices import notify_people
from crm.services.records import FieldChange, claim, entity_of, record_change
from crm.services.references import rule_of_table, visible_id
from crm.services.system.owned import model_of_record
from crm.services.values import loggable

MANUAL = "MANUAL"
ASSIGNED = "ASSIGNED"
_TABLES = {Kind.USER: "user_account", Kind.DEPARTMENT: "department", Kind.ROLE: "role", Kind.PARTY: "party"}


_ROLE_OR_ALL = """
SELECT 1 FROM principal p LEFT JOIN role r ON r.id = p.id WHERE p.id = $1 AND r.deleted_at IS NULL
"""


async def principals(deed: Deed, ids: Sequence[str]) -> list[UUID]:
    """The principals that these ids name; a role needs no right to read it, its name is shown with every share."""
    found = []
    for place, text in enumerate(dict.fromkeys(ids)):
        where = ("input", "principalIds", str(place))
        key = parse_id(text, *_TABLES, Kind.EVERYONE)
        if key is None or (kind_of(key) is Kind.EVERYONE and key != EVERYONE_ID):
            raise NotFound(where)
        kind = kind_of(key)
        if kind in (Kind.USER, Kind.DEPARTMENT, Kind.PARTY):
            await visible_id(deed, rule_of_table(_TABLES[kind]), text, where)
            if kind is Kind.PARTY:
                await require_principal(deed, key, where)
        elif not await deed.rows(_ROLE_OR_ALL, key):
            raise NotFound(where)
        found.append(key)
    if not found:
        raise Invalid("Name at least one user, department, role or channel.", ("input", "principalIds"))
    return found


async def require_principal(deed: Deed, key: UUID, where: tuple[str, ...]) -> None:
    """Of parties only channels are principals: customers and suppliers have nobody who signs in."""
    if not await deed.rows("SELECT 1 FROM principal WHERE id = $1", key):
        raise NotFound(where)


_OPEN = """
INSERT INTO share (id, record_id, record_kind, principal_id, access, cause, granted_by_id, created_at, expires_at)
VALUES ($1, $2, $3, $4, 'READ', $5, $6, $7, $8)
ON CONFLICT (record_id, principal_id, cause) DO UPDATE SET expires_at = excluded.expires_at
"""


async def open_to(deed: Deed, record_id: UUID, principal: UUID, cause: str, expires_at: datetime | None = None) -> None:
    """A share that follows from something else, such as an assignment: to read, until then. It ends with its cause."""
    kind = kind_of(record_id)
    assert kind is not None
    await deed.run(
        _OPEN, new_id(Kind.SHARE), record_id, int(kind), principal, cause, deed.actor, deed.at, expires_at
    )  # fmt: skip


async def close_to(deed: Deed, record_id: UUID, principal: UUID, cause: str) -> None:
    """The cause has ended."""
    await deed.run("DELETE FROM share WHERE record_id = $1 AND principal_id = $2 AND cause = $3", record_id, principal, cause)


async def share(deed: Deed, record_id: str, principal_ids: Sequence[str], access: str, expires_at: datetime | None) -> UUID:
    """Share one record with each principal; one that has a manual share already gets the new access and end."""
    if expires_at is not None and expires_at <= deed.at:
        raise Invalid("The end lies in the past.", ("input", "expiresAt"))
    row = await _claimed(deed, record_id)
    changes, fresh = [], []
    for principal in await principals(deed, principal_ids):
        before = await Share.filter(record_id=row.id, principal_id=principal, cause=MANUAL).using_db(deed.tx).first()
        if before is not None and before.access == access and before.expires_at == expires_at:
            continue
        old = None if before is None else _share_told(before)
        changes.append(FieldChange("shares", old, _told(principal, access, expires_at)))
        await _write(deed, row, principal, access, expires_at, before)
        if before is None and kind_of(principal) is Kind.USER:
            fresh.append(principal)
    if changes:
        await record_change(deed, row, f"{entity_of(row)}.share", changes)
    # Only who is named: a share with everyone is no news to each of thousands.
    await notify_people(deed, Notice.SHARED_WITH_YOU, row.id, fresh)
    return UUID(str(row.id))


async def revoke(deed: Deed, record_id: str, principal_ids: Sequence[str]) -> UUID:
    """Take back the manual shares of one record with each principal."""
    row = await _claimed(deed, record_id)
    wanted = [key for text in principal_ids if (key := parse_id(text)) is not None]
    shares = await Share.filter(record_id=row.id, principal_id__in=wanted, cause=MANUAL).using_db(deed.tx)
    if not shares:
        raise NotFound(("input", "principalIds"))
    await Share.filter(id__in=[each.id for each in shares]).using_db(deed.tx).delete()
    await record_change(
        deed, row, f"{entity_of(row)}.unshare", [FieldChange("shares", _share_told(each), None) for each in shares]
    )
    return UUID(str(row.id))


async def _claimed(deed: Deed, record_id: str) -> Any:
    return await claim(deed, model_of_record(record_id), record_id, Action.SHARE, where=("input", "ids"))


async def _write(deed: Deed, row: Any, principal: UUID, access: str, expires_at: datetime | None, before: Share | None) -> None:
    rule = rule_of_kind(kind_of(row.id) or Kind.PARTY)
    assert rule is not None
    assert rule.kind is not None
    if before is not None:
        before.access, before.expires_at = access, expires_at
        await before.save(using_db=deed.tx, update_fields=["access", "expires_at"])
        return
    await Share.create(
        using_db=deed.tx,
        id=new_id(Kind.SHARE),
        record_id=row.id,
        record_kind=int(rule.kind),
        principal_id=principal,
        access=access,
        cause=MANUAL,
        granted_by_id=deed.actor,
        created_at=deed.at,
        expires_at=expires_at,
    )


def _told(principal: UUID, access: str, expires_at: datetime | None) -> dict[str, Any]:
    return {"principal": str(principal), "access": access, "expiresAt": loggable(expires_at)}


def _share_told(share: Any) -> dict[str, Any]:
    return _told(share.principal_id, share.access, share.expires_at)
