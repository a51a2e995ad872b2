"""Marketing tasks go to the channels that are meant, each reports its own part; information reaches their people; results."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.customers.partners import Trade, trading
from tests.factories.api import unknown

from crm.core.kinds import Kind

trade = pytest.fixture(trading)
TASK = "marketingTask { id version status dueOn actions channelTasks { totalCount nodes { id percent state channel { name } } } }"
PART = "channelTask { percent state report reportedBy { username } }"


async def item(trade: Trade, dictionary: str, code: str) -> str:
    sql = "SELECT i.id FROM dictionary_item i JOIN dictionary d ON d.id = i.dictionary_id WHERE d.code = $1 AND i.code = $2"
    return str(await trade.value(sql, dictionary, code))


async def task(trade: Trade, **given: Any) -> str:
    made = await trade.seller.do("marketingTaskCreate", TASK, input={"title": "春季推广", "dueOn": "2030-03-31", **given})
    assert (made["status"], made["actions"]) == ("DRAFT", ["DISPATCH", "CANCEL"])
    return str(made["id"])


async def dispatched(trade: Trade, key: str, **audience: Any) -> list[str]:
    """The names of the channels that have it then."""
    made = await trade.seller.do("marketingTaskDispatch", TASK, id=key, audience=audience)
    assert made["status"] == "DISPATCHED"
    return sorted(each["channel"]["name"] for each in made["channelTasks"]["nodes"])


async def test_a_task_goes_to_the_channels_that_are_meant(trade: Trade):
    office = trade.admin
    group = await office.do("channelGroupCreate", "channelGroup { id }", input={"name": "金牌伙伴"})
    coast = await office.do("territoryCreate", "territory { id }", input={"name": "沿海"})
    regions = [await item(trade, "region", "jiangsu")]
    delta = {"name": "长三角", "parentId": coast["id"], "regionIds": regions}
    inner = await office.do("territoryCreate", "territory { id regions { code } parent { name } }", input=delta)
    assert (inner["regions"], inner["parent"]) == ([{"code": "jiangsu"}], {"name": "沿海"})
    it, finance = await item(trade, "industry", "it"), await item(trade, "industry", "finance")
    await trade.channel("苏州 IT", regionId=await item(trade, "region", "suzhou"), industryId=it, channelGroupId=group["id"])
    await trade.channel("南京 金融", regionId=await item(trade, "region", "nanjing"), industryId=finance)
    await trade.channel("上海 IT", regionId=await item(trade, "region", "shanghai"), industryId=it, territoryId=inner["id"])
    await office.do(
        "channelCreate", "channel { id }", input={"name": "看不见的 IT", "industryId": it, "channelGroupId": group["id"]}
    )
    jiangsu = await item(trade, "region", "jiangsu")
    for audience, wanted in (
        ({"regionIds": [jiangsu]}, ["南京 金融", "苏州 IT"]),
        ({"regionIds": [jiangsu], "industryIds": [it]}, ["苏州 IT"]),
        ({"territoryIds": [coast["id"]]}, ["上海 IT", "南京 金融", "苏州 IT"]),
        ({"channelGroupIds": [group["id"]]}, ["苏州 IT"]),
        ({"industryIds": [it, finance], "channelIds": [trade.channels["west"]]}, ["上海 IT", "南京 金融", "苏州 IT", "西部渠道"]),
    ):
        assert await dispatched(trade, await task(trade), **audience) == wanted, audience
    # Again, it goes to those that do not have it yet.
    key = await task(trade)
    assert await dispatched(trade, key, regionIds=[jiangsu], industryIds=[it]) == ["苏州 IT"]
    assert await dispatched(trade, key, regionIds=[jiangsu]) == ["南京 金融", "苏州 IT"]
    async with trade.unchanged():
        assert await dispatched(trade, key, regionIds=[jiangsu]) == ["南京 金融", "苏州 IT"]


async def test_each_channel_sees_and_reports_its_own_part(trade: Trade):
    key = await task(trade)
    assert (await trade.east.ask("marketingTasks", "totalCount"))["totalCount"] == 0
    await dispatched(trade, key, channelIds=list(trade.channels.values()))
    assert await trade.told(trade.east) == ["TASK_DISPATCHED"]
    mine = "id title channelTasks { totalCount nodes { id percent channel { id } } }"
    (seen,) = (await trade.east.ask("marketingTasks", f"nodes {{ {mine} }}"))["nodes"]
    assert seen["channelTasks"]["totalCount"] == 1
    (part,) = seen["channelTasks"]["nodes"]
    assert (part["percent"], part["channel"]) == (0, None)
    for percent, state in ((40, "DOING"), (100, "DONE"), (0, "TODO"), (60, "DOING")):
        given = {"percent": percent, "report": f"做了 {percent}%"}
        told = await trade.east.do("channelTaskReport", PART, id=part["id"], input=given)
        assert told == {"percent": percent, "state": state, "report": f"做了 {percent}%", "reportedBy": {"username": "east"}}
    assert (await trade.told(trade.seller)) == ["TASK_REPORTED"] * 4
    ours = (await trade.seller.ask("marketingTask", "channelTasks { nodes { percent channel { name } } }", id=key))[
        "channelTasks"
    ]
    assert sorted((each["percent"], each["channel"]["name"]) for each in ours["nodes"]) == [(0, "西部渠道"), (60, "华东渠道")]
    async with trade.unchanged():
        for percent in (-1, 101, 150):
            refused = await trade.east.refusals("channelTaskReport", id=part["id"], input={"percent": percent})
            assert refused == [("INVALID", ["input", "percent"])]
        assert await trade.west.refusals("channelTaskReport", id=part["id"], input={"percent": 5}) == [("NOT_FOUND", ["id"])]
        assert await trade.seller.refusals("channelTaskReport", id=part["id"], input={"percent": 5}) == [("FORBIDDEN", ["id"])]
    ended = await trade.seller.do("marketingTaskComplete", TASK, id=key)
    assert (ended["status"], ended["actions"]) == ("COMPLETED", [])
    async with trade.unchanged():
        for who, verb, more in (
            (trade.east, "channelTaskReport", {"id": part["id"], "input": {"percent": 5}}),
            (trade.seller, "marketingTaskCancel", {"id": key}),
            (trade.seller, "marketingTaskDispatch", {"id": key, "audience": {"channelIds": [trade.channels["west"]]}}),
            (trade.seller, "marketingTaskUpdate", {"id": key, "version": ended["version"], "input": {"title": "x"}}),
        ):
            assert await who.refusals(verb, **more) == [("ILLEGAL_TRANSITION", None)]
    await trade.seller.do("marketingTaskDelete", "marketingTask { id }", id=key)
    assert (await trade.east.ask("marketingTasks", "totalCount"))["totalCount"] == 0


async def test_an_audience_of_nobody_or_of_the_wrong_is_refused(trade: Trade):
    key, it = await task(trade), await item(trade, "industry", "it")
    customer = str((await trade.seller.do("customerCreate", "customer { id }", input={"name": "x"}))["id"])
    hidden = str((await trade.admin.do("channelCreate", "channel { id }", input={"name": "x"}))["id"])
    cases: list[tuple[dict, tuple[str, list[str]]]] = [
        ({}, ("INVALID", ["audience"])),
        ({"industryIds": []}, ("INVALID", ["audience"])),
        ({"industryIds": [it]}, ("INVALID", ["audience"])),
        ({"regionIds": [it]}, ("INVALID", ["audience", "regionIds", "0"])),
        ({"channelIds": [customer]}, ("INVALID", ["audience", "channelIds", "0"])),
        ({"channelIds": [hidden]}, ("NOT_FOUND", ["audience", "channelIds", "0"])),
        ({"territoryIds": [unknown(Kind.TERRITORY)]}, ("NOT_FOUND", ["audience", "territoryIds", "0"])),
        ({"channelGroupIds": ["x"]}, ("NOT_FOUND", ["audience", "channelGroupIds", "0"])),
        ({"industryIds": [it] * 51}, ("INVALID", ["audience", "industryIds"])),
    ]
    told = {"topic": "MARKET", "title": "t", "body": "b"}
    async with trade.unchanged():
        for audience, (code, where) in cases:
            assert await trade.seller.refusals("marketingTaskDispatch", id=key, audience=audience) == [(code, where)], audience
            refused = await trade.seller.refusals("channelInformationPublish", input={**told, "audience": audience})
            assert refused == [(code, ["input", *where])]


async def test_one_part_for_each_channel_whoever_dispatches_at_once(trade: Trade):
    key = await task(trade)
    both = list(trade.channels.values())
    await asyncio.gather(
        *(trade.seller.do("marketingTaskDispatch", TASK, id=key, audience={"channelIds": both}) for _ in range(4))
    )
    assert await trade.value("SELECT count(*) FROM channel_task") == 2
    assert (await trade.told(trade.east)) == ["TASK_DISPATCHED"]


async def test_information_reaches_the_people_of_the_channels_with_receipts(trade: Trade):
    empty = await trade.channel("没有人的渠道")
    told = {
        "topic": "COMPETITOR",
        "title": "对手降价",
        "body": "三成",
        "audience": {"channelIds": [trade.channels["east"], empty]},
    }
    made = await trade.seller.do(
        "channelInformationPublish",
        "announcement { id topic recipientCount audience { channels { name } } }",
        input=told,
    )
    names = sorted(each["name"] for each in made["audience"]["channels"])
    assert (made["topic"], made["recipientCount"], names) == ("COMPETITOR", 1, ["华东渠道", "没有人的渠道"])
    mine = await trade.east.ask(
        "announcements", "nodes { title topic audience { everyone } }", filter={"topic": {"eq": "COMPETITOR"}}
    )
    assert mine["nodes"] == [{"title": "对手降价", "topic": "COMPETITOR", "audience": None}]
    assert (await trade.west.ask("announcements", "totalCount"))["totalCount"] == 0
    await trade.east.do("announcementRead", "announcement { id }", id=made["id"])
    receipts = await trade.seller.ask("announcement", "readCount receipts { nodes { user { username } } }", id=made["id"])
    assert receipts == {"readCount": 1, "receipts": {"nodes": [{"user": {"username": "east"}}]}}
    async with trade.unchanged():
        nobody = {**told, "audience": {"channelIds": [empty]}}
        assert await trade.seller.refusals("channelInformationPublish", input=nobody) == [("INVALID", ["input", "audience"])]


RESULTS = """offered takenUp declined submitted registered rejected tasks tasksDone
    open { currency count amount } won { currency count amount }"""


async def test_results_are_counted_in_one_statement_under_the_viewers_rights(trade: Trade):
    won, _ = await trade.accepted("已赢")
    await trade.accepted("在办")
    await trade.offer(await trade.opportunity("未答复"))
    declined = (await trade.offer(await trade.opportunity("不要")))["id"]
    await trade.east.do("channelAssignmentDecline", "channelAssignment { id }", id=declined, reason="x")
    await trade.seller.do("opportunityWin", "opportunity { id }", id=won)
    for name in ("甲", "乙"):
        key = (await trade.east.do("opportunitySubmit", "channelSubmission { id }", input={"title": name, "customerName": name}))[
            "id"
        ]
    await trade.seller.do("channelSubmissionReject", "channelSubmission { id }", id=key, reason="x")
    await dispatched(trade, await task(trade), channelIds=[trade.channels["east"]])
    wanted = {
        "offered": 4, "takenUp": 2, "declined": 1, "submitted": 2, "registered": 0, "rejected": 1, "tasks": 1, "tasksDone": 0,
        "open": [{"currency": "CNY", "count": 1, "amount": "1000.0000"}],
        "won": [{"currency": "CNY", "count": 1, "amount": "1000.0000"}],
    }  # fmt: skip
    async with trade.counted() as few:
        page = await trade.seller.ask("channels", f"nodes {{ name results {{ {RESULTS} }} }}")
    found = {each["name"]: each["results"] for each in page["nodes"]}
    assert found["华东渠道"] == wanted
    assert (found["西部渠道"]["offered"], found["西部渠道"]["won"]) == (0, [])
    for number in range(4):
        await trade.channel(f"更多 {number}")
    async with trade.counted() as many:
        await trade.seller.ask("channels", f"nodes {{ name results {{ {RESULTS} }} }}")
    assert len(many.queries) == len(few.queries)
    none = "channel"
    past = await trade.seller.ask(
        none, 'results(since: "2001-01-01", until: "2001-12-31") { offered won { count } }', id=trade.channels["east"]
    )
    assert past["results"] == {"offered": 0, "won": []}
    today = await trade.seller.ask(
        none, 'results(since: "2001-01-01", until: "2199-12-31") { offered won { count } }', id=trade.channels["east"]
    )
    assert today["results"] == {"offered": 4, "won": [{"count": 1}]}
    # Whoever sees the channel and none of the opportunities counts none of them; what is hidden is hidden here as well.
    narrow = await trade.hire("narrow", {"channel.READ": "ALL", "opportunity.READ": "OWN", "channel_assignment.READ": "OWN"})
    mine = (await narrow.ask("channel", f"results {{ {RESULTS} }}", id=trade.channels["east"]))["results"]
    assert (mine["offered"], mine["open"], mine["won"], mine["tasks"]) == (4, [], [], 0)
    grants = {"channel.READ": "ALL", "opportunity.READ": "ALL", "channel_assignment.READ": "ALL"}
    blind = await trade.hire("blind", grants, hidden=["opportunity.amount"])
    answer = await blind.asked("channel", "results { open { count amount } }", id=trade.channels["east"])
    assert answer.data["channel"]["results"]["open"] == [{"count": 1, "amount": None}]
    assert answer.codes == ["FORBIDDEN"]
