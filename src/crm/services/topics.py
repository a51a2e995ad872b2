"""Topics: everything that is pushed, in one table with its rule, its payload and how long it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cache

from crm.access.grants import SIGNED_IN, STAFF_ONLY
from crm.core.kinds import Kind


class Stream(StrEnum):
    """What can be subscribed to (订阅); the values are the names of the subscriptions. A cursor belongs to one of them."""

    INCOMING_CALLS = "incomingCalls"
    ANNOUNCEMENTS = "announcements"
    REMINDERS = "reminders"
    MAIL_RECEIVED = "mailReceived"
    EVENTS = "events"


class Topic(StrEnum):
    """What an event is about (推送主题). The values stand in the outbox."""

    INCOMING_CALLS = "incomingCalls"
    ANNOUNCEMENTS = "announcements"
    REMINDERS = "reminders"
    CALL_UPDATES = "callUpdates"
    PRESENCE = "presence"
    RECORD_CHANGES = "recordChanges"
    NOTIFICATIONS = "notifications"
    NEW_MAIL = "mailReceived"
    MAIL_RECEIVED = "mailArrivals"
    JOB_PROGRESS = "jobProgress"


@dataclass(frozen=True, slots=True)
class StreamRule:
    """One subscription: the number in its cursors, which is never changed or reused, and the permission to open it."""

    number: int
    permission: str


@dataclass(frozen=True, slots=True)
class TopicRule:
    """How the events of one topic are pushed.

    `stream` is the subscription they come by. `type` is the GraphQL type of the record that an event names, None where records of
    every kind are; who may be told is decided by `permission` and by that type's `visible` when it is delivered. `kept` is how
    long events can be asked for again. `binned`: a record in the recycle bin is told of too, as one that went, to whoever would
    see it if it were not there. `by_record`: whoever listens names the records.
    """

    stream: Stream
    type: str | None
    permission: str
    kept: timedelta
    binned: bool = False
    by_record: bool = False


DAY, WEEK = timedelta(days=1), timedelta(days=7)

STREAMS: dict[Stream, StreamRule] = {
    Stream.INCOMING_CALLS: StreamRule(1, "call.read"),
    Stream.ANNOUNCEMENTS: StreamRule(2, SIGNED_IN),
    Stream.REMINDERS: StreamRule(3, SIGNED_IN),
    Stream.MAIL_RECEIVED: StreamRule(5, "email_message.read"),
    Stream.EVENTS: StreamRule(4, SIGNED_IN),
}

TOPICS: dict[Topic, TopicRule] = {
    Topic.INCOMING_CALLS: TopicRule(Stream.INCOMING_CALLS, "Call", "call.read", WEEK),
    Topic.ANNOUNCEMENTS: TopicRule(Stream.ANNOUNCEMENTS, "Announcement", SIGNED_IN, WEEK),
    Topic.REMINDERS: TopicRule(Stream.REMINDERS, "Reminder", SIGNED_IN, WEEK),
    Topic.NEW_MAIL: TopicRule(Stream.MAIL_RECEIVED, "EmailMessage", "email_message.read", WEEK),
    Topic.CALL_UPDATES: TopicRule(Stream.EVENTS, "Call", "call.read", DAY, binned=True),
    Topic.PRESENCE: TopicRule(Stream.EVENTS, "User", STAFF_ONLY, DAY),
    Topic.RECORD_CHANGES: TopicRule(Stream.EVENTS, None, SIGNED_IN, DAY, binned=True, by_record=True),
    Topic.NOTIFICATIONS: TopicRule(Stream.EVENTS, "Notification", SIGNED_IN, WEEK),
    Topic.MAIL_RECEIVED: TopicRule(Stream.EVENTS, "EmailMessage", "email_message.read", DAY),
    Topic.JOB_PROGRESS: TopicRule(Stream.EVENTS, "Job", SIGNED_IN, DAY),
}

_OF_KIND = {Kind.CALL: Topic.CALL_UPDATES}


def topic_of_changes(kind: Kind) -> Topic:
    """By which topic a logged change of a record of this kind is told."""
    return _OF_KIND.get(kind, Topic.RECORD_CHANGES)


@cache
def topics_of(stream: Stream) -> frozenset[Topic]:
    """All that comes by one subscription."""
    return frozenset(topic for topic, rule in TOPICS.items() if rule.stream is stream)
