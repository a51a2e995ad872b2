"""The broker of one process: what the relay publishes is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from crm import metrics
from crm.notify.brokers.events import Stamped
from crm.notify.brokers.order import Lapsed, Order, Sink


class MemoryBroker:
    """Hands on at once. Its history is the outbox itself, so nothing here has to outlive the process.

    Where several processes have nothing but this, each reads the outbox for itself.
    """

    carries = False

    def __init__(self) -> None:
        self._order = Order()

    @property
    def position(self) -> int:
        """The number up to which readers have been told everything."""
        return self._order.position

    def read(self, sink: Sink, lapsed: Lapsed) -> None:
        """Add a reader."""
        self._order.read(sink, lapsed)

    def begin_anew(self, epoch: int, last: int) -> None:  # noqa: ARG002 - there is nothing outside to tell epochs apart
        """Go on after this number."""
        self._order.begin_anew(last)

    async def publish(self, batch: Sequence[Stamped]) -> None:
        """Tell every sink at once."""
        self._order.take(batch, whole=True)

    def lead(self, *, leading: bool) -> None:
        """Nobody else is there to be told."""

    def ring(self) -> None:
        """The relay that leads elsewhere polls."""

    async def run(self, wake: Callable[[], None]) -> None:  # noqa: ARG002 - nothing is ever missing
        """There is nothing to do in the background."""
        metrics.broker_answers.set(1)

    def verdict(self) -> str:
        """Memory is always there."""
        return "ok"
