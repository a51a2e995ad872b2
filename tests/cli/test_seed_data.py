"""What `crm seed` writes: the same for the same seed, and as the services would have written it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from io import BytesIO
from random import Random
from uuid import UUID

import pytest
from tests.cli import dealings, filled
from tests.cli.filled import Silent, beside, rows, value
from tests.factories.entries import check_entries
from tests.servers import SECRET_KEY, Databases, cloned, crm

from crm.cli import seed_data
from crm.cli.seeding import company
from crm.cli.seeding.binary_copy import _packed
from crm.cli.seeding.parties import (
    HISTORY,
    PER_CHUNK,
    TABLES,
    Plan,
    case_papers,
    contract_papers,
    delivery_papers,
    manager_share,
    project_papers,
)
from crm.cli.synthetic.dice import Dice
from crm.cli.synthetic.organisation_rows import UserRow
from crm.cli.synthetic.party_rows import PartyRow
from crm.cli.synthetic.scene import Pipeline, Scene, Stage, Telephone
from crm.core.errors import Invalid
from crm.core.ids import make_id
from crm.core.kinds import Kind
from crm.rules.system.hierarchies import closure
from crm.services.system.accounts import create_sessions
from crm.services.system.defaults import ADMINISTRATOR
from crm.services.system.passwords import verify_password
from crm.store.database import Database

CUSTOMERS = 1_200
SEED = 7
WRITTEN = (
    *TABLES, "email_account", "email_member", "number_series", "user_account", "department", "role", "role_grant", "role_member",
    "principal",
)  # fmt: skip
DEFINITIONS = """
SELECT pg_get_indexdef(indexrelid) AS what FROM pg_index WHERE indrelid = ANY($1::text[]::regclass[])
UNION ALL SELECT conrelid::regclass || conname || convalidated || pg_get_constraintdef(oid)
FROM pg_constraint WHERE conrelid = ANY($1::text[]::regclass[]) ORDER BY 1
"""


@pytest.fixture(scope="module")
async def seeded(databases: Databases) -> AsyncIterator[Database]:
    async with cloned(databases) as database:
        await seed_data.fill(database, CUSTOMERS, SEED, Silent())
        yield database


def planned(customers: int) -> Plan:
    """The plan of a company of this size, without a database."""
    _, made = company.make_company(1, seed_data.NOW - HISTORY, make_id(Kind.ROLE, 0, 1), customers)
    stages = [Stage(make_id(Kind.STAGE, 0, place), 20 * place) for place in range(1, 6)]
    pipeline = Pipeline(make_id(Kind.PIPELINE, 0, 1), stages)
    scene = Scene(seed_data.NOW, {}, pipeline, [made.director], Telephone("seed", "4000"))
    papers = [make(customers, seed_data.NOW) for make in (contract_papers, delivery_papers, project_papers, case_papers)]
    return Plan(1, customers, made, scene, *papers, [make_id(Kind.COMPETITOR, 0, 1)])


async def contents(database: Database) -> dict[str, list[str]]:
    """All that was written. What a database gave ids to by itself is told by its code, or left out."""
    told = {str(row["id"]): row["code"] for row in await rows(database, "SELECT id, code FROM dictionary_item")}
    told |= {str(row["id"]): row["name"] for row in await rows(database, "SELECT id, name FROM stage")}
    told |= {str(row["id"]): row["name"] for row in await rows(database, "SELECT id, name FROM pipeline")}
    administrator = str(await value(database, "SELECT id FROM role WHERE name = $1", ADMINISTRATOR))
    told[administrator] = "administrator"
    found = {}
    for table in WRITTEN:
        records = [json.loads(row["j"]) for row in await rows(database, f"SELECT to_jsonb(t) AS j FROM {table} t")]
        ours = [
            {name: told.get(str(stored), stored) for name, stored in record.items() if name != "id" or isinstance(stored, str)}
            for record in records
            if administrator not in (record.get("id"), table == "role_grant" and record["role_id"])
        ]
        found[table] = sorted(json.dumps(record, sort_keys=True) for record in ours)
    return found


async def test_the_same_seed_gives_the_same_records(seeded: Database, databases: Databases):
    async with beside(databases) as second:
        await seed_data.fill(second, CUSTOMERS, SEED, Silent())
        here, there = await contents(seeded), await contents(second)
    for table in WRITTEN:
        assert here[table] == there[table], table


async def test_another_seed_gives_others(seeded: Database, databases: Databases):
    async with beside(databases) as second:
        await seed_data.fill(second, 60, SEED + 1, Silent())
        here = {row["id"] for row in await rows(seeded, "SELECT id FROM party")}
        assert here.isdisjoint({row["id"] for row in await rows(second, "SELECT id FROM party")})


async def test_it_is_what_the_services_would_have_written(seeded: Database):
    await filled.check_derived_columns(seeded)
    await filled.check_ids(seeded)
    await check_entries(seeded)
    await filled.check_contacts_follow_from_activities(seeded)
    await filled.check_times(seeded, seed_data.NOW)
    await filled.check_organisation(seeded)
    await dealings.check_all(seeded, seed_data.NOW)


async def test_there_is_as_much_as_asked(seeded: Database):
    by_type = {row["type"]: row["n"] for row in await rows(seeded, "SELECT type, count(*) n FROM party GROUP BY 1")}
    assert by_type == {"CUSTOMER": CUSTOMERS, "CHANNEL": CUSTOMERS // 50, "SUPPLIER": CUSTOMERS // 50}
    large = await value(
        seeded,
        "SELECT count(*) FROM party p WHERE (SELECT count(*) FROM contact c WHERE c.party_id = p.id) >= 10"
        " AND (SELECT count(*) FROM activity a WHERE a.party_id = p.id) >= 20",
    )
    assert large == CUSTOMERS // 100
    per_customer = {
        "contact": 3, "activity": 10, "opportunity": 2, "stage_change": 6, "contract": 1, "delivery": 1.5, "delivery_line": 2.7,
        "share": 1, "call": 1, "call_candidate": 1.6, "call_match": 1, "call_event": 3.5,
        "stakeholder": 1.28, "process_task": 1.3, "competition": 0.45,
        "project": 0.2, "service_case": 0.5, "email_message": 0.225,
    }  # fmt: skip
    for table, number in per_customer.items():
        assert await value(seeded, f"SELECT count(*) FROM {table}") == pytest.approx(CUSTOMERS * number, rel=0.1), table


async def test_shares_are_with_people_and_with_departments(seeded: Database):
    kinds = await rows(
        seeded, "SELECT DISTINCT p.kind, s.access FROM share s JOIN principal p ON p.id = s.principal_id ORDER BY 1, 2"
    )
    assert [tuple(row) for row in kinds] == [(Kind.USER, "EDIT"), (Kind.USER, "READ"), (Kind.DEPARTMENT, "READ")]


async def test_every_state_that_is_over_or_under_way_occurs(seeded: Database):
    for table, column, states in (
        ("opportunity", "status", "LOST ON_HOLD OPEN WON"),
        ("contract", "status", "ACTIVE COMPLETED DRAFT EXPIRED REJECTED TERMINATED"),
        ("delivery", "status", "CANCELLED DELIVERED DRAFT RETURNED"),
        ("call", "state", "ABANDONED BUSY ENDED MISSED"),
        ("project", "status", "ACTIVE CANCELLED COMPLETED"),
        ("maintenance", "status", "DONE PLANNED"),
        ("service_case", "status", "CLOSED"),
    ):
        found = {row[0] for row in await rows(seeded, f"SELECT DISTINCT {column} FROM {table}")}
        assert set(states.split()) <= found, table


async def test_numbers_go_on_where_the_series_stood(databases: Databases):
    async with beside(databases) as database:
        async with database.connection() as connection:
            await connection.execute("INSERT INTO number_series (prefix, year, given) VALUES ('CT', 2025, 17)")
        await seed_data.fill(database, 60, SEED, Silent())
        made = await value(database, "SELECT count(*) FROM contract WHERE number LIKE 'CT-2025-%'")
        assert await value(database, "SELECT min(number) FROM contract WHERE number LIKE 'CT-2025-%'") == "CT-2025-000018"
        assert await value(database, "SELECT given FROM number_series WHERE prefix = 'CT' AND year = 2025") == made + 17


async def test_the_users_that_scripts_rely_on(seeded: Database):
    people = {row["username"]: row["id"] for row in await rows(seeded, "SELECT id, username FROM user_account")}
    assert {company.ADMIN, company.DIRECTOR, company.MANAGER, company.NARROW, "seed-agent-0001"} <= set(people)
    below = "SELECT count(*) FROM reporting_closure WHERE superior_id = $1 AND depth > 0"
    expected = company.subordinate_count(company.agent_count(CUSTOMERS))
    assert await value(seeded, below, people[company.MANAGER]) == expected == 9
    shares = "SELECT count(*) FROM share WHERE principal_id = $1"
    assert await value(seeded, shares, people[company.MANAGER]) == CUSTOMERS // 10
    assert await value(seeded, "SELECT count(*) FROM party WHERE owner_id = $1", people[company.NARROW]) == 2


async def test_nobody_has_a_password_until_one_is_set(seeded: Database):
    assert await value(seeded, "SELECT count(*) FROM user_account WHERE password_hash <> '!'") == 0
    assert not await verify_password("!", "")
    tokens = await create_sessions(seeded, company.MANAGER, 2)
    assert len(set(tokens)) == 2


def test_a_large_company_has_a_manager_of_four_hundred():
    organisation, made = company.make_company(1, seed_data.NOW, make_id(Kind.ROLE, 0, 1), 100_000)
    line = closure({user.id: user.manager_id for user in organisation.batch.of(UserRow)})
    assert len([below for above, below, _ in line if above == made.manager and below != made.manager]) == 400
    assert len(made.agents) == 1_000
    assert company.agent_count(1_000_000) == company.MOST_AGENTS


def test_a_large_seeding_shares_ten_thousand_with_the_manager():
    assert [manager_share(index, 1_000_000) for index in range(0, 201, 50)] == [True, False, True, False, True]
    for customers, shares in ((1, 0), (9, 0), (25, 2), (1_239, 123), (100_000, 10_000), (123_457, 10_000)):
        assert sum(manager_share(index, customers) for index in range(customers)) == shares


def test_ids_are_those_of_the_house():
    at = datetime(2026, 3, 4, 5, 6, 7, 891_000, tzinfo=UTC)
    made = Dice("x").id(Kind.PARTY, at)
    assert made == make_id(Kind.PARTY, int(at.timestamp() * 1000), Random("x").getrandbits(62))
    assert isinstance(made, UUID)


def test_a_chunk_needs_no_other_one():
    plan = planned(5_000)
    assert [*plan.chunks()] == [0, 1, 2]
    alone = plan.make(2)
    plan.make(0)
    again = plan.make(2)
    for kind in alone.filled():
        assert alone.of(kind) == again.of(kind)
    assert len([row for row in alone.of(PartyRow) if row.type == "CUSTOMER"]) == 5_000 - 2 * PER_CHUNK


def test_the_last_of_two_million_customers_are_made_like_the_first():
    plan = planned(2_000_000)
    last = plan.make(plan.chunks()[-1]).of(PartyRow)
    assert (
        seed_data.NOW - timedelta(days=2)
        < min(row.created_at for row in last)
        <= max(row.created_at for row in last)
        <= seed_data.NOW
    )


async def test_many_customers_leave_indexes_and_keys_as_they_were(databases: Databases, monkeypatch):
    monkeypatch.setattr(seed_data, "MANY", 1)
    async with beside(databases) as database:
        before = [row["what"] for row in await rows(database, DEFINITIONS, list(TABLES))]
        assert len(before) > 80
        progress = Silent()
        await seed_data.fill(database, 150, SEED, progress)
        assert [row["what"] for row in await rows(database, DEFINITIONS, list(TABLES))] == before
        assert progress.counts["indexes and keys"] > 150
        assert await value(database, "SELECT count(*) FROM party") == progress.counts["parties"] == 156


async def test_another_process_makes_the_same_records(databases: Databases, monkeypatch):
    found = []
    for many in (10_000, 1):
        monkeypatch.setattr(seed_data, "MANY", many)
        async with beside(databases) as database:
            await seed_data.fill(database, 120, SEED, Silent())
            found.append(await contents(database))
    here, there = found
    for table in WRITTEN:
        assert here[table] == there[table], table


@pytest.mark.parametrize(("many", "error"), [(1, RuntimeError), (10_000, IndexError)], ids=["beside", "here"])
async def test_a_seeding_that_fails_leaves_nothing(databases: Databases, monkeypatch, many, error):
    async def no_stages(_: object) -> Pipeline:
        return Pipeline(make_id(Kind.PIPELINE, 0, 1), [])

    monkeypatch.setattr(seed_data, "MANY", many)
    monkeypatch.setattr(seed_data, "read_pipeline", no_stages)
    async with beside(databases) as database:
        before = [row["what"] for row in await rows(database, DEFINITIONS, list(TABLES))]
        with pytest.raises(error):
            await seed_data.fill(database, 150, SEED, Silent())
        assert [row["what"] for row in await rows(database, DEFINITIONS, list(TABLES))] == before
        for table in ("user_account", "party", "number_series"):
            assert await value(database, f"SELECT count(*) FROM {table}") == 0


async def test_numbers_arrive_as_they_were(databases: Databases):
    texts = ["0", "1", "-1", "0.01", "12345678.9", "-0.0001", "1000000", "10000", "10000.0001", "7.1", "99999999.9999", "1E+3"]
    types = {"sample": {"id": "uuid", "amount": "numeric"}}
    written = [(make_id(Kind.SHARE, 0, place), Decimal(text)) for place, text in enumerate(texts)]
    made = _packed([*written, (None, None)], ("id", "amount"), "sample", "samples", types)
    async with beside(databases) as database, database.connection() as connection:
        await connection.execute("CREATE TEMP TABLE sample (id uuid, amount numeric)")
        await connection.copy_to_table("sample", source=BytesIO(made.data), columns=made.columns, format="binary")
        assert [tuple(row) for row in await connection.fetch("SELECT * FROM sample ORDER BY id")] == [*written, (None, None)]
        printed = await connection.fetchval("SELECT string_agg(amount::text, ' ' ORDER BY id) FROM sample")
        assert printed == "0 1 -1 0.01 12345678.9 -0.0001 1000000 10000 10000.0001 7.1 99999999.9999 1000"


async def test_a_second_seeding_is_refused(seeded: Database):
    with pytest.raises(Invalid, match="holds seeded records already"):
        await seed_data.fill(seeded, 10, SEED + 1, Silent())


async def test_the_command_prints_what_it_did(databases: Databases, tmp_path):
    async with databases.temporary() as url:
        there = {"CRM_DATABASE_URL": url, "CRM_SECRET_KEY": SECRET_KEY}
        answer = crm("seed", "--customers", "55", "--seed", "3", "--json", cwd=tmp_path, **there)
        assert answer.returncode == 0, answer.stderr
        rates = json.loads(answer.stdout)
        assert rates["parties"]["count"] == 57
        assert rates["contacts"]["per_second"] > 0
        again = crm("seed", "--customers", "55", cwd=tmp_path, **there)
        assert again.returncode == 1
        assert again.stderr.splitlines()[-1].startswith("crm: This database holds seeded records already")
