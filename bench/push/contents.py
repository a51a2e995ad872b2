"""What is pushed: the same contents for every side, so that all write as many bytes to as many sockets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from bench.push.questions import ANNOUNCEMENTS, CALLS, REMINDERS, key_of
from crm.core.clock import now, print_instant
from crm.core.ids import new_id
from crm.core.kinds import Kind

BODY = (
    "今天 18:00 至 19:00 交换机维护，期间电话可能中断。The switchboard is maintained today from 18:00 to 19:00; calls may drop. "
    * 2
)
LINE = "4000"


@dataclass(frozen=True)
class Agent:
    """Somebody with a socket: agent n has socket n."""

    number: int
    id: UUID
    username: str
    token: str


@dataclass(frozen=True)
class Item:
    """Something to be pushed, to these agents. `at` is the instant in its content."""

    field: str
    content: dict[str, Any]
    agents: Sequence[Agent]
    at: datetime

    @property
    def key(self) -> str:
        return key_of(self.field, self.content)

    @property
    def news(self) -> tuple[str, dict[str, Any], list[int]]:
        """As the client expects it."""
        return self.field, self.content, [agent.number for agent in self.agents]


def announcement(number: int, agents: Sequence[Agent]) -> Item:
    """For all of them."""
    at = now()
    content = {
        "id": str(new_id(Kind.ANNOUNCEMENT)),
        "title": f"公告 {number}: maintenance of the switchboard",
        "body": BODY,
        "publishedAt": print_instant(at),
        "mustConfirm": False,
    }
    return Item(ANNOUNCEMENTS, {"announcement": content}, agents, at)


def call(number: int, agent: Agent) -> Item:
    """From a number nobody knows, ringing one agent."""
    at = now()
    phone = f"+86139{number:08d}"
    content = {
        "id": str(new_id(Kind.CALL)),
        "state": "RINGING",
        "direction": "INBOUND",
        "number": {"e164": phone, "raw": phone[3:], "display": phone[3:]},
        "line": LINE,
        "ringingAt": print_instant(at),
        "answeredAt": None,
        "endedAt": None,
        "candidates": [{"id": str(agent.id), "username": agent.username}],
        "claimedBy": None,
        "matches": [],
    }
    return Item(CALLS, {"expiresAt": print_instant(at + timedelta(days=1)), "call": content}, [agent], at)


def reminder(number: int, agent: Agent, due: datetime) -> Item:
    """Of an event that begins when it is due."""
    event = {
        "id": str(new_id(Kind.SCHEDULE_EVENT)),
        "title": f"日程 {number}",
        "startsAt": print_instant(due),
    }
    content = {"dueAt": print_instant(due), "channel": "POPUP", "late": False, "event": event}
    return Item(REMINDERS, {"reminder": content}, [agent], due)
