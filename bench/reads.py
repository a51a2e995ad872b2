"""P1 to P5: Q1, Q2 and Q3 against PostGraphile (P1–P3) and against statements by hand (P4); statements a request (P5).

The viewer has a role with own and subordinates' records, 400 subordinates and 10,000 shares. PostGraphile runs without record
rights, which favours it: it reads the first rows it meets, we those the viewer may see.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import uvloop

from bench.documents import NAMES
from bench.equality import check
from bench.load import answers
from bench.results import Result
from bench.rounds import CONCURRENCY, ROUNDS, SECONDS, Contender, alternate, noise, ratio
from bench.servers import handwritten, ours, postgraphile
from bench.servers.process import Process
from bench.servers.side import Side
from bench.variables import Asked, asked_by
from bench.world import ADMIN, MANAGER, NARROW, POOL, World, opened

IDS = ("P1", "P2", "P3", "P4", "P5")
AGAINST_PEER = {"q1": "P1", "q2": "P2", "q3": "P3"}
WHAT = {"q1": "Q1 customer 360", "q2": "Q2 page of 50, nested", "q3": "Q3 flat page of 50"}
UNIT = "ms CPU"
IDLE_SECONDS = 3.0


def measure(ids: set[str]) -> list[Result]:
    with opened() as world, ours.serve(world.url, world.folder) as server:
        wide = uvloop.run(asked_by(world.url, MANAGER))
        people = People(world, server, wide, world.token(MANAGER))
        results: list[Result] = []
        if ids - {"P5"}:
            results += people.compared({name for name, goal in AGAINST_PEER.items() if goal in ids}, by_hand="P4" in ids)
        if "P4" in ids:
            narrow = uvloop.run(asked_by(world.url, NARROW))
            results += People(world, server, narrow, world.token(NARROW), "0.1 % ").compared(set(), by_hand=True)
        if "P5" in ids:
            results += people.statements()
    return sorted(results, key=lambda each: each.id)


@dataclass
class People:
    """One viewer of one world, and what is measured for them."""

    world: World
    server: Process
    asked: Asked
    token: str
    label: str = ""

    def compared(self, against_peer: set[str], *, by_hand: bool) -> list[Result]:
        """Ours, PostGraphile and the statements by hand in turn, document by document."""
        results = []
        with self._peer(wanted=bool(against_peer)) as peer, self._by_hand(wanted=by_hand) as hand:
            for document in NAMES:
                theirs = peer if document in against_peer else None
                if theirs or hand:
                    results += uvloop.run(self._document(document, theirs, hand))
        return results

    async def _document(self, document: str, peer: Side | None, hand: Side | None) -> list[Result]:
        sets = self.asked.sets[document]
        mine = ours.side(self.server, self.token)
        if peer:
            # Without rights the peer sees what our administrator sees; for the viewer both sides answer alike in size.
            await check(document, ours.side(self.server, self.world.token(ADMIN), "ours (administrator)"), peer, sets)
        if hand:
            await check(document, mine, hand, sets)
        sides = [side for side in (mine, peer, hand) if side]
        print(f"{self.label}{WHAT[document]}: {', '.join(side.name for side in sides)} …", flush=True)
        contenders = [Contender.of(side, self.world.postmaster, document, sets) for side in sides]
        await alternate(contenders)
        one = contenders[0]
        return [self._result(document, one, other, by_hand=other.side is hand) for other in contenders[1:]]

    def _result(self, document: str, one: Contender, other: Contender, *, by_hand: bool) -> Result:
        setup = (
            f"{self.world.said}; viewer: {self.asked.said}; CPU of server + PostgreSQL a request, {len(one.asks)} sets of "
            f"variables, {CONCURRENCY} connections, {SECONDS:g} s a round, sides in turn, medians"
        )
        if not by_hand:
            setup += f"; peer: PostGraphile {postgraphile.version()} without record rights, which favours it"
        details = {one.side.name: one.details(), other.side.name: other.details()}
        goal = "P4" if by_hand else AGAINST_PEER[document]
        what = f"{self.label}{WHAT[document]}, against {other.side.name}"
        return Result(
            goal, what, round(one.median("cost"), 3), UNIT, ROUNDS, setup,
            round(other.median("cost"), 3), round(ratio(one, other), 3), noise((one, other)), details,
        )  # fmt: skip

    def statements(self) -> list[Result]:
        """Statements a warm request, authentication included; what the server sends beside its requests is taken off."""
        results = []
        idle = self._idle_rate()
        for document in NAMES:
            side = ours.side(self.server, self.token)
            asks = side.asks(document, self.asked.sets[document])
            uvloop.run(answers(self.server.address, asks[:5]))
            before, begun = ours.statements(self.server), time.monotonic()
            uvloop.run(answers(self.server.address, asks))
            sent = ours.statements(self.server) - before - idle * (time.monotonic() - begun)
            setup = f"{len(asks)} requests one after the other, from /metrics, {idle:.1f}/s of background work taken off"
            results.append(Result("P5", WHAT[document], round(sent / len(asks), 2), "statements", len(asks), setup))
        return results

    def _idle_rate(self) -> float:
        before = ours.statements(self.server)
        time.sleep(IDLE_SECONDS)
        return (ours.statements(self.server) - before) / IDLE_SECONDS

    @contextmanager
    def _peer(self, *, wanted: bool) -> Iterator[Side | None]:
        if not wanted:
            yield None
            return
        with postgraphile.serve(self.world.url, POOL) as process:
            yield postgraphile.side(process)

    @contextmanager
    def _by_hand(self, *, wanted: bool) -> Iterator[Side | None]:
        if not wanted:
            yield None
            return
        with handwritten.serve(self.world.url, POOL) as process:
            yield handwritten.side(process, self.token)
