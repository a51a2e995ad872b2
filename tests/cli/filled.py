"""What must hold in every database that was filled in bulk: that nobody can tell it from one filled through the services."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from tests.servers import Databases

from crm.core.ids import kind_of
from crm.core.kinds import Kind
from crm.core.pinyin import name_key
from crm.rules.customers.party_names import normalised_name, valid_credit_code
from crm.rules.customers.phone_numbers import parse
from crm.rules.system.hierarchies import closure
from crm.services.customers.reach import _EMAIL
from crm.store.database import Database, open_database

KINDS = {
    "party": Kind.PARTY, "contact": Kind.CONTACT, "phone_number": Kind.PHONE_NUMBER, "email_address": Kind.EMAIL_ADDRESS,
    "address": Kind.ADDRESS, "activity": Kind.ACTIVITY, "user_account": Kind.USER, "department": Kind.DEPARTMENT,
    "role": Kind.ROLE, "tag": Kind.TAG, "share": Kind.SHARE, "change": Kind.CHANGE, "opportunity": Kind.OPPORTUNITY,
    "stage_change": Kind.STAGE_CHANGE, "contract": Kind.CONTRACT, "delivery": Kind.DELIVERY,
    "delivery_line": Kind.DELIVERY_LINE, "call": Kind.CALL, "call_candidate": Kind.CALL_CANDIDATE,
    "call_match": Kind.CALL_MATCH, "custom_value": Kind.CUSTOM_VALUE,
    "stakeholder": Kind.STAKEHOLDER, "process_task": Kind.PROCESS_TASK,
    "competition": Kind.COMPETITION, "competitor": Kind.COMPETITOR,
    "project": Kind.PROJECT, "maintenance": Kind.MAINTENANCE,
    "service_case": Kind.SERVICE_CASE, "call_back": Kind.CALL_BACK,
    "email_account": Kind.EMAIL_ACCOUNT, "email_thread": Kind.EMAIL_THREAD, "email_message": Kind.EMAIL_MESSAGE,
    "email_member": Kind.EMAIL_MEMBER, "email_recipient": Kind.EMAIL_RECIPIENT,
}  # fmt: skip


SERVICE = ("project", "maintenance", "service_case")
BINNED = ("party", "contact", "activity", "opportunity", "contract")
"""Of which some lie in the recycle bin."""


class Silent:
    """A progress bar that only remembers."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, int, int]] = []

    def __call__(self, kind: str, done: int, total: int) -> None:
        self.calls.append((kind, done, total))

    @property
    def counts(self) -> dict[str, int]:
        return {kind: done for kind, done, _ in self.calls}


@asynccontextmanager
async def beside(databases: Databases) -> AsyncIterator[Database]:
    """A further database while the one of a fixture is open."""
    async with databases.temporary() as url, open_database(url, max_size=3, shared=False) as opened:
        yield opened


async def rows(database: Database, sql: str, *values: object) -> list[Mapping[str, Any]]:
    async with database.connection() as connection:
        return list(await connection.fetch(sql, *values))


async def value(database: Database, sql: str, *values: object) -> Any:
    return (await rows(database, sql, *values))[0][0]


async def check_derived_columns(database: Database) -> None:
    """Every column that follows from others is what the services would have written."""
    for row in await rows(database, "SELECT name, name_key, normalised_name, credit_code FROM party"):
        assert row["name_key"] == name_key(row["name"])
        assert row["normalised_name"] == normalised_name(row["name"])
        assert row["credit_code"] is None or valid_credit_code(row["credit_code"])
    for row in await rows(
        database, "SELECT name, name_key FROM contact UNION ALL SELECT display_name, name_key FROM user_account"
    ):
        assert row["name_key"] == name_key(row["name"], person=True)
    for row in await rows(database, "SELECT name, name_key FROM department"):
        assert row["name_key"] == name_key(row["name"])
    for row in await rows(database, "SELECT * FROM phone_number"):
        number = parse(row["written"])
        assert (row["e164"], row["extension"], row["tail"], row["display"]) == (
            number.e164, number.extension, number.tail, number.display,
        )  # fmt: skip
        assert row["e164"] is not None
    for row in await rows(database, "SELECT address FROM email_address"):
        assert _EMAIL.fullmatch(row["address"])


async def check_ids(database: Database) -> None:
    """Every id says of which kind it is, and when its record was made."""
    for table, kind in KINDS.items():
        found = [row["id"] for row in await rows(database, f"SELECT id FROM {table}")]
        assert {kind_of(key) for key in found} <= {kind}, table
    late = "SELECT count(*) FROM party WHERE ('x' || left(replace(id::text, '-', ''), 12))::bit(48)::bigint"
    assert await value(database, f"{late} <> floor(extract(epoch FROM created_at) * 1000)") == 0


async def check_contacts_follow_from_activities(database: Database) -> None:
    """Last and next contact are those that completing the activities would have set."""
    found = await rows(
        database,
        "SELECT p.last_contact_at, p.next_contact_at, p.contact_cycle_days AS days,"
        " (SELECT max(a.done_at) FROM activity a WHERE a.party_id = p.id) AS done FROM party p",
    )
    for row in found:
        assert row["last_contact_at"] == row["done"]
        if row["done"] is not None and row["days"] is not None:
            assert row["next_contact_at"] == row["done"] + timedelta(days=row["days"])


async def check_times(database: Database, now: Any) -> None:
    """Nothing happened in the future, or before it was entered; only plans lie ahead."""
    for table in (*BINNED, "delivery", "call", "email_thread", "email_message", *SERVICE):
        bad = "created_at > updated_at OR updated_at > $1 OR version < 1"
        if table in BINNED:
            bad += " OR deleted_at > updated_at"
        assert await value(database, f"SELECT count(*) FROM {table} WHERE {bad}", now) == 0, table
    wrong = "done_at > $1 OR done_at < created_at OR planned_at < created_at OR planned_at > $1 + interval '28 days'"
    assert await value(database, f"SELECT count(*) FROM activity WHERE {wrong}", now) == 0
    early = "SELECT count(*) FROM {0} x JOIN party p ON p.id = x.party_id WHERE x.created_at < p.created_at"
    for table in ("contact", "activity", "opportunity", "contract", "delivery", "call", "email_message", *SERVICE):
        assert await value(database, early.format(table)) == 0, table


async def check_organisation(database: Database) -> None:
    """Closure tables, principals, and the department that records have from their owner."""
    for table, parent, above, below in (
        ("department", "parent_id", "ancestor_id", "descendant_id"),
        ("user_account", "manager_id", "superior_id", "subordinate_id"),
    ):
        parents = {row["id"]: row[parent] for row in await rows(database, f"SELECT id, {parent} FROM {table}")}
        kept = "department_closure" if table == "department" else "reporting_closure"
        stored = {(row[above], row[below], row["depth"]) for row in await rows(database, f"SELECT * FROM {kept}")}
        assert stored == closure(parents), kept
    everybody = "SELECT id FROM user_account UNION SELECT id FROM department UNION SELECT id FROM role"
    assert await value(database, f"SELECT count(*) FROM ({everybody} EXCEPT SELECT id FROM principal) x") == 0
    for table in ("party", "contact", "activity", "opportunity", "contract", "delivery", "call", *SERVICE):
        wrong = f"{table} r LEFT JOIN user_account u ON u.id = r.owner_id WHERE r.department_id IS DISTINCT FROM u.department_id"
        assert await value(database, f"SELECT count(*) FROM {wrong}") == 0, table
    strange = "activity a JOIN contact c ON c.id = a.contact_id WHERE c.party_id <> a.party_id"
    assert await value(database, f"SELECT count(*) FROM {strange}") == 0
