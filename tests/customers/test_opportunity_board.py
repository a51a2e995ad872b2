"""The board of a pipeline: counts and sums of each stage under rights, in a fixed number of statements, and the first cards."""

from __future__ import annotations

import pytest
from tests.customers.selling import SELLER, customer, opportunity
from tests.factories.api import Api, Office, opened, unknown

from crm.core.kinds import Kind

office = pytest.fixture(opened)
BOARD = "stage { name probability } count sums { currency count amount weightedAmount } cards(first: 2) { title stage { name } }"


async def pipeline(office: Office) -> str:
    return str(await office.value("SELECT id FROM pipeline"))


async def stage(office: Office, name: str) -> str:
    return str(await office.value("SELECT id FROM stage WHERE name LIKE $1 || '%'", name))


async def sold(office: Office, who: Api, *amounts: str, **given: object) -> list[str]:
    party = await customer(who)
    return [await opportunity(who, party, title=f"{who.username} {amount}", amount=amount, **given) for amount in amounts]


async def test_each_stage_has_its_counts_sums_and_first_cards(office: Office):
    agent, other = await office.hire("agent", SELLER), await office.hire("other", SELLER)
    await sold(office, agent, "100", "200", "300")
    await sold(office, agent, "1000.5", stageId=await stage(office, "方案"), currency="USD")
    await sold(office, other, "7000", stageId=await stage(office, "方案"))
    won = (await sold(office, agent, "5"))[0]
    await agent.do("opportunityWin", id=won)
    key = await pipeline(office)
    columns = {each["stage"]["name"][:2]: each for each in await agent.ask("opportunityBoard", BOARD, pipelineId=key)}
    assert list(columns) == ["线索", "需求", "方案", "谈判", "成交"]
    first = columns["线索"]
    assert (first["stage"]["probability"], first["count"]) == (10, 3)
    assert first["sums"] == [{"currency": "CNY", "count": 3, "amount": "600.0000", "weightedAmount": "60.0000"}]
    assert [each["title"] for each in first["cards"]] == ["agent 300", "agent 200"]
    third = columns["方案"]
    assert third["sums"] == [{"currency": "USD", "count": 1, "amount": "1000.5000", "weightedAmount": "500.2500"}]
    assert third["cards"] == [{"title": "agent 1000.5", "stage": {"name": "方案 Proposal"}}]
    assert (columns["谈判"]["count"], columns["谈判"]["sums"], columns["谈判"]["cards"]) == (0, [], [])
    whole = await office.admin.ask("opportunityBoard", BOARD, pipelineId=key)
    assert [each["count"] for each in whole] == [3, 0, 2, 0, 0]
    assert [each["currency"] for each in whole[2]["sums"]] == ["CNY", "USD"]
    narrowed = {"ownerId": {"eq": other.id}}
    whole = await office.admin.ask("opportunityBoard", "count", pipelineId=key, filter=narrowed)
    assert [each["count"] for each in whole] == [0, 0, 1, 0, 0]
    whole = await office.admin.ask("opportunityBoard", "count", pipelineId=key, statuses=["WON", "OPEN"])
    assert [each["count"] for each in whole] == [4, 0, 2, 0, 0]


async def test_more_opportunities_and_stages_take_no_more_statements(office: Office):
    key, counts = await pipeline(office), []
    for name in ("线索", "谈判"):
        await sold(office, office.admin, "1", "2", "3", stageId=await stage(office, name))
        async with office.counted() as count:
            await office.admin.ask("opportunityBoard", BOARD, pipelineId=key)
        counts.append(len(count.queries))
    assert counts[0] == counts[1] <= 5


async def test_what_a_role_hides_is_not_told_by_summing_it(office: Office):
    await sold(office, office.admin, "100")
    key, all_ = await pipeline(office), {"opportunity.READ": "ALL"}
    poor = await office.hire("poor", all_, hidden=["opportunity.amount"])
    answer = await poor.asked("opportunityBoard", "count sums { count amount weightedAmount }", pipelineId=key)
    assert answer.codes == ["FORBIDDEN"] * 2
    assert answer.data["opportunityBoard"][0] == {"count": 1, "sums": [{"count": 1, "amount": None, "weightedAmount": None}]}
    asked = {"filter": {"amount": {"gt": "1"}}}
    assert (await poor.asked("opportunityBoard", "count", pipelineId=key, **asked)).codes == ["FORBIDDEN"]
    unsure = await office.hire("unsure", all_, hidden=["opportunity.probability"])
    answer = await unsure.asked("opportunityBoard", "sums { amount weightedAmount }", pipelineId=key)
    assert answer.data["opportunityBoard"][0] == {"sums": [{"amount": "100.0000", "weightedAmount": None}]}
    blind = await office.hire("blind", all_, hidden=["opportunity.stage"])
    answer = await blind.asked("opportunityBoard", "count", pipelineId=key)
    assert (answer.codes, answer.data["opportunityBoard"]) == (["FORBIDDEN"], None)


async def test_a_wrong_pipeline_or_size_is_refused(office: Office):
    for odd in ("", "\x00", unknown(Kind.PIPELINE), await stage(office, "线索")):
        assert (await office.admin.asked("opportunityBoard", "count", pipelineId=odd)).codes == ["NOT_FOUND"]
    for size in (0, 51, -1):
        answer = await office.admin.asked("opportunityBoard", f"cards(first: {size}) {{ id }}", pipelineId=await pipeline(office))
        assert set(answer.codes) == {"BAD_USER_INPUT"}
    clerk = await office.hire("clerk", {"customer.READ": "ALL"})
    assert (await clerk.asked("opportunityBoard", "count", pipelineId=await pipeline(office))).codes == ["FORBIDDEN"]
