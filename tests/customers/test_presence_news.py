"""News of presence: each change of how an agent is found is told once, whatever it came of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import pytest
from tests.conftest import make_settings
from tests.customers.calling import AGENT, CALL, SETTINGS, Hotline
from tests.factories.api import Api, Office, opened

from crm.core.clock import now
from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.notify.brokers import MemoryBroker, Stamped
from crm.notify.customers import agents
from crm.notify.customers.agents import PresenceNews
from crm.notify.rosters.memory import MemoryRoster
from crm.services.customers import presence_news
from crm.services.topics import Topic

office = pytest.fixture(opened)
LONG = agents.LEAVE_SECONDS + 1


@pytest.fixture
def settings(database, tmp_path):
    return make_settings(database, tmp_path, **SETTINGS)


@pytest.fixture
async def hotline(office: Office) -> Hotline:
    return await Hotline(office).staffed()


@dataclass
class Lookout:
    """A process that tells, with the clock in the test's hands."""

    hotline: Hotline
    roster: MemoryRoster = field(default_factory=MemoryRoster)
    broker: MemoryBroker = field(default_factory=MemoryBroker)
    clock: float = 1000.0
    numbers: int = 0

    def __post_init__(self) -> None:
        self.news = PresenceNews(self.hotline.office.database, self.roster, self.broker, lambda: True)
        self.sessions: dict[str, UUID] = {}

    def opens(self, *people: Api) -> None:
        for person in people:
            self.roster.enter(self.sessions.setdefault(person.id, uuid4()), UUID(person.id))

    def closes(self, *people: Api) -> None:
        for person in people:
            self.roster.leave(self.sessions[person.id], UUID(person.id))

    async def hears(self, call: str = "c1") -> None:
        """What the broker brings after a change of the call."""
        self.numbers += 1
        record = UUID(await self.hotline.call_id(call))
        await self.broker.publish([Stamped(self.numbers, Topic.INCOMING_CALLS.value, record, frozenset(), now())])

    async def after(self, seconds: float) -> list[tuple[str, str]]:
        """Let time pass; who was told of in that time, and as what. Each is told by one event."""
        before, events = await told(self.hotline.office), await recorded(self.hotline.office)
        await self.news._turn(self.clock)
        self.clock += seconds
        await self.news._turn(self.clock)
        news = sorted((await told(self.hotline.office)).items() - before.items())
        assert sorted((await recorded(self.hotline.office))[len(events) :]) == [name for name, _ in news]
        return news


async def told(office: Office) -> dict[str, str]:
    rows = await office.rows("SELECT u.username, t.state FROM told_presence t JOIN user_account u ON u.id = t.user_id")
    return {row["username"]: row["state"] for row in rows}


async def recorded(office: Office) -> list[str]:
    """Whom the events of the outbox name, in its order; each is for whoever may see them."""
    rows = await office.rows(
        "SELECT u.username, e.audience FROM event e JOIN user_account u ON u.id = e.record_id"
        " WHERE e.topic = $1 ORDER BY e.id", Topic.PRESENCE.value
    )  # fmt: skip
    assert [row["audience"] for row in rows] == [[]] * len(rows)
    return [row["username"] for row in rows]


@pytest.fixture
def lookout(hotline: Hotline) -> Lookout:
    return Lookout(hotline)


async def test_the_first_socket_and_the_last(lookout: Lookout):
    first, second = lookout.hotline.agents
    lookout.opens(first, first)
    assert await lookout.after(agents.STAY_SECONDS) == [("agent1", "AVAILABLE")]
    lookout.opens(second)
    lookout.closes(first)
    assert await lookout.after(LONG) == [("agent2", "AVAILABLE")]
    lookout.closes(first)
    assert await lookout.after(agents.LEAVE_SECONDS / 2) == []
    assert await lookout.after(LONG) == [("agent1", "OFFLINE")]


async def test_a_page_that_is_loaded_anew_is_no_news(lookout: Lookout):
    first, _ = lookout.hotline.agents
    lookout.opens(first)
    await lookout.after(LONG)
    lookout.closes(first)
    await lookout.after(agents.LEAVE_SECONDS / 2)
    lookout.opens(first)
    assert await lookout.after(LONG) == []


async def test_a_choice(lookout: Lookout):
    first, second = lookout.hotline.agents
    lookout.opens(first)
    await lookout.after(LONG)
    await first.do("presenceSet", "agent { state }", state="AWAY")
    await second.do("presenceSet", "agent { state }", state="AWAY")
    assert await lookout.after(1) == [("agent1", "AWAY")], "of whoever is offline a choice is no news"
    await first.do("presenceSet", "agent { state }", state="AVAILABLE")
    assert await lookout.after(1) == [("agent1", "AVAILABLE")]


async def test_a_call_from_claim_to_outcome(lookout: Lookout):
    hotline = lookout.hotline
    first, second = hotline.agents
    lookout.opens(first, second)
    await lookout.after(LONG)
    await hotline.pbx.tell("ringing", second=3500)
    await lookout.hears()
    assert await lookout.after(1) == [], "a call that rings keeps nobody"
    key = await hotline.call_id()
    await first.do("callClaim", CALL, id=key)
    await lookout.hears()
    assert await lookout.after(1) == [("agent1", "BUSY")]
    await first.do("callHold", CALL, id=key)
    await lookout.hears()
    assert await lookout.after(1) == []
    await hotline.pbx.tell("answered", second=3550, agent="1002")
    await lookout.hears()
    assert await lookout.after(1) == [("agent1", "AVAILABLE"), ("agent2", "BUSY")], "a telephone outweighs a click"
    await hotline.pbx.tell("ended", second=3599)
    await lookout.hears()
    assert await lookout.after(1) == [("agent2", "WRAP_UP")]
    await second.do("callEnd", CALL, id=key)
    await lookout.hears()
    assert await lookout.after(1) == [("agent2", "AVAILABLE")]


async def test_what_nobody_announced_is_found_by_looking_at_everybody(lookout: Lookout):
    hotline = lookout.hotline
    lookout.opens(hotline.agents[0])
    await lookout.after(LONG)
    await hotline.pbx.tell("answered", second=3500, agent="1001")
    assert await lookout.after(1) == []
    assert await lookout.after(agents.ALL_SECONDS) == [("agent1", "BUSY")]
    await hotline.pbx.tell("ended", second=3599)
    await lookout.hears()
    await lookout.after(1)
    await hotline.office.rows("UPDATE call SET ended_at = ended_at - interval '31 minutes'")
    assert await lookout.after(agents.ALL_SECONDS) == [("agent1", "AVAILABLE")]


async def test_events_that_may_have_passed_by_are_made_up_for(lookout: Lookout):
    hotline = lookout.hotline
    lookout.opens(hotline.agents[0])
    await lookout.after(LONG)
    await hotline.pbx.tell("answered", second=3500, agent="1001")
    lookout.broker.begin_anew(1, lookout.numbers)
    assert await lookout.after(1) == [("agent1", "BUSY")]


async def test_whoever_cannot_be_rung_is_no_news(lookout: Lookout):
    clerk = await lookout.hotline.office.hire("clerk", AGENT)
    lookout.opens(clerk)
    assert await lookout.after(LONG) == []


async def test_another_process_takes_over_where_the_first_was(lookout: Lookout):
    first, second = lookout.hotline.agents
    lookout.opens(first, second)
    await lookout.after(LONG)
    successor = Lookout(lookout.hotline)
    successor.opens(first)
    assert await successor.after(agents.LEAVE_SECONDS / 2) == [], "everybody is given time to come back"
    assert await successor.after(LONG) == [("agent2", "OFFLINE")]
    assert await lookout.after(1) == [], "and whoever told before it looks at nobody for that"


async def test_two_that_look_at_once_tell_it_once(lookout: Lookout, monkeypatch):
    counted: list[UUID] = []
    tell = presence_news.tell

    async def counting(deed, people: Iterable[UUID], online):
        counted.extend(found := await tell(deed, list(people), online))
        return found

    monkeypatch.setattr(presence_news, "tell", counting)
    first, second = lookout.hotline.agents
    other = Lookout(lookout.hotline)
    for each in (lookout, other):
        each.opens(first, second)
        await each.news._turn(each.clock)
    for each in (lookout, other, lookout):
        await each.news._turn(each.clock + LONG)
    assert sorted(counted) == sorted([UUID(first.id), UUID(second.id)])
    assert sorted(await recorded(lookout.hotline.office)) == ["agent1", "agent2"]


_CROWD = """
WITH made AS (INSERT INTO principal SELECT n.id, p.kind FROM principal p, unnest($2::uuid[]) n(id)
    WHERE p.id = $1::uuid RETURNING id)
INSERT INTO user_account SELECT (jsonb_populate_record(u, jsonb_build_object(
        'id', m.id, 'username', 'crowd' || row_number() OVER (), 'extension', 20000 + row_number() OVER ()))).*
FROM made m, user_account u WHERE u.id = $1::uuid
"""


async def test_many_who_come_at_once_are_told_in_batches(lookout: Lookout):
    office = lookout.hotline.office
    crowd = [new_id(Kind.USER) for _ in range(1200)]
    await office.rows(_CROWD, UUID(lookout.hotline.agents[0].id), crowd)
    await lookout.after(1)
    for person in crowd:
        lookout.roster.enter(uuid4(), person)
    async with office.counted() as count:
        assert len(await lookout.after(LONG)) == len(crowd) == 1200
    assert len(count.queries) < 30
