"""The limit on what people are told of records that they may not see: one for all that tells them, whatever it is.

Calls tell whom they may be from (`call_disclosures.py`), and looking for duplicates tells that there is one (`duplicates.py`).
Each keeps a log of its own; here they are counted together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from crm.rules.customers.disclosures import WINDOW, tellable
from crm.services.deeds import Deed

PERSON_LOCK = 7_261_006

_LATELY = """
SELECT user_id, party_id AS record_id FROM call_disclosure WHERE user_id = ANY($1::uuid[]) AND at > $2 AND NOT withheld
UNION
SELECT user_id, record_id FROM duplicate_disclosure WHERE user_id = ANY($1::uuid[]) AND at > $2 AND NOT withheld
"""


async def tellable_to(deed: Deed, wanted: Mapping[UUID, Sequence[UUID]]) -> set[tuple[UUID, UUID]]:
    """(person, record): of the records that each of these people should be told of, best first, those that they may be.

    The caller writes down what comes of it before the transaction ends. Several that tell one person something at the same
    instant must count each other, so they wait for each other here.
    """
    people = sorted(wanted)
    await deed.run("SELECT pg_advisory_xact_lock($1, hashtext(p::text)) FROM unnest($2::uuid[]) p", PERSON_LOCK, people)
    lately: dict[UUID, set[UUID]] = {person: set() for person in people}
    for row in await deed.rows(_LATELY, people, deed.at - WINDOW):
        lately[row["user_id"]].add(row["record_id"])
    return {(person, record) for person in people for record in tellable(wanted[person], lately[person])}
