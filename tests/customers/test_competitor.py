"""Competitors: a catalogue, and what each of them brings to an opportunity."""

from __future__ import annotations

import asyncio

import pytest
from tests.customers.selling import SELLER, added, competitor, customer, log, opportunity
from tests.factories.api import Office, opened, unknown

from crm.core.kinds import Kind

office = pytest.fixture(opened)
SHOWN = "state strengths weaknesses price competitor { name } opportunity { title }"
NAMES = "nodes { name }"


async def test_the_catalogue_is_kept_and_searched(office: Office):
    zte = await competitor(office)
    given = {"name": "Nokia", "website": "nokia.test", "strengths": "价格", "weaknesses": "交期", "note": "n"}
    made = await office.admin.do("competitorCreate", "competitor { id name website strengths weaknesses note }", input=given)
    assert made == {"id": made["id"], **given}
    agent = await office.hire("agent", {})
    assert (await agent.ask("competitors", NAMES))["nodes"] == [{"name": "Nokia"}, {"name": "中兴"}]
    for search, found in (("zh", ["中兴"]), ("中", ["中兴"]), ("no", ["Nokia"]), ("x", [])):
        assert [each["name"] for each in (await agent.ask("competitors", NAMES, search=search))["nodes"]] == found
    async with office.unchanged():
        twice = await office.admin.refusals("competitorCreate", input={"name": "NOKIA"})
        assert twice == [("DUPLICATE", ["input", "name"])]
        assert await office.admin.refusals("competitorCreate", input={"name": " "}) == [("REQUIRED", ["input", "name"])]
        assert (await agent.run('mutation { competitorCreate(input: {name: "x"}) { userErrors { code } } }')).codes == [
            "FORBIDDEN"
        ]
        refused = await office.admin.refusals("competitorUpdate", id=zte, version=1, input={"name": "nokia"})
        assert refused == [("DUPLICATE", ["input", "name"])]
    await office.admin.do("competitorDelete", id=made["id"])
    await office.admin.do("competitorCreate", "competitor { id }", input={"name": "nokia"})
    async with office.unchanged():
        assert await office.admin.refusals("competitorRestore", id=made["id"]) == [("DUPLICATE", ["id"])]


async def test_a_competitor_wants_the_same_business(office: Office):
    agent, zte = await office.hire("agent", SELLER), await competitor(office)
    key = await opportunity(agent, await customer(agent))
    made = await added(agent, "competitionAdd", recordId=key, competitorId=zte, price="900000")
    values = {"state": "BEATEN", "weaknesses": "没有本地团队"}
    changed = await agent.do("competitionUpdate", f"competition {{ {SHOWN} }}", id=made["id"], version=1, input=values)
    shown = {
        **values,
        "strengths": None,
        "price": "900000.0000",
        "competitor": {"name": "中兴"},
        "opportunity": {"title": "5G 基站"},
    }
    assert changed == shown
    assert await agent.ask("opportunity", f"competitors {{ nodes {{ {SHOWN} }} }}", id=key) == {"competitors": {"nodes": [shown]}}
    against = {"competitors": {"some": {"competitor": {"name": {"eq": "中兴"}}, "state": {"eq": "BEATEN"}}}}
    assert (await agent.ask("opportunities", "totalCount", filter=against))["totalCount"] == 1
    found = await agent.ask("competitor", "competitions { totalCount nodes { state } }", id=zte)
    assert found == {"competitions": {"totalCount": 1, "nodes": [{"state": "BEATEN"}]}}
    stranger = await office.hire("stranger", SELLER)
    assert await stranger.ask("competitor", "competitions { totalCount }", id=zte) == {"competitions": {"totalCount": 0}}
    async with office.unchanged():
        for change, wanted in (
            ({}, ("DUPLICATE", ["input", "competitorId"])),
            ({"competitorId": unknown(Kind.COMPETITOR)}, ("NOT_FOUND", ["input", "competitorId"])),
            ({"price": "-1"}, ("INVALID", ["input", "price"])),
        ):
            given = {"recordId": key, "competitorId": zte} | change
            if "price" in change:
                assert await agent.refusals("competitionUpdate", id=made["id"], version=2, input=change) == [wanted]
            else:
                assert await agent.refusals("competitionAdd", input=given) == [wanted]
        assert await office.admin.refusals("competitorDelete", id=zte) == [("INVALID", ["id"])]
        assert await stranger.refusals("competitionRemove", id=made["id"]) == [("NOT_FOUND", ["id"])]
    await agent.do("competitionRemove", id=made["id"])
    verbs = [each["verb"] for each in (await log(agent, key))[:3]]
    assert verbs == [f"opportunity.{verb}Competitor" for verb in ("remove", "update", "add")]
    await office.admin.do("competitorDelete", id=zte)


async def test_one_that_is_deleted_at_the_same_moment_is_named_by_nobody(office: Office):
    zte, key = await competitor(office), await opportunity(office.admin, await customer(office.admin))
    adding = office.admin.tried("competitionAdd", "competition { id }", input={"recordId": key, "competitorId": zte})
    named, gone = await asyncio.gather(adding, office.admin.tried("competitorDelete", "competitor { id }", id=zte))
    assert bool(named["userErrors"]) != bool(gone["userErrors"])
    orphans = "SELECT count(*) FROM competition c JOIN competitor k ON k.id = c.competitor_id WHERE k.deleted_at IS NOT NULL"
    assert await office.value(orphans) == 0
