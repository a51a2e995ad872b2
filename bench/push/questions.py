"""What is subscribed to, and by what an event is known in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ANNOUNCEMENTS, CALLS, REMINDERS = "announcements", "incomingCalls", "reminders"
DOCUMENTS = {
    ANNOUNCEMENTS: """subscription ($after: String) { announcements(after: $after) { cursor announcement {
  id title body publishedAt mustConfirm } } }""",
    CALLS: """subscription ($after: String) { incomingCalls(after: $after) { cursor expiresAt call {
  id state direction number { e164 raw display } line ringingAt answeredAt endedAt candidates { id username }
  claimedBy { id username }
  matches { score reason restricted owner { id displayName } party { id name } contact { id name } } } } }""",
    REMINDERS: """subscription ($after: String) { reminders(after: $after) { cursor reminder {
  dueAt channel late event { id title startsAt } } } }""",
}
BOTH = (ANNOUNCEMENTS, CALLS)
"""The two subscriptions that every socket has."""


def key_of(field: str, value: Mapping[str, Any]) -> str:
    """The record that a pushed value is about. A reminder is made when it fires, so it is known by the event it is for."""
    if field == ANNOUNCEMENTS:
        return str(value["announcement"]["id"])
    if field == CALLS:
        return str(value["call"]["id"])
    return str(value["reminder"]["event"]["id"])


def operation_id(field: str, number: int, *, shared: bool) -> str:
    """What a socket calls a subscription; with `shared` all sockets call it the same, so that one frame fits all."""
    return field[0] if shared else f"{field[0]}{number}"
