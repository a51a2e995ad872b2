"""A switchboard as tests play it: it signs what it tells, through the real webhook."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import orjson
from tests.factories.api import Api, Office

SOURCE, SECRET = "pbx", "a secret of the switchboard"
SETTINGS = {"hook_secrets": {SOURCE: SECRET}}
AGENT = {
    "call.READ": "OWN", "call.UPDATE": "OWN", "customer.READ": "OWN", "customer.CREATE": "OWN", "customer.UPDATE": "OWN",
    "contact.READ": "OWN", "contact.CREATE": "OWN", "activity.READ": "OWN", "activity.CREATE": "OWN", "activity.UPDATE": "OWN",
}  # fmt: skip
CALL = """call { id state direction number { e164 raw display } line ringingAt answeredAt endedAt
    candidates { username } claimedBy { username } owner { username } party { name } contact { name } actions
    matches { score reason restricted owner { username } party { name } contact { name } } }"""
FIELDS = CALL.removeprefix("call {").rstrip().removesuffix("}")


def signed(body: bytes, *, secret: str = SECRET, at: float | None = None) -> dict[str, str]:
    """The headers of a message that is what it says."""
    timestamp = str(int(time.time() if at is None else at))
    digest = hmac.new(secret.encode(), timestamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    return {"X-Crm-Timestamp": timestamp, "X-Crm-Signature": f"v1={digest}"}


class Switchboard:
    """Makes events with ids and times of their own, and delivers them."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.numbers = itertools.count(1)
        self.begin = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)

    def event(self, state: str, call: str = "c1", second: float | None = None, **given: Any) -> dict[str, Any]:
        """One event of an inbound call to the number 4000; `caller` and `called` stand for `from` and `to`."""
        number = next(self.numbers)
        told = {
            "event_id": f"e{number}",
            "call_id": call,
            "state": state,
            "direction": "inbound",
            "from": given.pop("caller", "13800000000"),
            "to": given.pop("called", "4000"),
            "at": (self.begin + timedelta(seconds=number if second is None else second)).isoformat(),
        }
        return told | given

    async def post(self, body: Any, source: str = SOURCE, **headers: str) -> httpx.Response:
        """Deliver a body as it is; its signature is right unless other headers are given."""
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        told = {name.replace("_", "-"): value for name, value in headers.items()} or signed(content)
        return await self.client.post(f"/hooks/calls/{source}", content=content, headers=told)

    async def tell(self, state: str, call: str = "c1", second: float | None = None, **given: Any) -> dict[str, Any]:
        """Deliver one event, which must be taken; the event."""
        event = self.event(state, call, second, **given)
        answer = await self.post(event)
        assert (answer.status_code, answer.json()) == (200, {"received": 1, "new": 1}), answer.text
        return event


class Hotline:
    """An office with a switchboard, and agents in a ring group at the number 4000."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.pbx = Switchboard(office.client)
        self.agents: list[Api] = []

    async def staffed(self, count: int = 2, **group: Any) -> Hotline:
        """Agents with the extensions 1001 …, and the group of them all."""
        for number in range(1, count + 1):
            agent = await self.office.hire(f"agent{number}", AGENT, extension=f"100{number}", display_name=f"Agent {number}")
            self.agents.append(agent)
        members = [agent.id for agent in self.agents]
        given = {"name": "hotline", "numbers": ["4000"], "memberIds": members} | group
        await self.office.admin.do("ringGroupCreate", "ringGroup { id }", input=given)
        return self

    async def call_id(self, name: str = "c1") -> str:
        """The id of the call that the switchboard knows by a name."""
        return str(await self.office.value("SELECT id FROM call WHERE external_id = $1", name))

    async def read(self, name: str = "c1", fields: str = FIELDS) -> dict[str, Any]:
        """The call, as the administrator reads it."""
        found: dict[str, Any] = await self.office.admin.ask("call", fields, id=await self.call_id(name))
        return found

    async def told(self) -> int:
        """How many events were recorded for the push."""
        return int(await self.office.value("SELECT count(*) FROM event WHERE topic = 'incomingCalls'"))
