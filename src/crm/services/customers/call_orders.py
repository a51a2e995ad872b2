"""Calls that people have the switchboard dial for them (点击外呼): ordered here, dialled by a gateway, and never twice.

An order is a call from the beginning, under a name of ours, which the switchboard is told and gives to the channel it makes. So
what it then tells belongs to this call. Three things can be known of an order: that it was made, that it was about to be sent,
which one of all gateways writes before it sends, and what the switchboard told. Where the second is known and the third is not,
it may have been dialled: it is not sent again, and the next look at the switchboard tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from crm.core.errors import Invalid, Required
from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.models import Call
from crm.rules.customers.call_states import CallDirection, Signal
from crm.rules.customers.phone_numbers import dialled, parse
from crm.services.customers import blocked_numbers, call_reports
from crm.services.customers.activities import party_of_contact
from crm.services.customers.call_matches import CallerNumber
from crm.services.customers.call_reports import CallReport
from crm.services.customers.call_rows import row_of
from crm.services.customers.calls import link_to
from crm.services.deeds import Deed
from crm.services.records import check_frozen
from crm.services.references import resolved

ORDERED, SENT = ":order", ":sent"
NUMBER = ("input", "number")
LINKS = ("party_id", "contact_id")

_EXTENSION = "SELECT extension FROM user_account WHERE id = $1"
_WAITING = f"""
SELECT c.external_id, c.number_raw, c.number_e164, c.ringing_at, u.extension
FROM call c JOIN call_event e ON e.source = c.source AND e.key = c.external_id || '{ORDERED}'
JOIN user_account u ON u.id = e.agent_id
WHERE c.state = 'RINGING' AND c.source = $1 AND u.extension IS NOT NULL
    AND NOT EXISTS (SELECT FROM call_event s WHERE s.source = c.source AND s.key = c.external_id || '{SENT}')
ORDER BY c.ringing_at
"""


@dataclass(frozen=True, slots=True)
class Order:
    """A call to be dialled: for whose telephone, and what number, as written and as digits to dial."""

    id: str
    source: str
    extension: str
    number: str
    digits: str
    at: datetime

    def report(self, name: str, signal: Signal, at: datetime, cause: str | None = None) -> CallReport:
        """Something that is known of it."""
        outward, agent = CallDirection.OUTBOUND, self.extension
        return CallReport(
            self.source, f"{self.id}{name}", self.id, signal, outward, agent, self.number, at, agent=agent, cause=cause
        )


async def order(deed: Deed, given: Mapping[str, Any]) -> UUID:
    """Have a number dialled for the viewer: their telephone rings first, and the number when they have taken it up."""
    check_frozen(deed, "call", [name for name in LINKS if given.get(name) is not None])
    links = await _links(deed, given)
    number = await _number(deed, (given.get("number") or "").strip())
    source = deed.dialling.switchboard
    if source is None:
        raise Invalid("No switchboard that could dial is connected.")
    extension = (await deed.rows(_EXTENSION, deed.actor))[0]["extension"]
    if not extension:
        raise Invalid("You have no extension whose telephone could ring.")
    if number == extension:
        raise Invalid("This is your own extension.", NUMBER)
    if links.get("party_id") is not None:
        await deed.run("SELECT id FROM party WHERE id = $1 FOR NO KEY UPDATE", links["party_id"])
    name = str(new_id(Kind.CALL))
    made = Order(name, source, extension, number, "", deed.at)
    await call_reports.receive(deed, made.report(ORDERED, Signal.RINGING, deed.at))
    rows = await deed.rows("SELECT * FROM call WHERE source = $1 AND external_id = $2 FOR NO KEY UPDATE", source, name)
    call = row_of(Call, rows[0])
    if links:
        await link_to(deed, call, links)
    return UUID(str(call.id))


async def waiting(database: Any, source: str, region: str) -> list[Order]:
    """Orders that nobody has begun to send."""
    async with database.connection() as connection:
        rows = await connection.fetch(_WAITING, source)
    return [
        Order(
            row["external_id"], source, row["extension"], row["number_raw"],
            dialled(row["number_e164"], row["number_raw"], region=region), row["ringing_at"],
        )
        for row in rows
    ]  # fmt: skip


async def _number(deed: Deed, written: str) -> str:
    if not written:
        raise Required("Which number?", NUMBER)
    try:
        number = parse(written, region=deed.dialling.region, area_code=deed.dialling.area_code)
    except ValueError as error:
        raise Invalid(str(error), NUMBER) from error
    meant = CallerNumber(number.raw, number.e164, number.extension, number.tail, number.display)
    if await blocked_numbers.blocks(deed, meant, CallDirection.OUTBOUND, deed.at):
        raise Invalid("This number stands on the block list.", NUMBER)
    return number.raw


async def _links(deed: Deed, given: Mapping[str, Any]) -> dict[str, Any]:
    """The party and the contact whom the viewer means, as far as they say."""
    named = {name: given[name] for name in LINKS if given.get(name) is not None}
    if not named:
        return {}
    values: dict[str, Any] = dict.fromkeys(LINKS) | await resolved(deed, Call, named)
    if values["contact_id"] is not None:
        values["party_id"] = await party_of_contact(
            deed, values["contact_id"], values["party_id"], chosen=values["party_id"] is not None
        )
    return values
