"""How many SQL statements we send: in all, for the metrics, and inside one block, for tests that hold query counts constant."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

import asyncpg

from crm.store.deadlines import in_time
from crm.store.statements import KeptStatements

TRANSACTION_WORDS = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


@dataclass
class StatementCount:
    """The statements sent inside one `count_statements()` block, in order."""

    statements: list[str] = field(default_factory=list)

    @property
    def total(self) -> int:
        """All of them, transaction control included."""
        return len(self.statements)

    @property
    def queries(self) -> list[str]:
        """Without BEGIN, COMMIT and their kin: the number to hold constant."""
        return [text for text in self.statements if not text.lstrip().upper().startswith(TRANSACTION_WORDS)]


class _Sent:
    """One number for the process: cheaper than a lock or a metric object on every statement."""

    total = 0


_counting: ContextVar[StatementCount | None] = ContextVar("crm_counting", default=None)


def statements_sent() -> int:
    """How many statements this process has sent since it started."""
    return _Sent.total


@contextmanager
def count_statements() -> Iterator[StatementCount]:
    """Count what this task, and tasks it starts, send inside the block."""
    count = StatementCount()
    token = _counting.set(count)
    try:
        yield count
    finally:
        _counting.reset(token)


def _note(statement: str) -> None:
    _Sent.total += 1
    count = _counting.get()
    if count is not None:
        count.statements.append(statement)


class CountingConnection(asyncpg.Connection):  # type: ignore[misc]  # asyncpg ships no types
    """A pooled connection that counts, keeps to the deadline and so many bytes of statements, and needs no RESET round trip.

    The reset would undo session settings, cursors and listeners. Nothing here leaves any of these on a pooled connection:
    settings are SET LOCAL, advisory locks and LISTEN have connections of their own.
    """

    __slots__ = ()

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        kept = KeptStatements.instead_of(self._stmt_cache)  # type: ignore[has-type]  # asyncpg ships no types
        self._stmt_cache = kept  # type: ignore[misc]  # and its slots stand in the class above

    def get_reset_query(self) -> str:
        """Nothing to reset, see above."""
        return ""

    async def execute(self, query: str, *args: Any, timeout: float | None = None) -> Any:  # noqa: ASYNC109 - asyncpg's own
        """Count the simple protocol; with arguments it comes through `_execute` below.

        Without arguments come BEGIN, COMMIT and ROLLBACK, which no deadline cuts short: late or not, a transaction has to end.
        """
        if not args:
            _note(query)
        return await super().execute(query, *args, timeout=timeout)

    async def _execute(self, query: str, *args: Any, **options: Any) -> Any:
        _note(query)
        return await in_time(super()._execute(query, *args, **options))

    async def _executemany(self, query: str, *args: Any, **options: Any) -> Any:
        _note(query)
        return await in_time(super()._executemany(query, *args, **options))
