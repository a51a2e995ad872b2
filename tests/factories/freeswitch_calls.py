"""Calls as FreeSWITCH tells of them."""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

from tests.factories.switchboards import FakeFreeSwitch


class BridgedCall:
    """A call from outside that rings some extensions at once."""

    def __init__(self, board: FakeFreeSwitch, caller: str = "13800000000", agents: Any = ("1001", "1002")):
        self.board, self.caller, self.agents = board, caller, agents
        self.id = str(uuid4())
        self.legs = {agent: str(uuid4()) for agent in agents}

    def _line(self) -> dict[str, str]:
        return {
            "Unique-ID": self.id, "Channel-Call-UUID": self.id, "variable_call_uuid": self.id, "Call-Direction": "inbound",
            "Channel-Name": f"sofia/external/{self.caller}@192.0.2.1", "Caller-Context": "public",
            "Caller-Caller-ID-Number": self.caller, "Caller-Caller-ID-Name": "王小明", "Caller-Destination-Number": "4000",
        }  # fmt: skip

    def _leg(self, agent: str) -> dict[str, str]:
        return {
            "Unique-ID": self.legs[agent], "Channel-Call-UUID": self.id, "variable_call_uuid": self.id,
            "Call-Direction": "outbound", "Channel-Name": f"sofia/internal/{agent}@192.0.2.7:5060", "Caller-Context": "default",
            "Caller-Caller-ID-Number": self.caller, "Caller-Destination-Number": agent, "variable_dialed_user": agent,
            "Other-Type": "originator", "Other-Leg-Unique-ID": self.id,
        }  # fmt: skip

    def _row(self, given: dict[str, str], state: str) -> dict[str, str]:
        return {
            "uuid": given["Unique-ID"], "call_uuid": self.id, "direction": given["Call-Direction"], "callstate": state,
            "name": given["Channel-Name"], "cid_num": self.caller, "dest": given["Caller-Destination-Number"],
            "created_epoch": str(int(time.time())),
        }  # fmt: skip

    def begin(self) -> None:
        self.board.channels[self.id] = self._row(self._line(), "RINGING")
        self.board.event("CHANNEL_CREATE", **self._line())

    def ring(self) -> None:
        for agent in self.agents:
            self.board.channels[self.legs[agent]] = self._row(self._leg(agent), "RINGING")
            self.board.event("CHANNEL_CREATE", **self._leg(agent))
            self.board.event("CHANNEL_PROGRESS", **self._leg(agent))

    def answer(self, agent: str) -> None:
        self.board.channels[self.legs[agent]]["callstate"] = "ACTIVE"
        self.board.channels[self.id]["callstate"] = "ACTIVE"
        self.board.event("CHANNEL_ANSWER", **self._leg(agent))
        self.board.event("CHANNEL_ANSWER", **self._line())
        self.board.event("CHANNEL_BRIDGE", **self._line(), **{"Bridge-B-Unique-ID": self.legs[agent]})
        for other in self.agents:
            if other != agent:
                self._hang_up(self._leg(other), "LOSE_RACE")

    def hold(self, agent: str) -> None:
        self.board.event("CHANNEL_HOLD", **self._leg(agent))

    def give_up(self) -> None:
        for agent in self.agents:
            self._hang_up(self._leg(agent), "ORIGINATOR_CANCEL")
        self._hang_up(self._line(), "ORIGINATOR_CANCEL")

    def end(self, agent: str) -> None:
        self._hang_up(self._leg(agent), "NORMAL_CLEARING")
        self._hang_up(self._line(), "NORMAL_CLEARING")

    def _hang_up(self, given: dict[str, str], cause: str) -> None:
        self.board.channels.pop(given["Unique-ID"], None)
        self.board.event("CHANNEL_HANGUP_COMPLETE", **given, **{"Hangup-Cause": cause})
