"""Recycling: what nobody followed up goes back into the pool, its owner having been told; what is spared stays."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest
from tests.customers.test_pool import SALES, levels_of, made, rules
from tests.factories.api import Office, opened
from tests.notify.errands import reaches, working

from crm.services.customers import recycling
from crm.services.customers.recycling import RECYCLE

office = pytest.fixture(opened)


async def aged(office: Office, days: int, *customers: str) -> None:
    """As if these had come and been dealt with so many days ago, and their owners been told as long ago as may be."""
    await office.rows(
        "UPDATE party SET created_at = created_at - $2 * interval '1 day', owner_since = owner_since - $2 * interval '1 day',"
        " last_contact_at = last_contact_at - $2 * interval '1 day',"
        " recycle_warned_at = recycle_warned_at - $2 * interval '1 day' WHERE id = ANY($1)",
        [UUID(each) for each in customers],
        days,
    )


async def recycled(office: Office) -> None:
    """The job, run to its end."""
    job = await office.admin.do("poolRecycle", "job { id state }")
    async with working(office.database, RECYCLE):
        await reaches(office.database, UUID(job["id"]), "DONE")


async def pool(office: Office) -> set[str]:
    found = await office.admin.ask("poolCustomers", "nodes { id }", first=100)
    return {each["id"] for each in found["nodes"]}


async def test_owners_are_told_before_and_lose_what_they_leave_alone(office: Office, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(recycling, "BATCH", 2)
    seller = await office.hire("seller", SALES)
    idle = [await made(seller, f"冷落 {number}") for number in range(5)]
    recent = await made(seller, "刚联系")
    await rules(office, recycleDays=30, warnDays=5)
    await aged(office, 31, *idle, recent)
    await seller.do(
        "activityCreate", "activity { id }",
        input={"kind": "CALL", "subject": "聊过", "partyId": recent, "doneAt": "2026-11-20T00:00:00Z"},
    )  # fmt: skip

    await recycled(office)  # told, and not yet taken; the worker may have begun with the night's job
    assert await office.value("SELECT sum(steps_done) FROM job WHERE name = 'pool.recycle'") == 5
    assert await pool(office) == set()
    told = await seller.ask("notifications", "nodes { kind record { id } }", first=100)
    assert sorted(each["record"]["id"] for each in told["nodes"] if each["kind"] == "RECYCLED_SOON") == sorted(idle)
    await recycled(office)  # they are told once
    assert await office.value("SELECT count(*) FROM notification WHERE kind = 'RECYCLED_SOON'") == 5

    await office.rows("UPDATE party SET recycle_warned_at = recycle_warned_at - interval '6 days'")
    await recycled(office)
    assert await pool(office) == set(idle)
    stays = "poolStays { nodes { cause reason formerOwner { username } returnedBy { username } } }"
    view = f"{stays} changes {{ nodes {{ verb channel actor {{ id }} }} }}"
    found = await office.admin.ask("customer", view, id=idle[0])
    assert found["poolStays"]["nodes"] == [
        {"cause": "RECYCLED", "reason": "30 days without follow-up", "formerOwner": {"username": "seller"}, "returnedBy": None}
    ]
    log = {each["verb"]: each for each in found["changes"]["nodes"]}["customer.recycle"]
    assert (log["channel"], log["actor"]) == ("SCHEDULE", None)
    assert await office.value("SELECT count(*) FROM event WHERE topic = 'recordChanges' AND record_id = $1", UUID(idle[0])) == 2
    told = await seller.ask("notifications", "nodes { kind record { ... on Customer { name phoneNumbers { raw } } } }", first=100)
    gone = [each["record"] for each in told["nodes"] if each["kind"] == "RECYCLED"]
    assert {each["name"] for each in gone} == {f"冷落 {number}" for number in range(5)}
    assert all("*" in each["phoneNumbers"][0]["raw"] for each in gone)
    before = await office.checksums()
    await recycled(office)  # nothing is left to do
    after = await office.checksums()
    assert {name for name in before if before[name] != after[name]} <= {
        "job",
        "procrastinate_jobs",
        "procrastinate_events",
        "event",
    }


async def test_what_is_protected_has_open_opportunities_or_a_level_of_its_own_is_spared(office: Office):
    levels = await levels_of(office)
    grants = SALES | {"opportunity.CREATE": "OWN", "opportunity.UPDATE": "OWN", "opportunity.READ": "OWN"}
    seller = await office.hire("seller", grants)
    plain, protected, running, patient, never, hasty = [
        await made(seller, name, **({"levelId": levels[level]} if level else {}))
        for name, level in (("普通", ""), ("保护", ""), ("商机", ""), ("重点", "a"), ("永不", "b"), ("小客户", "d"))
    ]
    own = [{"levelId": levels["a"], "recycleDays": 60}, {"levelId": levels["b"]}, {"levelId": levels["d"], "recycleDays": 5}]
    await rules(office, recycleDays=30, warnDays=0, levels=own)
    given = {"title": "大单", "partyId": running, "amount": "1000"}
    opportunity = await seller.do("opportunityCreate", "opportunity { id }", input=given)
    await aged(office, 40, plain, protected, running, patient, never)
    await aged(office, 6, hasty)
    await seller.do("customerProtect", "customer { id }", id=protected, days=20)
    await recycled(office)
    assert await pool(office) == {plain, hasty}
    await office.rows("UPDATE party SET protected_until = now() - interval '1 minute' WHERE id = $1", UUID(protected))
    await seller.do("opportunityWin", "opportunity { id }", id=opportunity["id"])
    await aged(office, 30, patient, never)
    await recycled(office)
    assert await pool(office) == {plain, hasty, protected, running, patient}


async def test_what_somebody_is_writing_is_left_until_the_next_time(office: Office):
    seller = await office.hire("seller", SALES)
    edited, idle = await made(seller, "正在修改"), await made(seller, "冷落")
    await rules(office, recycleDays=30, warnDays=0)
    await aged(office, 31, edited, idle)
    async with office.database.connection() as editor, editor.transaction():
        await editor.execute("UPDATE party SET last_contact_at = now() WHERE id = $1", UUID(edited))
        await recycled(office)  # while the row is held it is passed by, and nobody waits
        assert await pool(office) == {idle}
    await recycled(office)  # and now it has been followed up
    assert await pool(office) == {idle}


async def test_nothing_is_recycled_where_no_rule_says_so(office: Office):
    customer = await made(office.admin)
    await aged(office, 4000, customer)
    await recycled(office)
    assert await pool(office) == set()
    clerk = await office.hire("clerk", SALES)
    async with office.unchanged():
        assert (await clerk.run("mutation { poolRecycle { userErrors { code } } }")).codes == ["FORBIDDEN"]


async def test_whoever_gets_a_customer_has_the_full_time(office: Office):
    """Handed over by a transfer, which knows nothing of the pool: the clock starts anew, and the stay is closed."""
    seller = await office.hire("seller", SALES)
    customer = await made(office.admin)
    await office.admin.do("customerRelease", "customer { id }", id=customer, reason="分配")
    await rules(office, recycleDays=30, warnDays=0)
    await aged(office, 100, customer)
    await office.admin.do("recordsTransfer", "results { id }", input={"ids": [customer], "toId": seller.id})
    await recycled(office)
    assert await pool(office) == set()
    stays = (await seller.ask("customer", "poolStays { nodes { exit owner { username } } }", id=customer))["poolStays"]["nodes"]
    assert stays == [{"exit": "TRANSFERRED", "owner": {"username": "seller"}}]


async def test_idle_customers_are_found_by_an_index(office: Office):
    """However many customers there are: the job looks at those that nobody dealt with for longest."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    async with office.database.connection() as connection, connection.transaction():
        await connection.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off")
        for query, more in ((recycling._UNWARNED, ()), (recycling._WARNED, (at,)), (recycling._ALL, (at,))):
            plan = await connection.fetch(f"EXPLAIN {query}", at, [], True, at, 10, *more)
            text = "\n".join(row[0] for row in plan)
            assert "party_followed" in text, text
            assert "Sort" not in text, text
