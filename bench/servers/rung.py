"""`crm …` whose relay hears of a commit of the bench as of one of its own process.

A call that comes in is committed by the process that holds the sockets, or another process tells it over Redis; whoever measures
writes to the outbox from outside. `SIGUSR1` stands for the bell that the commit would have rung. Without it the relay finds the
row at its next look, and what would be measured is how often it looks.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import crm.app
from crm.cli import main
from crm.services.topics import Topic
from crm.store.database import Database, open_database

NEWS = (Topic.INCOMING_CALLS,)
"""The relay looks for all topics; a call wakes nothing else."""


@asynccontextmanager
async def _opened(*words: Any, **settings: Any) -> AsyncIterator[Database]:
    async with open_database(*words, **settings) as database:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGUSR1, database.announce, NEWS)
        try:
            yield database
        finally:
            loop.remove_signal_handler(signal.SIGUSR1)


if __name__ == "__main__":
    vars(crm.app)["open_database"] = _opened
    main()
