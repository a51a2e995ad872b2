"""Fields that the product computes, computed here again from the facts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from tests.factories.company import Fact
from tests.factories.oracle import Oracle

from crm.core.clock import print_instant
from crm.core.ids import EVERYONE_ID


def _number(_: Oracle, call: Fact) -> Any:
    raw = call["number_raw"]
    return None if raw is None else {"e164": call["number_e164"], "raw": raw, "display": call["number_display"] or raw}


def _duration(_: Oracle, stay: Fact) -> int | None:
    return None if stay["left_at"] is None else int((stay["left_at"] - stay["entered_at"]).total_seconds())


def _audience(oracle: Oracle, announcement: Fact) -> Any:
    """For those who may change it, and nobody else."""
    if not oracle.edits(announcement):
        return None
    rows = [row for row in oracle.company.of("announcement_audience") if row["announcement_id"] == announcement.id]
    named = [row["principal_id"] for row in rows]
    tables = {"departments": "department", "roles": "role", "users": "user_account", "channels": "party"}
    found = {
        name: [{"id": str(key)} for key in named if oracle.company.find(table, key) is not None] for name, table in tables.items()
    }
    return {"everyone": EVERYONE_ID in named, **found}


def _receipts(oracle: Oracle, announcement: Fact) -> list[Fact]:
    return [row for row in oracle.company.of("announcement_receipt") if row["announcement_id"] == announcement.id]


def _figure(column: str) -> Callable[[Oracle, Fact], Any]:
    def count(oracle: Oracle, announcement: Fact) -> int | None:
        if not oracle.edits(announcement):
            return None
        return sum(row[column] is not None for row in _receipts(oracle, announcement))

    return count


def _my_receipt(oracle: Oracle, announcement: Fact) -> Any:
    return next(({"id": str(row.id)} for row in _receipts(oracle, announcement) if row["user_id"] == oracle.id), None)


def _local(column: str, *, length: bool = False) -> Callable[[Oracle, Fact], Any]:
    """A wall time of an exception in the zone of its event, as an instant."""

    def convert(oracle: Oracle, exception: Fact) -> str | None:
        if exception[column] is None:
            return None
        event = oracle.company.find("schedule_event", exception["schedule_event_id"])
        assert event is not None
        local = datetime.fromisoformat(exception[column]).replace(tzinfo=ZoneInfo(event["time_zone"]))
        seconds = exception["duration_seconds"] if length else 0
        return print_instant(local.astimezone(UTC) + timedelta(seconds=seconds))

    return convert


def _record(oracle: Oracle, row: Fact) -> Any:
    found = oracle.record(row["record_id"])
    return {"id": str(found.id)} if found is not None and oracle.reads(found) else None


def _duplicates(oracle: Oracle, submission: Fact) -> Any:
    """Customers that the viewer sees, of that name or with that number; a number may be that of a contact there."""
    numbers = [row for row in oracle.company.of("phone_number") if row["e164"] == submission["phone_e164"]]
    reached = {row["party_id"] for row in numbers}
    people = [oracle.company.find("contact", row["contact_id"]) for row in numbers if row["contact_id"] is not None]
    reached |= {person["party_id"] for person in people if person is not None and person["deleted_at"] is None}
    found = [
        row for row in oracle.visible("Customer")
        if row["normalised_name"] == submission["normalised_name"] or row.id in reached
    ]  # fmt: skip
    return [{"id": str(row.id)} for row in sorted(found, key=lambda row: (row["name_key"], row.id))]


COMPUTED: dict[tuple[str, str], Callable[[Oracle, Fact], Any]] = {
    ("Call", "number"): _number,
    ("CallMatch", "restricted"): Oracle.restricted,
    ("StageChange", "durationSeconds"): _duration,
    ("Announcement", "audience"): _audience,
    ("Notification", "record"): _record,
    ("ChannelSubmission", "duplicates"): _duplicates,
    ("Announcement", "recipientCount"): _figure("user_id"),
    ("Announcement", "readCount"): _figure("read_at"),
    ("Announcement", "confirmedCount"): _figure("confirmed_at"),
    ("Announcement", "myReceipt"): _my_receipt,
    ("ScheduleException", "originalStartsAt"): _local("original_start"),
    ("ScheduleException", "startsAt"): _local("local_start"),
    ("ScheduleException", "endsAt"): _local("local_start", length=True),
}
"""(type, field) → its value for a viewer who sees the row."""

SELECTIONS = {
    ("Call", "number"): "{ e164 raw display }",
    ("Announcement", "audience"): "{ everyone departments { id } roles { id } users { id } channels { id } }",
}
"""What is asked of a computed field that has fields itself; of all others the id."""
