"""What one event costs: one judgement for all who listen, one run of what is the same for them, and never one run too few."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest
from tests.customers.calling import AGENT, Hotline
from tests.factories.sockets import ANNOUNCEMENTS, CALLS, ConnectedOffice, connected

from crm.access.grants import Rights, ViewerKind
from crm.access.nobody import NeedsViewer, Nobody
from crm.store.counting import statements_sent

office = pytest.fixture(connected)
STATES = "subscription ($after: String) { incomingCalls(after: $after) { cursor call { id state } } }"
BODIES = "subscription Other($after: String) { announcements(after: $after) { cursor announcement { body createdBy { id } } } }"


async def publish(office: ConnectedOffice, title: str) -> str:
    given = {"title": title, "body": "正文", "audience": {"everyone": True}}
    return (await office.admin.do("announcementPublish", "announcement { id }", input=given))["id"]


def test_nobody_has_rights_and_nothing_of_a_person():
    rights = Rights(ViewerKind.STAFF, {})
    nobody = Nobody(rights, 7)
    assert (nobody.rights, nobody.epoch, nobody.session, nobody.anonymous) == (rights, 7, None, False)
    for name in ("id", "staff", "principals", "department", "department_tree", "time_zone", "username", "budgets", "tomorrow"):
        with pytest.raises(NeedsViewer):
            getattr(nobody, name)


@pytest.fixture
async def runs(monkeypatch) -> dict[str, int]:
    """How often a selection was run for all and for one."""
    from crm.endpoints.pushes.press import Press

    counted = {"together": 0, "apart": 0}
    real = Press._run

    async def run(self, selection, viewer, facts, root, *, proven=False):
        body = await real(self, selection, viewer, facts, root, proven=proven)
        counted["together" if proven else "apart"] += 1
        return body

    monkeypatch.setattr(Press, "_run", run)
    return counted


@pytest.mark.parametrize("people", [2, 20])
async def test_an_announcement_is_run_once_for_all_of_one_role(office: ConnectedOffice, runs, people):
    readers = [await office.hire(f"reader{number}") for number in range(people)]
    async with AsyncExitStack() as stack:
        feeds = [await stack.enter_async_context(office.listens(reader, ANNOUNCEMENTS)) for reader in readers]
        await publish(office, "early")
        first = [await feed.next() for feed in feeds]
        assert [event["announcement"] for event in first] == [first[0]["announcement"]] * people
        await asyncio.sleep(0.4)  # receipts are written by then
        runs["together"] = 0
        office.database.bells.clear()
        before = statements_sent()
        await office.database.client.execute_query(
            "INSERT INTO event (topic, record_id, record_kind, audience, recorded_at)"
            " SELECT topic, record_id, record_kind, audience, now() FROM event"
        )
        assert [(await feed.next())["announcement"]["title"] for feed in feeds] == ["early"] * people
        # The gate and the record; what the relay and the timers do meanwhile; and not one for each.
        assert statements_sent() - before <= 18 + people // 2
    assert runs == {"together": 1, "apart": 0}


async def test_other_selections_and_other_rights_are_run_for_themselves(office: ConnectedOffice, runs):
    plain, other = await office.hire("plain"), await office.hire("other", AGENT)
    async with (
        office.listens(plain, ANNOUNCEMENTS) as one,
        office.listens(plain, BODIES) as two,
        office.listens(other, ANNOUNCEMENTS) as three,
    ):
        await publish(office, "news")
        assert set((await one.next())["announcement"]) == {"id", "title", "body", "publishedAt", "mustConfirm"}
        assert (await two.next())["announcement"] == {"body": "正文", "createdBy": {"id": office.admin.id}}
        assert (await three.next())["announcement"]["title"] == "news"
    assert runs == {"together": 3, "apart": 0}


async def test_what_depends_on_the_viewer_is_run_for_each(office: ConnectedOffice, runs):
    """The matches of a call are masked by each agent's own sight."""
    hotline = await Hotline(office).staffed(3)
    async with AsyncExitStack() as stack:
        feeds = [await stack.enter_async_context(office.listens(agent, CALLS)) for agent in hotline.agents]
        states = await stack.enter_async_context(office.listens(hotline.agents[0], STATES))
        await hotline.pbx.tell("ringing", "c1")
        for feed in feeds:
            assert (await feed.next())["call"]["state"] == "RINGING"
        assert (await states.next())["call"]["state"] == "RINGING"
    assert runs == {"together": 1, "apart": 3}


async def test_two_tabs_of_a_session_share_a_run(office: ConnectedOffice, runs):
    hotline = await Hotline(office).staffed(1)
    async with office.listens(hotline.agents[0], CALLS) as one, office.listens(hotline.agents[0], CALLS) as two:
        await hotline.pbx.tell("ringing", "c1")
        assert (await one.next())["call"] == (await two.next())["call"]
    assert runs["apart"] == 1


async def test_a_replay_shows_the_record_as_it_is_now_also_where_it_was_rendered_a_moment_ago(office: ConnectedOffice):
    hotline = await Hotline(office).staffed(1)
    (agent,) = hotline.agents
    async with office.listens(agent, STATES) as live:
        await hotline.pbx.tell("ringing", "c0")
        start = (await live.next())["cursor"]
        await hotline.pbx.tell("ringing", "c1")
        assert (await live.next())["call"]["state"] == "RINGING"
        await hotline.pbx.tell("missed", "c1")
        assert (await live.next())["call"]["state"] == "MISSED"
    async with office.listens(agent, STATES, start) as again:
        assert [event["call"]["state"] for event in await again.drain()] == ["MISSED", "MISSED"]


async def test_somebody_elses_new_rights_do_not_hold_up_an_event(office: ConnectedOffice, runs):
    """The epoch is everybody's: each edit makes all viewers known anew, by one statement."""
    readers = [await office.hire(f"reader{number}") for number in range(5)]
    async with AsyncExitStack() as stack:
        feeds = [await stack.enter_async_context(office.listens(reader, ANNOUNCEMENTS)) for reader in readers]
        await office.hire("newcomer", AGENT)
        await publish(office, "news")
        for feed in feeds:
            assert (await feed.next())["announcement"]["title"] == "news"
    assert runs == {"together": 1, "apart": 0}
