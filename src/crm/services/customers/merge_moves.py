"""Letting everything that names a record name the one it is merged into, and writing down what did."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from crm.core.errors import Invalid
from crm.models.record import Record
from crm.services.customers.merge_places import ALIKE, Place, places_of
from crm.services.deeds import Deed
from crm.services.record_sets import EVERY, Moved, Only, repoint

FOLLOW = "follow"
"""The verb under which a record is logged that follows another: `contact.follow`."""

_UNIQUES = """
SELECT c.relname AS table, array_agg(a.attname::text ORDER BY k.n) AS columns, pg_get_expr(i.indpred, i.indrelid) AS test
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid AND c.relnamespace = 'public'::regnamespace
CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, n)
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
WHERE c.relname = ANY($1::text[]) AND i.indisunique AND i.indexprs IS NULL GROUP BY i.indexrelid, c.relname, i.indpred, i.indrelid
"""
_ITEMS = """
INSERT INTO merge_item (merge_id, place, row_key, version)
SELECT $1, $2, k.key, k.version FROM unnest($3::text[], $4::int[]) AS k(key, version)
"""


async def move_all(deed: Deed, model: Any, merge_id: UUID, merged: UUID, survivor: UUID) -> None:
    """All that names the merged record names the survivor. The survivor itself is left alone: its own values are chosen."""
    places = places_of(model)
    uniques = await _uniques(deed, places)
    for place in places:
        for columns, test in uniques.get(place.name, []):
            await _drop_doubles(deed, place, merge_id, merged, survivor, columns, test)
        apart = Only("x.id <> {0}", (survivor,)) if place.model is model else EVERY
        moved = await repoint(deed, place.model, place.column, merged, survivor, verb=FOLLOW, only=apart, quiet=place.quiet)
        await keep(deed, merge_id, place, moved)


async def keep(deed: Deed, merge_id: UUID, place: Place, moved: Sequence[Moved]) -> None:
    """Write down which rows were moved, and with which version they were left."""
    if moved:
        await deed.run(_ITEMS, merge_id, place.name, [each.key for each in moved], [each.version for each in moved])


async def _uniques(deed: Deed, places: Sequence[Place]) -> dict[str, list[tuple[list[str], str | None]]]:
    """Place → what can be there only once: the columns with its own, and the rows for which that holds."""
    rows = await deed.rows(_UNIQUES, sorted({place.table for place in places}))
    found: dict[str, list[tuple[list[str], str | None]]] = {}
    for place in places:
        known = [(list(row["columns"]), row["test"]) for row in rows if row["table"] == place.table]
        known += [(list(ALIKE[place.table]), None)] if place.table in ALIKE else []
        found[place.name] = [(columns, test) for columns, test in known if place.column in columns]
    return found


async def _drop_doubles(
    deed: Deed, place: Place, merge_id: UUID, merged: UUID, survivor: UUID, columns: Sequence[str], test: str | None
) -> None:
    """Rows that could not stay beside one of the survivor's go, and are kept in the ledger as they were."""
    key = place.key
    same = "".join(f" AND s.{each} IS NOT DISTINCT FROM r.{each}" for each in columns if each != place.column)
    rows = f"SELECT * FROM {place.table} WHERE {place.column} = {{}}{f' AND ({test})' if test else ''}"
    doubles = f"SELECT r.{key} FROM ({rows.format('$1')}) r JOIN ({rows.format('$2')}) s ON TRUE{same}"
    if issubclass(place.model, Record):
        if await deed.rows(f"{doubles} LIMIT 1", merged, survivor):
            raise Invalid(f"Each of them has a {place.table} of which there can be but one.", ("input", "mergedId"))
        return
    await deed.run(
        f"WITH gone AS (DELETE FROM {place.table} t WHERE t.{key} IN ({doubles}) RETURNING t.*)"
        " INSERT INTO merge_item (merge_id, place, row_key, dropped)"
        f" SELECT $3, $4, gone.{key}::text, to_jsonb(gone) FROM gone",
        merged, survivor, merge_id, place.name,
    )  # fmt: skip
