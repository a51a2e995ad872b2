"""Document numbers: gapless in each series and year, never given twice, under any concurrency."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.factories.api import Office, opened

from crm.services.system.accounts import system_deed
from crm.services.system.numbers import allot
from crm.store.database import Database

office = pytest.fixture(opened)


async def number(database: Database, prefix: str = "CT", at: datetime | None = None) -> str:
    async with system_deed(database, "number") as deed:
        return await allot(deed if at is None else replace(deed, at=at), prefix)


async def test_each_series_and_year_counts_for_itself(office: Office):
    noon = datetime(2026, 6, 1, 12, tzinfo=UTC)
    assert [await number(office.database, at=noon) for _ in range(2)] == ["CT-2026-000001", "CT-2026-000002"]
    assert await number(office.database, "DL", at=noon) == "DL-2026-000001"
    assert await number(office.database, at=noon.replace(year=2027)) == "CT-2027-000001"
    assert await number(office.database, at=noon) == "CT-2026-000003"


@pytest.mark.parametrize(
    ("at", "year"), [(datetime(2026, 12, 31, 15, 59, 59, tzinfo=UTC), 2026), (datetime(2026, 12, 31, 16, tzinfo=UTC), 2027)]
)
async def test_the_year_is_that_of_the_organisation(office: Office, at, year):
    assert await number(office.database, at=at) == f"CT-{year}-000001"


async def test_a_million_papers_take_a_seventh_digit(office: Office):
    await office.rows("INSERT INTO number_series (prefix, year, given) VALUES ('CT', 2026, 999999)")
    assert await number(office.database, at=datetime(2026, 6, 1, tzinfo=UTC)) == "CT-2026-1000000"


async def test_a_deed_that_fails_gives_no_number_away(office: Office):
    first = await number(office.database)
    with pytest.raises(RuntimeError):
        async with system_deed(office.database, "number") as deed:
            await allot(deed, "CT")
            raise RuntimeError
    assert int((await number(office.database))[-6:]) == int(first[-6:]) + 1


async def test_forty_at_once_get_forty_in_a_row(office: Office):
    party = (await office.admin.do("customerCreate", "customer { id }", input={"name": "华为"}))["id"]
    year = await office.value("SELECT extract(year FROM now() AT TIME ZONE 'Asia/Shanghai')::int")
    given = {"title": "合同", "kind": "SALES", "partyId": party}

    async def one(place: int) -> str | None:
        # Every fifth is refused: it must leave no gap.
        wrong = {"startsOn": "2026-02-01", "endsOn": "2026-01-01"} if place % 5 == 4 else {}
        payload = await office.admin.tried("contractCreate", "contract { number }", input=given | wrong)
        return payload["contract"] and payload["contract"]["number"]

    numbers = [each for each in await asyncio.gather(*(one(place) for place in range(50))) if each is not None]
    assert sorted(numbers) == [f"CT-{year}-{n:06d}" for n in range(1, 41)]
    assert await office.value("SELECT given FROM number_series WHERE prefix = 'CT'") == 40


async def test_a_paper_that_fails_when_it_is_written_leaves_no_gap(office: Office):
    """What only the database refuses, after the number was taken, gives it back as well."""
    party = (await office.admin.do("customerCreate", "customer { id }", input={"name": "华为"}))["id"]
    given = {"title": "合同", "kind": "SALES", "partyId": party}
    await office.rows("ALTER TABLE contract ADD CONSTRAINT test_refused CHECK (title <> '不行')")
    async with office.unchanged():
        document = "mutation ($i: ContractCreateInput!) { contractCreate(input: $i) { contract { id } userErrors { code } } }"
        answer = await office.admin.run(document, i=given | {"title": "不行"})
        assert answer.codes == ["INTERNAL"]
    made = await office.admin.do("contractCreate", "contract { number }", input=given)
    assert made["number"].endswith("-000001")


async def test_a_deleted_draft_keeps_its_number(office: Office):
    party = (await office.admin.do("customerCreate", "customer { id }", input={"name": "华为"}))["id"]
    given = {"title": "合同", "kind": "SALES", "partyId": party}
    first = await office.admin.do("contractCreate", "contract { id number }", input=given)
    await office.admin.do("contractDelete", "contract { id }", id=first["id"])
    second = await office.admin.do("contractCreate", "contract { number }", input=given)
    assert (first["number"][-6:], second["number"][-6:]) == ("000001", "000002")
    restored = await office.admin.do("contractRestore", "contract { number }", id=first["id"])
    assert restored["number"] == first["number"]


async def test_the_same_key_takes_one_number(office: Office):
    party = (await office.admin.do("customerCreate", "customer { id }", input={"name": "华为"}))["id"]
    given = {"input": {"partyId": party}, "idempotencyKey": "k"}
    payloads = await asyncio.gather(*(office.admin.do("deliveryCreate", "delivery { number }", **given) for _ in range(3)))
    assert len({payload["number"] for payload in payloads}) == 1
    assert await office.value("SELECT given FROM number_series WHERE prefix = 'DL'") == 1
