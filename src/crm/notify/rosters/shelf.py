"""Where processes lay out their pages for each other: a shelf in Redis, of keys that end unless their end is put off."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from redis.asyncio import Redis

from crm.notify.rosters.pages import VERSION

LIFE_SECONDS = 10.0
"""How long the page of a process that was killed still lies there."""
LIFE = int(LIFE_SECONDS * 1000)


@dataclass(frozen=True, slots=True)
class Label:
    """What can be seen of a page without taking it: its version, and for how many seconds nobody has put off its end."""

    version: bytes
    silent: float


class Shelf:
    """The shelf of one system, as the process `name` uses it."""

    def __init__(self, redis: Redis, key: str, name: str) -> None:
        self.redis = redis
        self.key = key
        self.name = name

    async def keep(self, page: bytes | None) -> bool:
        """Lay out this process's page, or put off its end where it is None; whether it lies there now."""
        turn = self._pipeline()
        if page is None:
            turn.pexpire(self._page(self.name), LIFE)
        else:
            turn.set(self._page(self.name), page, px=LIFE)
        # Named every time: somebody may have taken the name away because the page was missing for a moment.
        turn.sadd(self.key, self.name).pexpire(self.key, LIFE)
        return bool((await turn.execute())[0])

    async def labels(self) -> dict[str, Label]:
        """Every page that lies there, by the name of its process. The names of those that ended are removed."""
        names = [name.decode() for name in await self._answer(self.redis.smembers(self.key))]
        turn = self._pipeline()
        for name in names:
            turn.getrange(self._page(name), 0, VERSION.size - 1).pttl(self._page(name))
        told: list[Any] = await turn.execute() if names else []
        found = {
            name: Label(version, LIFE_SECONDS - left / 1000)
            for name, version, left in zip(names, told[::2], told[1::2], strict=True)
            if version
        }
        if ended := set(names) - found.keys() - {self.name}:
            await self._answer(self.redis.srem(self.key, *ended))
        return found

    async def pages(self, names: Collection[str]) -> dict[str, bytes]:
        """The pages of these processes."""
        texts: list[Any] = await self.redis.mget([self._page(name) for name in names]) if names else []
        return {name: text for name, text in zip(names, texts, strict=True) if text}

    async def withdraw(self) -> None:
        """Take this process's page away."""
        turn = self._pipeline()
        turn.delete(self._page(self.name)).srem(self.key, self.name)
        await turn.execute()

    def _page(self, name: str) -> str:
        return f"{self.key}:{name}"

    def _pipeline(self) -> Any:
        return self.redis.pipeline(transaction=False)

    @staticmethod
    async def _answer(asked: Any) -> Any:
        # Annotated as if it could be no awaitable: the client has one set of annotations for both of its kinds.
        return await asked
