"""Weekly forecasts: taken once a week, kept as they were, read under rights, and set beside what is now."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

import pytest
from tests.customers.selling import SELLER, customer, opportunity
from tests.factories.api import Office, opened
from tests.notify.errands import reaches, working

from crm.rules.customers.forecast import closed_since, week_of
from crm.services.customers.forecasts import TAKE_FORECAST, take
from crm.services.jobs import Nothing, enqueue
from crm.services.system.accounts import system_deed
from crm.services.system.periodic_jobs import span_of

office = pytest.fixture(opened)
MONTH = "2099-06-01"
FIGURES = "monthOn status currency opportunityCount amount weightedAmount"
NOW = "opportunityCountNow amountNow weightedAmountNow"


async def taken(office: Office) -> int:
    async with system_deed(office.database, "test") as deed:
        return await take(deed)


def test_a_week_begins_on_monday_and_looks_back_to_the_month_before():
    assert week_of(date(2026, 11, 26)) == week_of(date(2026, 11, 23)) == date(2026, 11, 23)
    assert week_of(date(2026, 11, 22)) == date(2026, 11, 16)
    assert closed_since(date(2026, 11, 23)) == date(2026, 10, 1)
    assert closed_since(date(2026, 1, 5)) == date(2025, 12, 1)


async def test_a_snapshot_stays_as_it_was_and_stands_beside_what_is_now(office: Office):
    lead = await office.hire("lead", SELLER)
    agent = await office.hire("agent", SELLER, manager_id=lead.id)
    party, other = await customer(agent), await customer(lead)
    keys = [await opportunity(agent, party, amount=amount, expectedCloseOn="2099-06-15") for amount in ("100", "200")]
    won = await opportunity(agent, party, amount="50")
    await agent.do("opportunityWin", id=won)
    await opportunity(lead, other, amount="7", currency="USD")
    await office.admin.do("opportunityDelete", id=await opportunity(office.admin, party, amount="9"))
    assert await taken(office) == 3
    mine = {"status": {"eq": "OPEN"}, "monthOn": {"eq": MONTH}}
    shown = f"totalCount nodes {{ weekOn owner {{ username }} pipeline {{ name }} {FIGURES} {NOW} }}"
    found = (await agent.ask("forecastSnapshots", shown, filter=mine))["nodes"]
    same = {"opportunityCountNow": 2, "amountNow": "300.0000", "weightedAmountNow": "30.0000"}
    figures = {"monthOn": MONTH, "status": "OPEN", "currency": "CNY", "opportunityCount": 2, "amount": "300.0000"}
    week = str(week_of(date.fromisoformat(await office.value("SELECT (now() AT TIME ZONE 'Asia/Shanghai')::date::text"))))
    person = {"weekOn": week, "owner": {"username": "agent"}, "pipeline": {"name": "销售 Sales"}}
    assert found == [{**person, **figures, "weightedAmount": "30.0000", **same}]
    await agent.do("opportunityUpdate", id=keys[0], version=1, input={"amount": "1100"})
    await agent.do("opportunityWin", id=keys[1])
    found = (await agent.ask("forecastSnapshots", shown, filter=mine))["nodes"]
    later = {"opportunityCountNow": 1, "amountNow": "1100.0000", "weightedAmountNow": "110.0000"}
    assert found == [{**person, **figures, "weightedAmount": "30.0000", **later}]
    everything = await lead.ask("forecastSnapshots", f"totalCount nodes {{ {FIGURES} }}", orderBy=[{"field": "MONTH_ON"}])
    assert everything["totalCount"] == 3
    assert [(each["monthOn"], each["currency"]) for each in everything["nodes"][1:]] == [(MONTH, "CNY"), (None, "USD")]
    assert everything["nodes"][0]["status"] == "WON"
    assert (await agent.ask("forecastSnapshots", "totalCount"))["totalCount"] == 2
    stranger = await office.hire("stranger", SELLER)
    assert (await stranger.ask("forecastSnapshots", "totalCount"))["totalCount"] == 0
    async with office.unchanged():
        assert await taken(office) == 0, "a week has one snapshot, the first"


async def test_what_a_role_hides_is_hidden_and_others_see_nothing(office: Office):
    await opportunity(office.admin, await customer(office.admin), amount="100")
    await taken(office)
    poor = await office.hire("poor", {"opportunity.READ": "ALL"}, hidden=["opportunity.amount"])
    answer = await poor.asked("forecastSnapshots", f"nodes {{ opportunityCount amount weightedAmount {NOW} }}")
    blank = dict.fromkeys(("amount", "weightedAmount", "amountNow", "weightedAmountNow"))
    assert answer.data["forecastSnapshots"]["nodes"] == [{"opportunityCount": 1, **blank, "opportunityCountNow": 1}]
    assert answer.codes == ["FORBIDDEN"] * 4
    assert (await poor.asked("forecastSnapshots", "totalCount", filter={"amount": {"gt": "1"}})).codes == ["FORBIDDEN"]
    unsure = await office.hire("unsure", {"opportunity.READ": "ALL"}, hidden=["opportunity.probability"])
    answer = await unsure.asked("forecastSnapshots", "nodes { amount weightedAmount weightedAmountNow }")
    assert answer.data["forecastSnapshots"]["nodes"] == [
        {"amount": "100.0000", "weightedAmount": None, "weightedAmountNow": None}
    ]
    clerk = await office.hire("clerk", {"customer.READ": "ALL"})
    assert (await clerk.asked("forecastSnapshots", "totalCount")).codes == ["FORBIDDEN"]


async def test_more_groups_take_no_more_statements(office: Office):
    counts = []
    for people in (1, 4):
        for number in range(people):
            who = await office.hire(f"agent{people}{number}", SELLER)
            await opportunity(who, await customer(who), amount="100", expectedCloseOn="2099-01-01")
        await office.rows("DELETE FROM forecast_snapshot")
        await taken(office)
        await office.admin.ask("me", "id")  # whoever was hired has moved everybody's rights
        async with office.counted() as count:
            found = await office.admin.ask("forecastSnapshots", f"nodes {{ {FIGURES} {NOW} owner {{ username }} }}")
        assert sum(Decimal(each["amountNow"]) for each in found["nodes"]) == 100 * len(found["nodes"])
        counts.append(len(count.queries))
    assert counts[0] == counts[1] <= 2


async def test_the_job_takes_it_once_a_week_on_monday(office: Office):
    await opportunity(office.admin, await customer(office.admin), amount="100")
    async with system_deed(office.database, "test") as deed:
        jobs = [await enqueue(deed, TAKE_FORECAST, Nothing()) for _ in range(2)]
        span = span_of(TAKE_FORECAST, deed.at)
    async with working(office.database, TAKE_FORECAST):
        for job in jobs:
            await reaches(office.database, UUID(str(job)), "DONE")
    assert await office.value("SELECT count(*) FROM forecast_snapshot") == 1
    begins = await office.value("SELECT to_char(to_timestamp($1::float8) AT TIME ZONE 'Asia/Shanghai', 'ID HH24:MI')", span)
    assert begins == "1 04:00"
