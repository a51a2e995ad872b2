"""What stands in the demo company, and who sees what of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest
from tests.cli import dealings, filled
from tests.cli.filled import Silent, beside, rows, value
from tests.cli.opened import Demo
from tests.conftest import make_settings
from tests.factories.api import Api, cheap_passwords
from tests.factories.entries import check_entries
from tests.servers import Databases, cloned

from crm.access.branches import grantable, rule_of_entity
from crm.access.grants import Action, Scope
from crm.app import create_app
from crm.cli import demo_data
from crm.cli.demo.callers import Callers, read_callers
from crm.cli.demo.today import prepare_today
from crm.cli.demo.twins import TWINS
from crm.core.errors import Invalid
from crm.core.ids import EVERYONE_ID
from crm.resolvers.root import build_schema
from crm.services.system.accounts import DEMO_PASSWORD, DEMO_USERS
from crm.store.database import Database

ALIVE = "deleted_at IS NULL"
SIGN_IN = "mutation($u: String!, $p: String!) { signIn(input: {username: $u, password: $p}) { token userErrors { code } } }"


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
    twins = "SELECT count(*) FROM party t JOIN party p USING (normalised_name, type) WHERE t.name = p.name || ' Co., Ltd.'"
    assert await value(demo.database, twins) == TWINS
    assert 4500 < demo.progress.counts["contacts"] < 6000
    assert 13_000 < demo.progress.counts["activities"] < 16_000
    statuses = {row[0]: row[1] for row in await rows(demo.database, "SELECT status, count(*) FROM activity GROUP BY 1")}
    assert all(statuses[status] > 500 for status in ("PLANNED", "DONE", "CANCELLED"))
    assert await demo.count("activity", "planned_at > $1", demo.filled_at) > 1000
    assert await demo.count("party", "deleted_at IS NOT NULL") > 15
    assert await demo.count("party", "owner_id IS NULL") > 50, "the public pool"
    assert await demo.count("party", "parent_id IS NOT NULL") > 30
    assert await demo.count("party", "name ~ '[a-z]'") > 100, "English names too"
    for label in (
        "tags put on", "shares", "changes", "addresses", "e-mail addresses", "participants",
        "opportunities", "stage changes", "custom values", "contracts", "deliveries", "delivery lines", "calls",
        "call candidates",
        "stakeholders", "team members", "tasks", "competitions", "forecasts",
        "projects", "maintenance", "service cases", "conversations", "letters",
    ):  # fmt: skip
        assert demo.progress.counts[label] > 100, label


async def test_every_list_of_options_is_in_use(demo: Demo):
    for column in ("level_id", "category_id", "source_id", "industry_id", "region_id", "credit_grade_id"):
        assert await value(demo.database, f"SELECT count(DISTINCT {column}) FROM party") >= 4, column
    kinds = await value(demo.database, "SELECT count(DISTINCT kind) FROM activity")
    assert (kinds, await value(demo.database, "SELECT count(DISTINCT lifecycle) FROM party")) == (7, 5)


async def test_it_is_what_the_services_would_have_written(demo: Demo):
    await filled.check_derived_columns(demo.database)
    await filled.check_ids(demo.database)
    await check_entries(demo.database)
    await filled.check_contacts_follow_from_activities(demo.database)
    await filled.check_times(demo.database, demo.filled_at)
    await filled.check_organisation(demo.database)
    await dealings.check_all(demo.database, demo.filled_at)


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


async def test_the_hotline_rings_all_agents(demo: Demo):
    group = (await rows(demo.database, "SELECT * FROM ring_group"))[0]
    assert group["name"] == "hotline"
    numbers = await rows(demo.database, "SELECT number FROM ring_group_number WHERE ring_group_id = $1", group["id"])
    assert [row["number"] for row in numbers] == ["4000"]
    members = "ring_group_member m JOIN user_account u ON u.id = m.user_id WHERE m.ring_group_id = $1 ORDER BY m.position"
    people = [row["username"] for row in await rows(demo.database, f"SELECT u.username FROM {members}", group["id"])]
    assert people == [f"agent{number}" for number in range(1, 9)]
    assert await demo.count("call", "ring_group_id = $1", group["id"]) > 1_000


async def test_every_agent_has_taken_calls_and_owes_some(demo: Demo):
    for number in range(1, 9):
        user = await demo.user(f"agent{number}")
        assert await demo.count("call", "claimed_by_id = $1 AND filed_at IS NOT NULL", user["id"]) > 50
        rang = "id IN (SELECT call_id FROM call_candidate WHERE user_id = $1) AND call_back_id IS NOT NULL"
        assert await demo.count("call", rang, user["id"]) > 5
    assert await demo.count("activity", "status = 'PLANNED' AND id IN (SELECT call_back_id FROM call)") > 0


async def test_some_numbers_belong_to_two_customers_of_one_department(demo: Demo):
    found = await read(demo.database)
    assert len(found.ambiguous) >= 4
    assert len(found.team) > 100 < len(found.apart)
    twice = (
        "SELECT count(DISTINCT p.id) AS parties, count(DISTINCT p.department_id) AS departments FROM phone_number n"
        " JOIN contact c ON c.id = n.contact_id JOIN party p ON p.id = c.party_id WHERE n.e164 = ANY($1) GROUP BY n.e164"
    )
    kinds = [tuple(row) for row in await rows(demo.database, twice, list(found.ambiguous))]
    assert kinds.count((2, 1)) >= 4, "beside those that chance gave the same number"


async def read(database: Database) -> Callers:
    async with database.connection() as connection:
        return await read_callers(connection)


async def test_the_calendar_has_events_of_every_sort(demo: Demo):
    rules = {row["rrule"] for row in await rows(demo.database, "SELECT DISTINCT rrule FROM schedule_event")}
    assert None in rules, "single ones"
    assert {rule.split(";")[0] for rule in rules if rule} == {"FREQ=DAILY", "FREQ=WEEKLY", "FREQ=MONTHLY"}
    for username in ("manager", *(f"agent{number}" for number in range(1, 9))):
        user = await demo.user(username)
        assert await demo.count("schedule_event", "owner_id = $1", user["id"]) >= 4
        assert await demo.count("reminder_series", "user_id = $1 AND due_at > $2", user["id"], demo.filled_at) >= 2
    assert await demo.count("schedule_attendee", "true") > 20
    assert await demo.count("reminder_rule", "channel = 'POPUP'") > 30


async def test_an_announcement_was_published_and_some_have_read_it(demo: Demo):
    assert await demo.count("announcement", "status = 'PUBLISHED' AND must_confirm AND pinned") == 1
    staff = await demo.count("user_account", "kind = 'STAFF'")
    roster = "announcement_id = (SELECT id FROM announcement WHERE must_confirm AND pinned)"
    assert await demo.count("announcement_receipt", roster) == staff
    read_by, confirmed = await demo.count("announcement_receipt", "read_at IS NOT NULL"), "confirmed_at IS NOT NULL"
    assert 0 < await demo.count("announcement_receipt", confirmed) < read_by < staff


async def test_there_is_a_choice_of_pipelines(demo: Demo):
    assert await demo.count("pipeline", ALIVE) == 2
    assert await demo.count("stage", "active") >= 8


async def test_records_are_the_same_every_time_and_every_start_brings_something(databases: Databases, demo: Demo):
    async with beside(databases) as database:
        await demo_data.fill(database, Silent())
        names = "SELECT string_agg(name, ',' ORDER BY right(id::text, 16)) FROM party"
        assert await value(database, names) == await value(demo.database, names)
        soon = "SELECT count(*) FROM reminder_series WHERE due_at - now() BETWEEN interval '1 minute' AND interval '3 minutes'"
        waiting = "SELECT count(*) FROM announcement WHERE status = 'SCHEDULED' AND must_confirm AND expires_at > publish_at"
        for _ in range(2):  # a second start right after the first adds nothing
            await prepare_today(database)
            assert await value(database, soon) == len(DEMO_USERS)
            assert await value(database, waiting) == 1
        at = await value(database, "SELECT publish_at - now() FROM announcement WHERE status = 'SCHEDULED'")
        assert timedelta(seconds=30) < at <= timedelta(seconds=60)


@pytest.mark.parametrize("username", ["agent7", "agent8"])
async def test_two_agents_see_only_what_is_with_their_customers(demo: Demo, username: str):
    api, user = await demo.api(username), await demo.user(username)
    for entity, table in (("opportunities", "opportunity"), ("contracts", "contract"), ("deliveries", "delivery")):
        seen = (await api.ask(entity, "totalCount"))["totalCount"]
        open_to_all = "SELECT record_id FROM share WHERE principal_id = $2 AND (expires_at IS NULL OR expires_at > now())"
        theirs = f"SELECT id FROM party WHERE {ALIVE} AND (owner_id = $1 OR id IN ({open_to_all}))"
        wanted = f"x.{ALIVE} AND (x.owner_id = $1 OR x.party_id IN ({theirs}))"
        assert seen == await demo.count(f"{table} x", wanted, user["id"], EVERYONE_ID) > 10
    calls = (await api.ask("calls", "totalCount"))["totalCount"]
    assert 50 < calls < await demo.count("call", ALIVE) / 5


async def test_the_manager_judges_contracts_and_agents_do_not(demo: Demo):
    granted = (
        "SELECT r.name FROM role_grant g JOIN role r ON r.id = g.role_id WHERE g.entity = 'contract' AND g.action = 'APPROVE'"
    )
    names = {row["name"].split()[-1] for row in await rows(demo.database, granted)}
    assert names >= {"manager", "Finance"}
    assert not names & {"Agent", "only"}


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


async def test_partners_are_offered_bring_report_and_are_told(demo: Demo):
    """Each sees what is between us and their own channel."""
    seen = {}
    for username in ("partner1", "partner2"):
        api = await demo.api(username)
        page = await api.ask("channelAssignments", "nodes { id status customerName opportunity { title } }")
        brought = await api.ask("channelSubmissions", "nodes { status comments { totalCount } }")
        tasks = await api.ask("marketingTasks", "nodes { channelTasks { nodes { percent } } }")
        news = await api.ask("announcements", "totalCount", filter={"topic": {"eq": "COMPETITOR"}})
        assert (len(brought["nodes"]) >= 1, len(tasks["nodes"]), news["totalCount"]) == (True, 1, 1)
        for each in page["nodes"]:
            taken = each["status"] in ("ACCEPTED", "REGISTERED")
            assert (each["opportunity"] is not None, each["customerName"] is not None) == (taken, taken)
        seen[username] = {each["id"] for each in page["nodes"]}
        assert len(seen[username]) >= 3
        assert (await api.asked("channelGroups", "totalCount")).codes == ["FORBIDDEN"]
    assert seen["partner1"].isdisjoint(seen["partner2"])
    states = {row["status"] for row in await rows(demo.database, "SELECT DISTINCT status FROM channel_assignment")}
    assert states == {"OFFERED", "ACCEPTED", "REGISTERED", "DECLINED"}
    for query in (
        "count(DISTINCT channel_group_id) FROM party",
        "count(DISTINCT territory_id) FROM party",
        "count(*) FROM territory_region",
    ):
        assert await value(demo.database, f"SELECT {query}") >= 3


async def test_letters_are_seen_with_their_mailbox(demo: Demo):
    """The team shares one, agent1 has another, and nobody else sees any; somebody new waits to be told whose they are."""
    seen = {}
    for username in ("agent1", "agent2", "agent7", "manager"):
        seen[username] = (await (await demo.api(username)).ask("emailMessages", "totalCount", first=1))["totalCount"]
    own = "account_id = (SELECT id FROM email_account WHERE kind = 'PERSONAL')"
    assert seen["agent1"] - seen["agent2"] == await demo.count("email_message", own) > 20
    assert seen["agent2"] == seen["manager"] == await demo.count("email_message", f"NOT {own}") > 100
    assert seen["agent7"] == 0
    asked = "nodes { party { id } suggestions { reason party { name } } }"
    (letter,) = (await (await demo.api("manager")).ask("emailMessages", asked, filter={"fromName": {"eq": "王敏"}}))["nodes"]
    assert letter["party"] is None
    assert {each["reason"] for each in letter["suggestions"]} == {"SAME_DOMAIN"}
    assert await demo.count("email_message", "state = 'DRAFT'") == 6


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


async def test_a_second_filling_is_refused_and_changes_nothing(demo: Demo):
    before = await demo.count("party", "true")
    with pytest.raises(Invalid, match="holds a company already"):
        await demo_data.fill(demo.database, Silent())
    assert await demo.count("party", "true") == before


async def test_the_planner_knows_what_is_there(demo: Demo):
    estimate = await value(demo.database, "SELECT reltuples FROM pg_class WHERE oid = 'activity'::regclass")
    assert estimate == await demo.count("activity", "true")
