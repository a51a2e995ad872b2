"""Who a caller may be: everybody whose number it is, ranked, as it was known when the call arrived.

Found without anybody's rights: that a record exists, and who owns it, is told to whoever the call rings. What more of it is
shown is judged when the matches are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.models import CallMatch
from crm.services.deeds import Deed

MOST = 20
BEST = 100
RECENT = timedelta(days=180)

_BY_NUMBER = """
    SELECT p.id AS party_id, p.owner_id, p.type, c.id AS contact_id, n.extension IS NOT DISTINCT FROM $2::text AS same_extension
    FROM phone_number n
    LEFT JOIN contact c ON c.id = n.contact_id
    JOIN party p ON p.id = coalesce(n.party_id, c.party_id) AND p.deleted_at IS NULL
    WHERE (n.contact_id IS NULL OR c.deleted_at IS NULL)
"""
# The parties are held until the matches are written, so that none of them is merged away in between.
# `tail` is asked only where no number is the same as a whole, or where the caller's has no area code to compare.
_FIND = f"""
WITH exact AS MATERIALIZED ({_BY_NUMBER} AND n.e164 = $1::text LIMIT 500),
alike AS (
    {_BY_NUMBER} AND n.tail = $3::bigint
      AND ($1::text IS NULL OR (n.e164 IS DISTINCT FROM $1::text AND NOT EXISTS (SELECT FROM exact))) LIMIT 500
),
earlier AS MATERIALIZED (
    SELECT DISTINCT ON (k.party_id) k.party_id, k.contact_id, p.owner_id
    FROM call k JOIN party p ON p.id = k.party_id AND p.deleted_at IS NULL
    WHERE k.number_e164 = $1::text AND k.ringing_at > $4::timestamptz AND k.id <> $5::uuid AND k.deleted_at IS NULL
    ORDER BY k.party_id, k.ringing_at DESC
),
found AS (
    SELECT party_id, owner_id, contact_id,
           CASE WHEN contact_id IS NOT NULL THEN CASE WHEN same_extension THEN 100 ELSE 95 END
                WHEN same_extension AND $2::text IS NOT NULL THEN 92
                WHEN type = 'CUSTOMER' THEN 90 WHEN type = 'CHANNEL' THEN 85 ELSE 80 END AS rank,
           CASE WHEN same_extension AND $2::text IS NOT NULL THEN 'EXACT_EXTENSION' ELSE 'EXACT_NUMBER' END AS reason
    FROM exact
    UNION ALL
    SELECT party_id, owner_id, contact_id, CASE WHEN contact_id IS NOT NULL THEN 60 ELSE 55 END, 'SAME_TAIL' FROM alike
    UNION ALL
    SELECT e.party_id, e.owner_id, c.id, 45, 'RECENT_CALLER'
    FROM earlier e LEFT JOIN contact c ON c.id = e.contact_id AND c.deleted_at IS NULL
),
best AS (SELECT DISTINCT ON (party_id, contact_id) * FROM found ORDER BY party_id, contact_id, rank DESC)
SELECT b.party_id, b.contact_id, b.owner_id, b.reason, b.rank,
       b.rank + CASE WHEN EXISTS (SELECT FROM earlier e WHERE e.party_id = b.party_id) THEN 5 ELSE 0 END AS score
FROM best b JOIN party held ON held.id = b.party_id AND held.deleted_at IS NULL
WHERE b.reason <> 'RECENT_CALLER' OR NOT EXISTS (SELECT FROM found f WHERE f.party_id = b.party_id AND f.reason <> b.reason)
ORDER BY score DESC, b.party_id, b.contact_id LIMIT {MOST} FOR KEY SHARE OF held
"""


@dataclass(frozen=True, slots=True)
class CallerNumber:
    """The outside number of a call, as far as it could be read."""

    raw: str | None
    e164: str | None = None
    extension: str | None = None
    tail: int | None = None
    display: str | None = None


async def matches_of(deed: Deed, number: CallerNumber, call_id: UUID) -> list[dict[str, Any]]:
    """Parties and contacts that may be calling, best first: `party_id`, `contact_id`, `owner_id`, `reason`, `score`."""
    if number.e164 is None and number.tail is None:
        return []
    return await deed.rows(_FIND, number.e164, number.extension, number.tail, deed.at - RECENT, call_id)


async def keep(deed: Deed, call_id: UUID, found: Sequence[dict[str, Any]], *, instead: bool) -> None:
    """Write the matches of a call, `instead` of those it may have."""
    if instead:
        await CallMatch.filter(call_id=call_id).using_db(deed.tx).delete()
    shown = ("party_id", "contact_id", "owner_id", "reason")
    rows = [
        CallMatch(
            id=new_id(Kind.CALL_MATCH),
            call_id=call_id,
            position=place,
            score=min(row["score"], BEST),
            **{name: row[name] for name in shown},
        )
        for place, row in enumerate(found)
    ]
    if rows:
        await CallMatch.bulk_create(rows, using_db=deed.tx)


def certain(found: Sequence[dict[str, Any]]) -> dict[str, UUID]:
    """What can be linked without asking anybody: the one party whose number this is, and its one contact with it.

    Numbers that are merely alike, and who called from it before, are for a person to choose from.
    """
    exact = [row for row in found if row["reason"].startswith("EXACT_")]
    if len({row["party_id"] for row in exact}) != 1:
        return {}
    people = {row["contact_id"] for row in exact if row["contact_id"] is not None and row["rank"] == BEST}
    linked = {"party_id": exact[0]["party_id"]}
    return linked | {"contact_id": people.pop()} if len(people) == 1 else linked
