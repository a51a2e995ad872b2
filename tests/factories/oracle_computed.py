"""Fields that the product computes, computed here again from the facts."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tests.factories.company import Fact
from tests.factories.company_process import forecast_month
from tests.factories.oracle import Oracle

from crm.core.clock import print_instant
from crm.core.ids import EVERYONE_ID
from crm.rules.customers.phone_numbers import mask


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
    return {"id": str(found.id)} if found is not None and oracle.sees(found) else None


def _masked(column: str, mask: Callable[[Fact], Any]) -> Callable[[Oracle, Fact], Any]:
    """How a customer is reached, for who sees them in the pool and no other way."""

    def show(oracle: Oracle, reach: Fact) -> Any:
        party = oracle.company.find("party", reach["party_id"])
        return reach[column] if party is None or oracle.reads(party) else mask(reach)

    return show


def _masked_number(number: Fact) -> str:
    end = number["extension"]
    return mask(number["display"] if end is None else number["display"].removesuffix(f"-{end}"))


def _masked_address(mail: Fact) -> str:
    name, _, domain = mail["address"].partition("@")
    return f"{name[0]}***@{domain}"


def _forecast(column: str | None) -> Callable[[Oracle, Fact], Any]:
    """What the group of a snapshot comes to now: how many, or the sum of a column."""

    def count(oracle: Oracle, snapshot: Fact) -> Any:
        same = ("owner_id", "department_id", "pipeline_id", "status", "currency")
        found = [
            fact for fact in oracle.visible("Opportunity")
            if forecast_month(fact) == snapshot["month_on"] and all(fact[each] == snapshot[each] for each in same)
        ]  # fmt: skip
        return len(found) if column is None else f"{sum((fact[column] for fact in found), Decimal('0.0000')):f}"

    return count


def _overdue(_: Oracle, activity: Fact) -> bool:
    return activity["status"] == "PLANNED" and activity["planned_at"] is not None and activity["planned_at"] < datetime.now(UTC)


def _waits_too_long(_: Oracle, entry: Fact) -> bool:
    return entry["status"] in ("OPEN", "CLAIMED") and entry["due_at"] < datetime.now(UTC)


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


def _target(oracle: Oracle, value: Fact) -> Any:
    found = None if value["target_id"] is None else oracle.record(value["target_id"])
    return {"id": str(found.id)} if found is not None and oracle.reads(found) else None


COMPUTED: dict[tuple[str, str], Callable[[Oracle, Fact], Any]] = {
    ("Call", "number"): _number,
    ("SmsAccount", "secretSet"): lambda _, account: account["sealed_secret"] is not None,
    ("EmailAccount", "smtpSecretSet"): lambda _, account: account["sealed_smtp_secret"] is not None,
    ("EmailAccount", "imapSecretSet"): lambda _, account: account["sealed_imap_secret"] is not None,
    ("EmailMessage", "html"): lambda _, message: (
        message["html"] and message["html"].replace("data-remote-src", "src" if message["images_allowed"] else "data-remote-src")
    ),
    ("EmailMessage", "remarks"): lambda _, message: json.loads(message["remarks"]),
    ("EmailRule", "conditions"): lambda _, rule: json.loads(rule["conditions"]),
    ("ForecastSnapshot", "opportunityCountNow"): _forecast(None),
    ("ForecastSnapshot", "amountNow"): _forecast("amount"),
    ("ForecastSnapshot", "weightedAmountNow"): _forecast("weighted_amount"),
    ("PhoneNumber", "raw"): _masked("written", _masked_number),
    ("PhoneNumber", "display"): _masked("display", _masked_number),
    ("PhoneNumber", "e164"): _masked("e164", lambda _: None),
    ("PhoneNumber", "extension"): _masked("extension", lambda _: None),
    ("EmailAddress", "address"): _masked("address", _masked_address),
    ("Activity", "overdue"): _overdue,
    ("CallBack", "overdue"): _waits_too_long,
    ("CallMatch", "restricted"): Oracle.restricted,
    ("StageChange", "durationSeconds"): _duration,
    ("StageChange", "durationDays"): lambda oracle, stay: None if (found := _duration(oracle, stay)) is None else found // 86_400,
    ("Announcement", "audience"): _audience,
    ("Notification", "record"): _record,
    ("CustomValue", "record"): _target,
    ("CustomField", "indexed"): lambda _, field: field["filterable"] or field["sortable"],
    ("CustomField", "unique"): lambda _, field: field["distinct_values"],
    ("Segment", "filter"): lambda _, segment: segment["asked"],
    ("Segment", "memberCount"): Oracle.counts,
    ("DuplicateDisclosure", "record"): _record,
    ("Merge", "record"): _record,
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
    ("EmailRule", "conditions"): "{ field test value }",
    ("Call", "number"): "{ e164 raw display }",
    ("Announcement", "audience"): "{ everyone departments { id } roles { id } users { id } channels { id } }",
}
"""What is asked of a computed field that has fields itself; of all others the id."""
