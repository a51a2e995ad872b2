"""What happens to users: creation, changes, passwords, deactivation."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from crm.access.grants import Action
from crm.core.errors import Duplicate, Invalid
from crm.core.kinds import Kind
from crm.core.pinyin import name_key
from crm.models import Principal, RoleMember, User
from crm.rules.system.passwords import check_password
from crm.rules.system.user_kinds import UserKind
from crm.services.deeds import Deed
from crm.services.records import (
    FieldChange,
    check_frozen,
    check_version,
    claim,
    insert,
    record_change,
    refuse_blank,
    require_gate,
    revise,
)
from crm.services.references import resolved, rule_of_table, visible_id
from crm.services.system.administrators import require_administrator
from crm.services.system.hierarchies import REPORTING, bump_epoch, lock, rebuild, refuse_circle
from crm.services.system.passwords import hash_password, verify_password
from crm.services.values import columns

_USERNAME = re.compile(r"[A-Za-z0-9._@-]{2,64}")
_LOCALE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


async def create(deed: Deed, given: Mapping[str, Any]) -> UUID:
    """A new user, who is a principal that records can be shared with."""
    refuse_blank(given, ["username", "display_name", "password"])
    await lock(deed)
    password = str(given["password"])
    values = await _decided(deed, {k: v for k, v in given.items() if k not in ("password", "role_ids")})
    await _check_new(deed, values, password)
    values["password_hash"] = await hash_password(password)
    user, changes = await insert(deed, User, Kind.USER, values)
    await Principal.create(using_db=deed.tx, id=user.id, kind=int(Kind.USER))
    changes += await _set_roles(deed, user.id, given)
    await rebuild(deed, REPORTING)
    await bump_epoch(deed)
    await record_change(deed, user, "user.create", changes)
    return user.id


async def update(deed: Deed, record_id: str, version: int, given: Mapping[str, Any]) -> UUID:
    """New values; a new manager moves everybody below, deactivation ends all sessions with the commit."""
    await lock(deed)
    user = await claim(deed, User, record_id, Action.UPDATE)
    check_version(user, version)
    check_frozen(deed, "user", list(given))
    values = await _decided(deed, {name: value for name, value in given.items() if name != "role_ids"}, user)
    if values.get("manager_id") is not None:
        await refuse_circle(deed, REPORTING, user.id, values["manager_id"], ("input", "managerId"))
    changes = await revise(deed, user, values, await _set_roles(deed, user.id, given))
    if not changes:
        return user.id
    if values.get("active") is False:
        await deed.run("UPDATE session SET revoked_at = $2 WHERE user_id = $1 AND revoked_at IS NULL", user.id, deed.at)
    await rebuild(deed, REPORTING)
    await require_administrator(deed)
    await bump_epoch(deed)
    await record_change(deed, user, "user.update", changes)
    return user.id


async def reset_password(deed: Deed, record_id: str, password: str) -> UUID:
    """An administrator sets a new password; every session of the user ends."""
    user = await claim(deed, User, record_id, Action.ADMINISTER)
    _check_password(password, user.username, ("password",))
    await revise(deed, user, {"password_hash": await hash_password(password)})
    await deed.run("UPDATE session SET revoked_at = $2 WHERE user_id = $1 AND revoked_at IS NULL", user.id, deed.at)
    await record_change(deed, user, "user.resetPassword", [])
    return user.id


async def change_password(deed: Deed, current: str, password: str) -> UUID:
    """One's own new password; all other sessions end, in case somebody else knew the old one."""
    user = await User.filter(id=deed.actor).using_db(deed.tx).select_for_update(no_key=True).get()
    if not await verify_password(user.password_hash, current):
        raise Invalid("The current password is wrong.", ("current",))
    _check_password(password, user.username, ("password",))
    await revise(deed, user, {"password_hash": await hash_password(password)})
    await deed.run(
        "UPDATE session SET revoked_at = $3 WHERE user_id = $1 AND id <> $2 AND revoked_at IS NULL",
        user.id, deed.viewer.session, deed.at,
    )  # fmt: skip
    await record_change(deed, user, "user.changePassword", [])
    return user.id


async def _decided(deed: Deed, given: Mapping[str, Any], user: User | None = None) -> dict[str, Any]:
    values, references = columns(User, given)
    if "display_name" in values:
        values["name_key"] = name_key(values["display_name"], person=True)[:400]
    if "time_zone" in values and values["time_zone"] not in zoneinfo.available_timezones():
        raise Invalid("Not an IANA time zone, such as Asia/Shanghai.", ("input", "timeZone"))
    if "locale" in values and not _LOCALE.fullmatch(values["locale"]):
        raise Invalid("Not a language tag, such as zh-CN.", ("input", "locale"))
    if values.get("extension"):
        await _refuse_taken_extension(deed, values["extension"], user.id if user else None)
    return {**values, **await resolved(deed, User, references, current=user)}


async def _check_new(deed: Deed, values: Mapping[str, Any], password: str) -> None:
    username = values["username"]
    if not _USERNAME.fullmatch(username):
        raise Invalid("A username is 2 to 64 letters, digits, `.`, `_`, `-` or `@`.", ("input", "username"))
    if (values.get("kind") == UserKind.CHANNEL) != (values.get("channel_id") is not None):
        raise Invalid("A partner's person needs a channel, and nobody else has one.", ("input", "channelId"))
    if values.get("channel_id") is not None:
        party = await deed.rows("SELECT type FROM party WHERE id = $1", values["channel_id"])
        if party[0]["type"] != "CHANNEL":
            raise Invalid("This is not a channel.", ("input", "channelId"))
    _check_password(password, username, ("input", "password"))
    if await deed.rows("SELECT 1 FROM user_account WHERE lower(username) = lower($1)", username):
        raise Duplicate("This username is taken.", ("input", "username"))


def _check_password(password: str, username: str, where: tuple[str, ...]) -> None:
    if (wrong := check_password(password, username)) is not None:
        raise Invalid(wrong, where)


async def _refuse_taken_extension(deed: Deed, extension: str, user_id: UUID | None) -> None:
    query = "SELECT 1 FROM user_account WHERE extension = $1 AND active AND id IS DISTINCT FROM $2"
    if await deed.rows(query, extension, user_id):
        raise Duplicate("Somebody else has this extension.", ("input", "extension"))


async def _set_roles(deed: Deed, user_id: UUID, given: Mapping[str, Any]) -> Sequence[FieldChange]:
    """Replace the user's roles. Who may edit people may not thereby make themselves administrator, so it takes more."""
    if "role_ids" not in given:
        return []
    require_gate(deed, "role", Action.ADMINISTER)
    rule = rule_of_table("role")
    texts = list(dict.fromkeys(given["role_ids"]))
    wanted = [await visible_id(deed, rule, text, ("input", "roleIds", str(place))) for place, text in enumerate(texts)]
    before = await RoleMember.filter(user_id=user_id).using_db(deed.tx).values_list("role_id", flat=True)
    if set(before) == set(wanted):
        return []
    await RoleMember.filter(user_id=user_id).using_db(deed.tx).delete()
    await RoleMember.bulk_create([RoleMember(user_id=user_id, role_id=role) for role in wanted], using_db=deed.tx)
    return [FieldChange("roles", sorted(map(str, before)), sorted(map(str, wanted)))]
