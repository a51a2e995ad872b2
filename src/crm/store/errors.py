"""What can go wrong between us and the database, each told in one line that says what to do."""

from __future__ import annotations

import asyncpg
from tortoise.exceptions import DBConnectionError


class StoreError(Exception):
    """The database cannot be started, reached, migrated or copied; the text is for the person at the command line."""


class PoolExhausted(TimeoutError):
    """All connections stayed busy for as long as a request may wait for one."""


class DeadlinePassed(TimeoutError):
    """The time a request has is over; its statement was cancelled."""


UNAVAILABLE = (
    OSError,
    TimeoutError,
    DBConnectionError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # what asyncpg says when a connection ends between two of its own steps
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,
    asyncpg.InsufficientResourcesError,
)
"""The database is away, restarting or overloaded: the same again, later, may well succeed."""

LATE = (DeadlinePassed, asyncpg.QueryCanceledError)
"""The database is there and took too long."""


def is_away(error: BaseException | None) -> bool:
    """Whether an error says that the database is away or late, and nothing of a mistake of ours."""
    # asyncpg calls a value that does not fit its parameter an InterfaceError too: that one is a mistake.
    return isinstance(error, UNAVAILABLE) and not isinstance(error, ValueError)
