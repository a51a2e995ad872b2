"""Bulk planning (批量计划): the same activity for many parties, with an outcome for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from crm.core.errors import DomainError, Invalid, Refusals
from crm.models import Activity
from crm.rules.customers.activity_spread import instants
from crm.services import custom_values
from crm.services.customers.activities import plan
from crm.services.deeds import Deed
from crm.services.owners import owned_by
from crm.services.records import check_frozen, refuse_blank, refuse_outside
from crm.services.references import rule_of_table, visible_id
from crm.services.values import checked

MOST = 500
MOST_A_DAY = 500
FURTHEST = timedelta(days=731)
WHERE = ("input", "partyIds")
BESIDE = ("content", custom_values.NAME)

_OWNER = """
SELECT p.owner_id FROM party p JOIN user_account u ON u.id = p.owner_id
WHERE p.id = $1 AND u.active AND u.deleted_at IS NULL
"""


async def plan_many(deed: Deed, given: Mapping[str, Any]) -> list[tuple[str, UUID | None, Sequence[DomainError]]]:
    """(party as it was named, its activity or None, why not) for each, in their order.

    Each is planned in a savepoint of its own, in the order of the ids' values. An invisible party is one that is not there.
    """
    ids: list[str] = given["party_ids"]
    if not 1 <= len(ids) <= MOST:
        raise Invalid(f"Between 1 and {MOST} parties.", WHERE)
    if len(set(ids)) < len(ids):
        raise Invalid("A party is named twice.", WHERE)
    refuse_blank(given, ["subject", "kind"])
    check_frozen(deed, "activity", ["kind", "subject", "planned_at", "party_id", *(name for name in BESIDE if name in given)])
    refuse_outside(given.get("per_day"), 1, MOST_A_DAY, "per_day")
    values = checked(Activity, {name: given[name] for name in ("kind", "subject", "content", "planned_at") if name in given})
    along, chosen = {name: given[name] for name in (custom_values.NAME,) if name in given}, await _chosen(deed, given)
    when = dict(zip(ids, _times(deed, given, len(ids)), strict=True))
    outcome = {key: await _one(deed, key, {**values, "planned_at": when[key]}, along, chosen) for key in sorted(ids)}
    return [(key, *outcome[key]) for key in ids]


def _times(deed: Deed, given: Mapping[str, Any], count: int) -> list[datetime]:
    first: datetime = given["planned_at"]
    if not deed.at - FURTHEST < first < deed.at + FURTHEST:
        raise Invalid("Plans lie within two years.", ("input", "plannedAt"))
    zone = ZoneInfo(deed.viewer.time_zone)
    weekdays = bool(given.get("workdays_only"))
    return list(instants(first, count, per_day=given.get("per_day"), workdays_only=weekdays, zone=zone))


async def _chosen(deed: Deed, given: Mapping[str, Any]) -> UUID | None:
    """Who is to do them all; None where that is each party's own owner."""
    wanted = given.get("owner_id")
    return None if wanted is None else await visible_id(deed, rule_of_table("user_account"), wanted, ("input", "ownerId"))


async def _one(
    deed: Deed, party: str, values: Mapping[str, Any], along: Mapping[str, Any], chosen: UUID | None
) -> tuple[UUID | None, Sequence[DomainError]]:
    try:
        async with deed.savepoint() as inner:
            return await _planned(inner, party, values, along, chosen), ()
    except DomainError as error:
        return None, error.errors if isinstance(error, Refusals) else [error]


async def _planned(deed: Deed, party: str, values: Mapping[str, Any], along: Mapping[str, Any], chosen: UUID | None) -> UUID:
    party_id = await visible_id(deed, rule_of_table("party"), party, WHERE)
    rows = await deed.rows(_OWNER, party_id) if chosen is None else []
    # A party in the public pool is nobody's, and one of somebody who left neither: whoever plans it does it.
    owner = chosen or (rows[0]["owner_id"] if rows else deed.actor)
    return await plan(deed, await owned_by(deed, "activity", {**values, "party_id": party_id, "owner_id": owner}), along)
