"""Whom a message that came in is from (邮件匹配): whoever has that very address, or else only suggestions, to be chosen from.

Nothing is linked by a likeness. Whoever writes to us chooses what stands in their message, and a link opens the message to no
one, but becomes an activity of the party.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.rules.messaging.mail_matching import SCORES, Reason, domain_of, tells_of
from crm.services.deeds import Deed

MOST = 5

_EXACT = """
SELECT DISTINCT p.id AS party_id, c.id AS contact_id
FROM email_address e LEFT JOIN contact c ON c.id = e.contact_id
JOIN party p ON p.id = coalesce(e.party_id, c.party_id) AND p.deleted_at IS NULL
WHERE lower(e.address) = $1 AND (e.contact_id IS NULL OR c.deleted_at IS NULL) ORDER BY 1, 2 LIMIT 20
"""
_DOMAIN = """
SELECT k.party_id, min(k.contact_id::text)::uuid AS contact_id FROM (
    SELECT p.id AS party_id, NULL::uuid AS contact_id
    FROM email_address e LEFT JOIN contact c ON c.id = e.contact_id
    JOIN party p ON p.id = coalesce(e.party_id, c.party_id) AND p.deleted_at IS NULL
    WHERE lower(split_part(e.address, '@', 2)) = $1 AND (e.contact_id IS NULL OR c.deleted_at IS NULL) LIMIT 200
) k GROUP BY k.party_id ORDER BY count(*) DESC, k.party_id LIMIT $2
"""
_THREAD = """
SELECT t.party_id, NULL::uuid AS contact_id FROM email_thread t JOIN party p ON p.id = t.party_id AND p.deleted_at IS NULL
WHERE t.id = $1
"""
_INSERT = """
INSERT INTO email_suggestion (id, message_id, position, party_id, contact_id, reason, address, score, state)
SELECT k.id, $1, k.place - 1, k.party, k.contact, k.reason, $2, k.score, 'OPEN'
FROM unnest($3::uuid[], $4::uuid[], $5::uuid[], $6::text[], $7::smallint[]) WITH ORDINALITY
    AS k(id, party, contact, reason, score, place)
"""


@dataclass(frozen=True, slots=True)
class Match:
    """A party, and whom there, where that is clear; or neither, and who it may be."""

    party_id: UUID | None = None
    contact_id: UUID | None = None
    suggestions: tuple[tuple[Reason, dict[str, Any]], ...] = ()


async def matched(deed: Deed, address: str | None, thread_id: UUID | None) -> Match:
    """By the address; where several have it, or none, the likely ones are suggested."""
    if address is None:
        return Match()
    exact = await deed.rows(_EXACT, address.lower())
    if len({row["party_id"] for row in exact}) == 1:
        people = {row["contact_id"] for row in exact if row["contact_id"] is not None}
        return Match(exact[0]["party_id"], people.pop() if len(people) == 1 else None)
    found = [(Reason.SAME_ADDRESS, row) for row in exact]
    if not exact:
        if thread_id is not None:
            found += [(Reason.SAME_THREAD, row) for row in await deed.rows(_THREAD, thread_id)]
        if tells_of(domain := domain_of(address)):
            found += [(Reason.SAME_DOMAIN, row) for row in await deed.rows(_DOMAIN, domain, MOST)]
    once: dict[UUID, tuple[Reason, dict[str, Any]]] = {}
    for reason, row in found:
        once.setdefault(row["party_id"], (reason, row))
    kept = sorted(once.values(), key=lambda each: -SCORES[each[0]])[:MOST]
    return Match(suggestions=tuple(kept))


async def suggest(deed: Deed, message_id: UUID, address: str, suggestions: Sequence[tuple[Reason, dict[str, Any]]]) -> None:
    """Write them beside the message."""
    if not suggestions:
        return
    parties = [row["party_id"] for _, row in suggestions]
    contacts = [row["contact_id"] for _, row in suggestions]
    reasons = [reason.value for reason, _ in suggestions]
    scores = [SCORES[reason] for reason, _ in suggestions]
    ids = [new_id(Kind.EMAIL_SUGGESTION) for _ in suggestions]
    await deed.run(_INSERT, message_id, address, ids, parties, contacts, reasons, scores)


_KNOWN = """
SELECT DISTINCT ON (k.key) k.key, p.id AS party_id, c.id AS contact_id FROM unnest($1::text[]) AS k(key)
JOIN email_address e ON lower(e.address) = k.key LEFT JOIN contact c ON c.id = e.contact_id
JOIN party p ON p.id = coalesce(e.party_id, c.party_id) AND p.deleted_at IS NULL
WHERE e.contact_id IS NULL OR c.deleted_at IS NULL ORDER BY k.key, c.id NULLS LAST, p.id
"""


async def known(deed: Deed, addresses: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Of these addresses, by their keys, those that somebody has."""
    rows = await deed.rows(_KNOWN, sorted(set(addresses))) if addresses else []
    return {row["key"]: row for row in rows}
