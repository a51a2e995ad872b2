"""What a side and the machine did between two looks."""

from __future__ import annotations

import time

from bench import machine
from bench.push.sides import Side


class Watch:
    """Begun when it is made; `best` is the loop of `machine.spin` at its best."""

    def __init__(self, side: Side, best: float) -> None:
        self.side = side
        self.slowed = machine.spin() / best
        self._mine, self._begun, self._clock = time.process_time(), side.spent(), machine.look()

    def stop(self) -> None:
        """Now."""
        self._end, ended = machine.look(), self.side.spent()
        self.wall = self._end.wall - self._clock.wall
        self.server, self.database = (late - early for late, early in zip(ended, self._begun, strict=True))
        self._mine = time.process_time() - self._mine

    def worked(self) -> tuple[float, float]:
        """Processor seconds of server and PostgreSQL, without what the open sockets cost by themselves."""
        server, database = self.side.idle
        return max(self.server - server * self.wall, 0), max(self.database - database * self.wall, 0)

    def noise(self, client: float) -> machine.Noise:
        """`client` is the processor time of the client."""
        ours = self.server + self.database + client + self._mine
        return machine.Noise.between(self._clock, self._end, ours, self.slowed)
