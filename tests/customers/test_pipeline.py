"""Pipelines: the default one, whole lists of stages, and what becomes of stages that opportunities were in."""

from __future__ import annotations

import asyncio

import pytest
from tests.factories.api import Office, opened, unknown

from crm.core.kinds import Kind
from crm.services.customers import pipelines

office = pytest.fixture(opened)
PIPELINE = "pipeline { id version name active position stages { id name probability position active } }"
TWO = [{"name": "询价", "probability": 20}, {"name": "下单", "probability": 80}]


async def created(office: Office, name: str = "渠道", stages: list[dict] | None = None) -> dict:
    return await office.admin.do("pipelineCreate", PIPELINE, input={"name": name, "stages": stages or TWO})


async def opportunity(office: Office, stage: str) -> str:
    party = await office.admin.do("customerCreate", "customer { id }", input={"name": f"客户 {stage}"})
    given = {"title": "机会", "partyId": party["id"], "stageId": stage}
    return str((await office.admin.do("opportunityCreate", "opportunity { id }", input=given))["id"])


def stages(pipeline: dict) -> list[tuple[str, int, bool]]:
    return [(each["name"], each["probability"], each["active"]) for each in pipeline["stages"]]


async def test_every_organisation_starts_with_a_pipeline(office: Office):
    found = (await office.admin.ask("pipelines", "nodes { name active position stages { name probability active } }"))["nodes"]
    assert found == [
        {
            "name": "销售 Sales",
            "active": True,
            "position": 0,
            "stages": [
                {"name": name, "probability": probability, "active": True}
                for name, probability in {
                    "线索 Lead": 10,
                    "需求 Qualified": 30,
                    "方案 Proposal": 50,
                    "谈判 Negotiation": 70,
                    "成交在即 Commitment": 90,
                }.items()
            ],
        }
    ]


async def test_it_is_made_once_even_after_it_was_deleted(office: Office):
    only = (await office.admin.ask("pipelines", "nodes { id }"))["nodes"][0]
    await office.admin.do("pipelineDelete", PIPELINE, id=only["id"])
    async with office.unchanged():
        await pipelines.ensure(office.database)
    assert (await office.admin.ask("pipelines", "totalCount"))["totalCount"] == 0


async def test_a_pipeline_is_created_changed_deleted_and_restored(office: Office):
    made = await created(office)
    assert (made["name"], made["active"], made["position"], made["version"]) == ("渠道", True, 1, 1)
    assert stages(made) == [("询价", 20, True), ("下单", 80, True)]
    changed = await office.admin.do(
        "pipelineUpdate", PIPELINE, id=made["id"], version=1, input={"name": "伙伴", "active": False, "position": 7}
    )
    assert changed == made | {"version": 2, "name": "伙伴", "active": False, "position": 7}
    assert await office.admin.do("pipelineDelete", PIPELINE, id=made["id"]) is None
    assert (await office.admin.ask("deletedRecords", "nodes { name }", entity="pipeline"))["nodes"] == [{"name": "伙伴"}]
    assert await office.admin.do("pipelineRestore", PIPELINE, id=made["id"]) == changed | {"version": 4}


@pytest.mark.parametrize("text", ["渠", "qud", "QUDAO"])
async def test_a_pipeline_is_found_by_its_name(office: Office, text):
    await created(office)
    assert (await office.admin.ask("pipelines", "nodes { name }", search=text))["nodes"] == [{"name": "渠道"}]


async def test_stages_are_kept_renamed_moved_added_and_removed(office: Office):
    made = await created(office)
    first, second = made["stages"]
    whole = [{"id": second["id"], "name": "签单", "probability": 90}, {"name": "新", "probability": 1}]
    after = await office.admin.do("pipelineUpdate", PIPELINE, id=made["id"], version=1, input={"stages": whole})
    assert after["version"] == 2
    assert stages(after) == [("签单", 90, True), ("新", 1, True)]
    assert after["stages"][0]["id"] == second["id"]
    assert first["id"] not in {each["id"] for each in after["stages"]}
    log = (await office.admin.ask("changes", "nodes { verb fields { field old new } }", first=1))["nodes"][0]
    assert log["verb"] == "pipeline.update"
    assert [field["field"] for field in log["fields"]] == ["stages"]
    assert [each["name"] for each in log["fields"][0]["old"]] == ["询价", "下单"]
    assert [each["name"] for each in log["fields"][0]["new"]] == ["签单", "新"]


async def test_a_list_sent_back_as_it_was_changes_nothing(office: Office):
    made = await created(office)
    same = [{key: each[key] for key in ("id", "name", "probability")} for each in made["stages"]]
    async with office.unchanged():
        after = await office.admin.do("pipelineUpdate", PIPELINE, id=made["id"], version=1, input={"stages": same})
    assert after == made


async def test_a_stage_that_was_used_is_retired_and_can_come_back(office: Office):
    made = await created(office, stages=[*TWO, {"name": "收款", "probability": 95}])
    first, second, third = made["stages"]
    key = await opportunity(office, first["id"])
    await office.admin.do("opportunityMove", "opportunity { id }", id=key, stageId=second["id"])
    whole = [{"id": third["id"], "name": "收款", "probability": 95}]
    after = await office.admin.do("pipelineUpdate", PIPELINE, id=made["id"], version=1, input={"stages": whole})
    assert stages(after) == [("收款", 95, True), ("询价", 20, False), ("下单", 80, False)]
    found = await office.admin.ask(
        "opportunity", "stage { name active } stageHistory { nodes { stage { name } leftAt } }", id=key
    )
    assert found["stage"] == {"name": "下单", "active": False}
    assert [each["stage"]["name"] for each in found["stageHistory"]["nodes"]] == ["询价", "下单"]
    async with office.unchanged():
        assert await office.admin.refusals("opportunityMove", id=key, stageId=first["id"]) == [("INVALID", ["stageId"])]
    again = [*whole, {"id": first["id"], "name": "询价", "probability": 25}]
    back = await office.admin.do("pipelineUpdate", PIPELINE, id=made["id"], version=2, input={"stages": again})
    assert stages(back) == [("收款", 95, True), ("询价", 25, True), ("下单", 80, False)]
    assert (await office.admin.ask("opportunity", "probability", id=key))["probability"] == 80


async def test_a_pipeline_that_is_used_is_not_deleted(office: Office):
    made = await created(office)
    await opportunity(office, made["stages"][0]["id"])
    async with office.unchanged():
        assert await office.admin.refusals("pipelineDelete", id=made["id"]) == [("INVALID", ["id"])]


MANY = [{"name": f"阶段 {n}", "probability": n} for n in range(21)]
BAD = {
    "no name": ({"name": " "}, "REQUIRED", ["input", "name"]),
    "long name": ({"name": "x" * 61}, "INVALID", ["input", "name"]),
    "no stage": ({"stages": []}, "REQUIRED", ["input", "stages"]),
    "too many stages": ({"stages": MANY}, "INVALID", ["input", "stages"]),
    "a stage without a name": ({"stages": [{"name": "", "probability": 1}]}, "REQUIRED", ["input", "stages", "0", "name"]),
    "two of one name": (
        {"stages": [{"name": "Won", "probability": 1}, {"name": "WON", "probability": 2}]},
        "INVALID",
        ["input", "stages", "1", "name"],
    ),
    "beyond certain": ({"stages": [{"name": "a", "probability": 101}]}, "INVALID", ["input", "stages", "0", "probability"]),
    "below impossible": ({"stages": [{"name": "a", "probability": -1}]}, "INVALID", ["input", "stages", "0", "probability"]),
    "an unknown stage": (
        {"stages": [{"id": unknown(Kind.STAGE), "name": "a", "probability": 1}]},
        "NOT_FOUND",
        ["input", "stages", "0", "id"],
    ),
    "no id at all": ({"stages": [{"id": "x", "name": "a", "probability": 1}]}, "NOT_FOUND", ["input", "stages", "0", "id"]),
}


@pytest.mark.parametrize(("given", "code", "field"), BAD.values(), ids=BAD.keys())
async def test_a_bad_pipeline_is_refused_and_nothing_is_written(office: Office, given, code, field):
    made = await created(office)
    async with office.unchanged():
        whole = {"name": "新", "stages": TWO} | given
        assert await office.admin.refusals("pipelineCreate", input=whole) == [(code, field)]
        assert await office.admin.refusals("pipelineUpdate", id=made["id"], version=1, input=given) == [(code, field)]
        assert await office.admin.refusals("pipelineUpdate", id=made["id"], version=0, input={}) == [("CONFLICT", ["version"])]


async def test_a_stage_of_another_pipeline_or_named_twice_is_refused(office: Office):
    made, other = await created(office), await created(office, "直销")
    foreign = [{"id": other["stages"][0]["id"], "name": "a", "probability": 1}]
    twice = [{"id": made["stages"][0]["id"], "name": name, "probability": 1} for name in ("a", "b")]
    async with office.unchanged():
        for given, code, place in ((foreign, "NOT_FOUND", "0"), (twice, "INVALID", "1")):
            refused = await office.admin.refusals("pipelineUpdate", id=made["id"], version=1, input={"stages": given})
            assert refused == [(code, ["input", "stages", place, "id"])]


async def test_names_are_unique_without_regard_to_letter_case(office: Office):
    made, other = await created(office, "Direct"), await created(office, "Other")
    async with office.unchanged():
        taken = ("DUPLICATE", ["input", "name"])
        assert await office.admin.refusals("pipelineCreate", input={"name": "DIRECT", "stages": TWO}) == [taken]
        assert await office.admin.refusals("pipelineUpdate", id=other["id"], version=1, input={"name": "direct"}) == [taken]
    await office.admin.do("pipelineDelete", PIPELINE, id=made["id"])
    await created(office, "direct")
    async with office.unchanged():
        assert await office.admin.refusals("pipelineRestore", id=made["id"]) == [("DUPLICATE", ["id"])]


async def test_everybody_reads_pipelines_and_only_those_who_may_change_them(office: Office):
    made = await created(office)
    nobody = await office.hire("nobody", {})
    assert stages(await nobody.ask("pipeline", "stages { name probability active }", id=made["id"])) == stages(made)
    assert (await nobody.ask("node", "... on Stage { name }", id=made["stages"][0]["id"])) == {"name": "询价"}
    assert (await office.anonymous.asked("pipelines", "totalCount")).codes == ["UNAUTHENTICATED"]
    async with office.unchanged():
        document = "mutation ($id: ID!) { pipelineDelete(id: $id) { userErrors { code } } }"
        assert (await nobody.run(document, id=made["id"])).codes == ["FORBIDDEN"]


async def test_moving_into_a_stage_while_it_is_taken_away_ends_well_either_way(office: Office):
    made = await created(office)
    first, second = made["stages"]
    key = await opportunity(office, first["id"])
    without = {"stages": [{"id": first["id"], "name": "询价", "probability": 20}]}
    moved, changed = await asyncio.gather(
        office.admin.tried("opportunityMove", "opportunity { stage { name } }", id=key, stageId=second["id"]),
        office.admin.tried("pipelineUpdate", PIPELINE, id=made["id"], version=1, input=without),
    )
    assert changed["userErrors"] == []
    kept = {each["name"]: each["active"] for each in changed["pipeline"]["stages"]}
    if moved["userErrors"]:
        assert [(each["code"], each["field"]) for each in moved["userErrors"]] == [("NOT_FOUND", ["stageId"])]
        assert kept == {"询价": True}
    else:
        assert moved["opportunity"] == {"stage": {"name": "下单"}}
        assert kept == {"询价": True, "下单": False}
