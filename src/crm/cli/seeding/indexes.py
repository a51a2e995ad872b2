"""Tables that take many rows at once: without their indexes and foreign keys they take them several times faster.

Both are put back at the end of the same transaction, which is also where the foreign keys are checked: whatever goes wrong, the
tables are as they were. Nobody else can use them meanwhile. Keys and constraints that are unique stay all the time.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from crm.services.deeds import Deed

_FOREIGN_KEYS = """
SELECT format('ALTER TABLE %s DROP CONSTRAINT %I', conrelid::regclass, conname) AS away,
    format('ALTER TABLE %s ADD CONSTRAINT %I %s', conrelid::regclass, conname, pg_get_constraintdef(oid)) AS back
FROM pg_constraint WHERE contype = 'f' AND conrelid = ANY($1::text[]::regclass[])
"""
_INDEXES = """
SELECT format('DROP INDEX %s', indexrelid::regclass) AS away, pg_get_indexdef(indexrelid) AS back
FROM pg_index WHERE indrelid = ANY($1::text[]::regclass[]) AND NOT indisunique
  AND coalesce(pg_get_expr(indpred, indrelid), '') NOT LIKE '%ANY (%'
"""
"""An index of rows in one of several states reads otherwise once it is made from its own definition, so such ones stay: they hold
what is open, which is next to nothing of what was filled in."""


@asynccontextmanager
async def without_indexes(deed: Deed, tables: Sequence[str], progress: Callable[[str, int, int], None]) -> AsyncIterator[None]:
    """Take indexes and foreign keys off the tables, and put them back after the block."""
    parts = [*await deed.rows(_FOREIGN_KEYS, list(tables)), *await deed.rows(_INDEXES, list(tables))]
    for part in parts:
        await deed.run(part["away"])
    yield
    await deed.run("SET LOCAL maintenance_work_mem = '256MB'")
    await deed.run(f"SET LOCAL max_parallel_maintenance_workers = {max(1, (os.cpu_count() or 1) - 1)}")
    for done, part in enumerate(reversed(parts), 1):  # indexes first: the foreign keys are checked with them
        await deed.run(part["back"])
        progress("indexes and keys", done, len(parts))
