"""Addresses that get nothing in bulk (邮件退订): they said so, their mail came back, or somebody wrote it down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from crm.access.grants import Action
from crm.core.errors import Duplicate, Invalid
from crm.core.kinds import Kind
from crm.models import EmailSuppression
from crm.rules.messaging.email_addresses import address_key, address_of
from crm.rules.messaging.email_flow import EmailSuppressionCause
from crm.services.deeds import Deed
from crm.services.records import check_frozen, claim, insert, record_change, refuse_blank, trash, untrash
from crm.services.values import columns

ADDRESS = ("input", "address")


async def create(deed: Deed, given: Mapping[str, Any]) -> UUID:
    """Somebody said so, and not by the link."""
    refuse_blank(given, ["address"])
    check_frozen(deed, "email_suppression", list(given))
    values, _ = columns(EmailSuppression, given)
    try:
        values["address"] = address_of(values["address"])
    except ValueError as error:
        raise Invalid(str(error), ADDRESS) from None
    values |= {"address_key": address_key(values["address"]), "cause": EmailSuppressionCause.MANUAL.value}
    await _refuse_listed(deed, values["address_key"], None, ADDRESS)
    entry, changes = await insert(deed, EmailSuppression, Kind.EMAIL_SUPPRESSION, values)
    await record_change(deed, entry, "email_suppression.create", changes)
    return entry.id


async def delete(deed: Deed, record_id: str) -> UUID:
    """They want mail again."""
    entry = await claim(deed, EmailSuppression, record_id, Action.DELETE)
    await trash(deed, entry, "email_suppression.delete")
    return entry.id


async def restore(deed: Deed, record_id: str) -> UUID:
    """They do not want it after all."""
    entry: Any = await claim(deed, EmailSuppression, record_id, Action.DELETE, deleted=True)
    await _refuse_listed(deed, entry.address_key, entry.id, ("id",))
    await untrash(deed, entry, "email_suppression.restore")
    return UUID(str(entry.id))


async def suppress(deed: Deed, address: str, cause: EmailSuppressionCause, note: str | None = None) -> None:
    """The address wants no more, or takes no more; once is enough."""
    key = address_key(address)
    await deed.run("SELECT pg_advisory_xact_lock(hashtextextended($1, 7261073))", key)
    if await among(deed, [key]):
        return
    values = {"address": address, "address_key": key, "cause": cause.value, "note": note}
    entry, changes = await insert(deed, EmailSuppression, Kind.EMAIL_SUPPRESSION, values)
    await record_change(deed, entry, "email_suppression.create", changes)


async def among(deed: Deed, keys: Iterable[str | None]) -> set[str]:
    """Those of these addresses, by their keys, that get nothing in bulk."""
    wanted = [key for key in keys if key is not None]
    query = "SELECT address_key FROM email_suppression WHERE address_key = ANY($1::text[]) AND deleted_at IS NULL"
    return {row["address_key"] for row in await deed.rows(query, wanted)} if wanted else set()


async def _refuse_listed(deed: Deed, key: str, own: UUID | None, where: tuple[str, ...]) -> None:
    query = "SELECT id FROM email_suppression WHERE address_key = $1 AND id IS DISTINCT FROM $2 AND deleted_at IS NULL"
    if found := await deed.rows(query, key, own):
        error = Duplicate("This address is on the list already.", where)
        error.record = found[0]["id"]
        raise error
