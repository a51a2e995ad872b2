"""The hub: which subscriptions of this process listen to what, and how each gets every event exactly once and in order.

A subscription enters the hub before it asks where the stream stands. What happens from then on is told to it live (`dispatch.py`)
or, while it is being brought up (`replays.py`), stands in the ring and in the history: so there is neither a gap nor a repeat
between what was missed and what happens.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from uuid import UUID

from crm import metrics
from crm.core.errors import BadUserInput, HistoryGone
from crm.core.stream_cursors import StreamCursor, read_stream_cursor
from crm.notify.brokers import Broker, Event
from crm.notify.deliveries import Delivered
from crm.notify.dispatch import Dispatch
from crm.notify.history import History, Stand
from crm.notify.lanes import Lane
from crm.notify.replays import Replays
from crm.notify.subscriptions import Press, Sink, Subscription
from crm.services.topics import STREAMS, TOPICS, Stream, Topic, topics_of

Opening = Callable[[UUID, int], Awaitable[list[Event]]]
"""Given a person and where the stream stands: events up to there that they are to be told of, in order."""


class Hub:
    """The subscriptions of one process."""

    def __init__(self, broker: Broker, history: History, press: Press) -> None:
        self.history = history
        self.epoch = 0
        self._lane = Lane()
        self._dispatches: dict[Stream, Dispatch] = {}
        self._replays: dict[Stream, Replays] = {}
        self._openings: dict[Stream, Opening] = {}
        for stream in Stream:
            self._add(stream, press)
        broker.read(self._heard, self._lapsed)

    def when_delivered(self, topic: Topic, told: Delivered) -> None:
        """Call this for the events of a topic with the people to whose sockets each was written."""

        def tell(event: Event, people: Sequence[UUID]) -> None:
            if event.topic is topic:
                told(event, people)

        self._dispatches[TOPICS[topic].stream].told.append(tell)

    def when_opened(self, stream: Stream, opening: Opening) -> None:
        """Whoever begins to listen without a cursor is told of these events first: what goes on already, such as calls."""
        self._openings[stream] = opening

    async def subscribe(
        self,
        stream: Stream,
        person: UUID,
        rendering: object,
        sink: Sink,
        after: str | None,
        topics: frozenset[Topic] | None = None,
        records: frozenset[UUID] = frozenset(),
    ) -> Subscription:
        """Listen for one person, from a cursor on or from now on: to all of a stream, or to some topics of it.

        `records` are those that topics which are listened to by record are to tell of.

        Raises `BadUserInput` for what is no cursor of this stream, `HistoryGone` for one whose history is no longer kept.
        """
        wanted = None if after is None else _cursor(stream, after)
        subscription = Subscription(stream, topics_of(stream) if topics is None else topics, person, rendering, sink, records)
        dispatch = self._dispatches[stream]
        dispatch.enter(subscription)
        metrics.subscriptions.labels(stream.value).inc()
        try:
            lapses = dispatch.lapses
            stand = await self.history.stand()
            self.epoch = stand.epoch
            subscription.position = self._start(subscription, stand, wanted)
            going_on = await self._openings[stream](person, stand.last) if wanted is None and stream in self._openings else []
        except BaseException:
            self.leave(subscription)
            raise
        if going_on:
            self._replays[stream].open(subscription, going_on)
        elif wanted is None and lapses == dispatch.lapses and dispatch.claimed <= subscription.position:
            subscription.live = True
        else:
            self._replays[stream].bring_up([subscription])
        return subscription

    def leave(self, subscription: Subscription) -> None:
        """Stop listening."""
        subscription.open = subscription.live = False
        if self._dispatches[subscription.stream].leave(subscription):
            metrics.subscriptions.labels(subscription.stream.value).dec()

    def stop(self) -> None:
        """The process ends: nothing is written any more."""
        for stream in Stream:
            self._dispatches[stream].stop()
            self._replays[stream].stop()

    def _add(self, stream: Stream, press: Press) -> None:
        number = STREAMS[stream].number
        dispatch = Dispatch(press, lambda seq: str(StreamCursor(self.epoch, number, seq)), self._lane)
        replays = Replays(stream, dispatch, self.history)
        dispatch.behind = replays.bring_up
        self._dispatches[stream], self._replays[stream] = dispatch, replays

    def _start(self, subscription: Subscription, stand: Stand, after: StreamCursor | None) -> int:
        """The position to take up: after a cursor, or after everything there is."""
        if after is None:
            return stand.last
        gone = stand.horizon(subscription.topics)
        if after.epoch == stand.epoch and gone <= after.seq <= stand.last:
            return after.seq
        raise HistoryGone(str(StreamCursor(stand.epoch, STREAMS[subscription.stream].number, gone)))

    def _heard(self, event: Event) -> None:
        self._dispatches[TOPICS[event.topic].stream].hear(event)

    def _lapsed(self) -> None:
        for dispatch in self._dispatches.values():
            dispatch.lapse()


def _cursor(stream: Stream, text: str) -> StreamCursor:
    try:
        cursor = read_stream_cursor(text)
    except ValueError as error:
        raise BadUserInput("`after` is not a cursor.") from error
    if cursor.stream != STREAMS[stream].number:
        raise BadUserInput("`after` is a cursor of another subscription.")
    return cursor
