"""The filled demo company with a client over it, as its tests use it."""

from __future__ import annotations

from typing import Any

import httpx
from tests.cli.filled import Silent, rows, value
from tests.factories.api import Api

from crm.core.clock import now
from crm.services.system.accounts import create_sessions
from crm.store.database import Database


class Demo:
    """The filled database and a client over it."""

    def __init__(self, database: Database, client: httpx.AsyncClient, progress: Silent) -> None:
        self.database = database
        self.client = client
        self.progress = progress
        self.filled_at = now()

    async def api(self, username: str) -> Api:
        return Api(self.client, (await create_sessions(self.database, username, 1))[0])

    async def count(self, table: str, where: str, *values: object) -> int:
        return int(await value(self.database, f"SELECT count(*) FROM {table} WHERE {where}", *values))

    async def user(self, username: str) -> Any:
        return (await rows(self.database, "SELECT * FROM user_account WHERE username = $1", username))[0]
