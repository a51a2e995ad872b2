"""P15: how many reminders are fired a second, and how late one is when 500 a second fall due.

Firing is measured alone, in this process, as the loop of a server does it: batch after batch, each a transaction that claims what
is due, writes the reminders and their events in the outbox, and moves every series on. Half of the events repeat, so half of the
series have a next occurrence to be found. Then two such loops share the work, and everything is counted: each series once. Growth
is the cost of one reminder with ten times as many due.

Lateness is measured at `crm serve`, with all it does beside: from when a reminder was due to the commit of it, by the database's
own clock (`track_commit_timestamp`).
"""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import asyncpg
import uvloop

from bench import machine
from bench.processes import fine_seconds
from bench.push.database import Cluster, tidy
from bench.results import Result
from bench.servers import ours
from bench.world import DATA, OPTIONS
from crm.core.clock import now
from crm.notify.office.reminders import fire_all
from crm.services.office.reminder_firing import BATCH
from crm.store.database import Database, open_database
from crm.store.embedded import EmbeddedServer

IDS = ("P15",)
MANY, TIMES, ROUNDS = 20_000, 10, 5
PER_SECOND, SECONDS = 500, 20
PEOPLE = 200
LEAD = timedelta(seconds=3)
FOLDER = DATA / "reminders"

_PEOPLE = """
WITH made AS (
    INSERT INTO user_account (id, username, display_name, name_key, kind, locale, time_zone, active, password_hash, created_at,
        updated_at, version)
    SELECT gen_random_uuid(), 'reminded-' || n, 'Reminded ' || n, 'reminded', 'STAFF', 'zh-CN', 'Asia/Shanghai', true, '-', now(),
        now(), 1
    FROM generate_series(1, $1::int) n RETURNING id)
INSERT INTO principal (id, kind) SELECT id, 1 FROM made RETURNING id
"""
_DUE = """
WITH made AS (
    INSERT INTO schedule_event (id, title, time_zone, local_start, duration_seconds, all_day, rrule, starts_at, ends_at,
        last_ends_at, created_at, updated_at, owner_id, version)
    SELECT gen_random_uuid(), '回访 ' || n, 'Asia/Shanghai',
        to_char(s.at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS'), 900, false,
        CASE n % 4 WHEN 0 THEN 'FREQ=DAILY' WHEN 2 THEN 'FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR,SA,SU' END, s.at,
        s.at + interval '15 minutes', s.at + interval '9 years', now(), now(), ($2::uuid[])[1 + n % cardinality($2::uuid[])], 1
    FROM (SELECT n, $3::timestamptz + n * $4::interval AS at FROM generate_series(0, $1::int - 1) n) s
    RETURNING id, owner_id, starts_at)
INSERT INTO reminder_series (id, schedule_event_id, user_id, channel, minutes_before, occurrence_at, due_at)
SELECT gen_random_uuid(), id, owner_id, 'POPUP', 10, starts_at, starts_at - interval '10 minutes' FROM made
"""
_LATE = """
SELECT extract(epoch FROM pg_xact_commit_timestamp(xmin) - due_at) * 1000 AS ms FROM reminder ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class Fired:
    """One round: reminders a second, microseconds of processor time for each, and what disturbed."""

    rate: float
    ours: float
    database: float
    noise: machine.Noise

    @property
    def cost(self) -> float:
        return self.ours + self.database


@contextmanager
def cluster() -> Iterator[Cluster]:
    """The database server, which notes when each transaction was committed."""
    with EmbeddedServer(FOLDER, OPTIONS | {"track_commit_timestamp": "on"}) as server:
        postmaster = server.home.running_server()
        assert postmaster is not None
        asyncio.run(tidy(server.url))
        ours.command(server.url, FOLDER, "migrate")
        yield Cluster(server.url, postmaster)


def measure(_: set[str]) -> list[Result]:
    with cluster() as databases:
        alone = uvloop.run(_rounds(databases.copy("push_reminders_alone"), databases.postmaster, 1))
        shared = uvloop.run(_rounds(databases.copy("push_reminders_shared"), databases.postmaster, 2))
        late = lateness(databases.copy("push_reminders_late"))
    return [*_rates(alone, shared), *late]


def _rates(alone: dict[int, list[Fired]], shared: dict[int, list[Fired]]) -> list[Result]:
    said = f"half of repeating events, batches of {BATCH}, popups with their events in the outbox, embedded PostgreSQL in memory"
    many, few = (alone[size] for size in (MANY * TIMES, MANY))
    ratio = statistics.median(one.cost / other.cost for one, other in zip(many, few, strict=True))
    noisy = str(machine.typical([each.noise for rounds in (*alone.values(), *shared.values()) for each in rounds]))
    details = {f"{size:,} due, one loop": _details(rounds) for size, rounds in alone.items()}
    details |= {f"{size:,} due, two loops": _details(rounds) for size, rounds in shared.items()}
    return [
        Result(
            "P15", "reminders fired a second", round(statistics.median(each.rate for each in few)), "/s", ROUNDS,
            f"{MANY:,} due at once, one loop; {said}", noisy=noisy, details=details,
        ),
        Result(
            "P15", "the same by two loops at once", round(statistics.median(each.rate for each in shared[MANY])), "/s", ROUNDS,
            f"{MANY:,} due at once, two loops in one process, each series fired once; {said}", noisy=noisy,
        ),
        Result(
            "P15", f"a reminder when {TIMES} times as many are due", round(statistics.median(each.cost for each in many), 1),
            "µs CPU", ROUNDS, f"{MANY * TIMES:,} (first figure) and {MANY:,} (second), in turn, medians; {said}",
            round(statistics.median(each.cost for each in few), 1), round(ratio, 3), noisy,
        ),
    ]  # fmt: skip


def _details(rounds: list[Fired]) -> dict[str, float]:
    return {
        "per_second": round(statistics.median(each.rate for each in rounds)),
        "server_us": round(statistics.median(each.ours for each in rounds), 1),
        "postgresql_us": round(statistics.median(each.database for each in rounds), 1),
    }


async def _rounds(url: str, postmaster: int, loops: int) -> dict[int, list[Fired]]:
    sizes = (MANY * TIMES, MANY) if loops == 1 else (MANY,)
    rounds: dict[int, list[Fired]] = {size: [] for size in sizes}
    connection = await asyncpg.connect(url, timeout=30)
    people = [row["id"] for row in await connection.fetch(_PEOPLE, PEOPLE)]
    async with open_database(url, max_size=4) as database:
        await _fired(connection, database, people, postmaster, MANY // TIMES, loops, 1.0)
        best = min(machine.spin() for _ in range(5))
        for number in range(ROUNDS):
            for size in sizes if number % 2 == 0 else sizes[::-1]:
                rounds[size].append(await _fired(connection, database, people, postmaster, size, loops, best))
    await connection.close()
    return rounds


async def _fired(
    connection: asyncpg.Connection, database: Database, people: list[UUID], postmaster: int, size: int, loops: int, best: float
) -> Fired:
    """Let so many be due, fire them, and look that each was fired once and every repeating one moved on."""
    at = now()
    await connection.execute("TRUNCATE reminder, reminder_series, event", timeout=120)
    await connection.execute("DELETE FROM schedule_event", timeout=300)
    await connection.execute(
        _DUE, size, people, at - timedelta(seconds=30) + timedelta(minutes=10), timedelta(microseconds=1), timeout=300
    )
    await connection.execute("ANALYZE schedule_event, reminder_series, reminder, event", timeout=120)
    clock, before = machine.look(), (fine_seconds([os.getpid()]), fine_seconds([postmaster]))
    began = time.perf_counter()
    told = sum(await asyncio.gather(*(_until_nothing(database, at) for _ in range(loops))))
    took = time.perf_counter() - began
    spent = fine_seconds([os.getpid()]) - before[0], fine_seconds([postmaster]) - before[1]
    noise = machine.Noise.between(clock, machine.look(), sum(spent), machine.spin() / best)
    found = await connection.fetchrow(
        "SELECT (SELECT count(*) FROM reminder) AS reminders, (SELECT count(DISTINCT record_id) FROM event) AS events,"
        " (SELECT count(*) FROM event) AS all, (SELECT count(*) FROM reminder_series WHERE due_at > now()) AS next"
    )
    if (told, *found) != (size, size, size, size, (size + 1) // 2):
        raise RuntimeError(f"{told} told, {dict(found)} of {size}")
    return Fired(size / took, spent[0] / size * 1e6, spent[1] / size * 1e6, noise)


async def _until_nothing(database: Database, at: datetime) -> int:
    """One loop, until nothing is left for it."""
    total = 0
    while found := await fire_all(database, at):
        total += found
    return total


def lateness(url: str) -> list[Result]:
    """So many a second for some seconds, at a server that does nothing else."""
    with ours.serve(url, FOLDER) as process:
        milliseconds, noise = asyncio.run(_lateness(url, process.pid))
    cuts = statistics.quantiles(milliseconds, n=100)
    setup = f"`crm serve`, {PER_SECOND}/s for {SECONDS} s, half of repeating events; from due to commit, by the database's clock"
    figures = (("p50", statistics.median(milliseconds)), ("p99", cuts[98]), ("longest", max(milliseconds)))
    return [
        Result("P15", f"lateness at {PER_SECOND}/s, {name}", round(value, 2), "ms", len(milliseconds), setup, noisy=noise)
        for name, value in figures
    ]


async def _lateness(url: str, process: int) -> tuple[list[float], str]:
    connection = await asyncpg.connect(url, timeout=30)
    people = [row["id"] for row in await connection.fetch(_PEOPLE, PEOPLE)]
    size, apart = PER_SECOND * SECONDS, timedelta(seconds=1) / PER_SECOND
    begin = now() + LEAD
    await connection.execute(_DUE, size, people, begin + timedelta(minutes=10), apart, timeout=60)
    await connection.execute("ANALYZE schedule_event, reminder_series, reminder, event")
    if now() >= begin:
        raise TimeoutError("the reminders were due before they were written")
    best, clock = min(machine.spin() for _ in range(5)), machine.look()
    mine, theirs = fine_seconds([os.getpid()]), fine_seconds([process])
    end = time.monotonic() + SECONDS + 60
    while await connection.fetchval("SELECT count(*) FROM reminder") < size:
        if time.monotonic() > end:
            raise TimeoutError("they were not all fired")
        await asyncio.sleep(0.5)
    spent = fine_seconds([os.getpid()]) - mine + fine_seconds([process]) - theirs
    noise = machine.Noise.between(clock, machine.look(), spent, machine.spin() / best)
    late = [float(row["ms"]) for row in await connection.fetch(_LATE)]
    await connection.close()
    return late, str(noise)
