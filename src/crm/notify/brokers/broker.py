"""What the relay and the hub may expect of a broker; one suite of tests holds every one to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

from crm.notify.brokers.events import Stamped
from crm.notify.brokers.order import Lapsed, Sink


class Broker(Protocol):
    """What lies between the relay and the hubs."""

    @property
    def position(self) -> int:
        """The number up to which readers here have been told everything."""

    @property
    def carries(self) -> bool:
        """Whether it brings by itself what other processes numbered; where not, the relay of this one reads the outbox."""

    def read(self, sink: Sink, lapsed: Lapsed) -> None:
        """From now on, tell this sink of every event, and `lapsed` where some may have passed by unpublished."""

    def begin_anew(self, epoch: int, last: int) -> None:
        """What comes from here on follows this number of this epoch: readers look up what may lie between."""

    async def publish(self, batch: Sequence[Stamped]) -> None:
        """Hand on what the outbox holds after `position`, in order; what came before is dropped.

        In the process that leads it goes to the others as well.
        """

    def lead(self, *, leading: bool) -> None:
        """Whether this process gives the numbers."""

    def ring(self) -> None:
        """Something was committed here: whoever leads should look."""

    async def run(self, wake: Callable[[], None]) -> None:
        """Do what goes on in the background, until cancelled. `wake` is for the relay: it has something to look for."""

    def verdict(self) -> str:
        """How it is, in a few words; `ok` where all is well."""
