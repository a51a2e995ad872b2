"""Calls as Asterisk 22 tells of them: the events of real ones, in the order in which they came."""

from __future__ import annotations

import time
from typing import Any

from tests.factories.switchboards import NUMBERS, FakeAsterisk

TRUNK, LINKED = "PJSIP/trunk", "Linkedid"


class QueueCall:
    """A call from outside to a queue that rings all of its agents. Each step changes what goes on there, and tells of it."""

    def __init__(self, board: FakeAsterisk, caller: str = "13800000000", name: str = "王小明", agents: Any = ("1001", "1002")):
        number = next(NUMBERS)
        self.board, self.caller, self.name, self.agents = board, caller, name, agents
        self.id = f"{int(time.time())}.{number * 10}"
        self.channel = f"{TRUNK}-{number:08x}"
        self.legs = {agent: f"{self.id}{place + 1}" for place, agent in enumerate(agents)}
        self.phones = {agent: f"PJSIP/agent{agent}-{number * 16 + place:08x}" for place, agent in enumerate(agents)}

    def base(self) -> dict[str, str]:
        return {
            "Channel": self.channel, "CallerIDNum": self.caller, "CallerIDName": self.name, "Exten": "4000",
            "Uniqueid": self.id, LINKED: self.id,
        }  # fmt: skip

    def dest(self, agent: str) -> dict[str, str]:
        return {
            "DestChannel": self.phones[agent], "DestCallerIDNum": agent, "DestUniqueid": self.legs[agent],
            "DestLinkedid": self.id,
        }  # fmt: skip

    def _tell(self, name: str, **fields: str) -> None:
        self.board.event(name, **fields, Timestamp=f"{time.time():.6f}")

    def begin(self) -> None:
        self.board.channels[self.id] = self.listed(self.base(), "4")
        self._tell("Newchannel", ChannelState="4", **self.base())
        self._tell("QueueCallerJoin", Queue="hotline", **self.base())

    def ring(self, agents: Any = None) -> None:
        for agent in self.agents if agents is None else agents:
            phone = {"Channel": self.phones[agent], "Uniqueid": self.legs[agent], LINKED: self.id, "CallerIDNum": agent}
            self.board.channels[self.legs[agent]] = self.listed(phone, "5")
            self._tell("Newchannel", ChannelState="0", Exten="s", **phone)
            self._tell("AgentCalled", Queue="hotline", **self.base(), **self.dest(agent))
            self._tell("DialBegin", DialString=f"agent{agent}", **self.base(), **self.dest(agent))
            self._tell("DialState", DialStatus="RINGING", **self.base(), **self.dest(agent))

    def answer(self, agent: str) -> None:
        for each in self.agents:
            if each == agent:
                self.board.channels[self.legs[each]] |= {"ChannelState": "6", "BridgeId": "b"}
                self.board.channels[self.id] |= {"ChannelState": "6", "BridgeId": "b"}
                self._tell("DialEnd", DialStatus="ANSWER", **self.base(), **self.dest(each))
                continue
            for _ in range(2):  # Asterisk says this twice
                self._tell("DialEnd", DialStatus="CANCEL", **self.base(), **self.dest(each))
        self._tell("QueueCallerLeave", Queue="hotline", **self.base())
        self._tell("AgentConnect", Queue="hotline", Interface=f"PJSIP/agent{agent}", **self.base(), **self.dest(agent))
        for each in self.agents:
            if each != agent:
                self.hang_up_leg(each, "26", "Answered elsewhere")
        self._tell("BridgeEnter", **self.base())

    def give_up(self) -> None:
        """Whoever called is gone before anybody took it."""
        for agent in self.agents:
            self._tell("DialEnd", DialStatus="CANCEL", **self.base(), **self.dest(agent))
        self._tell("QueueCallerAbandon", Queue="hotline", **self.base())
        for agent in self.agents:
            self.hang_up_leg(agent, "0", "Unknown")
        self.hang_up_caller("127", "Interworking, unspecified")

    def end(self, agent: str) -> None:
        self._tell("HangupRequest", **self.base())
        self._tell("AgentComplete", Queue="hotline", **self.base(), **self.dest(agent))
        self.hang_up_leg(agent, "16", "Normal Clearing")
        self.hang_up_caller("16", "Normal Clearing")

    def hang_up_leg(self, agent: str, cause: str, text: str) -> None:
        self.board.channels.pop(self.legs[agent], None)
        phone = {"Channel": self.phones[agent], "Uniqueid": self.legs[agent], LINKED: self.id}
        self._tell("Hangup", Cause=cause, **{"Cause-txt": text}, **phone)

    def hang_up_caller(self, cause: str, text: str) -> None:
        self.board.channels.pop(self.id, None)
        self._tell("Hangup", Cause=cause, **{"Cause-txt": text}, **self.base())
        self._tell("Cdr", **self.base())

    @staticmethod
    def listed(given: dict[str, str], state: str) -> dict[str, str]:
        return {**given, "ChannelState": state, "Duration": "00:00:01", "BridgeId": ""}


def transcript(call: QueueCall, *steps: Any) -> list[dict[str, str]]:
    """The events of some steps, as `read` gives them."""
    from crm.notify.gateways.ami.frames import read

    said: list[bytes] = []
    call.board.say = said.append  # type: ignore[method-assign]
    for step, *given in steps:
        getattr(call, step)(*given)
    return [read(each.removesuffix(b"\r\n\r\n")) for each in said]
