"""Who has a say in the fixture company's opportunities, who works on them, what is to be done, and who else wants them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tests.factories.company_rows import Company, Fact, bits, instant, key, record, share, user_id
from tests.factories.oracle_tables import PROCESSES

from crm.core.kinds import Kind
from crm.core.pinyin import name_key

COMPETITORS = ("Nokia", "中兴", "binned")
TEAM = {"agent": "team agent READ", "mixed": "team mixed EDIT", "partner": "team partner READ", "leaver": None}
"""Who is on teams, by which share."""


def competitors(company: Company) -> None:
    """Two, and one in the recycle bin."""
    for name in COMPETITORS:
        company.add(
            "competitor", **record(Kind.COMPETITOR, name, deleted=name == "binned"), name=name, name_key=name_key(name),
            website=f"https://{bits(name) % 97}.test", strengths=f"strengths of {name}", weaknesses=None,
            note=f"a note on {name}",
        )  # fmt: skip


def forecasts(company: Company) -> None:
    """Two weeks of a few people and of nobody, some of the same groups as opportunities have now."""
    for week in (date(2026, 1, 5), date(2026, 1, 12)):
        for fact in company.of("opportunity")[::2]:
            if fact["deleted_at"] is None:
                _forecast(company, fact, week)


def _forecast(company: Company, fact: Fact, week: date) -> None:
    group = {name: fact[name] for name in ("owner_id", "department_id", "pipeline_id", "status", "currency")}
    group["month_on"] = forecast_month(fact)
    name = f"{week} {sorted(map(str, group.items()))}"
    if company.find("forecast_snapshot", key(Kind.FORECAST_SNAPSHOT, name)) is None:
        company.add(
            "forecast_snapshot", id=key(Kind.FORECAST_SNAPSHOT, name), week_on=week, **group,
            opportunity_count=1 + bits(name) % 9, amount=fact["amount"] * 3,
            weighted_amount=fact["weighted_amount"] * 3, taken_at=instant(f"taken {week}"),
        )  # fmt: skip


def forecast_month(fact: Fact) -> date | None:
    """The month in which an opportunity was won or lost in China, or is expected to be."""
    if fact["status"] in ("WON", "LOST"):
        return (fact["closed_at"] + timedelta(hours=8)).date().replace(day=1)
    return None if fact["expected_close_on"] is None else fact["expected_close_on"].replace(day=1)


def process_parts(company: Company) -> None:
    """The same of each record of the sales process; the records come after their contacts."""
    for table in PROCESSES:
        for fact in list(company.of(table)):
            _stakeholders(company, table, fact)
            _team(company, table, fact)
            _tasks(company, table, fact)
            _competition(company, table, fact)


def _part(kind: Kind, name: str, table: str, fact: Fact) -> dict[str, Any]:
    at = instant(f"{kind.name} {name}")
    return {
        "id": key(kind, name), "created_at": at, "updated_at": at + timedelta(hours=1), "version": 1 + bits(name) % 5,
        "created_by_id": user_id("admin"), "updated_by_id": user_id("outsider"),
        **{f"{other}_id": fact.id if other == table else None for other in PROCESSES},
    }  # fmt: skip


def _stakeholders(company: Company, table: str, fact: Fact) -> None:
    people = [row for row in company.of("contact") if row["party_id"] == fact["party_id"]]
    for place, person in enumerate(people[: bits(f"stakes of {fact.id}") % 3]):
        name = f"{fact.id} {place}"
        company.add(
            "stakeholder", **_part(Kind.STAKEHOLDER, name, table, fact), contact_id=person.id,
            role=("USER", "BUYER", "DECISION_MAKER")[bits(name) % 3], attitude=("UNKNOWN", "CHAMPION")[bits(name) % 2],
            influence_note=f"the influence of {name}",
        )  # fmt: skip


def _team(company: Company, table: str, fact: Fact) -> None:
    member = list(TEAM)[bits(f"team of {fact.id}") % 12 % len(TEAM)]
    if bits(f"team of {fact.id}") % 12 >= len(TEAM) or user_id(member) == fact["owner_id"]:
        return
    label = TEAM[member]
    company.add(
        "team_member", **_part(Kind.TEAM_MEMBER, str(fact.id), table, fact), user_id=user_id(member),
        role=("TECHNICAL", "SALES")[bits(str(fact.id)) % 2], access="READ" if label is None else label.rpartition(" ")[2],
    )  # fmt: skip
    if label is not None:
        share(company, fact.id, Kind[table.upper()], label)


def _tasks(company: Company, table: str, fact: Fact) -> None:
    for place in range(bits(f"tasks of {fact.id}") % 3):
        name = f"{fact.id} {place}"
        number = bits(name)
        status = ("TODO", "DOING", "DONE", "CANCELLED")[number % 4]
        company.add(
            "process_task", **_part(Kind.PROCESS_TASK, name, table, fact), title=f"task {number % 999}", description=None,
            status=status, assignee_id=fact["owner_id"] if number % 3 else None,
            due_on=date(2026, 1 + number % 12, 1 + number % 28) if number % 4 else None,
            done_at=instant(f"done {name}") if status == "DONE" else None, position=place,
        )  # fmt: skip


def _competition(company: Company, table: str, fact: Fact) -> None:
    for place, name in enumerate(COMPETITORS[: bits(f"rivals of {fact.id}") % 3]):
        number = bits(f"{fact.id} {name}")
        company.add(
            "competition", **_part(Kind.COMPETITION, f"{fact.id} {place}", table, fact), competitor_id=key(Kind.COMPETITOR, name),
            state=("ACTIVE", "BEATEN", "WON")[number % 3], strengths=f"strengths of {name}", weaknesses=None,
            price=Decimal(f"{number % 9000}.0000") if number % 3 else None,
        )  # fmt: skip
