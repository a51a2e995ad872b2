"""A read takes one statement for 2 rows and for 200; and level by level as many for the one as for the other, as written here."""

# ruff: noqa: E501 -- statements and documents read better unbroken

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import pytest
from tests.conftest import make_settings
from tests.factories.api import Api, Office, kept

from crm.app import create_app

MANY = 200
COUNTS: dict[str, tuple[str, int]] = {
    "flat": ("{ customers(first: %d) { nodes { id name lifecycle } } }", 1),
    "with its count": ("{ customers(first: %d) { totalCount nodes { id } } }", 2),
    "cards": (
        "{ customers(first: %d) { nodes { owner { username } createdBy { username } level { code } department { name } } } }",
        3,
    ),
    "value rows": (
        "{ customers(first: %d) { nodes { phoneNumbers { e164 } emailAddresses { address } addresses { street region { code } } } } }",
        5,
    ),
    "customers → contacts → activities": (
        "{ customers(first: %d) { nodes { name contacts { nodes { name phoneNumbers { e164 } activities { nodes { subject party { name } } } } } } } }",
        5,
    ),
    "counts of nested lists": (
        "{ customers(first: %d) { nodes { contacts { totalCount nodes { id activities { totalCount } } } } } }",
        5,
    ),
    "up again": (
        "{ activities(first: %d) { nodes { contact { name party { name owner { displayName department { name } } } } } } }",
        4,
    ),
    "tags": ("{ customers(first: %d) { nodes { tags { name } } } }", 3),
    "shares": ("{ customers(first: %d) { nodes { shares { nodes { access principal { name } } } } } }", 3),
    "change log": (
        "{ customers(first: %d) { nodes { changes { nodes { verb actor { username } record { id } fields { field } } } } } }",
        4,
    ),
    "participants": ("{ activities(first: %d) { nodes { participants { user { username } contact { name } } } } }", 4),
    "filtered by related": (
        '{ customers(first: %d, filter: {contacts: {some: {name: {startsWith: "人"}}}}, search: "公司") { nodes { id } } }',
        1,
    ),
    "calls": (
        "{ calls(first: %d) { nodes { state number { e164 } candidates { username } claimedBy { username } ringGroup { name } disposition { code } activity { subject } } } }",
        6,
    ),
    "whom calls are from": (
        "{ calls(first: %d) { nodes { matches { score restricted owner { displayName } party { name } contact { name } } } } }",
        5,
    ),
    "opportunities with their stays": (
        "{ opportunities(first: %d) { nodes { weightedAmount stage { name } pipeline { name } stageHistory { totalCount nodes { amount stage { name } changedBy { username } } } } } }",
        6,
    ),
    "contracts → deliveries → lines": (
        "{ contracts(first: %d) { nodes { number opportunity { title } deliveries { nodes { number lines { product } contact { name } } } } } }",
        5,
    ),
    "announcements for their authors": (
        "{ announcements(first: %d) { nodes { recipientCount readCount confirmedCount audience { everyone users { username } } myReceipt { readAt } receipts { totalCount nodes { user { username } } } } } }",
        7,
    ),
    "events of the calendar": (
        "{ scheduleEvents(first: %d) { nodes { nextOccurrenceAt attendees { user { username } contact { name } } reminders { minutesBefore } exceptions { originalStartsAt startsAt endsAt } contract { number } } } }",
        8,
    ),
    "notifications": ("{ notifications(first: %d) { nodes { kind readAt actor { username } record { id } } } }", 3),
    "reminders": ("{ reminders(first: %d) { nodes { dueAt event { title party { name } } } } }", 3),
    "all papers of customers": (
        "{ customers(first: %d) { nodes { calls { nodes { id } } opportunities { nodes { id } } contracts { nodes { id } } deliveries { nodes { id } } } } }",
        5,
    ),
    "pipelines": ("{ pipelines(first: %d) { nodes { stages { name } } } }", 2),
    "ring groups": ("{ ringGroups(first: %d) { nodes { numbers { number } members { username } } } }", 4),
    "one under two names": (
        "{ customers(first: %d) { nodes { a: contacts { nodes { id } } b: contacts { nodes { name } } } } }",
        2,
    ),
}
"""What is read → the document and how many statements it takes, authentication included."""


@pytest.fixture(scope="module")
async def office(databases):
    async for made in kept(databases):
        await furnish(made)
        yield made


async def furnish(office: Office) -> None:
    """200 customers with two contacts each, every one of them with an activity, a number, a tag, a share and a log entry."""
    admin = office.admin
    tag = await admin.do("tagCreate", "tag { id }", input={"name": "标"})
    async with office.database.connection() as connection:
        await connection.execute(SEED.replace("ADMIN", f"'{admin.id}'").replace("TAG", f"'{tag['id']}'"))


MADE = "(lpad(to_hex(1000000 + {n}), 8, '0') || '-0000-8' || lpad(to_hex({kind}), 3, '0') || '-8000-' || lpad(to_hex({n}), 12, '0'))::uuid"
PARTY, CONTACT = MADE.format(n="n", kind=20), MADE.format(n="n", kind=21)
STAMPS = "created_at, updated_at, created_by_id, updated_by_id, owner_id, version"
STAMPED = "now(), now(), ADMIN::uuid, ADMIN::uuid, ADMIN::uuid, 1"
SEED = f"""
INSERT INTO party (id, type, name, name_key, normalised_name, lifecycle, {STAMPS})
    SELECT {PARTY}, 'CUSTOMER', '公司' || n, 'gongsi' || n, n::text, 'LEAD', {STAMPED} FROM generate_series(0, {MANY - 1}) n;
INSERT INTO contact (id, party_id, name, name_key, "primary", {STAMPS})
    SELECT {CONTACT}, {MADE.format(n="(n / 2)", kind=20)}, '人' || n, 'ren' || n, true, {STAMPED} FROM generate_series(0, {2 * MANY - 1}) n;
INSERT INTO activity (id, kind, subject, status, party_id, contact_id, {STAMPS})
    SELECT {MADE.format(n="n", kind=22)}, 'CALL', 's', 'PLANNED', {MADE.format(n="(n / 2)", kind=20)}, {CONTACT}, {STAMPED} FROM generate_series(0, {2 * MANY - 1}) n;
INSERT INTO activity_participant (id, activity_id, user_id, position)
    SELECT {MADE.format(n="n", kind=22)}, {MADE.format(n="n", kind=22)}, ADMIN::uuid, 0 FROM generate_series(0, {2 * MANY - 1}) n;
INSERT INTO activity_participant (id, activity_id, contact_id, position)
    SELECT {MADE.format(n="(n + 5000)", kind=22)}, {MADE.format(n="n", kind=22)}, {CONTACT}, 1 FROM generate_series(0, {2 * MANY - 1}) n;
INSERT INTO phone_number (id, party_id, written, display, position, "primary")
    SELECT {MADE.format(n="n", kind=23)}, {PARTY}, n::text, n::text, 0, true FROM generate_series(0, {MANY - 1}) n;
INSERT INTO phone_number (id, contact_id, written, display, position, "primary")
    SELECT {MADE.format(n="(n + 5000)", kind=23)}, {CONTACT}, n::text, n::text, 0, true FROM generate_series(0, {2 * MANY - 1}) n;
INSERT INTO address (id, party_id, street, country, position, "primary", region_id)
    SELECT {MADE.format(n="n", kind=25)}, {PARTY}, 's', 'CN', 0, true, (SELECT id FROM dictionary_item LIMIT 1) FROM generate_series(0, {MANY - 1}) n;
INSERT INTO record_tag (record_id, record_kind, tag_id) SELECT {PARTY}, 20, TAG::uuid FROM generate_series(0, {MANY - 1}) n;
INSERT INTO share (id, record_id, record_kind, principal_id, access, cause, created_at)
    SELECT {MADE.format(n="n", kind=6)}, {PARTY}, 20, ADMIN::uuid, 'READ', 'MANUAL', now() FROM generate_series(0, {MANY - 1}) n;
INSERT INTO change (id, record_id, record_kind, party_id, entity, verb, actor_id, channel, request_id, at, changes)
    SELECT {MADE.format(n="n", kind=7)}, {PARTY}, 20, {PARTY}, 'customer', 'customer.create', ADMIN::uuid, 'API', 'r', now(), '[]' FROM generate_series(0, {MANY - 1}) n;
INSERT INTO ring_group (id, name, name_key, strategy, ring_seconds, created_at, updated_at, version)
    SELECT {MADE.format(n="n", kind=29)}, 'g' || n, 'g' || n, 'RING_ALL', 60, now(), now(), 1 FROM generate_series(0, {MANY - 1}) n;
INSERT INTO ring_group_number (id, ring_group_id, position, number)
    SELECT {MADE.format(n="n", kind=30)}, {MADE.format(n="n", kind=29)}, 0, n::text FROM generate_series(0, {MANY - 1}) n;
INSERT INTO ring_group_member (id, ring_group_id, position, user_id)
    SELECT {MADE.format(n="n", kind=31)}, {MADE.format(n="n", kind=29)}, 0, ADMIN::uuid FROM generate_series(0, {MANY - 1}) n;
INSERT INTO call (id, source, external_id, direction, state, number_raw, number_e164, ringing_at, expires_at, ring_group_id, claimed_by_id, claimed_at, party_id, contact_id, activity_id, disposition_id, {STAMPS})
    SELECT {MADE.format(n="n", kind=26)}, 'pbx', n::text, 'INBOUND', 'ENDED', '1', '+861', now(), now(), {MADE.format(n="n", kind=29)}, ADMIN::uuid, now(), {PARTY}, {CONTACT}, {MADE.format(n="n", kind=22)}, (SELECT id FROM dictionary_item LIMIT 1), {STAMPED} FROM generate_series(0, {MANY - 1}) n;
INSERT INTO call_candidate (id, call_id, user_id, position)
    SELECT {MADE.format(n="n", kind=27)}, {MADE.format(n="n", kind=26)}, ADMIN::uuid, 0 FROM generate_series(0, {MANY - 1}) n;
INSERT INTO call_match (id, call_id, position, score, reason, party_id, contact_id, owner_id)
    SELECT {MADE.format(n="n", kind=28)}, {MADE.format(n="(n / 2)", kind=26)}, n % 2, 90, 'EXACT_NUMBER', {MADE.format(n="(n / 2)", kind=20)}, {MADE.format(n="(n / 2)", kind=21)}, ADMIN::uuid FROM generate_series(0, {2 * MANY - 1}) n;
INSERT INTO pipeline (id, name, name_key, position, active, created_at, updated_at, version)
    SELECT {MADE.format(n="n", kind=32)}, 'p' || n, 'p' || n, n + 1, true, now(), now(), 1 FROM generate_series(0, {MANY - 1}) n;
INSERT INTO stage (id, pipeline_id, position, name, probability, active)
    SELECT {MADE.format(n="n", kind=33)}, {MADE.format(n="n", kind=32)}, 0, 's', 10, true FROM generate_series(0, {MANY - 1}) n;
INSERT INTO opportunity (id, title, party_id, contact_id, pipeline_id, stage_id, status, amount, currency, probability, weighted_amount, {STAMPS})
    SELECT {MADE.format(n="n", kind=34)}, 'o' || n, {PARTY}, {CONTACT}, {MADE.format(n="n", kind=32)}, {MADE.format(n="n", kind=33)}, 'OPEN', 1, 'CNY', 10, 1, {STAMPED} FROM generate_series(0, {MANY - 1}) n;
INSERT INTO stage_change (id, opportunity_id, stage_id, entered_at, amount, changed_by_id)
    SELECT {MADE.format(n="n", kind=35)}, {MADE.format(n="n", kind=34)}, {MADE.format(n="n", kind=33)}, now(), 1, ADMIN::uuid FROM generate_series(0, {MANY - 1}) n;
INSERT INTO contract (id, number, status, title, kind, party_id, opportunity_id, amount, currency, exchange_rate, {STAMPS})
    SELECT {MADE.format(n="n", kind=100)}, 'CT' || n, 'DRAFT', 'c', 'SALES', {PARTY}, {MADE.format(n="n", kind=34)}, 1, 'CNY', 1, {STAMPED} FROM generate_series(0, {MANY - 1}) n;
INSERT INTO delivery (id, number, status, party_id, contact_id, contract_id, currency, exchange_rate, {STAMPS})
    SELECT {MADE.format(n="n", kind=60)}, 'DL' || n, 'DRAFT', {PARTY}, {CONTACT}, {MADE.format(n="n", kind=100)}, 'CNY', 1, {STAMPED} FROM generate_series(0, {MANY - 1}) n;
INSERT INTO delivery_line (id, delivery_id, position, product, quantity)
    SELECT {MADE.format(n="n", kind=61)}, {MADE.format(n="n", kind=60)}, 0, 'x', 1 FROM generate_series(0, {MANY - 1}) n;
INSERT INTO announcement (id, title, body, status, pinned, must_confirm, published_at, {STAMPS})
    SELECT {MADE.format(n="n", kind=180)}, 'a' || n, 'b', 'PUBLISHED', false, false, now(), {STAMPED} FROM generate_series(0, {MANY - 1}) n;
INSERT INTO announcement_audience (id, announcement_id, principal_id, position)
    SELECT {MADE.format(n="n", kind=181)}, {MADE.format(n="n", kind=180)}, ADMIN::uuid, 0 FROM generate_series(0, {MANY - 1}) n;
INSERT INTO announcement_receipt (id, announcement_id, user_id)
    SELECT {MADE.format(n="n", kind=182)}, {MADE.format(n="n", kind=180)}, ADMIN::uuid FROM generate_series(0, {MANY - 1}) n;
INSERT INTO schedule_event (id, title, time_zone, local_start, duration_seconds, all_day, rrule, starts_at, ends_at, last_ends_at, party_id, contract_id, {STAMPS})
    SELECT {MADE.format(n="n", kind=140)}, 'e' || n, 'UTC', '2026-01-05T09:00:00', 3600, false, 'FREQ=DAILY;COUNT=3', '2026-01-05T09:00:00Z', '2026-01-05T10:00:00Z', '2026-01-07T10:00:00Z', {PARTY}, {MADE.format(n="n", kind=100)}, {STAMPED} FROM generate_series(0, {MANY - 1}) n;
INSERT INTO schedule_attendee (id, schedule_event_id, position, user_id, answer)
    SELECT {MADE.format(n="n", kind=141)}, {MADE.format(n="n", kind=140)}, 0, ADMIN::uuid, 'PENDING' FROM generate_series(0, {MANY - 1}) n;
INSERT INTO schedule_attendee (id, schedule_event_id, position, contact_id, answer)
    SELECT {MADE.format(n="(n + 5000)", kind=141)}, {MADE.format(n="n", kind=140)}, 1, {CONTACT}, 'PENDING' FROM generate_series(0, {MANY - 1}) n;
INSERT INTO schedule_exception (id, schedule_event_id, original_start, cancelled, local_start, duration_seconds)
    SELECT {MADE.format(n="n", kind=142)}, {MADE.format(n="n", kind=140)}, '2026-01-06T09:00:00', false, '2026-01-06T11:00:00', 60 FROM generate_series(0, {MANY - 1}) n;
INSERT INTO reminder_rule (id, schedule_event_id, position, channel, minutes_before, recipients)
    SELECT {MADE.format(n="n", kind=143)}, {MADE.format(n="n", kind=140)}, 0, 'POPUP', 5, 'STAFF' FROM generate_series(0, {MANY - 1}) n;
INSERT INTO reminder (id, series_id, schedule_event_id, user_id, channel, occurrence_at, due_at, fired_at, late, state, attempts, repeated)
    SELECT {MADE.format(n="n", kind=145)}, {MADE.format(n="n", kind=144)}, {MADE.format(n="n", kind=140)}, ADMIN::uuid, 'POPUP', now(), now(), now(), false, 'DUE', 0, false FROM generate_series(0, {MANY - 1}) n;
INSERT INTO notification (id, user_id, kind, record_id, record_kind, actor_id, created_at)
    SELECT {MADE.format(n="n", kind=40)}, ADMIN::uuid, 'SHARED_WITH_YOU', {MADE.format(n="n", kind=140)}, 140, ADMIN::uuid, now() FROM generate_series(0, {MANY - 1}) n;
UPDATE party SET level_id = (SELECT id FROM dictionary_item LIMIT 1), department_id = NULL;
"""


async def statements(api: Api, office: Office, document: str, rows: int) -> int:
    query = document % rows
    await api.read(query)
    async with office.counted() as count:
        await api.read(query)
    return len(count.queries)


@pytest.fixture(scope="module")
async def reference(office: Office) -> AsyncIterator[Api]:
    """The administrator, answered level by level."""
    with TemporaryDirectory() as folder:
        app = create_app(make_settings(office.database, Path(folder), plans=False), office.database, background=False)
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://crm.test") as client:
            yield Api(client, office.admin.token)


PYTHON_READS = {
    "shares": 2,
    "change log": 2,
    "notifications": 2,
    "announcements for their authors": 5,
    "events of the calendar": 2,
}
"""Statements where Python resolves a field by reading more: once for all rows of the answer."""


@pytest.mark.parametrize("what", COUNTS)
async def test_many_rows_take_no_more_statements_than_few(office: Office, reference: Api, what):
    document, expected = COUNTS[what]
    few, many = await statements(reference, office, document, 2), await statements(reference, office, document, 100)
    assert few == many == expected
    planned = [await statements(office.admin, office, document, rows) for rows in (2, 100)]
    print(f"{what}: {planned[1]} statements, level by level {many}")  # noqa: T201 -- shown with `-rP`
    assert planned == [PYTHON_READS.get(what, 1)] * 2


async def test_two_hundred_rows_below_one_take_as_many_as_two(office: Office):
    """The widest page of a list is 100, so 200 rows are reached a level below: 100 customers with two contacts each."""
    document = "{ customers(first: %d) { nodes { contacts(first: 100) { nodes { id activities { nodes { id } } } } } } }"
    answer = await office.admin.read(document % 100)
    assert sum(len(node["contacts"]["nodes"]) for node in answer["customers"]["nodes"]) == MANY
    assert await statements(office.admin, office, document, 1) == await statements(office.admin, office, document, 100) == 1


@pytest.mark.parametrize(
    "query", ["{ __typename }", "{ me { id } }", "{ me { username sessions { id } permissions { entity } } }"]
)
async def test_authentication_takes_no_statement_of_its_own(office: Office, query):
    async with office.counted() as count:
        await office.admin.read(query)
    assert len(count.queries) <= 2


async def test_a_calendar_takes_a_fixed_number_of_statements(office: Office):
    """However many events it shows: those of one's own, those one attends, and the exceptions."""
    document = '{ schedule(from: "2026-01-05T00:00:00Z", to: "%s") { startsAt event { title attendees { answer } } } }'
    counts = []
    for until in ("2026-01-05T00:00:01Z", "2026-01-08T00:00:00Z"):
        query = document % until
        shown = (await office.admin.read(query))["schedule"]
        async with office.counted() as count:
            await office.admin.read(query)
        counts.append((len(shown), len(count.queries)))
    assert counts[1][0] == 3 * MANY
    assert counts[1][1] <= 4


async def test_agents_take_a_fixed_number_of_statements(office: Office):
    async with office.counted() as count:
        await office.admin.read("{ agents { user { username } state call { id } } }")
    assert len(count.queries) <= 3


async def test_a_bulk_verb_takes_a_fixed_number_of_statements_for_each_record(office: Office):
    other = await office.hire("other")
    keys = [row[0] for row in await office.rows("SELECT id::text FROM party ORDER BY id LIMIT 21")]
    counts = []
    for ids in (keys[:1], keys[1:21]):
        async with office.counted() as count:
            await office.admin.do(
                "recordsTransfer",
                "results { userErrors { code message field currentVersion } }",
                input={"ids": ids, "toId": other.id},
            )
        counts.append(len(count.queries))
    assert counts[1] <= 20 * counts[0]
