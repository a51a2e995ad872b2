"""Topics: everything that is pushed, in one table with its rule, its payload and how long it is kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from crm.access.grants import SIGNED_IN


class Topic(StrEnum):
    """What can be listened to (推送主题); the values are the names of the subscriptions."""

    INCOMING_CALLS = "incomingCalls"
    ANNOUNCEMENTS = "announcements"
    REMINDERS = "reminders"


@dataclass(frozen=True, slots=True)
class TopicRule:
    """How one topic is pushed.

    `number` stands in cursors, so it is never changed or reused. `type` is the GraphQL type of the record that an event names;
    who may be told is decided by that type's `visible` at the moment of delivery. `permission` is the gate of the subscription.
    `kept` is how long its events can be asked for again.
    """

    number: int
    type: str
    permission: str
    kept: timedelta


WEEK = timedelta(days=7)

TOPICS: dict[Topic, TopicRule] = {
    Topic.INCOMING_CALLS: TopicRule(1, "Call", "call.read", WEEK),
    Topic.ANNOUNCEMENTS: TopicRule(2, "Announcement", SIGNED_IN, WEEK),
    Topic.REMINDERS: TopicRule(3, "Reminder", SIGNED_IN, WEEK),
}
