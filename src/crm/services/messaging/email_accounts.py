"""Mailboxes (电子邮箱): made, changed, thrown away; who works with them and what their rules are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from crm.access.grants import Action
from crm.core.errors import Duplicate, Invalid
from crm.core.kinds import Kind
from crm.models import EmailAccount, EmailMember, EmailRule
from crm.rules.messaging.email_flow import EmailAccountKind, EmailAccountState
from crm.services import custom_values, value_rows
from crm.services.deeds import Deed
from crm.services.messaging import email_account_values, email_secrets
from crm.services.messaging.email_account_values import CONNECTION, decided, members_of, rules_of
from crm.services.owners import owned_by
from crm.services.records import (
    FieldChange,
    check_frozen,
    check_version,
    claim,
    insert,
    record_change,
    refuse_blank,
    revise,
    trash,
    untrash,
)
from crm.services.references import resolved

_WHERE = ("imap_host", "imap_port", "imap_user", "imap_folder")
_UNTOLD = ("addressKey", "smtpCheckedAt", "imapCheckedAt", "uidValidity", "lastUid")


async def create(deed: Deed, given: Mapping[str, Any]) -> UUID:
    """A mailbox of the viewer's own, or one for somebody else."""
    refuse_blank(given, ["address", "name"])
    check_frozen(deed, "email_account", list(given))
    values = {"receive_since": deed.at, **decided(given, None)}
    values |= await resolved(deed, EmailAccount, {"owner_id": given["owner_id"]} if "owner_id" in given else {})
    values = await owned_by(deed, "email_account", values)
    await _refuse_taken(deed, values["address_key"], values["owner_id"], None)
    account, changes = await insert(deed, EmailAccount, Kind.EMAIL_ACCOUNT, values)
    changes += await email_secrets.keep(deed, account, given)
    changes += await _lists(deed, account, given)
    changes += await custom_values.write(deed, account, given, new=True)
    await record_change(deed, account, "email_account.create", _told(changes))
    return account.id


async def update(deed: Deed, record_id: str, version: int, given: Mapping[str, Any]) -> UUID:
    """New values. A password goes to the server it was given for, and to no other: with a new one it is asked for again."""
    account: Any = await claim(deed, EmailAccount, record_id, Action.UPDATE)
    check_version(account, version)
    check_frozen(deed, "email_account", list(given))
    values = decided(given, account)
    if values.get("address_key", account.address_key) != account.address_key:
        await _refuse_taken(deed, values["address_key"], account.owner_id, account.id)
    email_secrets.refuse_elsewhere(account, values, given)
    for side, names in CONNECTION.items():
        if f"{side}_secret" in given or any(name in values and values[name] != getattr(account, name) for name in names):
            values |= {f"{side}_state": EmailAccountState.UNTRIED.value, f"{side}_error": None, f"{side}_checked_at": None}
    if any(name in values and values[name] != getattr(account, name) for name in _WHERE):
        values |= {"uid_validity": None, "last_uid": None}  # another folder could have the same numbers by chance
    changes = await email_secrets.keep(deed, account, given)
    changes += await _lists(deed, account, given, values)
    changes += await custom_values.write(deed, account, given)
    if changes := await revise(deed, account, values, changes):
        await record_change(deed, account, "email_account.update", _told(changes))
    deed.news.append(email_account_values.TRIAL)
    return UUID(str(account.id))


async def test(deed: Deed, record_id: str) -> UUID:
    """Have the log-in tried; what came of it stands in the mailbox some seconds later, and whoever watches it is told."""
    account: Any = await claim(deed, EmailAccount, record_id, Action.UPDATE)
    values = {
        f"{side}_{name}": value
        for side in CONNECTION
        if getattr(account, f"{side}_host") is not None
        for name, value in (("state", EmailAccountState.UNTRIED.value), ("error", None), ("checked_at", None))
    }
    if not values:
        raise Invalid("This mailbox has no server.", ("id",))
    if changes := await revise(deed, account, values):
        await record_change(deed, account, "email_account.test", _told(changes))
    deed.news.append(email_account_values.TRIAL)
    return UUID(str(account.id))


async def delete(deed: Deed, record_id: str) -> UUID:
    """Move a mailbox to the recycle bin, and with it out of sight what is in it; what waits for it is refused in its time."""
    account = await claim(deed, EmailAccount, record_id, Action.DELETE)
    await trash(deed, account, "email_account.delete")
    return account.id


async def restore(deed: Deed, record_id: str) -> UUID:
    """Take a mailbox out of the recycle bin."""
    account: Any = await claim(deed, EmailAccount, record_id, Action.DELETE, deleted=True)
    await _refuse_taken(deed, account.address_key, account.owner_id, account.id, ("id",))
    await untrash(deed, account, "email_account.restore")
    return UUID(str(account.id))


async def _lists(
    deed: Deed, account: Any, given: Mapping[str, Any], values: Mapping[str, Any] | None = None
) -> Sequence[FieldChange]:
    """Members and rules, each as a whole. A personal mailbox has no members: one that becomes personal loses them."""
    changes: list[FieldChange] = []
    kind = EmailAccountKind((values or {}).get("kind", account.kind))
    if "members" in given or kind is EmailAccountKind.PERSONAL:
        rows = await members_of(deed, kind, given.get("members") or ())
        shown, told = ("user_id", "may_send"), {"user_id": "user", "may_send": "maySend"}
        parent = ("account_id", account.id)
        changes += await value_rows.replace(deed, EmailMember, Kind.EMAIL_MEMBER, parent, "members", rows, shown, told)
    if "rules" in given:
        rows = await rules_of(deed, given["rules"])
        columns = ("name", "active", "any_of", "conditions", "folder", "mark_seen", "mark_flagged", "assignee_id", "stop")
        changes += await value_rows.replace(deed, EmailRule, Kind.EMAIL_RULE, ("account_id", account.id), "rules", rows, columns)
    return changes


def _told(changes: Sequence[FieldChange]) -> list[FieldChange]:
    """What the log tells: not what follows from the address, nor when a log-in was tried."""
    return [each for each in changes if each.field not in _UNTOLD]


async def _refuse_taken(
    deed: Deed, key: str, owner: UUID | None, own: UUID | None, where: tuple[str, ...] = ("input", "address")
) -> None:
    query = (
        "SELECT id FROM email_account WHERE address_key = $1 AND owner_id = $2 AND id IS DISTINCT FROM $3 AND deleted_at IS NULL"
    )
    if found := await deed.rows(query, key, owner, own):
        error = Duplicate("They have a mailbox with this address already.", where)
        error.record = found[0]["id"]
        raise error
