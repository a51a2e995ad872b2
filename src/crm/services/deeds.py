"""A deed: one verb being done, in one transaction, by somebody, at one instant."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol
from uuid import UUID

from tortoise.backends.base.client import TransactionalDBClient
from tortoise.transactions import in_transaction

from crm.access.loading import load_by_session
from crm.access.viewer import Viewer, same_rights
from crm.config import Settings
from crm.core.clock import now
from crm.core.vault import CLOSED, Vault
from crm.services.search_entries import keep_entries


class Channel(StrEnum):
    """The way a change comes in; kept in the change log."""

    API = "API"
    IMPORT = "IMPORT"
    TELEPHONY = "TELEPHONY"
    MAIL = "MAIL"
    SCHEDULE = "SCHEDULE"
    SYSTEM = "SYSTEM"


class Database(Protocol):
    """Where transactions come from."""

    def transaction(self) -> AbstractAsyncContextManager[TransactionalDBClient]:
        """A transaction, committed at the end of the block."""

    def announce(self, news: Collection[object] = ()) -> None:
        """Events were committed: whoever waits for them should look."""


class StaleViewer(Exception):
    """The viewer's rights or session changed since they were loaded: load them again and start over."""


@dataclass(frozen=True, slots=True)
class DiallingPlan:
    """How a number without country or area code is meant: `CRM_DEFAULT_REGION` and `CRM_DEFAULT_AREA_CODE`.

    `switchboard` is the source whose gateway dials for people; None where there is none.
    """

    region: str = "CN"
    area_code: str | None = None
    switchboard: str | None = None

    @classmethod
    def of(cls, settings: Settings) -> DiallingPlan:
        """The one of this installation."""
        return cls(settings.default_region, settings.default_area_code or None, settings.switchboard)


@dataclass(frozen=True, slots=True)
class Deed:
    """What every service function gets first: the transaction, who acts, when, and how the change came in."""

    tx: TransactionalDBClient
    viewer: Viewer
    at: datetime
    request_id: str
    channel: Channel = Channel.API
    on_behalf_of: UUID | None = None
    dialling: DiallingPlan = DiallingPlan()
    vault: Vault = CLOSED
    news: list[object] = field(default_factory=list)
    """What was recorded for the outbox; told to the relay once it is committed."""
    reworded: set[UUID] = field(default_factory=set)
    """Records that may be found by other words now: the search centre takes note of them before the commit."""
    duplicates: list[dict[str, Any]] = field(default_factory=list)
    """Records that those which were written may be the same as: told beside the outcome (`services/customers/duplicates.py`)."""

    @property
    def actor(self) -> UUID | None:
        """The person who acts; None for the system."""
        return self.viewer.id

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[Deed]:
        """The same deed inside a savepoint: what fails in there is undone alone."""
        async with in_transaction("default") as tx:
            yield replace(self, tx=tx)

    async def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        """Run a statement in the transaction; its rows as dictionaries."""
        return list(await self.tx.execute_query_dict(query, list(values)))

    async def run(self, query: str, *values: object) -> None:
        """Run a statement in the transaction."""
        await self.tx.execute_query(query, list(values))


_GUARD = """
SELECT e.epoch, EXISTS (SELECT FROM session z
    WHERE z.id = $1 AND z.revoked_at IS NULL AND z.expires_at > now()) AS live FROM rights_epoch e
"""


async def _unchanged(opened: Deed, session_id: UUID) -> bool:
    """Whether the viewer still has the rights they were loaded with.

    The epoch is everybody's: it is asked again here, in the transaction, because while people are being hired one after another
    no viewer that was loaded before it would ever be in time.
    """
    fresh = await load_by_session(Reading(opened), session_id)
    return fresh is not None and same_rights(fresh, opened.viewer)


class Reading:
    """The transaction as the loading of viewers reads from it."""

    def __init__(self, opened: Deed) -> None:
        self.opened = opened

    async def fetchrow(self, query: str, *args: object) -> Any:
        """The first row, or None."""
        rows = await self.opened.rows(query, *args)
        return rows[0] if rows else None

    async def fetch(self, query: str, *args: object) -> Any:
        """All rows."""
        return await self.opened.rows(query, *args)


@asynccontextmanager
async def deed(
    database: Database,
    viewer: Viewer,
    request_id: str,
    *,
    channel: Channel = Channel.API,
    dialling: DiallingPlan = DiallingPlan(),
    vault: Vault = CLOSED,
) -> AsyncIterator[Deed]:
    """Open the transaction of a deed, and make sure that the viewer still is who they were when their rights were loaded."""
    async with database.transaction() as tx:
        opened = Deed(tx, viewer, now(), request_id, channel, dialling=dialling, vault=vault)
        if viewer.session is not None:
            state: Mapping[str, Any] = (await opened.rows(_GUARD, viewer.session))[0]
            if not state["live"] or (state["epoch"] != viewer.epoch and not await _unchanged(opened, viewer.session)):
                raise StaleViewer
        yield opened
        await keep_entries(opened)
    if opened.news:
        database.announce(opened.news)
