"""Whom a message that came in is from (邮件匹配): whoever has that very address, or else only suggestions, to be chosen from.

Nothing is linked by a likeness. Whoever writes to us chooses what stands in their message, their address too, and a link opens
the message to no one, but becomes an activity of the party. So a party is linked only where somebody whose mailbox it is sees it:
or anybody could learn by a forged letter to themselves which addresses are known, and write into the history of a party that they
do not see.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from crm.access.loading import load_by_users
from crm.access.sights import unseen
from crm.access.viewer import Viewer
from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.rules.messaging.mail_matching import ADDRESSES, SCORES, Reason, domain_of, tells_of
from crm.services.deeds import Deed, Reading
from crm.services.references import rule_of_table

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


async def matched(deed: Deed, account: Mapping[str, Any], address: str | None, thread_id: UUID | None) -> Match:
    """By the address; where several have it, or none that the mailbox's people see, the likely ones are suggested."""
    if address is None:
        return Match()
    exact = await deed.rows(_EXACT, address.lower())
    seen = await _seen(deed, account, exact)
    if len({row["party_id"] for row in seen}) == 1:
        people = {row["contact_id"] for row in seen if row["contact_id"] is not None}
        return Match(seen[0]["party_id"], people.pop() if len(people) == 1 else None)
    found = [(Reason.SAME_ADDRESS, row) for row in seen]
    if not seen:
        if thread_id is not None:
            found += [(Reason.SAME_THREAD, row) for row in await deed.rows(_THREAD, thread_id)]
        if tells_of(domain := domain_of(address)):
            found += [(Reason.SAME_DOMAIN, row) for row in await deed.rows(_DOMAIN, domain, MOST)]
    # Those that nobody of the mailbox sees are suggested to whoever does, and take no place from the others.
    hidden = {row["party_id"]: (Reason.SAME_ADDRESS, row) for row in reversed(exact) if row not in seen}
    once: dict[UUID, tuple[Reason, dict[str, Any]]] = {}
    for reason, row in found:
        once.setdefault(row["party_id"], (reason, row))
    kept = sorted(once.values(), key=lambda each: -SCORES[each[0]])[:MOST]
    likely = [hidden.pop(row["party_id"], (reason, row)) for reason, row in kept]
    return Match(suggestions=(*likely, *list(hidden.values())[:MOST]))


_PEOPLE = "SELECT user_id AS id FROM email_member WHERE account_id = $1 UNION SELECT $2::uuid WHERE $2 IS NOT NULL"


async def _seen(deed: Deed, account: Mapping[str, Any], exact: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Of these those that somebody sees whose mailbox it is: its owner, or a member. To look in by a role is not enough."""
    if not exact:
        return []
    people = await deed.rows(_PEOPLE, account["id"], account["owner_id"])
    viewers = await load_by_users(Reading(deed), [row["id"] for row in people])
    viewers = [viewer for viewer in viewers if not ADDRESSES & viewer.rights.hidden]
    denied = {
        table: await _denied(deed, table, sorted({row[f"{table}_id"] for row in exact if row[f"{table}_id"]}), viewers)
        for table in ("party", "contact")
    }
    return [
        row for row in exact
        if any(
            (viewer.id, row["party_id"]) not in denied["party"] and (viewer.id, row["contact_id"]) not in denied["contact"]
            for viewer in viewers
        )
    ]  # fmt: skip


async def _denied(deed: Deed, table: str, keys: Sequence[UUID], viewers: Sequence[Viewer]) -> set[tuple[UUID, UUID]]:
    """(person, record): who may not see which."""
    statement = unseen(rule_of_table(table), keys, viewers) if keys and viewers else None
    rows = [] if statement is None else await deed.rows(statement[0], *statement[1])
    return {(row["user_id"], row["id"]) for row in rows}


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
