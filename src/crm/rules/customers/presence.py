"""Whether an agent can take a call (座席状态): what they chose, and what their sockets and calls say on top of it."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

WRAP_UP = timedelta(minutes=30)
"""How long after a call somebody counts as still filing it: a call nobody files must not keep its agent away for ever."""


class PresenceChoice(StrEnum):
    """What an agent can say of themselves."""

    AVAILABLE = "AVAILABLE"  # 空闲
    AWAY = "AWAY"  # 离开


class AgentState(StrEnum):
    """How an agent is found."""

    AVAILABLE = "AVAILABLE"  # 空闲
    BUSY = "BUSY"  # 通话中
    WRAP_UP = "WRAP_UP"  # 整理中
    AWAY = "AWAY"  # 离开
    OFFLINE = "OFFLINE"  # 离线


def agent_state(chosen: PresenceChoice | None, *, online: bool, on_call: bool, unfiled: bool) -> AgentState:
    """The strongest of what is known: nobody without a screen can take a popup, and a call in hand outweighs a choice.

    `unfiled`: a call of theirs ended within `WRAP_UP` and waits for its outcome.
    """
    if not online:
        return AgentState.OFFLINE
    if on_call:
        return AgentState.BUSY
    if unfiled:
        return AgentState.WRAP_UP
    return AgentState(chosen or PresenceChoice.AVAILABLE)
