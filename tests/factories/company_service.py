"""Projects, maintenance, service cases and what they are promised, of the fixture company."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tests.factories.company_rows import Company, Fact, bits, instant, key, owned, record, share, tag
from tests.factories.company_sales import LABELS, PLACES, WORKERS

from crm.core.kinds import Kind
from crm.core.pinyin import name_key

CALENDARS = ("office", "night", "binned")
POLICIES = {"urgent": "URGENT", "high": "HIGH", "binned": "NORMAL"}
"""Name → priority; cases of low priority are promised nothing."""


def calendars(company: Company) -> None:
    """Two with hours and exceptions, and one in the recycle bin; and what cases are promised by them."""
    for name in CALENDARS:
        made = record(Kind.WORK_CALENDAR, name, deleted=name == "binned")
        calendar = company.add("work_calendar", **made, name=name, name_key=name_key(name), time_zone="Asia/Shanghai")
        for place, weekday in enumerate((1, 2, 6)):
            company.add(
                "working_hours", id=key(Kind.WORKING_HOURS, f"{name} {place}"), work_calendar_id=calendar.id, position=place,
                weekday=weekday, begins="09:00", ends="24:00" if name == "night" else "17:30",
            )  # fmt: skip
        for day, kind in (("spring", "HOLIDAY"), ("make-up", "WORKDAY"), ("binned", "HOLIDAY")):
            company.add(
                "calendar_day", **record(Kind.CALENDAR_DAY, f"{name} {day}", deleted=day == "binned"),
                work_calendar_id=calendar.id, falls_on=_day(bits(day)), kind=kind, name=day if name == "office" else None,
                like_weekday=2 if kind == "WORKDAY" else None,
            )  # fmt: skip
    for name, priority in POLICIES.items():
        number = bits(name) % 100
        company.add(
            "sla_policy", **record(Kind.SLA_POLICY, name, deleted=name == "binned"), name=name, name_key=name_key(name),
            priority=priority, work_calendar_id=key(Kind.WORK_CALENDAR, "night" if name == "high" else "office"),
            response_minutes=30 + number, resolution_minutes=300 + number, near_percent=80,
        )  # fmt: skip


def service(company: Company) -> None:
    """The same sorts of owners, places, shares and deleted rows for each of the three."""
    hidden = company.named("party", "customer of outsider")
    made = ((Kind.PROJECT, _project), (Kind.MAINTENANCE, _maintenance), (Kind.SERVICE_CASE, _case))
    for kind, write in made:
        noun = kind.name.lower()
        for owner in WORKERS:
            write(company, f"{noun} of {owner or 'nobody'}", hidden, owner)
        for place in PLACES:
            write(company, f"{noun} at {place}", company.named("party", place), "leaver")
        for label in LABELS:
            share(company, write(company, f"{noun} shared {label}", hidden, "outsider").id, kind, label)
        for owner in ("agent", "outsider", "mixed"):
            write(company, f"deleted {noun} of {owner}", hidden, owner, deleted=True)


def _day(number: int) -> date:
    return date(2026, 1 + number % 12, 1 + number % 28)


def _at(company: Company, table: str, party: Fact, number: int) -> Any:
    """The id of something of the same party, or of nothing."""
    rows = [row for row in company.of(table) if row["party_id"] == party.id and row.values.get("deleted_at") is None]
    return rows[number % len(rows)].id if rows and number % 3 else None


def _project(company: Company, name: str, party: Fact, owner: str | None, *, deleted: bool = False) -> Fact:
    number = bits(name)
    status = ("PLANNING", "ACTIVE", "ON_HOLD", "COMPLETED", "CANCELLED")[number % 5]
    taken = {row["opportunity_id"] for row in company.of("project")}
    origin = None if deleted else _at(company, "opportunity", party, number)
    fact = company.add(
        "project", **owned(Kind.PROJECT, name, owner, None, deleted=deleted), number=f"PJ-2019-{number % 10**6:06d}", title=name,
        status=status, party_id=party.id, contact_id=_at(company, "contact", party, number),
        opportunity_id=None if origin in taken else origin, contract_id=_at(company, "contract", party, number + 1),
        starts_on=_day(number) if number % 4 else None, due_on=date(2027, 1, 1 + number % 28) if number % 5 else None,
        budget=Decimal(f"{number % 90000}.0000") if number % 3 else None, cost=Decimal(f"{number % 7000}.2500"),
        started_at=instant(f"start {name}") if status in ("ACTIVE", "ON_HOLD", "COMPLETED") else None,
        completed_at=instant(f"complete {name}") if status == "COMPLETED" else None,
        hold_reason="no parts" if status == "ON_HOLD" else None,
        cancelled_at=instant(f"cancel {name}") if status == "CANCELLED" else None,
        cancel_reason="no need" if status == "CANCELLED" else None, note=f"a note on {name}",
    )  # fmt: skip
    tag(company, fact, Kind.PROJECT)
    return fact


def _maintenance(company: Company, name: str, party: Fact, owner: str | None, *, deleted: bool = False) -> Fact:
    number = bits(name)
    status = ("PLANNED", "IN_PROGRESS", "DONE", "CANCELLED")[number % 4]
    fact = company.add(
        "maintenance", **owned(Kind.MAINTENANCE, name, owner, None, deleted=deleted), title=name, status=status,
        party_id=party.id, contact_id=_at(company, "contact", party, number), delivery_id=_at(company, "delivery", party, number),
        project_id=_at(company, "project", party, number + 1), product=f"product {number % 9}",
        warranty_ends_on=_day(number) if number % 3 else None, due_on=_day(number + 5) if number % 4 else None,
        started_at=instant(f"start {name}") if status == "IN_PROGRESS" else None,
        done_at=instant(f"finish {name}") if status == "DONE" else None, result="fixed" if status == "DONE" else None,
        cost=Decimal(f"{number % 900}.5000") if number % 3 else None,
        cancelled_at=instant(f"cancel {name}") if status == "CANCELLED" else None,
        cancel_reason="no need" if status == "CANCELLED" else None, note=f"a note on {name}",
    )  # fmt: skip
    tag(company, fact, Kind.MAINTENANCE)
    return fact


CASE_STATES = ("NEW", "ASSIGNED", "PENDING", "RESOLVED", "CLOSED", "REJECTED")


def _case(company: Company, name: str, party: Fact, owner: str | None, *, deleted: bool = False) -> Fact:
    number = bits(name)
    status = CASE_STATES[number % len(CASE_STATES)]
    over, opened = status in ("RESOLVED", "CLOSED"), instant(f"open {name}")
    fact = company.add(
        "service_case", **owned(Kind.SERVICE_CASE, name, owner, None, deleted=deleted), number=f"SC-2019-{number % 10**6:06d}",
        subject=name, description=f"much on {name}", status=status, product=f"product {number % 9}", party_id=party.id,
        type_id=key(Kind.DICTIONARY_ITEM, "case_type one") if number % 2 else None,
        contact_id=_at(company, "contact", party, number), project_id=_at(company, "project", party, number + 1),
        maintenance_id=_at(company, "maintenance", party, number + 2), call_id=_at(company, "call", party, number),
        pending_at=opened + timedelta(hours=2) if status == "PENDING" else None,
        pending_reason="an answer" if status == "PENDING" else None, resolution="a new part" if over else None,
        resolved_at=opened + timedelta(days=1) if over else None,
        closed_at=opened + timedelta(days=2) if status == "CLOSED" else None,
        reject_reason="not ours" if status == "REJECTED" else None, reopen_reason="again" if number % 7 == 0 else None,
        reopened_count=int(number % 7 == 0), satisfaction=1 + number % 5 if status == "CLOSED" else None,
        satisfaction_note="quick" if status == "CLOSED" else None, clock_started_at=opened, paused_seconds=number % 4000,
        first_responded_at=opened + timedelta(minutes=number % 90) if number % 3 else None,
        **_promised(company, name, number), escalation_level=number % 5, escalate_at=None,
    )  # fmt: skip
    tag(company, fact, Kind.SERVICE_CASE)
    return fact


def _promised(company: Company, name: str, number: int) -> dict[str, Any]:
    """What was promised by the settings as they are; nothing is to be told by whoever watches over cases."""
    policy = company.named("sla_policy", ("urgent", "high")[number % 2]) if number % 4 else None
    calendar = None if policy is None else company.find("work_calendar", policy["work_calendar_id"])
    due = instant(f"due {name}") if policy is not None else None
    return {
        "priority": "LOW" if policy is None else policy["priority"],
        "sla_policy_id": None if policy is None else policy.id,
        "policy_version": None if policy is None else policy["version"],
        "calendar_version": None if calendar is None else calendar["version"],
        "response_due_at": due,
        "resolution_due_at": None if due is None else due + timedelta(hours=7),
        "response_breached": number % 8 == 1,
        "resolution_breached": number % 8 == 3,
    }
