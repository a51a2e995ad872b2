"""Numbers that want no short messages (短信退订): by what they answered, or because somebody wrote it down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from crm.access.grants import Action
from crm.core.errors import Duplicate, Invalid
from crm.core.kinds import Kind
from crm.models import SmsOptOut
from crm.rules.customers.phone_numbers import parse
from crm.rules.messaging.sms_opt_out import SmsOptOutCause
from crm.services.deeds import Deed
from crm.services.records import check_frozen, claim, insert, record_change, refuse_blank, trash, untrash
from crm.services.values import columns

NUMBER = ("input", "number")


async def create(deed: Deed, given: Mapping[str, Any]) -> UUID:
    """Somebody said so, and not by a short message."""
    refuse_blank(given, ["number"])
    check_frozen(deed, "sms_opt_out", list(given))
    values, _ = columns(SmsOptOut, given)
    try:
        number = parse(values["number"], region=deed.dialling.region, area_code=deed.dialling.area_code)
    except ValueError as error:
        raise Invalid(str(error), NUMBER) from None
    if number.e164 is None:
        raise Invalid("Write the whole number, with its area code.", NUMBER)
    await _refuse_listed(deed, number.e164, None, NUMBER)
    values |= {"number": number.display, "e164": number.e164, "cause": SmsOptOutCause.MANUAL.value}
    entry, changes = await insert(deed, SmsOptOut, Kind.SMS_OPT_OUT, values)
    await record_change(deed, entry, "sms_opt_out.create", changes)
    return entry.id


async def delete(deed: Deed, record_id: str) -> UUID:
    """They want messages again."""
    entry = await claim(deed, SmsOptOut, record_id, Action.DELETE)
    await trash(deed, entry, "sms_opt_out.delete")
    return entry.id


async def restore(deed: Deed, record_id: str) -> UUID:
    """They do not want them after all."""
    entry: Any = await claim(deed, SmsOptOut, record_id, Action.DELETE, deleted=True)
    await _refuse_listed(deed, entry.e164, entry.id, ("id",))
    await untrash(deed, entry, "sms_opt_out.restore")
    return UUID(str(entry.id))


async def replied(deed: Deed, e164: str, number: str) -> None:
    """The number answered that it wants no more; once is enough."""
    await deed.run("SELECT pg_advisory_xact_lock(hashtextextended($1, 7261072))", e164)
    if await among(deed, [e164]):
        return
    values = {"number": number, "e164": e164, "cause": SmsOptOutCause.REPLY.value}
    entry, changes = await insert(deed, SmsOptOut, Kind.SMS_OPT_OUT, values)
    await record_change(deed, entry, "sms_opt_out.create", changes)


async def among(deed: Deed, numbers: Iterable[str | None]) -> set[str]:
    """Those of these numbers that want no messages."""
    wanted = [number for number in numbers if number is not None]
    query = "SELECT e164 FROM sms_opt_out WHERE e164 = ANY($1::text[]) AND deleted_at IS NULL"
    return {row["e164"] for row in await deed.rows(query, wanted)} if wanted else set()


async def _refuse_listed(deed: Deed, e164: str, own: UUID | None, where: tuple[str, ...]) -> None:
    query = "SELECT id FROM sms_opt_out WHERE e164 = $1 AND id IS DISTINCT FROM $2 AND deleted_at IS NULL"
    if found := await deed.rows(query, e164, own):
        error = Duplicate("This number is on the list already.", where)
        error.record = found[0]["id"]
        raise error
