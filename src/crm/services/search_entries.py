"""Entries of the search centre (检索条目): kept in the transaction of whatever writes a record, and made anew in batches.

An entry follows from its record as it stands at the end of the deed, so nobody has to say what changed of it, only which records
did: `record_change` does, and whoever writes many at once adds their ids to `deed.reworded`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from crm.access.searched import FORMAT, Searched, searched_kinds, searched_of
from crm.core.ids import kind_of
from crm.core.search_tokens import tokens_of

if TYPE_CHECKING:
    from crm.services.deeds import Deed

AT_ONCE = 1_000

_KEEP = """
INSERT INTO search_entry (record_id, record_kind, party_id, format, tokens)
SELECT e.id, $1, e.party, $2, e.tokens::tsvector FROM unnest($3::uuid[], $4::uuid[], $5::text[]) AS e(id, party, tokens)
ON CONFLICT (record_id) DO UPDATE SET party_id = excluded.party_id, format = excluded.format, tokens = excluded.tokens
WHERE (search_entry.party_id, search_entry.format, search_entry.tokens)
    IS DISTINCT FROM (excluded.party_id, excluded.format, excluded.tokens)
"""
_DROP = "DELETE FROM search_entry WHERE record_id = ANY($1::uuid[])"
_DROP_ORPHANS = """
DELETE FROM search_entry WHERE record_id IN (SELECT s.record_id FROM search_entry s LEFT JOIN {table} r ON r.id = s.record_id
    AND r.deleted_at IS NULL WHERE s.record_kind = $1 AND r.id IS NULL)
"""


class Entry(NamedTuple):
    """What is stored of a record. One without a word has an entry too, so that nobody takes it for one that was left out."""

    record_id: UUID
    party_id: UUID | None
    tokens: frozenset[str]


async def keep_entries(deed: Deed) -> None:
    """Make the entries of all records that the deed gave other words: the last thing before its commit.

    Their rows are locked by the deed, so no other writes the same entries meanwhile.
    """
    if not deed.reworded:
        return
    by_kind: dict[Searched, list[UUID]] = defaultdict(list)
    for record_id in sorted(deed.reworded):
        if (found := searched_of(kind_of(record_id))) is not None:
            by_kind[found].append(record_id)
    deed.reworded.clear()
    for searched, ids in by_kind.items():
        for start in range(0, len(ids), AT_ONCE):
            part = ids[start : start + AT_ONCE]
            await _store(deed, searched, part, await read_entries(deed, searched, "r.id = ANY($1::uuid[])", part))


async def read_entries(deed: Deed, searched: Searched, which: str, *values: object) -> list[Entry]:
    """The entries of the rows `r` that the condition names, made from what stands in them; of those that are not deleted."""
    query = f"SELECT {selected(searched)} FROM {searched.rule.table} r WHERE {which} AND r.deleted_at IS NULL"
    return made(searched, await deed.rows(query, *values))


def selected(searched: Searched) -> str:
    """What an entry is made of, of a row `r`."""
    texts = ", ".join(f"{each.texts('r')} AS f{place}" for place, each in enumerate(searched.fields))
    return f"r.id, {'r.party_id' if searched.party else 'NULL::uuid'} AS party_id, {texts}"


def made(searched: Searched, rows: Iterable[Any]) -> list[Entry]:
    """Entries of rows that were `selected`."""
    fields = [(f"f{place}", each) for place, each in enumerate(searched.fields)]
    entries = []
    for row in rows:
        found: set[str] = set()
        for column, each in fields:
            for text in row[column]:
                if text:
                    found |= tokens_of(each.place, text, person=each.person)
        entries.append(Entry(row["id"], row["party_id"], frozenset(found)))
    return entries


def _written(tokens: frozenset[str]) -> str:
    """As PostgreSQL writes a `tsvector`. Tokens hold letters, digits and our own signs: nothing that would have to be escaped."""
    return " ".join(f"'{token}'" for token in tokens)


async def _store(deed: Deed, searched: Searched, ids: Sequence[UUID], entries: Sequence[Entry]) -> None:
    """Write these entries, and drop those of the ids that have none now."""
    found = {entry.record_id: entry for entry in entries}
    if found:
        record_ids = sorted(found)
        party_ids = [found[record_id].party_id for record_id in record_ids]
        tokens = [_written(found[record_id].tokens) for record_id in record_ids]
        await deed.run(_KEEP, int(searched.kind), FORMAT, record_ids, party_ids, tokens)
    if gone := sorted(set(ids) - found.keys()):
        await deed.run(_DROP, gone)


@dataclass(frozen=True, slots=True)
class Some:
    """How far a batch went: the last record, and how many entries were made."""

    last: UUID
    made: int


async def waiting(deed: Deed, searched: Searched, *, everything: bool) -> int:
    """How many records of a kind there are to make entries for."""
    rows = await deed.rows(f"SELECT count(*) AS n FROM {_waiting(searched, everything=everything)}")
    return int(rows[0]["n"])


async def any_waiting(deed: Deed) -> bool:
    """Whether some records have no entry, or one that was made in an older way."""
    parts = " UNION ALL ".join(f"(SELECT 1 FROM {_waiting(each, everything=False)} LIMIT 1)" for each in searched_kinds())
    return bool(await deed.rows(f"SELECT 1 FROM ({parts}) w LIMIT 1"))


async def fill_some(deed: Deed, searched: Searched, after: UUID, size: int, *, everything: bool) -> Some | None:
    """Make the entries of the next records of a kind, in the order of their ids; None at the end.

    `everything`: of all records, and not only of those that have none, or one that was made in an older way. Each record is
    locked while its entry is made, so that a deed at the same time cannot be overtaken; one that is being written is left to
    its deed.
    """
    rows = await deed.rows(
        f"SELECT r.id FROM {_waiting(searched, everything=everything)} AND r.id > $1 ORDER BY r.id LIMIT $2"
        " FOR NO KEY UPDATE OF r SKIP LOCKED",
        after, size,
    )  # fmt: skip
    if not rows:
        return None
    ids = [row["id"] for row in rows]
    entries = await read_entries(deed, searched, "r.id = ANY($1::uuid[])", ids)
    await _store(deed, searched, ids, entries)
    return Some(ids[-1], len(entries))


def _waiting(searched: Searched, *, everything: bool) -> str:
    which = "TRUE" if everything else f"s.format IS DISTINCT FROM {FORMAT}::smallint"
    table = f"{searched.rule.table} r LEFT JOIN search_entry s ON s.record_id = r.id"
    return f"{table} WHERE r.deleted_at IS NULL AND {which}"


async def drop_orphans(deed: Deed, searched: Searched) -> None:
    """Drop entries whose record is gone or deleted."""
    await deed.run(_DROP_ORPHANS.format(table=searched.rule.table), int(searched.kind))
