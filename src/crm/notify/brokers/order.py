"""The one order in which the readers of a process are told, wherever an event came from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import structlog

from crm import metrics
from crm.notify.brokers.events import Event, Stamped

Sink = Callable[[Event], None]
Lapsed = Callable[[], None]

log = structlog.get_logger("crm.broker")


class Order:
    """Hands events to readers once each, by their numbers.

    Numbers have no gaps (`_STAMP` in the relay), so a gap says that something is missing here. What comes from the database is
    whole by itself: where that has a gap, the events in it have been forgotten.
    """

    def __init__(self) -> None:
        self.position = 0
        self._readers: list[tuple[Sink, Lapsed]] = []

    def read(self, sink: Sink, lapsed: Lapsed) -> None:
        """Add a reader."""
        self._readers.append((sink, lapsed))

    def begin_anew(self, last: int) -> None:
        """Go on after this number, whatever came before; readers look up what may lie between."""
        self.position = last
        self.lapse()

    def lapse(self) -> None:
        """Tell the readers that events may have passed by."""
        for _, lapsed in self._readers:
            lapsed()

    def take(self, batch: Sequence[Stamped], *, whole: bool) -> bool:
        """Hand on what is new of a batch in order; False at a gap, unless the batch is known to be `whole`.

        What lies behind the gap is not taken.
        """
        now, missed = datetime.now(UTC), False
        for stamped in batch:
            if stamped.seq <= self.position:
                continue
            if stamped.seq != self.position + 1:
                if not whole:
                    return False
                missed = True
            self.position = stamped.seq
            self._tell(stamped)
            metrics.relay_seconds.observe((now - stamped.recorded_at).total_seconds())
        if missed:
            self.lapse()
        return True

    def _tell(self, stamped: Stamped) -> None:
        event = stamped.event()
        if event is None:
            log.warning("event of an unknown topic", topic=stamped.topic, seq=stamped.seq)
            return
        for sink, _ in self._readers:
            sink(event)
