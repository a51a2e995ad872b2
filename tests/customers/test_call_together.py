"""Switchboard and people at once, in whatever order: a call is always what its events say, and nothing breaks."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from typing import Any

import pytest
from tests.conftest import make_settings
from tests.customers.calling import SETTINGS, Hotline
from tests.factories.api import Api, Office, opened

from crm.models import Call
from crm.rules.customers.call_states import folded
from crm.services.customers.call_histories import known
from crm.services.system.accounts import system_deed

office = pytest.fixture(opened)
CALLS = ("c0", "c1", "c2")
STATES = ("ringing", "answered", "held", "transferred", "ended", "missed")
VERBS = ("callClaim", "callHold", "callResume", "callTransfer", "callEnd", "callLink", "callCustomerCreate")
REFUSALS = {"FORBIDDEN", "CONFLICT", "ILLEGAL_TRANSITION", "INVALID", "NOT_FOUND"}


@pytest.fixture
def settings(database, tmp_path):
    return make_settings(database, tmp_path, **SETTINGS)


class Turmoil:
    """Everybody doing something, drawn from one seed."""

    def __init__(self, hotline: Hotline, party: str, seed: int) -> None:
        self.hotline, self.party, self.dice = hotline, party, random.Random(seed)
        self.ids: dict[str, str] = {}

    async def switchboard(self, times: int) -> None:
        pbx, dice = self.hotline.pbx, self.dice
        for _ in range(times):
            events = [
                pbx.event(
                    dice.choice(STATES), dice.choice(CALLS), dice.randint(1, 3700),
                    agent=dice.choice([None, "1001", "1002"]), leg_id=dice.choice([None, "a", "b"]),
                )
                for _ in range(dice.choice([1, 1, 3]))
            ]  # fmt: skip
            answer = await pbx.post(events)
            assert answer.json() == {"received": len(events), "new": len(events)}

    async def person(self, who: Api, times: int) -> Counter[str]:
        outcomes: Counter[str] = Counter()
        for _ in range(times):
            verb = self.dice.choice(VERBS)
            given: dict[str, Any] = {
                "callTransfer": {"toId": self.dice.choice(self.hotline.agents).id},
                "callLink": {"input": {"partyId": self.party}},
                "callCustomerCreate": {"input": {"name": "新", "contactName": "王"}},
            }.get(verb, {})
            payload = await who.tried(verb, "call { id }", id=self.ids[self.dice.choice(CALLS)], **given)
            outcomes.update(error["code"] for error in payload["userErrors"])
        return outcomes


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_call_is_what_its_events_say(office: Office, seed: int):
    hotline = await Hotline(office).staffed(3)
    phones = {"phoneNumbers": [{"raw": "13800000000"}]}
    given = {"name": "华为", "contactCycleDays": 5, **phones}
    party = (await hotline.agents[0].do("customerCreate", "customer { id }", input=given))["id"]
    turmoil = Turmoil(hotline, party, seed)
    for place, name in enumerate(CALLS):
        await hotline.pbx.tell("ringing", name, caller="13800000000" if place else "13900000000")
        turmoil.ids[name] = await hotline.call_id(name)
    people = (turmoil.person(agent, 12) for agent in hotline.agents)
    _, _, *outcomes = await asyncio.gather(turmoil.switchboard(12), turmoil.switchboard(12), *people)
    assert {code for each in outcomes for code in each} <= REFUSALS
    for call in await Call.all():
        row: Any = call
        async with system_deed(office.database, "looking") as deed:
            facts = folded(await known(deed, call.id))
        kept = (row.state, row.ringing_at, row.answered_at, row.ended_at, row.claimed_by_id, row.cause)
        said = (facts.state.value, facts.ringing_at, facts.answered_at, facts.ended_at, facts.holder, facts.cause)
        assert kept == said
        assert (row.filed_at is not None, row.activity_id is not None) == (facts.filed, facts.filed)
        assert (row.call_back_id is None) == (facts.answered_at is not None or row.state not in ("MISSED", "ABANDONED", "LOST"))
