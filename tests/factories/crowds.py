"""A database full enough that PostgreSQL plans as it would in earnest, and what its plans say.

Three people look at it: one sees all, one half, one a thousandth. One party, contact, … has thousands of children.
"""

# ruff: noqa: E501 -- statements read better unbroken

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import orjson
from tests.factories.api import Office, kept
from tests.servers import Databases

from crm.access.loading import load_by_token
from crm.access.viewer import Viewer

ROWS = 20_000
NARROW = ROWS // 1000
CHILDREN = 3_000
"""Rows of each large table that hang on one and the same party, contact, activity, …"""
OWNED = (
    "call", "opportunity", "contract", "delivery", "announcement", "schedule_event", "project", "maintenance", "service_case", "channel_assignment", "channel_submission",
    "marketing_task", "sms_batch", "sms_message", "email_account", "email_batch",
)  # fmt: skip


def made(kind: int, n: str = "n") -> str:
    """An id made of a number."""
    return f"(lpad(to_hex({n}), 8, '0') || '-0000-8' || lpad(to_hex({kind}), 3, '0') || '-8000-' || lpad(to_hex({n}), 12, '0'))::uuid"


OWNER = "CASE WHEN n % 1000 = 7 THEN $1::uuid WHEN n % 2 = 0 THEN $2::uuid ELSE $3::uuid END"
AT = "now() - interval '1 minute' * ((n * 7919) % 20011)"
STAMPS = "created_at, updated_at, created_by_id, updated_by_id, owner_id, version"
STAMPED = f"{AT}, {AT}, $3::uuid, $3::uuid, {OWNER}, 1"
SEED = (
    f"""INSERT INTO party (id, type, name, name_key, normalised_name, lifecycle, last_contact_at, next_contact_at, parent_id, {STAMPS})
        SELECT {made(20)}, CASE WHEN n / 2 % 10 = 9 THEN 'SUPPLIER' ELSE 'CUSTOMER' END, 'x', md5(n::text), 'x', 'LEAD',
            CASE WHEN n % 3 = 0 THEN {AT} END, CASE WHEN n % 5 = 0 THEN {AT} END,
            CASE WHEN n > 9 THEN {made(20, "n / 9")} END, {STAMPED} FROM generate_series(1, {ROWS}) n""",
    f"""INSERT INTO contact (id, party_id, name, name_key, "primary", {STAMPS})
        SELECT {made(21)}, {made(20)}, 'x', md5(n::text), true, {STAMPED} FROM generate_series(1, {ROWS}) n""",
    f"""INSERT INTO activity (id, kind, subject, status, party_id, contact_id, planned_at, done_at, {STAMPS})
        SELECT {made(22)}, 'CALL', 'x', CASE WHEN n % 2 = 0 THEN 'DONE' ELSE 'PLANNED' END, {made(20)}, {made(21)}, {AT},
            CASE WHEN n % 2 = 0 THEN {AT} END, {STAMPED} FROM generate_series(1, {ROWS}) n""",
    f"""INSERT INTO change (id, record_id, record_kind, party_id, entity, verb, actor_id, channel, request_id, at, changes)
        SELECT {made(7)}, {made(20)}, 20, {made(20)}, 'customer', 'customer.create', {OWNER}, 'API', 'r', {AT}, '[]' FROM generate_series(1, {ROWS}) n""",
    """INSERT INTO pipeline (id, name, name_key, position, active, created_at, updated_at, version)
        SELECT '00000001-0000-8020-8000-000000000001', 'p', 'p', 9, true, now(), now(), 1
        WHERE $1::uuid IS NOT NULL AND $2::uuid IS NOT NULL AND $3::uuid IS NOT NULL""",
    f"""INSERT INTO stage (id, pipeline_id, position, name, probability, active)
        SELECT {made(33, "1")}, '00000001-0000-8020-8000-000000000001', 0, 's', 10, true
        WHERE $1::uuid IS NOT NULL AND $2::uuid IS NOT NULL AND $3::uuid IS NOT NULL""",
    f"""INSERT INTO call (id, source, external_id, direction, state, ringing_at, expires_at, party_id, contact_id, activity_id,
            call_back_id, {STAMPS})
        SELECT {made(26)}, 'pbx', n::text, 'INBOUND', 'MISSED', {AT}, {AT}, {made(20)}, {made(21)}, {made(22)}, {made(22)}, {STAMPED}
        FROM generate_series(1, {ROWS}) n""",
    f"""INSERT INTO call_candidate (id, call_id, user_id, position)
        SELECT {made(27)}, {made(26)}, CASE WHEN n % 1000 = 8 THEN $1::uuid WHEN n % 3 = 0 THEN $2::uuid ELSE $3::uuid END, 0
        FROM generate_series(1, {ROWS}) n""",
    f"""INSERT INTO opportunity (id, title, party_id, contact_id, pipeline_id, stage_id, status, amount, currency, probability,
            weighted_amount, expected_close_on, {STAMPS})
        SELECT {made(34)}, 'x', {made(20)}, {made(21)}, '00000001-0000-8020-8000-000000000001', {made(33, "1")}, 'OPEN', n % 977, 'CNY', 10, 1,
            CASE WHEN n % 3 = 0 THEN date '2026-01-01' + n % 300 END, {STAMPED} FROM generate_series(1, {ROWS}) n""",
    f"""INSERT INTO process_task (id, opportunity_id, title, status, assignee_id, due_on, position, created_at, updated_at, version)
        SELECT {made(48)}, {made(34)}, 'x', 'TODO', {OWNER}, CASE WHEN n % 3 > 0 THEN date '2026-01-01' + n % 300 END, n % 5, {AT}, {AT}, 1
        FROM generate_series(1, {ROWS}) n""",
    f"""INSERT INTO forecast_snapshot (id, week_on, owner_id, pipeline_id, month_on, status, currency, opportunity_count, amount,
            weighted_amount, taken_at)
        SELECT {made(51)}, date '2000-01-03' + 7 * n, {OWNER}, '00000001-0000-8020-8000-000000000001',
            CASE WHEN n % 3 > 0 THEN date '2026-01-01' + n % 300 END, 'OPEN', 'CNY', 1, 1, 1, {AT} FROM generate_series(1, {ROWS}) n""",
    f"""INSERT INTO contract (id, number, status, title, kind, party_id, opportunity_id, amount, currency, exchange_rate,
            signed_on, ends_on, {STAMPS})
        SELECT {made(100)}, 'CT' || n, 'DRAFT', 'x', 'SALES', {made(20)}, {made(34)}, n % 977, 'CNY', 1,
            CASE WHEN n % 3 = 0 THEN date '2026-01-01' + n % 300 END, CASE WHEN n % 4 = 0 THEN date '2026-01-01' + n % 300 END,
            {STAMPED} FROM generate_series(1, {ROWS}) n""",
    f"""INSERT INTO delivery (id, number, status, party_id, contract_id, currency, exchange_rate, shipped_on, {STAMPS})
        SELECT {made(60)}, 'DL' || n, 'DRAFT', {made(20)}, {made(100)}, 'CNY', 1,
            CASE WHEN n % 3 = 0 THEN date '2026-01-01' + n % 300 END, {STAMPED} FROM generate_series(1, {ROWS}) n""",
    f"""INSERT INTO project (id, number, title, status, party_id, opportunity_id, contract_id, due_on, cost, {STAMPS})
        SELECT {made(52)}, 'PJ' || n, 'x', 'PLANNING', {made(20)}, {made(34)}, {made(100)},
            CASE WHEN n % 3 = 0 THEN date '2026-01-01' + n % 300 END, 0, {STAMPED} FROM generate_series(1, {ROWS}) n""",
    f"""INSERT INTO maintenance (id, title, status, party_id, delivery_id, project_id, warranty_ends_on, due_on, {STAMPS})
        SELECT {made(53)}, 'x', 'PLANNED', {made(20)}, {made(60)}, {made(52)},
            CASE WHEN n % 3 = 0 THEN date '2026-01-01' + n % 300 END, CASE WHEN n % 4 = 0 THEN date '2026-01-01' + n % 300 END,
            {STAMPED} FROM generate_series(1, {ROWS}) n""",
    f"""INSERT INTO service_case (id, number, subject, status, priority, party_id, project_id, maintenance_id, call_id,
            clock_started_at, response_due_at, resolution_due_at, reopened_count, paused_seconds, response_breached,
            resolution_breached, escalation_level, {STAMPS})
        SELECT {made(54)}, 'SC' || n, 'x', 'NEW', 'LOW', {made(20)}, {made(52)}, {made(53)}, {made(26)}, {AT},
            CASE WHEN n % 3 > 0 THEN {AT} END, CASE WHEN n % 4 > 0 THEN {AT} END, 0, 0, false, false, 0, {STAMPED}
        FROM generate_series(1, {ROWS}) n""",
    f"""UPDATE activity a SET previous_id = CASE WHEN n > 1 THEN {made(22, "n - 1")} END,
            opportunity_id = CASE n % 6 WHEN 0 THEN {made(34)} END, contract_id = CASE n % 6 WHEN 1 THEN {made(100)} END,
            delivery_id = CASE n % 6 WHEN 2 THEN {made(60)} END, project_id = CASE n % 6 WHEN 3 THEN {made(52)} END,
            maintenance_id = CASE n % 6 WHEN 4 THEN {made(53)} END, service_case_id = CASE n % 6 WHEN 5 THEN {made(54)} END
        FROM generate_series(1, {ROWS}) n WHERE a.id = {made(22)}
            AND $1::uuid IS NOT NULL AND $2::uuid IS NOT NULL AND $3::uuid IS NOT NULL""",
    f"""INSERT INTO channel_assignment (id, opportunity_id, channel_id, title, status, respond_by, protected_until, {STAMPS})
        SELECT {made(43)}, {made(34)}, {made(20)}, 'x', 'OFFERED', {AT}, CASE WHEN n % 3 = 0 THEN {AT} END, {STAMPED}
        FROM generate_series(1, {ROWS}) n""",
    f"""INSERT INTO channel_submission (id, channel_id, title, customer_name, normalised_name, status, currency, {STAMPS})
        SELECT {made(44)}, {made(20)}, 'x', 'x', 'x', 'SUBMITTED', 'CNY', {STAMPED} FROM generate_series(1, {ROWS}) n""",
    f"""INSERT INTO marketing_task (id, title, status, due_on, {STAMPS})
        SELECT {made(66)}, 'x', 'DRAFT', CASE WHEN n % 3 = 0 THEN date '2026-01-01' + n % 300 END, {STAMPED}
        FROM generate_series(1, {ROWS}) n""",
    f"""INSERT INTO announcement (id, topic, title, body, status, pinned, must_confirm, published_at, {STAMPS})
        SELECT {made(180)}, 'NOTICE', 'x', 'x', CASE WHEN n % 5 = 0 THEN 'DRAFT' ELSE 'PUBLISHED' END, false, false,
            CASE WHEN n % 5 <> 0 THEN {AT} END, {STAMPED} FROM generate_series(1, {ROWS}) n""",
    f"""INSERT INTO announcement_receipt (id, announcement_id, user_id)
        SELECT {made(182)}, {made(180)}, CASE WHEN n % 1000 = 8 THEN $1::uuid WHEN n % 3 = 0 THEN $2::uuid ELSE $3::uuid END
        FROM generate_series(1, {ROWS}) n""",
    f"""INSERT INTO schedule_event (id, title, time_zone, local_start, duration_seconds, all_day, starts_at, ends_at, last_ends_at,
            {STAMPS})
        SELECT {made(140)}, 'x', 'UTC', '2026-01-05T09:00:00', 3600, false, {AT}, {AT} + interval '1 hour',
            {AT} + interval '1 hour', {STAMPED} FROM generate_series(1, {ROWS}) n""",
    f"""INSERT INTO schedule_attendee (id, schedule_event_id, position, user_id, answer)
        SELECT {made(141)}, {made(140)}, 0, CASE WHEN n % 1000 = 8 THEN $1::uuid WHEN n % 3 = 0 THEN $2::uuid ELSE $3::uuid END,
            'PENDING' FROM generate_series(1, {ROWS}) n""",
    f"""INSERT INTO reminder (id, series_id, schedule_event_id, user_id, channel, occurrence_at, due_at, fired_at, late, state,
            attempts, repeated)
        SELECT {made(145)}, {made(144)}, {made(140)}, {OWNER}, 'POPUP', {AT}, {AT}, {AT}, false, 'DUE', 0, false
        FROM generate_series(1, {ROWS}) n""",
    f"""INSERT INTO notification (id, user_id, kind, record_id, record_kind, actor_id, created_at, read_at)
        SELECT {made(40)}, {OWNER}, 'ASSIGNED', {made(22)}, 22, $3::uuid, {AT}, CASE WHEN n % 4 > 0 THEN {AT} END
        FROM generate_series(1, {ROWS}) n""",
    f"""INSERT INTO sms_batch (id, name, status, account_id, category, text, given, currency, recipient_count, prepared_count,
            prepared_parts, refused_count, segment_count, cost, {STAMPS})
        SELECT {made(87)}, 'x', 'QUEUED', (SELECT id FROM sms_account LIMIT 1), 'NOTICE', 'x', '{{}}', 'CNY', 0, 0, '[]', 0, 0, 0,
            {STAMPED}
        FROM generate_series(1, {ROWS}) n""",
    f"""INSERT INTO sms_message (id, direction, state, category, account_id, batch_id, party_id, contact_id, activity_id, e164, text,
            encoding, segments, cost, currency, tries, doubts, repeated, filed, {STAMPS})
        SELECT {made(88)}, 'OUTBOUND', 'SUBMITTED', 'NOTICE', (SELECT id FROM sms_account LIMIT 1),
            CASE WHEN n % 3 = 0 THEN {made(87)} END, {made(20)}, CASE WHEN n % 3 > 0 THEN {made(21)} END, {made(22)}, '+8613800138000', 'x',
            'GSM7', 1, 0, 'CNY', 1, 0, false, true, {STAMPED} FROM generate_series(1, {ROWS}) n""",
    f"""INSERT INTO email_account (id, address, address_key, name, imap_host, {STAMPS}, kind, active, undo_seconds, smtp_security, connections,
            per_minute, most_recipients, largest_megabytes, smtp_state, imap_security, receiving, imap_folder, imap_state)
        SELECT {made(91)}, 'x', 'x' || n, 'x', 'x', {STAMPED}, 'PERSONAL', TRUE, 0, 'NONE', 1, 1, 1, 1, 'OK', 'NONE', FALSE, 'INBOX', 'OK'
        FROM generate_series(1, {ROWS}) n""",
    f"""INSERT INTO email_batch (id, name, status, account_id, category, subject, text, given, recipient_count, prepared_count,
            prepared_parts, refused_count, {STAMPS})
        SELECT {made(97)}, 'x', 'QUEUED', {made(91)}, 'NOTICE', 'x', 'x', '{{}}', 0, 0, '[]', 0, {STAMPED} FROM generate_series(1, {ROWS}) n""",
    f"""INSERT INTO email_thread (id, account_id, subject, subject_key, party_id, contact_id, message_count, unseen_count, last_at,
            created_at, updated_at, version)
        SELECT {made(98)}, {made(91)}, 'x', 'x', {made(20)}, {made(21)}, 1, 0, {AT}, {AT}, {AT}, 1 FROM generate_series(1, {ROWS}) n
        WHERE $1::uuid IS NOT NULL AND $2::uuid IS NOT NULL AND $3::uuid IS NOT NULL""",
    f"""INSERT INTO email_message (id, account_id, thread_id, batch_id, direction, state, folder, category, party_id, contact_id, activity_id,
            filed, subject, dated_at, text, snippet, size, remote_images, images_allowed, remarks, auto_reply, bounce, seen, flagged, tries,
            doubts, repeated, created_at, updated_at, version)
        SELECT {made(99)}, {made(91)}, {made(98)}, CASE WHEN n % 3 = 0 THEN {made(97)} END, 'OUTBOUND', 'SENT', 'SENT', 'PERSONAL',
            {made(20)}, CASE WHEN n % 3 > 0 THEN {made(21)} END, {made(22)}, TRUE, 'x', {AT}, 'x', 'x', 1, 0, FALSE, '[]', FALSE, FALSE,
            TRUE, FALSE, 1, 0, FALSE, {AT}, {AT}, 1 FROM generate_series(1, {ROWS}) n
        WHERE $1::uuid IS NOT NULL AND $2::uuid IS NOT NULL AND $3::uuid IS NOT NULL""",
    f"""INSERT INTO share (id, record_id, record_kind, principal_id, access, cause, created_at)
        SELECT {made(6)}, {made(20)}, 20, $2::uuid, 'READ', 'MANUAL', {AT} FROM generate_series(1, {ROWS}, 40) n
        WHERE $1::uuid IS NOT NULL AND $3::uuid IS NOT NULL""",
)


BUSY = {
    "party_id": made(20, "1"), "parent_id": made(20, "1"), "contact_id": made(21, "1"), "activity_id": made(22, "1"),
    "call_back_id": made(22, "1"), "previous_id": made(22, "1"),
    "opportunity_id": made(34, "1"), "contract_id": made(100, "1"), "record_id": made(20, "1"),
    "delivery_id": made(60, "1"), "project_id": made(52, "1"), "maintenance_id": made(53, "1"), "call_id": made(26, "1"),
}  # fmt: skip
"""Column → the parent with many children."""
CROWDS = ("party", "contact", "activity", "change", "call", "opportunity", "contract", "delivery", "maintenance", "service_case")
DISTINCT = {"id": "gen_random_uuid()", "external_id": "id::text", "number": "id::text"}
"""Columns that must differ from row to row."""


@dataclass
class Watchers:
    """Who looks at the lists."""

    office: Office
    all: Viewer
    half: Viewer
    few: Viewer


async def watched(databases: Databases) -> AsyncIterator[Watchers]:
    """Fixture of a whole file: the crowd, and who looks at it."""
    async for office in kept(databases):
        everything = {f"{entity}.READ": "OWN" for entity in ("customer", "channel", "supplier", "contact", "activity", *OWNED)}
        everything |= {"email_message.READ": "ALL", "email_thread.READ": "ALL"}  # the mailbox says which
        few, half = await office.hire("few", everything), await office.hire("half", everything)
        for statement in SEED:
            await office.rows(statement, few.id, half.id, office.admin.id)
        async with office.database.connection() as connection:
            # The copies hang on a record of each kind at once.
            await connection.execute("ALTER TABLE activity DROP CONSTRAINT activity_link_check")
            for table in CROWDS:
                await connection.execute(await _children(connection, table), str(half.id))
            await connection.execute("VACUUM ANALYZE")
            viewers = [await load_by_token(connection, api.token or "") for api in (office.admin, half, few)]
        yield Watchers(office, *viewers)  # type: ignore[arg-type]


async def _children(connection: Any, table: str) -> str:
    """Copies of rows there are, of one parent and one owner."""
    sql = "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public' AND table_name = $1"
    names = [row["column_name"] for row in await connection.fetch(sql, table)]
    owner = {"owner_id": "$1::text::uuid", "actor_id": "$1::text::uuid"}
    values = [{**BUSY, **DISTINCT, **owner}.get(name, f'"{name}"') for name in names]
    listed = ", ".join(f'"{name}"' for name in names)
    chosen = f"SELECT * FROM {table} WHERE $1::text IS NOT NULL LIMIT {CHILDREN}"
    return f"INSERT INTO {table} ({listed}) SELECT {', '.join(values)} FROM ({chosen}) x"


@dataclass
class Plan:
    """What the plan of a statement did, or would do."""

    buffers: int
    milliseconds: float
    rows: int
    nodes: list[dict[str, Any]]

    def scanned(self, kind: str, table: str) -> bool:
        return any(node["Node Type"] == kind and node.get("Relation Name") == table for node in self.nodes)

    @property
    def sorted_rows(self) -> int:
        """The most rows that any sort was given."""
        return max(
            (int(below["Actual Rows"]) for node in self.nodes if "Sort" in node["Node Type"] for below in node["Plans"]),
            default=0,
        )


async def explained(connection: Any, text: str, values: list[object], *, run: bool = True) -> Plan:
    """The plan of a statement; `run` it too, to learn what it took."""
    options = "ANALYZE, BUFFERS, FORMAT JSON" if run else "FORMAT JSON"
    (plan,) = orjson.loads(await connection.fetchval(f"EXPLAIN ({options}) {text}", *values))
    top, nodes = plan["Plan"], list(flat(plan["Plan"]))
    if not run:
        return Plan(0, 0, 0, nodes)
    return Plan(top["Shared Hit Blocks"] + top["Shared Read Blocks"], plan["Execution Time"], int(top["Actual Rows"]), nodes)


def flat(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("Plans", []):
        yield from flat(below)
