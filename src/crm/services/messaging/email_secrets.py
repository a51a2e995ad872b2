"""Passwords of mailboxes: kept encrypted, never shown, and never sent to another server than the one they were given for."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from crm.core.errors import Invalid, Required
from crm.core.naming import camel_case
from crm.core.vault import Vault, VaultError
from crm.rules.messaging.mail_hosts import MailSecurity
from crm.services.deeds import Deed
from crm.services.records import FieldChange

SIDES = ("smtp", "imap")
LONGEST = 500
_GOES_TO = ("host", "port", "security")


def place_of(account_id: object, side: str) -> str:
    """Where the secret of one side of a mailbox is sealed for."""
    return f"email_account.sealed_{side}_secret {account_id}"


def opened(vault: Vault, account: Mapping[str, Any], side: str) -> str:
    """A password; "" where there is none. One that is for sending alone serves for both. `VaultError` as `Vault.open`."""
    for each in dict.fromkeys((side, "smtp")):
        if sealed := account[f"sealed_{each}_secret"]:
            return vault.open(sealed, place_of(account["id"], each))
    return ""


def refuse_elsewhere(account: Any, values: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """Whoever may change a mailbox does not learn its password by pointing it at a server of their own."""
    for side in SIDES:
        kept = getattr(account, f"sealed_{side}_secret") or (side == "imap" and account.sealed_smtp_secret)
        names = [f"{side}_{name}" for name in _GOES_TO]
        moved = [name for name in names if name in values and values[name] != getattr(account, name)]
        if kept and moved and not given.get(f"{side}_secret"):
            raise Required("Another server: give its password again.", ("input", f"{side}Secret"))
    cleared = account.sealed_imap_secret and "imap_secret" in given and not given["imap_secret"]
    host = values.get("imap_host", account.imap_host)
    if cleared and host is not None and account.sealed_smtp_secret and "smtp_secret" not in given:
        # It was given while this server had a password of its own.
        raise Required("The password for sending would go to this server: give it again.", ("input", "smtpSecret"))


async def keep(deed: Deed, account: Any, given: Mapping[str, Any]) -> list[FieldChange]:
    """Keep new passwords, encrypted; the log tells that there is one, and never which."""
    changes = []
    for side in SIDES:
        name = f"{side}_secret"
        if name not in given:
            continue
        secret, column = given[name] or "", f"sealed_{name}"
        had = getattr(account, column) is not None
        if not secret and not had:
            continue
        _check(secret, ("input", camel_case(name)))
        try:
            setattr(account, column, deed.vault.seal(secret, place_of(account.id, side)) if secret else None)
        except VaultError as error:
            raise Invalid(str(error), ("input", camel_case(name))) from None
        await account.save(using_db=deed.tx, update_fields=[column])
        changes.append(FieldChange(f"{side}SecretSet", had, bool(secret)))
    return changes


def refuse_clear(values: Mapping[str, Any], account: Any, given: Mapping[str, Any]) -> None:
    """A password goes over no line in the clear, but to this very machine. The one for sending may serve on both."""
    has = {
        side: given[f"{side}_secret"] if f"{side}_secret" in given else getattr(account, f"sealed_{side}_secret", None)
        for side in SIDES
    }
    for side in SIDES:
        security = values.get(f"{side}_security", getattr(account, f"{side}_security", None))
        host = values.get(f"{side}_host", getattr(account, f"{side}_host", None))
        sent = has[side] or has["smtp"]
        if security == MailSecurity.NONE and host is not None and sent and not _is_here(host):
            raise Invalid("A password would go over the line for all to read.", ("input", f"{side}Security"))


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _check(secret: str, where: tuple[str, ...]) -> None:
    if len(secret) > LONGEST:
        raise Invalid(f"A password has at most {LONGEST} characters.", where)
    if any(char in "\r\n\0" for char in secret):
        raise Invalid("A password is one line.", where)
