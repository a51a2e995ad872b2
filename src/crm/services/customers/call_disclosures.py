"""What a call tells people of customers whom they may not see: that there is one, and who owns it. Kept, and limited.

A match of a party that a candidate may not see is shown to them only if it was written down here that they were told
(`access/customers/call.py`): so nothing is told that is not in the log. Above the limit it is written down that they were not
told, and to them the call comes from a number that nobody knows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import structlog

from crm.access.branches import named
from crm.access.loading import load_by_users
from crm.access.sights import unseen
from crm.access.viewer import Viewer
from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.services.customers.disclosures import tellable_to
from crm.services.deeds import Deed, Reading

log = structlog.get_logger("crm.calls")

_OPEN = """
SELECT c.user_id, m.party_id, m.owner_id FROM call_candidate c
JOIN (SELECT DISTINCT ON (party_id) party_id, owner_id, position FROM call_match WHERE call_id = $1
      ORDER BY party_id, position) m ON TRUE
WHERE c.call_id = $1
  AND NOT EXISTS (SELECT FROM call_disclosure d WHERE d.call_id = $1 AND d.user_id = c.user_id AND d.party_id = m.party_id)
ORDER BY c.position, c.id, m.position
"""
_KEEP = """
INSERT INTO call_disclosure (id, at, user_id, call_id, party_id, owner_id, withheld)
SELECT k.id, $1, k.user_id, $2, k.party_id, k.owner_id, k.withheld
FROM unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::uuid[], $7::boolean[]) AS k(id, user_id, party_id, owner_id, withheld)
ON CONFLICT (call_id, user_id, party_id) DO NOTHING
"""


async def settle(deed: Deed, call_id: UUID) -> bool:
    """Decide for everybody whom the call rings which of its matches they are told of; whether any had to be withheld.

    Asked again when somebody joins the call, or when its matches are found anew. What was decided once stays.
    """
    asked = await deed.rows(_OPEN, call_id)
    hidden = await _hidden(deed, asked) if asked else set()
    pairs = [row for row in asked if (row["user_id"], row["party_id"]) in hidden]
    if not pairs:
        return False
    wanted: dict[UUID, list[UUID]] = {}
    for row in pairs:
        wanted.setdefault(row["user_id"], []).append(row["party_id"])
    told = await tellable_to(deed, wanted)
    withheld = [(row["user_id"], row["party_id"]) not in told for row in pairs]
    columns = [[row[name] for row in pairs] for name in ("user_id", "party_id", "owner_id")]
    await deed.run(_KEEP, deed.at, call_id, [new_id(Kind.CALL_DISCLOSURE) for _ in pairs], *columns, withheld)
    refused = sorted({str(row["user_id"]) for row, kept in zip(pairs, withheld, strict=True) if kept})
    if refused:
        log.warning("call match withheld, too many in an hour", call=str(call_id), people=refused)
    return bool(refused)


async def _hidden(deed: Deed, asked: Sequence[dict[str, Any]]) -> set[tuple[UUID, UUID]]:
    """(person, party): who would be shown a match of a party that they may not see."""
    people = await load_by_users(Reading(deed), sorted({row["user_id"] for row in asked}))
    statement = unseen(named("party"), sorted({row["party_id"] for row in asked}), [each for each in people if _shown(each)])
    rows = await deed.rows(statement[0], *statement[1]) if statement else []
    return {(row["user_id"], row["id"]) for row in rows}


def _shown(viewer: Viewer) -> bool:
    """Whether they see matches at all: to whoever does not, nothing is told."""
    return viewer.rights.holds("call.read") and "call.matches" not in viewer.rights.hidden
