"""A partner's person brings an opportunity, we look whether we know it, and take it or turn it down; what is said meanwhile."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.customers.partners import Trade, trading
from tests.factories.api import unknown

from crm.core.kinds import Kind

trade = pytest.fixture(trading)
SUBMISSION = """channelSubmission { id status customerName amount reason actions owner { username } createdBy { username }
    customer { name channel { name } } opportunity { id title amount owner { username } } }"""
BROUGHT = {
    "title": "门禁系统", "customerName": "苏州工业园管委会", "contactName": "钱主任", "phone": "0512-66680000", "amount": "88000",
    "description": "明年招标",
}  # fmt: skip
THREAD = "comments { totalCount nodes { id body internal author { username } } }"


async def submitted(trade: Trade, who: Any = None, **given: Any) -> str:
    made = await (who or trade.east).do("opportunitySubmit", SUBMISSION, input={**BROUGHT, **given})
    assert (made["status"], made["actions"]) == ("SUBMITTED", ["REGISTER", "REJECT", "WITHDRAW"])
    return str(made["id"])


async def test_what_is_taken_becomes_a_customer_and_an_opportunity_that_the_channel_sees(trade: Trade):
    key = await submitted(trade)
    assert await trade.told(trade.seller) == ["SUBMITTED"]
    assert (await trade.west.ask("channelSubmissions", "totalCount"))["totalCount"] == 0
    made = await trade.seller.do("channelSubmissionRegister", SUBMISSION, id=key, input={})
    assert (made["status"], made["owner"], made["createdBy"]) == ("REGISTERED", {"username": "seller"}, {"username": "east"})
    assert made["customer"] == {"name": "苏州工业园管委会", "channel": {"name": "华东渠道"}}
    opportunity = made["opportunity"]
    assert (opportunity["title"], opportunity["amount"]) == ("门禁系统", "88000.0000")
    assert opportunity["owner"] == {"username": "seller"}
    # The channel sees the outcome, the opportunity, and nothing more of the customer than it said itself.
    assert await trade.told(trade.east) == ["REGISTERED"]
    seen = await trade.east.ask("channelSubmission", "status customer { id } opportunity { title }", id=key)
    assert seen == {"status": "REGISTERED", "customer": None, "opportunity": {"title": "门禁系统"}}
    assigned = await trade.east.ask("channelAssignments", "nodes { status customerName brief }")
    assert assigned["nodes"] == [{"status": "REGISTERED", "customerName": "苏州工业园管委会", "brief": "明年招标"}]
    numbers = await trade.seller.ask(
        "customers", "nodes { phoneNumbers { raw label } }", filter={"name": {"eq": BROUGHT["customerName"]}}
    )
    assert numbers["nodes"] == [{"phoneNumbers": [{"raw": "0512-66680000", "label": "钱主任"}]}]
    served = await trade.seller.ask(
        "channel", "customers { nodes { name } } submissions { totalCount }", id=trade.channels["east"]
    )
    assert served == {"customers": {"nodes": [{"name": "苏州工业园管委会"}]}, "submissions": {"totalCount": 1}}


async def test_duplicates_are_found_by_name_and_number_within_what_one_may_see(trade: Trade):
    by_name = {"name": "苏州工业园管委会有限公司"}
    by_number = {"name": "别的名字", "phoneNumbers": [{"raw": "0512 6668 0000"}]}
    for given in (by_name, by_number, {"name": "无关"}):
        await trade.seller.do("customerCreate", "customer { id }", input=given)
    person = await trade.seller.do("customerCreate", "customer { id }", input={"name": "联系人的"})
    maker = await trade.hire("maker", {"contact.*": "ALL", "customer.READ": "ALL", "customer.CREATE": "ALL"})
    await maker.do(
        "contactCreate",
        "contact { id }",
        input={"name": "钱", "partyId": person["id"], "phoneNumbers": [{"raw": "0512-66680000"}]},
    )
    hidden = await trade.admin.do("customerCreate", "customer { id }", input={"name": "苏州工业园管委会"})
    key = await submitted(trade)
    asked = "duplicates { name }"
    found = (await trade.seller.ask("channelSubmission", asked, id=key))["duplicates"]
    assert sorted(each["name"] for each in found) == ["别的名字", "联系人的", "苏州工业园管委会有限公司"]
    assert len((await trade.admin.ask("channelSubmission", asked, id=key))["duplicates"]) == 4
    assert hidden
    answer = await trade.east.asked("channelSubmission", asked, id=key)
    assert (answer.codes, answer.data["channelSubmission"]["duplicates"]) == (["FORBIDDEN"], None)
    for number in range(3):
        await submitted(trade, title=f"又一个 {number}")
    async with trade.counted() as count:
        page = await trade.seller.ask("channelSubmissions", f"nodes {{ {asked} }}")
    assert [len(each["duplicates"]) for each in page["nodes"]] == [3] * 4
    assert len(count.queries) <= 4


async def test_it_is_registered_for_what_there_is(trade: Trade):
    opportunity = await trade.opportunity("已有机会")
    customer = str(await trade.value("SELECT party_id FROM opportunity"))
    first, second, third = [await submitted(trade, title=f"第 {number}") for number in range(3)]
    taken = await trade.seller.do("channelSubmissionRegister", SUBMISSION, id=first, input={"opportunityId": opportunity})
    assert taken["opportunity"]["id"] == opportunity
    assert await trade.sees(trade.east, opportunity)
    made = await trade.seller.do("channelSubmissionRegister", SUBMISSION, id=second, input={"customerId": customer})
    assert (made["customer"], made["opportunity"]["title"]) == ({"name": "客户 已有机会", "channel": None}, "第 1")
    async with trade.unchanged():
        # Somebody has that opportunity already.
        again = {"opportunityId": opportunity}
        assert await trade.seller.refusals("channelSubmissionRegister", id=third, input=again) == [("DUPLICATE", ["id"])]


async def test_what_is_refused_changes_nothing(trade: Trade):
    key, done = await submitted(trade), await submitted(trade)
    await trade.seller.do("channelSubmissionReject", SUBMISSION, id=done, reason="重复")
    other = await trade.opportunity("别家机会")
    elsewhere = str((await trade.seller.do("customerCreate", "customer { id }", input={"name": "别家"}))["id"])
    decided = await trade.opportunity("已输")
    await trade.seller.do("opportunityWin", "opportunity { id }", id=decided)
    reader = await trade.hire("reader", {"channel_submission.READ": "ALL", "channel_submission.UPDATE": "ALL"})
    async with trade.unchanged():
        for verb, more in (("Register", {"input": {}}), ("Reject", {"reason": "x"})):
            assert await trade.seller.refusals(f"channelSubmission{verb}", id=done, **more) == [("ILLEGAL_TRANSITION", None)]
            assert await trade.east.refusals(f"channelSubmission{verb}", id=key, **more) == [("FORBIDDEN", ["id"])]
            assert await trade.west.refusals(f"channelSubmission{verb}", id=key, **more) == [("NOT_FOUND", ["id"])]
        assert await trade.seller.refusals("channelSubmissionReject", id=key, reason="") == [("REQUIRED", ["reason"])]
        assert await trade.seller.refusals("channelSubmissionWithdraw", id=key) == [("FORBIDDEN", ["id"])]
        assert await trade.west.refusals("channelSubmissionWithdraw", id=key) == [("NOT_FOUND", ["id"])]
        assert await trade.east.refusals("channelSubmissionWithdraw", id=done) == [("ILLEGAL_TRANSITION", None)]
        for given, wanted in (
            ({"customerId": trade.channels["west"]}, ("INVALID", ["input", "customerId"])),
            ({"customerId": unknown(Kind.PARTY)}, ("NOT_FOUND", ["input", "customerId"])),
            ({"customerId": elsewhere, "opportunityId": other}, ("INVALID", ["input", "opportunityId"])),
            ({"opportunityId": decided}, ("INVALID", ["input", "opportunityId"])),
            ({"opportunityId": unknown(Kind.OPPORTUNITY)}, ("NOT_FOUND", ["input", "opportunityId"])),
        ):
            assert await trade.seller.refusals("channelSubmissionRegister", id=key, input=given) == [wanted]
        # Whoever may decide on submissions and may not create customers makes none by the way.
        assert await reader.refusals("channelSubmissionRegister", id=key, input={}) == [("FORBIDDEN", ["input", "ownerId"])]
        for given, where in (
            ({"amount": "-1"}, "amount"), ({"currency": "yuan"}, "currency"), ({"phone": "not a number"}, "phone"),
            ({"regionId": unknown(Kind.DICTIONARY_ITEM)}, "regionId"), ({"customerName": " "}, "customerName"),
        ):  # fmt: skip
            assert (await trade.east.refusals("opportunitySubmit", input={**BROUGHT, **given}))[0][1] == ["input", where]
        # Our own people create opportunities; they do not submit them.
        assert await trade.seller.refusals("opportunitySubmit", input=BROUGHT) == [("FORBIDDEN", None)]


async def test_a_decision_is_taken_once(trade: Trade):
    key = await submitted(trade)
    tries = [
        trade.seller.tried("channelSubmissionRegister", SUBMISSION, id=key, input={}),
        trade.seller.tried("channelSubmissionReject", SUBMISSION, id=key, reason="x"),
        trade.east.tried("channelSubmissionWithdraw", SUBMISSION, id=key),
        trade.seller.tried("channelSubmissionRegister", SUBMISSION, id=key, input={}),
    ]
    answers = await asyncio.gather(*tries)
    assert sum(not payload["userErrors"] for payload in answers) == 1
    made = await trade.value("SELECT count(*) FROM opportunity")
    assert made == await trade.value("SELECT count(*) FROM channel_assignment")
    assert made == await trade.value("SELECT count(*) FROM channel_submission WHERE status = 'REGISTERED'")


async def test_both_sides_talk_and_ours_among_themselves(trade: Trade):
    key = await submitted(trade)
    say = "comment { id body internal }"
    ours = await trade.seller.do("commentAdd", say, input={"recordId": key, "body": "预算确定了吗?"})
    await trade.east.do("commentAdd", say, input={"recordId": key, "body": "下周定"})
    secret = await trade.seller.do("commentAdd", say, input={"recordId": key, "body": "价格别太低", "internal": True})
    assert (ours["internal"], secret["internal"]) == (False, True)
    assert (await trade.told(trade.east), await trade.told(trade.seller)) == (["COMMENTED"], ["SUBMITTED", "COMMENTED"])
    whole = (await trade.seller.ask("channelSubmission", THREAD, id=key))["comments"]
    assert [each["body"] for each in whole["nodes"]] == ["预算确定了吗?", "下周定", "价格别太低"]
    seen = (await trade.east.ask("channelSubmission", THREAD, id=key))["comments"]
    assert (seen["totalCount"], [each["author"]["username"] for each in seen["nodes"]]) == (2, ["seller", "east"])
    assert (await trade.east.asked("node", "id", id=secret["id"])).codes == ["NOT_FOUND"]
    assert await trade.east.ask("node", "... on Comment { body }", id=ours["id"]) == {"body": "预算确定了吗?"}
    customer = str((await trade.seller.do("customerCreate", "customer { id }", input={"name": "x"}))["id"])
    async with trade.unchanged():
        for who, given, wanted in (
            (trade.east, {"recordId": key, "body": "x", "internal": True}, ("FORBIDDEN", ["input", "internal"])),
            (trade.west, {"recordId": key, "body": "x"}, ("NOT_FOUND", ["input", "recordId"])),
            (trade.seller, {"recordId": customer, "body": "x"}, ("NOT_FOUND", ["input", "recordId"])),
            (trade.seller, {"recordId": key, "body": " "}, ("REQUIRED", ["input", "body"])),
            (trade.seller, {"recordId": key, "body": "x" * 20_001}, ("INVALID", ["input", "body"])),
        ):
            assert await who.refusals("commentAdd", input=given) == [wanted]
        assert await trade.east.refusals("commentRemove", id=ours["id"]) == [("FORBIDDEN", ["id"])]
        assert await trade.east.refusals("commentRemove", id=secret["id"]) == [("NOT_FOUND", ["id"])]
        assert await trade.west.refusals("commentRemove", id=ours["id"]) == [("NOT_FOUND", ["id"])]
    assert await trade.seller.do("commentRemove", say, id=ours["id"]) is None
    assert await trade.seller.refusals("commentRemove", id=ours["id"]) == [("NOT_FOUND", ["id"])]
    left = (await trade.east.ask("channelSubmission", THREAD, id=key))["comments"]
    assert [each["body"] for each in left["nodes"]] == ["下周定"]


async def test_a_channel_that_left_is_told_no_more_of_what_is_said(trade: Trade):
    """Whoever took part before and may not read the record any more hears nothing of it."""
    _, assignment = await trade.accepted()
    await trade.east.do("commentAdd", "comment { id }", input={"recordId": assignment, "body": "我们开始"})
    before = await trade.told(trade.east)
    role = await trade.value("SELECT id FROM role WHERE name = 'role of east'")
    await trade.rows("DELETE FROM role_grant WHERE role_id = $1 AND entity = 'channel_assignment' AND action = 'READ'", role)
    await trade.rows("UPDATE rights_epoch SET epoch = epoch + 1")
    await trade.seller.do("commentAdd", "comment { id }", input={"recordId": assignment, "body": "进展如何?"})
    assert await trade.told(trade.east) == before
