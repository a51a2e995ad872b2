"""The stream of events in Redis: one for all topics, since readers are to have one order, and one for each epoch.

The id of an entry is `<number>-0`, so that an event written again has the id that it had. Entries are appended by a script that
compares first: only after the number that the writer believes to be the last. So what Redis lost is noticed with the next event,
and of two processes that believe to lead, the one that is wrong is refused and looks again.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from crm.notify.brokers.events import Stamped

KEPT_SECONDS = 8 * 24 * 3600
"""How long after its last event a stream goes by itself: that of an epoch which is over has nobody else to remove it."""
READ_AT_ONCE = 500

_APPEND = """
local last = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
if not last[1] then redis.call('DEL', KEYS[1]) end
local number = last[1] and string.match(last[1][1], '^%d+') or '0'
if number ~= ARGV[1] then return number end
for i = 4, #ARGV, 5 do
    redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[2], ARGV[i] .. '-0', 'topic', ARGV[i + 1], 'record', ARGV[i + 2],
        'audience', ARGV[i + 3], 'at', ARGV[i + 4])
    number = ARGV[i]
end
redis.call('EXPIRE', KEYS[1], ARGV[3])
return number
"""
_BEGIN = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_UUID_BYTES = 16


def connect(url: str, seconds: float) -> Redis:
    """A client that gives up after so many seconds and repeats nothing: our loops do, and they must see every break."""
    address = url.replace("valkey", "redis", 1) if url.startswith("valkey") else url
    return Redis.from_url(address, retry=Retry(NoBackoff(), 0), socket_timeout=seconds, socket_connect_timeout=seconds)


class EventStream:
    """The stream of one epoch."""

    def __init__(self, epoch: int, history: int) -> None:
        self.key = f"crm:events:{epoch}"
        self.bell = f"crm:bell:{epoch}"
        self.history = history

    async def end(self, client: Redis) -> int:
        """The number of its last event; 0 where there is none."""
        found = cast("list[Any]", await client.xrevrange(self.key, count=1))
        return _number(found[0][0]) if found else 0

    async def append(self, client: Redis, end: int, batch: Sequence[Stamped]) -> int:
        """Write a batch after this number, or nothing where the stream ends at another one; where it ends now."""
        values: list[Any] = []
        for stamped in batch:
            values += [stamped.seq, stamped.topic, stamped.record_id.bytes, _packed(stamped), _microseconds(stamped.recorded_at)]
        answer = cast("Any", client.eval(_APPEND, 1, self.key, end, self.history, KEPT_SECONDS, *values))
        return int(await answer)

    async def after(self, client: Redis, seq: int, seconds: float) -> list[Stamped]:
        """What follows a number; waits so long for something to come."""
        found = cast("Any", await client.xread({self.key: f"{seq}-0"}, count=READ_AT_ONCE, block=int(seconds * 1000)))
        return [_unpacked(key, fields) for key, fields in found[0][1]] if found else []

    async def remove(self, client: Redis) -> None:
        """Take it away."""
        await client.delete(self.key)


def _number(key: bytes) -> int:
    return int(key.partition(b"-")[0])


def _packed(stamped: Stamped) -> bytes:
    return b"".join(person.bytes for person in stamped.audience)


def _microseconds(at: datetime) -> int:
    return (at - _BEGIN) // _MICROSECOND


def _unpacked(key: bytes, fields: dict[bytes, bytes]) -> Stamped:
    people = fields[b"audience"]
    audience = frozenset(UUID(bytes=people[place : place + _UUID_BYTES]) for place in range(0, len(people), _UUID_BYTES))
    recorded_at = _BEGIN + int(fields[b"at"]) * _MICROSECOND
    return Stamped(_number(key), fields[b"topic"].decode(), UUID(bytes=fields[b"record"]), audience, recorded_at)
