"""Rows of the fixture company: ids and instants that follow from names alone, and what all records have in common."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from tests.factories.company_people import PEOPLE

from crm.cli.search import rebuild_entries
from crm.core.ids import EVERYONE_ID, make_id
from crm.core.kinds import Kind
from crm.store.database import Database

BASE = datetime(2026, 1, 5, 8, tzinfo=UTC)
PAST = datetime(2026, 1, 1, tzinfo=UTC)
FUTURE = datetime(2126, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Fact:
    """One row: its table and the values of its columns."""

    table: str
    values: Mapping[str, Any]

    @property
    def id(self) -> Any:
        return self.values["id"]

    def __getitem__(self, column: str) -> Any:
        return self.values[column]


def bits(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=7).digest())


def key(kind: Kind, name: str) -> UUID:
    """The id of a named fact, the same in every company."""
    return make_id(kind, 1_767_000_000_000, bits(f"{kind.name} {name}"))


def instant(name: str) -> datetime:
    """An instant of the year, by name, to the microsecond."""
    return BASE + timedelta(microseconds=bits(name) % (300 * 86_400 * 1_000_000))


@dataclass
class Company:
    """Every row of the database by table, and the people who look at it. `variant` numbers companies that differ on purpose."""

    variant: int = 0
    facts: dict[str, list[Fact]] = field(default_factory=dict)
    _index: dict[str, dict[Any, Fact]] = field(default_factory=dict)

    def add(self, table: str, **values: Any) -> Fact:
        """One more row."""
        fact = Fact(table, values)
        self.facts.setdefault(table, []).append(fact)
        return fact

    def of(self, table: str) -> list[Fact]:
        """All rows of a table, deleted ones included."""
        return self.facts.get(table, [])

    def find(self, table: str, record_id: Any) -> Fact | None:
        """The row of an id."""
        facts = self.of(table)
        index = self._index.get(table)
        if index is None or len(index) != len(facts):
            index = self._index[table] = {fact.id: fact for fact in facts}
        return index.get(record_id)

    def named(self, table: str, name: str) -> Fact:
        """The row that was given this name, subject or title here."""
        label = next(column for column in ("name", "subject", "title") if column in self.of(table)[0].values)
        return next(fact for fact in self.of(table) if fact[label] == name)

    async def write(self, database: Database) -> None:
        """Replace what is in the database. Foreign keys point every way, so they are checked by nobody while this runs."""
        tables = list(reversed(self.facts))
        async with database.connection() as connection, connection.transaction():
            await connection.execute("SET LOCAL session_replication_role = replica")
            others = [
                "idempotency_key",
                "sign_in_attempt",
                "agent_presence",
                "told_presence",
                "number_series",
                "event",
                "merge_item",
                "sms_part",
                "sms_report",
                "outbound",
                "email_suggestion",
            ]
            others += ["procrastinate_events", "procrastinate_periodic_defers", "search_entry"]
            await connection.execute(f"TRUNCATE {', '.join([*tables, *others])} RESTART IDENTITY")
            for table, facts in self.facts.items():
                if not facts:
                    continue
                serial = isinstance(facts[0].values.get("id"), int) and table != "rights_epoch"
                columns = [column for column in facts[0].values if not (serial and column == "id")]
                rows = [tuple(fact[column] for column in columns) for fact in facts]
                await connection.copy_records_to_table(table, records=rows, columns=columns)
        await rebuild_entries(database, lambda *_: None)
        async with database.connection() as connection:
            await connection.execute("ANALYZE")


def user_id(name: str) -> UUID:
    return key(Kind.USER, name)


def department_id(name: str | None) -> UUID | None:
    return None if name is None else key(Kind.DEPARTMENT, name)


def role_id(name: str) -> UUID:
    return key(Kind.ROLE, name)


def record(kind: Kind, name: str, *, deleted: bool = False, author: str | None = "admin") -> dict[str, Any]:
    at = instant(f"{kind.name} {name}")
    return {
        "id": key(kind, name), "created_at": at, "updated_at": at + timedelta(hours=1), "version": 1 + bits(name) % 5,
        "created_by_id": None if author is None else user_id(author), "updated_by_id": user_id("outsider"),
        "deleted_at": at + timedelta(days=1) if deleted else None, "deleted_by_id": user_id("admin") if deleted else None,
    }  # fmt: skip


def owned(kind: Kind, name: str, owner: str | None, department: str | None, *, deleted: bool) -> dict[str, Any]:
    home = PEOPLE[owner].department if owner is not None else None
    return {
        **record(kind, name, deleted=deleted, author=owner or "admin"),
        "owner_id": None if owner is None else user_id(owner),
        "department_id": department_id(department or home),
    }


SHARES: dict[str, tuple[Any, str, datetime | None, str]] = {
    "agent READ": (("user", "agent"), "READ", None, "MANUAL"),
    "agent EDIT": (("user", "agent"), "EDIT", FUTURE, "MANUAL"),
    "agent expired": (("user", "agent"), "EDIT", PAST, "MANUAL"),
    "junior READ": (("user", "junior"), "READ", None, "TEAM"),
    "partner READ": (("user", "partner"), "READ", None, "MANUAL"),
    "partner EDIT": (("user", "partner"), "EDIT", None, "MANUAL"),
    "sales READ": (("department", "sales"), "READ", None, "RULE"),
    "east_team EDIT": (("department", "east_team"), "EDIT", None, "MANUAL"),
    "role agent EDIT": (("role", "agent"), "EDIT", None, "MANUAL"),
    "role partner READ": (("role", "partner"), "READ", None, "MANUAL"),
    "retired role EDIT": (("role", "retired"), "EDIT", None, "MANUAL"),
    "everyone READ": (("everyone", ""), "READ", None, "MANUAL"),
    "mixed EDIT": (("user", "mixed"), "EDIT", None, "MANUAL"),
    "closed EDIT": (("user", "closed"), "EDIT", None, "MANUAL"),
    "partners channel READ": (("party", "channel of outsider"), "READ", None, "ASSIGNED"),
    "clerk EDIT": (("user", "clerk"), "EDIT", None, "MANUAL"),
    "team agent READ": (("user", "agent"), "READ", None, "TEAM"),
    "team mixed EDIT": (("user", "mixed"), "EDIT", None, "TEAM"),
    "team partner READ": (("user", "partner"), "READ", None, "TEAM"),
}
"""With whom, how, until when, why."""


def principal_id(named: tuple[str, str]) -> UUID:
    """The key of a user, a department, a role, or everyone."""
    kind, name = named
    return EVERYONE_ID if kind == "everyone" else key(Kind[kind.upper()], name)


def share(company: Company, record_id: UUID, kind: Kind, label: str) -> None:
    named, access, until, cause = SHARES[label]
    company.add(
        "share", id=key(Kind.SHARE, f"{record_id} {label}"), record_id=record_id, record_kind=int(kind),
        principal_id=principal_id(named), access=access, cause=cause, granted_by_id=user_id("admin"),
        created_at=instant(f"{record_id} {label}"), expires_at=until,
    )  # fmt: skip


def reach(company: Company, column: str, fact: Fact, name: str) -> None:
    ends = {"party_id": None, "contact_id": None, column: fact.id}
    tail = f"{bits(name) % 10**8:08d}"
    company.add(
        "phone_number", id=key(Kind.PHONE_NUMBER, name), **ends, position=0, label="mobile", primary=True, written=f"139{tail}",
        e164=f"+86139{tail}", extension=None, tail=int(tail), display=f"139 {tail}",
    )  # fmt: skip
    company.add(
        "email_address", id=key(Kind.EMAIL_ADDRESS, name), **ends, position=0, label=None, primary=True,
        address=f"{name.replace(' ', '.')}@mail.test",
    )  # fmt: skip
    company.add(
        "address", id=key(Kind.ADDRESS, name), **ends, position=0, label="office", primary=True, country="CN",
        region_id=key(Kind.DICTIONARY_ITEM, "region one"), street=f"No. {bits(name) % 900} {name} Road", city="杭州",
        postal_code=None,
    )  # fmt: skip


def tag(company: Company, fact: Fact, kind: Kind) -> None:
    """A live tag on most records, and the one in the recycle bin on some."""
    number = bits(str(fact.id))
    for name in [("hot", "cold")[number % 2]] * (number % 5 > 0) + ["binned"] * (number % 4 == 0):
        company.add(
            "record_tag",
            id=len(company.of("record_tag")) + 1,
            record_id=fact.id,
            record_kind=int(kind),
            tag_id=key(Kind.TAG, name),
        )
