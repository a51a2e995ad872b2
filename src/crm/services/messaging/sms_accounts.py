"""Accounts for short messages (短信账号): made, changed, chosen, and what opens them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from crm.access.grants import Action
from crm.core.clock import now
from crm.core.errors import DomainError, Duplicate, Invalid, Refusals, Required
from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.core.naming import camel_case
from crm.core.vault import VaultError
from crm.models import SmsAccount
from crm.rules.messaging.sms_drivers import SCHEMES, SmsDriver, is_address, origin_of
from crm.rules.messaging.sms_hours import is_clock
from crm.services.deeds import Database, Deed
from crm.services.records import (
    FieldChange,
    check_frozen,
    check_version,
    claim,
    insert,
    record_change,
    refuse_blank,
    refuse_outside,
    revise,
    trash,
    untrash,
)
from crm.services.references import rule_of_table, visible_id
from crm.services.values import columns

CODE = re.compile(r"[a-z0-9][a-z0-9-]{0,39}", re.ASCII)
FIRST = "default"
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)
_ADDRESSES = {scheme for schemes in SCHEMES.values() for scheme in schemes}
_UNSIGNED = re.compile(r"[【】{}<>\n]")


async def create(deed: Deed, given: Mapping[str, Any]) -> UUID:
    """A new account."""
    refuse_blank(given, ["code", "name", "driver"])
    check_frozen(deed, "sms_account", list(given))
    values = _decided(given, None)
    await _refuse_taken(deed, values["code"], None)
    if values.get("primary"):
        await _unseat(deed, None)
    account, changes = await insert(deed, SmsAccount, Kind.SMS_ACCOUNT, values)
    changes += await _sealed(deed, account, given)
    await record_change(deed, account, "sms_account.create", changes)
    return account.id


async def update(deed: Deed, record_id: str, version: int, given: Mapping[str, Any]) -> UUID:
    """New values of an account; the code stays, because it stands in the address of its hook."""
    account: Any = await claim(deed, SmsAccount, record_id, Action.UPDATE)
    check_version(account, version)
    check_frozen(deed, "sms_account", list(given))
    values = _decided(given, account)
    _guard_secret(account, values, given)
    if values.get("primary") and not account.primary:
        await _unseat(deed, account.id)
    changes = await _sealed(deed, account, given)
    if changes := await revise(deed, account, values, changes):
        await record_change(deed, account, "sms_account.update", changes)
    return UUID(str(account.id))


async def delete(deed: Deed, record_id: str) -> UUID:
    """Move an account to the recycle bin; what waits for it is refused when its time comes."""
    account = await claim(deed, SmsAccount, record_id, Action.DELETE)
    await trash(deed, account, "sms_account.delete")
    return account.id


async def restore(deed: Deed, record_id: str) -> UUID:
    """Take an account out of the recycle bin. There is one primary account: this is not it any more."""
    account: Any = await claim(deed, SmsAccount, record_id, Action.DELETE, deleted=True)
    await _refuse_taken(deed, account.code, account.id, ("id",))
    await untrash(deed, account, "sms_account.restore", {"primary": False} if account.primary else {})
    return UUID(str(account.id))


async def chosen(deed: Deed, wanted: str | None) -> dict[str, Any]:
    """The account by which something is sent: the one that was named, or the primary one. It has to be active."""
    where = ("input", "accountId")
    if wanted is not None:
        key = await visible_id(deed, rule_of_table("sms_account"), wanted, where)
        found = await deed.rows("SELECT * FROM sms_account WHERE id = $1", key)
    else:
        found = await deed.rows('SELECT * FROM sms_account WHERE active AND deleted_at IS NULL AND "primary" LIMIT 1')
    if not found:
        raise Required("There is no primary account for short messages: name one.", where)
    if not found[0]["active"]:
        raise Invalid("This account is closed.", where)
    return found[0]


def place_of(account_id: object) -> str:
    """Where the secret of an account is sealed for."""
    return f"sms_account.sealed_secret {account_id}"


async def ensure(database: Database) -> None:
    """A first account, that sends as the settings of the installation say."""
    async with database.transaction() as tx:
        await tx.execute_query("SELECT pg_advisory_xact_lock(7261071)")
        if await SmsAccount.all().using_db(tx).exists():
            return
        at = now()
        await SmsAccount.create(
            using_db=tx, id=new_id(Kind.SMS_ACCOUNT), code=FIRST, name="默认 Default", driver=SmsDriver.INSTALLATION.value,
            opt_out_text="拒收请回复R", quiet_from="21:00", quiet_until="08:00", primary=True, created_at=at, updated_at=at,
        )  # fmt: skip


def _decided(given: Mapping[str, Any], account: Any) -> dict[str, Any]:
    own = {name: value for name, value in given.items() if name != "secret"}
    values, _ = columns(SmsAccount, own)
    errors = [error for check in (_code, _shown, _hours, _numbers) if (error := _refusal(check, values)) is not None]
    if errors:
        raise errors[0] if len(errors) == 1 else Refusals(errors)
    driver = SmsDriver(values.get("driver") or account.driver)
    url = values.get("url", getattr(account, "url", None))
    if driver in SCHEMES and not is_address(url, SCHEMES[driver]):
        raise Invalid(
            f"An account of driver {driver} needs an address: {' or '.join(sorted(SCHEMES[driver]))}://…", ("input", "url")
        )
    return values


def _guard_secret(account: Any, values: Mapping[str, Any], given: Mapping[str, Any]) -> None:
    """A secret is given to nobody but whom it was entered for. Who may change an address cannot read the secret by that."""
    if account.sealed_secret is None or "secret" in given:
        return
    driver, url = values.get("driver", account.driver), values.get("url", account.url)
    if driver != account.driver or origin_of(url) != origin_of(account.url):
        raise Required("Enter the secret again: it was entered for another driver or host.", ("input", "secret"))


def _refusal(check: Any, values: Mapping[str, Any]) -> DomainError | None:
    try:
        check(values)
    except DomainError as error:
        return error
    return None


def _code(values: Mapping[str, Any]) -> None:
    code = values.get("code")
    if code is not None and not CODE.fullmatch(code):
        raise Invalid("A code has 1 to 40 small letters, digits and hyphens, as in an address.", ("input", "code"))


def _shown(values: Mapping[str, Any]) -> None:
    """What people read of the account, and the address, whatever the driver makes of it."""
    if (url := values.get("url")) is not None and not is_address(url, _ADDRESSES):
        raise Invalid("An address looks like https://host/path or smpp://host:2775.", ("input", "url"))
    for name in ("signature", "opt_out_text"):
        if (text := values.get(name)) is not None and _UNSIGNED.search(text):
            raise Invalid("No brackets, braces or mark-up: the brackets of a signature are added.", ("input", camel_case(name)))
    if (currency := values.get("currency")) is not None and not _CURRENCY.fullmatch(currency):
        raise Invalid("A currency has three capital letters.", ("input", "currency"))


def _hours(values: Mapping[str, Any]) -> None:
    for name in ("quiet_from", "quiet_until"):
        if (clock := values.get(name)) is not None and not is_clock(clock):
            raise Invalid("A time of day looks like 21:00.", ("input", camel_case(name)))
    if (zone := values.get("time_zone")) is not None:
        try:
            ZoneInfo(zone)
        except (OSError, ValueError, LookupError):
            raise Invalid("There is no such time zone.", ("input", "timeZone")) from None


def _numbers(values: Mapping[str, Any]) -> None:
    refuse_outside(values.get("per_second"), 1, 1000, "per_second")
    refuse_outside(values.get("per_number_per_day"), 1, 1000, "per_number_per_day")
    if (price := values.get("segment_price")) is not None and price < 0:
        raise Invalid("A price is not negative.", ("input", "segmentPrice"))


async def _sealed(deed: Deed, account: Any, given: Mapping[str, Any]) -> list[FieldChange]:
    """Keep a new secret, encrypted; the log tells that there is one, and never which."""
    if "secret" not in given:
        return []
    secret = (given["secret"] or "").strip()
    if len(secret) > 500 or not secret.isprintable():
        raise Invalid("A secret has at most 500 characters, all of them printable.", ("input", "secret"))
    had = account.sealed_secret is not None
    if not secret and not had:
        return []
    try:
        account.sealed_secret = deed.vault.seal(secret, place_of(account.id)) if secret else None
    except VaultError as error:
        raise Invalid(str(error), ("input", "secret")) from None
    await account.save(using_db=deed.tx, update_fields=["sealed_secret"])
    return [FieldChange("secretSet", had, bool(secret))]


async def _unseat(deed: Deed, account_id: UUID | None) -> None:
    """There is one primary account: the others are told so, and their logs with them."""
    query = 'SELECT * FROM sms_account WHERE "primary" AND id IS DISTINCT FROM $1 ORDER BY id FOR NO KEY UPDATE'
    for row in await deed.rows(query, account_id):
        other = SmsAccount._init_from_db(**row)
        other._saved_in_db = True
        await record_change(deed, other, "sms_account.update", await revise(deed, other, {"primary": False}))


async def _refuse_taken(deed: Deed, code: str, own: UUID | None, where: tuple[str, ...] = ("input", "code")) -> None:
    query = "SELECT id FROM sms_account WHERE code = $1 AND id IS DISTINCT FROM $2 AND deleted_at IS NULL"
    if found := await deed.rows(query, code, own):
        error = Duplicate("There is an account with this code.", where)
        error.record = found[0]["id"]
        raise error
