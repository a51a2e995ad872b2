"""What `crm seed` writes: the same for the same seed, and as the services would have written it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from random import Random
from uuid import UUID

import pytest
from tests.cli import filled
from tests.cli.filled import Silent, beside, rows, value
from tests.servers import SECRET_KEY, Databases, cloned, crm

from crm.cli import seed_data
from crm.cli.seeding import company
from crm.cli.seeding.parties import HISTORY, PER_CHUNK, TABLES, Plan, manager_share
from crm.cli.synthetic.dice import Dice
from crm.cli.synthetic.organisation_rows import UserRow
from crm.cli.synthetic.party_rows import PartyRow
from crm.cli.synthetic.scene import Scene
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
WRITTEN = (*TABLES, "user_account", "department", "role", "role_grant", "role_member", "principal")
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


async def contents(database: Database) -> dict[str, list[str]]:
    """All that was written. What a database gave ids to by itself is told by its code, or left out."""
    told = {str(row["id"]): row["code"] for row in await rows(database, "SELECT id, code FROM dictionary_item")}
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
    await filled.check_contacts_follow_from_activities(seeded)
    await filled.check_times(seeded, seed_data.NOW)
    await filled.check_organisation(seeded)


async def test_there_is_as_much_as_asked(seeded: Database):
    by_type = {row["type"]: row["n"] for row in await rows(seeded, "SELECT type, count(*) n FROM party GROUP BY 1")}
    assert by_type == {"CUSTOMER": CUSTOMERS, "CHANNEL": CUSTOMERS // 50, "SUPPLIER": CUSTOMERS // 50}
    large = await value(
        seeded,
        "SELECT count(*) FROM party p WHERE (SELECT count(*) FROM contact c WHERE c.party_id = p.id) >= 10"
        " AND (SELECT count(*) FROM activity a WHERE a.party_id = p.id) >= 20",
    )
    assert large == CUSTOMERS // 100


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
    made = company.make_company(1, seed_data.NOW, make_id(Kind.ROLE, 0, 1), 100_000)
    line = closure({user.id: user.manager_id for user in made.organisation.batch.of(UserRow)})
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
    made = company.make_company(1, seed_data.NOW - HISTORY, make_id(Kind.ROLE, 0, 1), 5_000)
    plan = Plan(1, 5_000, made, Scene(seed_data.NOW, {}))
    assert [*plan.chunks()] == [0, 1, 2]
    alone = plan.make(2)
    plan.make(0)
    again = plan.make(2)
    for kind in alone.filled():
        assert alone.of(kind) == again.of(kind)
    assert len([row for row in alone.of(PartyRow) if row.type == "CUSTOMER"]) == 5_000 - 2 * PER_CHUNK


async def test_many_customers_leave_indexes_and_keys_as_they_were(databases: Databases, monkeypatch):
    monkeypatch.setattr(seed_data, "MANY", 1)
    async with beside(databases) as database:
        before = [row["what"] for row in await rows(database, DEFINITIONS, list(TABLES))]
        assert len(before) > 80
        progress = Silent()
        await seed_data.fill(database, 150, SEED, progress)
        assert [row["what"] for row in await rows(database, DEFINITIONS, list(TABLES))] == before
        assert progress.counts["indexes and keys"] > 60
        assert await value(database, "SELECT count(*) FROM party") == progress.counts["parties"] == 156


async def test_a_seeding_that_fails_leaves_nothing(databases: Databases, monkeypatch):
    monkeypatch.setattr(seed_data, "MANY", 1)
    monkeypatch.setattr(Plan, "make", lambda *_: 1 / 0)
    async with beside(databases) as database:
        before = [row["what"] for row in await rows(database, DEFINITIONS, list(TABLES))]
        with pytest.raises(ZeroDivisionError):
            await seed_data.fill(database, 150, SEED, Silent())
        assert [row["what"] for row in await rows(database, DEFINITIONS, list(TABLES))] == before
        assert await value(database, "SELECT count(*) FROM user_account") == 0


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
