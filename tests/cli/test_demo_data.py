"""What stands in the demo company, and who sees what of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
import pytest
from tests.cli import filled
from tests.cli.filled import Silent, beside, rows, value
from tests.conftest import make_settings
from tests.factories.api import Api, cheap_passwords
from tests.servers import Databases, cloned

from crm.access.branches import grantable, rule_of_entity
from crm.access.grants import Action, Scope
from crm.app import create_app
from crm.cli import demo_data
from crm.core.clock import now
from crm.core.errors import Invalid
from crm.resolvers.root import build_schema
from crm.services.system.accounts import DEMO_PASSWORD, DEMO_USERS, create_sessions
from crm.store.database import Database

ALIVE = "deleted_at IS NULL"
SIGN_IN = "mutation($u: String!, $p: String!) { signIn(input: {username: $u, password: $p}) { token userErrors { code } } }"


class Demo:
    """The filled database and a client over it."""

    def __init__(self, database: Database, client: httpx.AsyncClient, progress: Silent) -> None:
        self.database = database
        self.client = client
        self.progress = progress
        self.filled_at = now()

    async def api(self, username: str) -> Api:
        return Api(self.client, (await create_sessions(self.database, username, 1))[0])

    async def count(self, table: str, where: str, *values: object) -> int:
        return int(await value(self.database, f"SELECT count(*) FROM {table} WHERE {where}", *values))

    async def user(self, username: str) -> Any:
        return (await rows(self.database, "SELECT * FROM user_account WHERE username = $1", username))[0]


@pytest.fixture(scope="module")
async def demo(databases: Databases) -> AsyncIterator[Demo]:
    cheap_passwords()
    with TemporaryDirectory() as folder:
        async with cloned(databases) as database:
            progress = Silent()
            await demo_data.fill(database, progress)
            app = create_app(make_settings(database, Path(folder)), database, background=False)
            transport = httpx.ASGITransport(app, raise_app_exceptions=False)
            async with (
                app.router.lifespan_context(app),
                httpx.AsyncClient(transport=transport, base_url="http://crm.test") as client,
            ):
                yield Demo(database, client, progress)


async def test_there_is_as_much_as_promised(demo: Demo):
    by_type = {row["type"]: row["n"] for row in await rows(demo.database, "SELECT type, count(*) n FROM party GROUP BY 1")}
    assert by_type == {"CUSTOMER": 2000, "CHANNEL": 60, "SUPPLIER": 60}
    assert 4500 < demo.progress.counts["contacts"] < 6000
    assert 11_000 < demo.progress.counts["activities"] < 14_000
    statuses = {row[0]: row[1] for row in await rows(demo.database, "SELECT status, count(*) FROM activity GROUP BY 1")}
    assert all(statuses[status] > 500 for status in ("PLANNED", "DONE", "CANCELLED"))
    assert await demo.count("activity", "planned_at > $1", demo.filled_at) > 1000
    assert await demo.count("party", "deleted_at IS NOT NULL") > 15
    assert await demo.count("party", "owner_id IS NULL") > 50, "the public pool"
    assert await demo.count("party", "parent_id IS NOT NULL") > 30
    assert await demo.count("party", "name ~ '[a-z]'") > 100, "English names too"
    for label in ("tags put on", "shares", "changes", "addresses", "e-mail addresses", "participants"):
        assert demo.progress.counts[label] > 100, label


async def test_every_list_of_options_is_in_use(demo: Demo):
    for column in ("level_id", "category_id", "source_id", "industry_id", "region_id", "credit_grade_id"):
        assert await value(demo.database, f"SELECT count(DISTINCT {column}) FROM party") >= 4, column
    kinds = await value(demo.database, "SELECT count(DISTINCT kind) FROM activity")
    assert (kinds, await value(demo.database, "SELECT count(DISTINCT lifecycle) FROM party")) == (7, 5)


async def test_it_is_what_the_services_would_have_written(demo: Demo):
    await filled.check_derived_columns(demo.database)
    await filled.check_ids(demo.database)
    await filled.check_contacts_follow_from_activities(demo.database)
    await filled.check_times(demo.database, demo.filled_at)
    await filled.check_organisation(demo.database)


@pytest.mark.parametrize("username", DEMO_USERS)
async def test_the_log_ins_that_are_printed_work(demo: Demo, username: str):
    answer = await Api(demo.client).read(SIGN_IN, u=username, p=DEMO_PASSWORD)
    assert answer["signIn"]["token"], answer


@pytest.mark.parametrize("username", ["buyer", "alliance", "finance", "partner1"])
async def test_nobody_else_can_sign_in(demo: Demo, username: str):
    answer = await Api(demo.client).read(SIGN_IN, u=username, p=DEMO_PASSWORD)
    assert answer["signIn"]["token"] is None


async def test_extensions_and_reporting_line(demo: Demo):
    people = {row["username"]: row for row in await rows(demo.database, "SELECT * FROM user_account")}
    agents = [people[f"agent{number}"] for number in range(1, 9)]
    assert [agent["extension"] for agent in agents] == [str(number) for number in range(1001, 1009)]
    manager = people["manager"]
    assert {agent["manager_id"] for agent in agents[:6]} == {manager["id"]}
    assert {agent["department_id"] for agent in agents[:6]} == {manager["department_id"]}
    assert manager["department_id"] not in {agent["department_id"] for agent in agents[6:]}
    assert {agent["manager_id"] for agent in agents[6:]} == {None}
    assert await demo.count("department", "id = $1 AND head_id = $2", manager["department_id"], manager["id"]) == 1


@pytest.mark.parametrize("username", ["agent7", "agent8"])
async def test_two_agents_see_only_their_own_customers(demo: Demo, username: str):
    api, user = await demo.api(username), await demo.user(username)
    seen = [key async for page in api.pages("customers", 100) for key in page]
    own = await rows(demo.database, f"SELECT id FROM party WHERE type = 'CUSTOMER' AND owner_id = $1 AND {ALIVE}", user["id"])
    assert len(own) > 100
    assert set(seen) == {str(row["id"]) for row in own}
    activities = (await api.ask("activities", "totalCount"))["totalCount"]
    assert 0 < activities < await demo.count("activity", ALIVE) / 5


async def test_agents_see_their_department_and_what_is_shared(demo: Demo):
    api, user = await demo.api("agent1"), await demo.user("agent1")
    seen = (await api.ask("customers", "totalCount"))["totalCount"]
    theirs = f"type = 'CUSTOMER' AND {ALIVE} AND department_id = $1"
    department = await demo.count("party", theirs, user["department_id"])
    assert 1400 < department <= seen < 1700
    assert (await api.ask("suppliers", "totalCount"))["totalCount"] > 0
    assert (await api.ask("channels", "totalCount"))["totalCount"] > 0


async def test_the_partners_person_sees_what_is_shared(demo: Demo):
    api, user = await demo.api("partner1"), await demo.user("partner1")
    assert (user["kind"], user["channel_id"] is not None) == ("CHANNEL", True)
    query = (
        "SELECT count(*) FROM share s JOIN party p ON p.id = s.record_id AND p.deleted_at IS NULL"
        " WHERE s.principal_id = $1 AND (s.expires_at IS NULL OR s.expires_at > now())"
    )
    shared = await value(demo.database, query, user["id"])
    assert (await api.ask("customers", "totalCount"))["totalCount"] == shared > 0


async def test_hidden_fields_are_hidden(demo: Demo):
    answer = await (await demo.api("finance")).asked("customers", "nodes { name note creditLimit }", first=1)
    assert answer.codes == ["FORBIDDEN"]
    node = answer.data["customers"]["nodes"][0]
    assert node["name"]
    assert node["note"] is None


async def test_the_administrator_sees_everything_and_the_log(demo: Demo):
    api = await demo.api("admin")
    assert (await api.ask("customers", "totalCount"))["totalCount"] == await demo.count("party", f"type = 'CUSTOMER' AND {ALIVE}")
    key = await value(
        demo.database,
        "SELECT c.party_id FROM change c JOIN party p ON p.id = c.party_id AND p.deleted_at IS NULL AND p.type = 'CUSTOMER'"
        " WHERE c.verb = 'customer.update' ORDER BY c.id LIMIT 1",
    )
    trail = await api.ask("customer", "version trail(first: 9) { nodes { verb fields { field old new } } }", id=str(key))
    entries = trail["trail"]["nodes"]
    assert entries[-1]["verb"] == "customer.create"
    assert "name" in {change["field"] for change in entries[-1]["fields"]}
    assert all(change["old"] != change["new"] for entry in entries for change in entry["fields"])
    assert trail["version"] == len(entries)


async def test_roles_grant_and_hide_only_what_there_is(demo: Demo):
    for grant in await rows(demo.database, "SELECT * FROM role_grant"):
        assert Action(grant["action"]) in grantable()[grant["entity"]], dict(grant)
        assert rule_of_entity(grant["entity"]).owned or grant["scope"] in (Scope.ALL, Scope.NONE), dict(grant)
    types = build_schema()._schema.type_map
    for grant in await rows(demo.database, "SELECT * FROM field_grant"):
        assert grant["field"] in types[grant["entity"].capitalize()].fields, dict(grant)  # type: ignore[union-attr]


async def test_records_and_ids_are_the_same_every_time_but_for_the_day(databases: Databases, demo: Demo):
    async with beside(databases) as second:
        await demo_data.fill(second, Silent())
        names = "SELECT string_agg(name, ',' ORDER BY right(id::text, 16)) FROM party"
        assert await value(second, names) == await value(demo.database, names)


async def test_a_second_filling_is_refused_and_changes_nothing(demo: Demo):
    before = await demo.count("party", "true")
    with pytest.raises(Invalid, match="holds a company already"):
        await demo_data.fill(demo.database, Silent())
    assert await demo.count("party", "true") == before


async def test_the_planner_knows_what_is_there(demo: Demo):
    estimate = await value(demo.database, "SELECT reltuples FROM pg_class WHERE oid = 'activity'::regclass")
    assert estimate == await demo.count("activity", "true")
