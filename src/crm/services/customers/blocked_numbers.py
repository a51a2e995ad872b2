"""The block list (黑名单): numbers whose calls ring nobody, and whether a call is from or to one of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from crm.access.grants import Action
from crm.core.errors import Invalid, Required
from crm.core.kinds import Kind
from crm.models import BlockedNumber
from crm.rules.customers.blocked_numbers import BlockMatch, candidates, pattern_of
from crm.rules.customers.call_states import CallDirection
from crm.rules.customers.phone_numbers import parse
from crm.services.customers.call_matches import CallerNumber
from crm.services.deeds import Deed
from crm.services.records import (
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
from crm.services.values import checked

NUMBER = ("input", "number")
_IS_BLOCKED = """
SELECT 1 FROM blocked_number b
WHERE b.deleted_at IS NULL AND (b.until IS NULL OR b.until > $4) AND (b.direction IS NULL OR b.direction = $3)
  AND (CASE WHEN $2::text IS NULL THEN b.match = 'WITHHELD'
       ELSE b.pattern = ANY($1::text[]) AND (b.match = 'PREFIX' OR b.pattern = $2) END)
LIMIT 1
"""
_OWN_LINES = """
SELECT n.number FROM ring_group_number n JOIN ring_group g ON g.id = n.ring_group_id WHERE g.deleted_at IS NULL
UNION ALL SELECT u.extension FROM user_account u WHERE u.extension IS NOT NULL AND u.deleted_at IS NULL
UNION ALL SELECT u.mobile FROM user_account u WHERE u.mobile IS NOT NULL AND u.active AND u.deleted_at IS NULL
"""


async def blocks(deed: Deed, number: CallerNumber, direction: CallDirection, at: datetime) -> bool:
    """Whether a call with this number outside is blocked. One that names no number is, where withheld ones are."""
    if direction is CallDirection.INTERNAL:
        return False
    patterns = candidates(number.e164, number.display)
    return bool(await deed.rows(_IS_BLOCKED, patterns, patterns[-1] if patterns else None, direction.value, at))


async def create(deed: Deed, given: Mapping[str, Any]) -> UUID:
    """A new entry; calls that ring already ring on."""
    refuse_blank(given, ["match"])
    check_frozen(deed, "blocked_number", list(given))
    values = await _decided(deed, given, None)
    entry, changes = await insert(deed, BlockedNumber, Kind.BLOCKED_NUMBER, values)
    await record_change(deed, entry, "blocked_number.create", changes)
    return entry.id


async def update(deed: Deed, record_id: str, version: int, given: Mapping[str, Any]) -> UUID:
    """New values of an entry."""
    entry = await claim(deed, BlockedNumber, record_id, Action.UPDATE)
    check_version(entry, version)
    check_frozen(deed, "blocked_number", list(given))
    if changes := await revise(deed, entry, await _decided(deed, given, entry)):
        await record_change(deed, entry, "blocked_number.update", changes)
    return entry.id


async def delete(deed: Deed, record_id: str) -> UUID:
    """Move an entry to the recycle bin: these numbers ring again."""
    entry = await claim(deed, BlockedNumber, record_id, Action.DELETE)
    await trash(deed, entry, "blocked_number.delete")
    return entry.id


async def restore(deed: Deed, record_id: str) -> UUID:
    """Take an entry out of the recycle bin."""
    entry = await claim(deed, BlockedNumber, record_id, Action.DELETE, deleted=True)
    await untrash(deed, entry, "blocked_number.restore")
    return entry.id


async def _decided(deed: Deed, given: Mapping[str, Any], entry: Any) -> dict[str, Any]:
    values = checked(BlockedNumber, given)
    if values.get("direction") == CallDirection.INTERNAL:
        raise Invalid("Calls among ourselves are not blocked.", ("input", "direction"))
    until = values.get("until")
    if until is not None and until <= deed.at and until != getattr(entry, "until", None):
        raise Invalid("This is over already.", ("input", "until"))
    match = BlockMatch(values.get("match") or entry.match)
    number = values.get("number", getattr(entry, "number", None))
    if match is BlockMatch.WITHHELD:
        if values.get("number") is not None:
            raise Invalid("Callers who withhold their number have none.", NUMBER)
        return {**values, "number": None, "pattern": None}
    if number is None:
        raise Required("Which number?", NUMBER)
    pattern = _pattern(deed, match, number)
    await _refuse_own_lines(deed, match, pattern)
    return {**values, "pattern": pattern}


def _pattern(deed: Deed, match: BlockMatch, written: str) -> str:
    try:
        return pattern_of(match, written, region=deed.dialling.region, area_code=deed.dialling.area_code)
    except ValueError as error:
        raise Invalid(str(error), NUMBER) from error


async def _refuse_own_lines(deed: Deed, match: BlockMatch, pattern: str) -> None:
    """Our own numbers are never blocked: a mistake there would silence the switchboard."""
    for row in await deed.rows(_OWN_LINES):
        try:
            own = parse(row["number"], region=deed.dialling.region, area_code=deed.dialling.area_code)
        except ValueError:
            continue
        meant = candidates(own.e164, own.display)
        if pattern in (meant if match is BlockMatch.PREFIX else meant[-1:]):
            raise Invalid("This is a number of our own.", NUMBER)
