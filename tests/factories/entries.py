"""The entries of the search centre as they are, and as they would be made anew."""

from __future__ import annotations

from typing import Any

from crm.access.searched import FORMAT, searched_kinds
from crm.services.search_entries import read_entries
from crm.services.system.accounts import system_deed
from crm.store.database import Database

Entries = dict[str, tuple[Any, ...]]


async def stored(database: Database) -> Entries:
    """Record → kind, party, format and tokens, as they are kept."""
    async with database.connection() as connection:
        rows = await connection.fetch(
            "SELECT record_id::text, record_kind, party_id, format, tsvector_to_array(tokens) AS tokens FROM search_entry"
        )
    return {row["record_id"]: (row["record_kind"], row["party_id"], row["format"], frozenset(row["tokens"])) for row in rows}


async def made_anew(database: Database) -> Entries:
    """The same, made of the records as they stand there."""
    found: Entries = {}
    async with system_deed(database, "looking") as deed:
        for searched in searched_kinds():
            for entry in await read_entries(deed, searched, "TRUE"):
                found[str(entry.record_id)] = (int(searched.kind), entry.party_id, FORMAT, entry.tokens)
    return found


async def check_entries(database: Database) -> int:
    """Nothing is missing, nothing is left over, and every entry is what its record says; how many there are."""
    kept, wanted = await stored(database), await made_anew(database)
    wrong = {key for key in kept | wanted if kept.get(key) != wanted.get(key)}
    assert not wrong, [(key, kept.get(key), wanted.get(key)) for key in sorted(wrong)[:3]]
    return len(kept)
