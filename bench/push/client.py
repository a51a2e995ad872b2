"""The client, a process of its own: it is told what to do in lines of JSON, and answers each in one.

open    so many sockets more
expect  what the next messages will be, and whom they are for
reach   wait until as many have come as were expected
check   hear whether one comes too many, then hold everything against what was expected
"""

from __future__ import annotations

import gc
import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

import orjson

from bench.machine import raise_descriptors
from bench.push.crowd import Crowd
from bench.push.ledger import Ledger, Verdict
from bench.push.times import spread

COMMANDS, ANSWERS = 0, 1
IDLE_SECONDS = 0.5


class Client:
    """One crowd and its expectations."""

    def __init__(self, fields: list[str], *, shared_ids: bool) -> None:
        self.crowd = Crowd(fields, shared_ids=shared_ids)
        self.ledger = Ledger(shared_ids=shared_ids)
        self.crowd.watch(COMMANDS)
        self._spent = time.process_time()

    def open(self, given: Mapping[str, Any]) -> dict[str, Any]:
        begun = time.monotonic()
        self.crowd.open(given["address"], given["tokens"], given["seconds"])
        return {"seconds": time.monotonic() - begun, "sockets": len(self.crowd.members), "put_off": self.crowd.put_off}

    def expect(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """`news`: field, content, and the sockets; null for all of them."""
        everyone = range(len(self.crowd.members))
        for name, content, sockets in given["news"]:
            self.ledger.expect(name, content, everyone if sockets is None else sockets)
        self._spent = time.process_time()
        return {"expected": self.ledger.expected}

    def reach(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Wait for `count` messages, all that are expected where none is given."""
        end = time.monotonic() + given["seconds"]
        count = given.get("count") or self.ledger.expected
        while (left := end - time.monotonic()) > 0 and len(self.crowd.arrivals) < count and not self.crowd.closed:
            self.crowd.turn(min(left, IDLE_SECONDS))
        arrivals = self.crowd.arrivals
        return {"messages": len(arrivals), "last": arrivals[-1][0] if arrivals else 0.0}

    def check(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """`sent`: field, record, when. Times are told in milliseconds from there."""
        end = time.monotonic() + given["linger"]
        while (left := end - time.monotonic()) > 0:
            self.crowd.turn(left)
        spent = time.process_time() - self._spent
        verdict = self.ledger.check(self.crowd.taken())
        return told(verdict, given["sent"], spent, self.crowd.closed)

    def run(self) -> None:
        """Until the commands end. Sockets are looked after between them."""
        buffered = b""
        while True:
            while b"\n" not in buffered:
                if self.crowd.turn(IDLE_SECONDS, COMMANDS):
                    read = os.read(COMMANDS, 1 << 20)
                    if not read:
                        return
                    buffered += read
            line, _, buffered = buffered.partition(b"\n")
            given = orjson.loads(line)
            command: Callable[[Mapping[str, Any]], dict[str, Any]] = getattr(self, given["do"])
            try:
                answer = command(given)
            except (OSError, ValueError) as error:
                answer = {"error": f"{type(error).__name__}: {error}"}
            whole = memoryview(orjson.dumps(answer) + b"\n")
            while whole:
                whole = whole[os.write(ANSWERS, whole) :]


def told(verdict: Verdict, sent: list[tuple[str, str, float]], spent: float, closed: Mapping[int, int]) -> dict[str, Any]:
    """A verdict and its times, as the bench is told of them."""
    times: dict[str, list[float]] = {}
    lasts: dict[str, list[float]] = {}
    for name, key, at in sent:
        came = [(arrived - at) * 1000 for arrived in verdict.came.get((name, key), ())]
        if came:
            times.setdefault(name, []).extend(came)
            lasts.setdefault(name, []).append(max(came))
    return {
        "expected": verdict.expected,
        "messages": verdict.messages,
        "lost": verdict.lost,
        "doubled": verdict.doubled,
        "reordered": verdict.reordered,
        "strange": verdict.strange,
        "examples": verdict.examples,
        "closed": len(closed),
        "codes": sorted(set(closed.values())),
        "cpu": spent,
        "times": {name: spread(each) for name, each in times.items()},
        "lasts": {name: spread(each) for name, each in lasts.items()},
    }


def main() -> None:
    """Arguments: the fields to subscribe to, divided by commas; `shared` where all sockets use the same operation ids."""
    raise_descriptors()
    gc.disable()  # a pause of the collector would be a late message
    Client(sys.argv[1].split(","), shared_ids="shared" in sys.argv[2:]).run()


if __name__ == "__main__":
    main()
