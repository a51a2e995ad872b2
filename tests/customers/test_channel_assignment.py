"""An opportunity is offered to a channel, taken up, protected, given back; and what its people see of it at each moment."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from tests.customers.partners import ASSIGNMENT, Trade, trading
from tests.factories.api import unknown
from tests.notify.errands import working

from crm.core.clock import now, print_instant
from crm.core.kinds import Kind
from crm.services.customers.assignment_watch import EXPIRE_ASSIGNMENTS
from crm.services.jobs import Nothing, enqueue
from crm.services.system.accounts import system_deed

trade = pytest.fixture(trading)
LIST = "nodes { id status opportunity { id } channel { id } } totalCount"


async def test_what_is_offered_is_taken_up_registered_and_seen_by_that_channel_alone(trade: Trade):
    opportunity = await trade.opportunity()
    made = await trade.offer(opportunity)
    assert (made["status"], made["title"], made["customerName"]) == ("OFFERED", "机房扩容", None)
    assert made["actions"] == ["ACCEPT", "DECLINE", "WITHDRAW"]
    assert await trade.told(trade.east) == ["OFFERED"]
    # Before it answers, the channel knows what the offer says and nothing else; the other one knows nothing.
    seen = await trade.east.ask("channelAssignment", "title brief customerName opportunity { id } channel { id }", id=made["id"])
    assert seen == {"title": "机房扩容", "brief": "三期, 年底前", "customerName": None, "opportunity": None, "channel": None}
    assert (await trade.west.ask("channelAssignments", LIST)) == {"nodes": [], "totalCount": 0}
    assert not await trade.sees(trade.east, opportunity)
    taken = await trade.east.do("channelAssignmentAccept", ASSIGNMENT, id=made["id"])
    assert (taken["status"], taken["customerName"]) == ("ACCEPTED", "客户 机房扩容")
    shown = await trade.east.ask("opportunity", "title amount party { id } assignments { totalCount }", id=opportunity)
    assert shown == {"title": "机房扩容", "amount": "1000.0000", "party": None, "assignments": {"totalCount": 1}}
    assert not await trade.sees(trade.west, opportunity)
    kept = await trade.seller.do("channelAssignmentRegister", ASSIGNMENT, id=made["id"], protectionDays=30)
    assert kept["protectedUntil"][:10] == print_instant(now() + timedelta(days=30))[:10]
    shares = "nodes { cause expiresAt principal { kind name } }"
    share = (await trade.seller.ask("opportunity", f"shares {{ {shares} }}", id=opportunity))["shares"]["nodes"]
    told = {"cause": "ASSIGNED", "expiresAt": kept["protectedUntil"], "principal": {"kind": "CHANNEL", "name": "华东渠道"}}
    assert share == [told]
    assert await trade.told(trade.east) == ["OFFERED", "REGISTERED"]
    assert await trade.told(trade.seller) == ["OFFER_ACCEPTED"]
    log = await trade.seller.ask("channelAssignment", "changes { nodes { verb } }", id=made["id"])
    assert [each["verb"].partition(".")[2] for each in log["changes"]["nodes"]] == ["register", "accept", "create"]


async def test_whoever_joins_the_channel_later_sees_it_and_whoever_leaves_does_not(trade: Trade):
    opportunity, _ = await trade.accepted()
    later = await trade.partner("later", trade.channels["east"])
    assert await trade.sees(later, opportunity)
    await trade.rows("UPDATE user_account SET channel_id = $1 WHERE id = $2", trade.channels["west"], later.id)
    await trade.rows("UPDATE rights_epoch SET epoch = epoch + 1")
    assert not await trade.sees(later, opportunity)


@pytest.mark.parametrize("way", ["decline", "withdraw"])
async def test_what_is_given_back_is_seen_no_more_and_can_go_to_another(trade: Trade, way: str):
    opportunity, assignment = await trade.accepted()
    who = trade.east if way == "decline" else trade.seller
    ended = await who.do(f"channelAssignment{way.title()}", ASSIGNMENT, id=assignment, reason="没有人手")
    assert (ended["status"], ended["reason"], ended["actions"]) == (
        f"{way.upper()}{'D' if way == 'decline' else 'N'}",
        "没有人手",
        [],
    )
    assert not await trade.sees(trade.east, opportunity)
    assert (await trade.told(trade.seller))[1:] == (["OFFER_DECLINED"] if way == "decline" else [])
    assert (await trade.told(trade.east))[1:] == ([] if way == "decline" else ["OFFER_WITHDRAWN"])
    second = await trade.offer(opportunity, "west")
    await trade.west.do("channelAssignmentAccept", ASSIGNMENT, id=second["id"])
    # The next one learns nothing of the one before.
    west = await trade.west.ask("opportunity", "assignments { nodes { id } totalCount }", id=opportunity)
    assert west["assignments"] == {"nodes": [{"id": second["id"]}], "totalCount": 1}
    ours = await trade.seller.ask("opportunity", "assignments { nodes { status channel { name } } }", id=opportunity)
    assert [each["channel"]["name"] for each in ours["assignments"]["nodes"]] == ["西部渠道", "华东渠道"]


async def test_the_clock_ends_offers_and_protections(trade: Trade):
    first = await trade.opportunity("报价无人理")
    offered = (await trade.offer(first))["id"]
    second, kept = await trade.accepted("保护到期")
    third, prolonged = await trade.accepted("保护延长")
    for each in (kept, prolonged):
        await trade.seller.do("channelAssignmentRegister", ASSIGNMENT, id=each)
    long_ago = now() - timedelta(minutes=1)
    await trade.rows(
        "UPDATE channel_assignment SET respond_by = $1, protected_until = $1 WHERE id = ANY($2)", long_ago, [offered, kept]
    )
    await trade.rows("UPDATE share SET expires_at = $1 WHERE record_id = $2", long_ago, second)
    # Nothing waits for the job: too late is too late, and what is over is not seen.
    async with trade.unchanged():
        assert await trade.east.refusals("channelAssignmentAccept", id=offered) == [("INVALID", ["id"])]
        assert not await trade.sees(trade.east, second)
        async with system_deed(trade.database, "nothing is due") as deed:
            assert await deed.rows("SELECT 1 FROM channel_assignment WHERE status = 'EXPIRED'") == []
    async with system_deed(trade.database, "test") as deed:
        await enqueue(deed, EXPIRE_ASSIGNMENTS, Nothing())
    async with working(trade.database, EXPIRE_ASSIGNMENTS), asyncio.timeout(20):
        while await trade.value("SELECT count(*) FROM channel_assignment WHERE status = 'EXPIRED'") < 2:
            await asyncio.sleep(0.02)
    rows = await trade.rows("SELECT id::text, status FROM channel_assignment")
    assert {row["id"]: row["status"] for row in rows} == {offered: "EXPIRED", kept: "EXPIRED", prolonged: "REGISTERED"}
    assert (await trade.told(trade.east)).count("OFFER_EXPIRED") == 2
    assert [await trade.sees(trade.east, each) for each in (first, second, third)] == [False, False, True]
    assert await trade.value("SELECT count(*) FROM share WHERE cause = 'ASSIGNED'") == 1
    await trade.offer(first, "west")


async def test_of_many_at_once_one_gets_it(trade: Trade):
    opportunity = await trade.opportunity()
    given = [{"channelId": trade.channels[name]} for name in ("east", "west")] * 2
    offers = await asyncio.gather(
        *(trade.seller.tried("opportunityOffer", ASSIGNMENT, id=opportunity, input=each) for each in given)
    )
    codes = sorted(error["code"] for payload in offers for error in payload["userErrors"])
    assert codes == ["DUPLICATE"] * 3
    assert await trade.value("SELECT count(*) FROM channel_assignment") == 1
    owner = await trade.value("SELECT channel_id::text FROM channel_assignment")
    channel = next(name for name, key in trade.channels.items() if key == owner)
    key = str(await trade.value("SELECT id FROM channel_assignment"))
    who: list[tuple[str, dict]] = [("Accept", {}), ("Accept", {}), ("Decline", {"reason": "x"}), ("Accept", {})]
    partner = {"east": trade.east, "west": trade.west}[channel]
    answers = await asyncio.gather(*(partner.tried(f"channelAssignment{verb}", ASSIGNMENT, id=key, **more) for verb, more in who))
    done = sorted(payload["channelAssignment"]["status"] for payload in answers if not payload["userErrors"])
    assert done in (["ACCEPTED"], ["DECLINED"], ["ACCEPTED", "DECLINED"])
    assert await trade.value("SELECT count(*) FROM share") == (1 if done == ["ACCEPTED"] else 0)


async def test_what_is_refused_changes_nothing(trade: Trade):
    opportunity = await trade.opportunity()
    made = (await trade.offer(opportunity))["id"]
    decided = await trade.opportunity("已赢单")
    await trade.seller.do("opportunityWin", "opportunity { id }", id=decided)
    free = await trade.opportunity("空闲")
    customer = str(await trade.value("SELECT id FROM party WHERE type = 'CUSTOMER' LIMIT 1"))
    past = print_instant(now() - timedelta(days=1))
    async with trade.unchanged():
        # Another channel does not know of it; our own people see it and cannot answer for the channel.
        for verb, more in (("Accept", {}), ("Decline", {"reason": "x"})):
            assert await trade.west.refusals(f"channelAssignment{verb}", id=made, **more) == [("NOT_FOUND", ["id"])]
            assert await trade.seller.refusals(f"channelAssignment{verb}", id=made, **more) == [("FORBIDDEN", ["id"])]
        assert await trade.east.refusals("channelAssignmentRegister", id=made) == [("FORBIDDEN", ["id"])]
        assert await trade.east.refusals("channelAssignmentDecline", id=made, reason=" ") == [("REQUIRED", ["reason"])]
        assert await trade.seller.refusals("channelAssignmentRegister", id=made) == [("ILLEGAL_TRANSITION", None)]
        for days in (0, 731):
            refused = await trade.seller.refusals("channelAssignmentRegister", id=made, protectionDays=days)
            assert refused == [("INVALID", ["protectionDays"])]
        for key, given, wanted in (
            (free, {"channelId": customer}, ("INVALID", ["input", "channelId"])),
            (free, {"channelId": unknown(Kind.PARTY)}, ("NOT_FOUND", ["input", "channelId"])),
            (free, {"respondBy": past}, ("INVALID", ["input", "respondBy"])),
            (free, {"respondBy": "2199-01-01T00:00:00Z"}, ("INVALID", ["input", "respondBy"])),
            (decided, {}, ("INVALID", ["id"])),
            (opportunity, {}, ("DUPLICATE", ["id"])),
            (unknown(Kind.OPPORTUNITY), {}, ("NOT_FOUND", ["id"])),
        ):
            whole = {"channelId": trade.channels["west"], **given}
            assert await trade.seller.refusals("opportunityOffer", id=key, input=whole) == [wanted]
        answer = await trade.east.run(
            "mutation ($id: ID!, $c: ID!) { opportunityOffer(id: $id, input: {channelId: $c}) { userErrors { code } } }",
            id=opportunity, c=trade.channels["east"],
        )  # fmt: skip
        assert answer.codes == ["FORBIDDEN"]


async def test_an_opportunity_in_the_recycle_bin_is_not_taken_up(trade: Trade):
    opportunity = await trade.opportunity()
    made = (await trade.offer(opportunity))["id"]
    await trade.seller.do("opportunityDelete", "opportunity { id }", id=opportunity)
    async with trade.unchanged():
        assert await trade.east.refusals("channelAssignmentAccept", id=made) == [("INVALID", ["id"])]
    ended = await trade.seller.do("channelAssignmentWithdraw", ASSIGNMENT, id=made, reason="删除")
    assert ended["status"] == "WITHDRAWN"


async def test_what_was_handed_to_or_shared_with_a_partner_decides_nothing(trade: Trade):
    _, assignment = await trade.accepted()
    shared = {"ids": [assignment], "principalIds": [trade.west.id, trade.channels["west"]], "access": "EDIT"}
    results = await trade.admin.do("recordsShare", "results { userErrors { code } }", input=shared)
    assert results == [{"userErrors": []}]
    async with trade.unchanged():
        assert await trade.west.refusals("channelAssignmentRegister", id=assignment) == [("FORBIDDEN", ["id"])]
        assert await trade.west.refusals("channelAssignmentDecline", id=assignment, reason="x") == [("FORBIDDEN", ["id"])]


async def test_records_are_shared_with_a_channel_as_a_whole_and_with_no_other_party(trade: Trade):
    customer = await trade.seller.do("customerCreate", "customer { id }", input={"name": "公开客户"})
    role = await trade.role("reads customers", {"customer.READ": "ALL"})
    async with system_deed(trade.database, "grant") as deed:
        for partner in (trade.east, trade.west):
            await deed.run("INSERT INTO role_member (role_id, user_id) VALUES ($1, $2)", role, partner.id)
        await deed.run("UPDATE rights_epoch SET epoch = epoch + 1")
    given = {"ids": [customer["id"]], "principalIds": [trade.channels["east"]], "access": "READ"}
    await trade.seller.do("recordsShare", "results { userErrors { code } }", input=given)
    assert (await trade.east.ask("customers", "nodes { name }"))["nodes"] == [{"name": "公开客户"}]
    assert (await trade.west.ask("customers", "nodes { name }"))["nodes"] == []
    why = "action reasons { cause principal { kind } }"
    found = await trade.admin.ask("accessOf", why, recordId=customer["id"], userId=trade.east.id)
    read = next(each for each in found if each["action"] == "READ")
    assert read["reasons"] == [{"cause": "SHARE", "principal": {"kind": "CHANNEL"}}]
    async with trade.unchanged():
        payload = await trade.seller.tried("recordsShare", "results { id }", input={**given, "principalIds": [customer["id"]]})
        assert [each["code"] for each in payload["userErrors"]] == ["NOT_FOUND"]
