"""What is pushed to a partner's person: their offers and news, the opportunity while it is theirs, and nothing of another's."""

from __future__ import annotations

import pytest
from tests.customers.partners import ASSIGNMENT, Trade, open_trade
from tests.factories.sockets import ConnectedOffice, connected

office = pytest.fixture(connected)
NOTICES = """subscription ($after: String) { events(topics: [NOTIFICATIONS], after: $after) {
    cursor record { ... on Notification { kind record { id } } } } }"""
NEWS = "subscription ($after: String) { announcements(after: $after) { cursor announcement { title topic } } }"


def changes(record: str) -> str:
    return (
        f'subscription ($after: String) {{ events(topics: [RECORD_CHANGES], records: ["{record}"], after: $after) {{'
        " cursor record { id ... on Opportunity { title } ... on ChannelAssignment { comments { totalCount } } } } }"
    )


async def test_a_partner_hears_of_what_is_theirs_for_as_long_as_it_is(office: ConnectedOffice):
    trade = Trade(office.client, office.database)
    trade.admin = office.admin
    await open_trade(trade)
    opportunity = await trade.opportunity()
    await office.numbered()
    async with (
        office.listens(trade.east, NOTICES) as east,
        office.listens(trade.west, NOTICES) as west,
        office.listens(trade.east, changes(opportunity)) as theirs,
        office.listens(trade.west, changes(opportunity)) as others,
    ):
        made = (await trade.offer(opportunity))["id"]
        assert (await east.next())["record"] == {"kind": "OFFERED", "record": {"id": made}}
        await rename(trade, opportunity, 1, "还不是他们的")
        assert await theirs.silent()  # what is judged after they took it up would be told
        await trade.east.do("channelAssignmentAccept", ASSIGNMENT, id=made)
        shown = {"id": opportunity, "title": "还不是他们的"}
        assert (await theirs.next())["record"] == shown  # its log tells that it is shared with them
        await rename(trade, opportunity, 2, "现在是了")
        assert (await theirs.next())["record"] == {"id": opportunity, "title": "现在是了"}
        await trade.seller.do("channelAssignmentWithdraw", ASSIGNMENT, id=made, reason="换人")
        assert (await east.next())["record"] == {"kind": "OFFER_WITHDRAWN", "record": {"id": made}}
        await rename(trade, opportunity, 3, "不再是了")
        assert await theirs.silent()
        assert await others.silent()
        assert await west.silent()


async def rename(trade: Trade, opportunity: str, version: int, title: str) -> None:
    given = {"id": opportunity, "version": version, "input": {"title": title}}
    await trade.seller.do("opportunityUpdate", "opportunity { id }", **given)


async def test_what_is_ours_alone_is_pushed_to_no_partner(office: ConnectedOffice):
    trade = Trade(office.client, office.database)
    trade.admin = office.admin
    await open_trade(trade)
    _, assignment = await trade.accepted()
    news = {"topic": "PRODUCT", "title": "新品", "body": "上市", "audience": {"channelIds": [trade.channels["east"]]}}
    await office.numbered()
    async with (
        office.listens(trade.east, NOTICES) as notices,
        office.listens(trade.east, changes(assignment)) as watched,
        office.listens(trade.east, NEWS) as east,
        office.listens(trade.west, NEWS) as west,
    ):
        say = {"recordId": assignment, "body": "底价九折"}
        await trade.seller.do("commentAdd", "comment { id }", input={**say, "internal": True})
        await trade.seller.do("channelInformationPublish", "announcement { id }", input=news)
        assert (await east.next())["announcement"] == {"title": "新品", "topic": "PRODUCT"}
        assert await notices.silent()
        assert await watched.silent()
        assert await west.silent()
        await trade.seller.do("commentAdd", "comment { id }", input={**say, "body": "请报价"})
        assert (await notices.next())["record"] == {"kind": "COMMENTED", "record": {"id": assignment}}
        assert (await watched.next())["record"] == {"id": assignment, "comments": {"totalCount": 1}}
