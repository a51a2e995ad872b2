"""What every organisation starts with: the administrator's role, everyone, and the dictionaries with usual entries.

Run after every migration. What is there already is left as it is, edited or not.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from crm.access.branches import grantable
from crm.access.grants import Scope
from crm.core.clock import now
from crm.core.ids import EVERYONE_ID, new_id
from crm.core.kinds import Kind
from crm.models import Dictionary, DictionaryItem, EventStream, Principal, RightsEpoch, Role, RoleGrant
from crm.rules.system.dictionaries import DICTIONARIES
from crm.services.deeds import Database
from crm.services.events import new_epoch

ADMINISTRATOR = "管理员 Administrator"


async def ensure(database: Database) -> None:
    """Write what is missing."""
    async with database.transaction() as tx:
        await tx.execute_query("SELECT pg_advisory_xact_lock(7261003)")
        await RightsEpoch.get_or_create({"epoch": 1}, tx, id=1)
        await Principal.get_or_create({"kind": int(Kind.EVERYONE)}, tx, id=EVERYONE_ID)
        await EventStream.get_or_create({"epoch": new_epoch()}, tx, id=1)
        await _administrator(tx)
        for code, (name_zh, name_en, items) in DICTIONARIES.items():
            if not await Dictionary.filter(code=code).using_db(tx).exists():
                await _dictionary(tx, code, name_zh, name_en, items)


async def _administrator(tx: Any) -> None:
    """The role that holds every permission there is; new permissions of a new version join it."""
    role = await Role.filter(name=ADMINISTRATOR).using_db(tx).first()
    if role is None:
        role = await Role.create(
            using_db=tx, id=new_id(Kind.ROLE), name=ADMINISTRATOR, created_at=now(), updated_at=now(),
            description="Every permission, on all records. A role like any other: it can be edited.",
        )  # fmt: skip
        await Principal.create(using_db=tx, id=role.id, kind=int(Kind.ROLE))
    held = {(grant.entity, grant.action) for grant in await RoleGrant.filter(role_id=role.id).using_db(tx)}
    known = {entity for entity, _ in held}
    missing = [
        RoleGrant(role_id=role.id, entity=entity, action=action.value, scope=Scope.ALL.value)
        for entity, actions in grantable().items()
        for action in sorted(actions)
        if entity not in known
    ]
    if missing:
        await RoleGrant.bulk_create(missing, using_db=tx)
        await tx.execute_query("UPDATE rights_epoch SET epoch = epoch + 1")


async def _dictionary(tx: Any, code: str, name_zh: str, name_en: str, items: tuple[Any, ...]) -> None:
    at = now()
    dictionary = await Dictionary.create(
        using_db=tx, id=new_id(Kind.DICTIONARY), code=code, name_zh=name_zh, name_en=name_en, created_at=at, updated_at=at
    )
    keys: dict[str, UUID] = {}
    rows = []
    for position, (item, label_zh, label_en, parent) in enumerate(items):
        keys[item] = new_id(Kind.DICTIONARY_ITEM)
        rows.append(
            DictionaryItem(
                id=keys[item], dictionary_id=dictionary.id, code=item, label_zh=label_zh, label_en=label_en,
                position=position, parent_id=keys.get(parent or ""), created_at=at, updated_at=at,
            )
        )  # fmt: skip
    await DictionaryItem.bulk_create(rows, using_db=tx)
