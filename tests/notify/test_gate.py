"""Several events are judged at once: what one judgement learns of a viewer must not make another trust what it asked before."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from tests.factories.api import Office, opened

from crm.access.loading import load_by_token
from crm.endpoints.pushes.gate import Gate
from crm.endpoints.pushes.readers import Reader
from crm.endpoints.pushes.selections import Selection
from crm.graph.context import Request
from crm.notify.feeds import Feed
from crm.notify.subscriptions import Subscription
from crm.services.topics import Stream, Topic

office = pytest.fixture(opened)


@pytest.mark.parametrize("at_once", [1, 8])
async def test_rights_that_are_gone_admit_nobody_however_many_judge_at_once(office: Office, at_once: int):
    agent = await office.hire("agent", {"announcement.READ": "ALL"})
    news = await office.admin.do("announcementCreate", "announcement { id }", input={"title": "x", "body": "x"})
    async with office.database.connection() as connection:
        viewer = await load_by_token(connection, agent.token or "")
    assert viewer is not None
    reader = Reader(viewer, Request("r", "192.0.2.7", None, agent.token))
    selection = Selection(None, None, reader, "key")  # type: ignore[arg-type]  # the gate looks at who reads, not at what
    listener = Subscription(Stream.ANNOUNCEMENTS, frozenset({Topic.ANNOUNCEMENTS}), UUID(agent.id), selection, Feed())
    gate = Gate(office.database)
    assert (await gate.judge(Topic.ANNOUNCEMENTS, UUID(news["id"]), [listener])).admitted == [listener]
    await office.admin.do("userUpdate", "user { id }", id=agent.id, version=1, input={"roleIds": []})
    verdicts = await asyncio.gather(*(gate.judge(Topic.ANNOUNCEMENTS, UUID(news["id"]), [listener]) for _ in range(at_once)))
    assert [verdict.admitted for verdict in verdicts] == [[]] * at_once
