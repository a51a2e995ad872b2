"""Synthetic projects, maintenance and service cases: what follows a sale."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from crm.cli.synthetic import sales_words, service_words
from crm.cli.synthetic.batch import Batch
from crm.cli.synthetic.dice import Dice, weighted
from crm.cli.synthetic.people import Known
from crm.cli.synthetic.sales_rows import DeliveryRow
from crm.cli.synthetic.scene import Scene, day_of
from crm.cli.synthetic.service_rows import MaintenanceRow, ProjectRow, ServiceCaseRow
from crm.core.kinds import Kind
from crm.services.customers import case_clock

PROJECT_PREFIX, CASE_PREFIX = "PJ", "SC"
PRIORITIES = weighted(LOW=15, NORMAL=55, HIGH=22, URGENT=8)
TYPES = weighted(question=25, repair=35, installation=12, complaint=8, training=10, other=10)
OPEN_FOR = timedelta(days=4)
"""Cases older than this are over."""
MAINTAINED = 0.3
"""So many of the deliveries that arrived are maintained."""
DAY, YEAR = timedelta(days=1), timedelta(days=365)


def add_project(batch: Batch, dice: Dice, scene: Scene, known: Known, created: datetime, number: str, used: set[UUID]) -> None:
    """One project, of a won opportunity that has become none yet if there is one, with its maintenance."""
    whom = known.whom
    won = next((each for each in known.won if each.closed_at and each.closed_at <= created and each.id not in used), None)
    if won is not None:
        used.add(won.id)
    lasts = timedelta(days=dice.between(30, 240))
    status, marks = _progress(dice, scene, created, lasts, int(whom.english))
    key = dice.id(Kind.PROJECT, created)
    costs = [Decimal(dice.between(2, 90) * 100) for _ in range(dice.between(0, 2) if status in ("ACTIVE", "COMPLETED") else 0)]
    title = won.title if won else dice.pick(sales_words.PRODUCTS)[whom.english] + service_words.IMPLEMENTATION[whom.english]
    batch.add(
        ProjectRow(
            id=key, **_stamps(known, created), number=number, title=title[:200], status=status, party_id=whom.party,
            contact_id=whom.people[0].id if whom.people else None, opportunity_id=won.id if won else None,
            starts_on=day_of(created + 7 * DAY), due_on=day_of(created + 7 * DAY + lasts),
            budget=Decimal(dice.between(10, 900) * 1000), cost=sum(costs, Decimal(0)), **marks,
        )
    )  # fmt: skip
    for cost in costs:
        done = created if marks["started_at"] is None else marks["started_at"]
        batch.add(_maintenance(dice, known, created, done, project_id=key, cost=cost))


def add_maintenance(batch: Batch, dice: Dice, scene: Scene, known: Known, delivery: DeliveryRow, product: str) -> None:
    """Of what arrived, some is maintained: after half a year, or soon."""
    arrived = delivery.delivered_at
    if arrived is None or delivery.status != "DELIVERED" or not dice.chance(MAINTAINED):
        return
    due = arrived + timedelta(days=dice.between(90, 200))
    done = due if due < scene.now else None
    cost = Decimal(dice.between(1, 40) * 50) if done else None
    batch.add(_maintenance(dice, known, arrived, done, delivery_id=delivery.id, product=product, cost=cost, due=due))


def add_case(batch: Batch, dice: Dice, scene: Scene, known: Known, created: datetime, number: str) -> None:
    """One case, as far as it has come by now; its clock is reckoned by the rules where something is promised."""
    whom, english = known.whom, int(known.whom.english)
    priority = dice.pick(PRIORITIES)
    row: dict[str, Any] = {
        "number": number, "subject": dice.pick(service_words.SUBJECTS)[english], "priority": priority,
        "type_id": scene.option("case_type", dice.pick(TYPES)), "product": dice.pick(sales_words.PRODUCTS)[english],
        "party_id": whom.party, "contact_id": whom.people[0].id if whom.people else None,
        "reopened_count": 0, "clock_started_at": created, "paused_seconds": 0, "escalation_level": 0,
        "response_breached": False, "resolution_breached": False,
        **dict.fromkeys(("pending_at", "pending_reason", "resolution", "resolved_at", "closed_at", "satisfaction")),
        **dict.fromkeys(("first_responded_at",)), "status": "NEW", **case_clock.UNPROMISED,
    }  # fmt: skip
    terms = scene.terms.get(priority)
    row |= case_clock.reckoned(row, terms)
    for facts in _events(dice, scene, created, english):
        last = facts.pop("at")
        row |= case_clock.missed(row, terms, last) | facts
    if terms is not None:
        found = case_clock.verdict(row, terms, scene.now)
        row |= {"escalation_level": int(found.level), **case_clock.missed(row, terms, scene.now)}
        row |= case_clock.reckoned(row, terms)
    batch.add(ServiceCaseRow(id=dice.id(Kind.SERVICE_CASE, created), **_stamps(known, created), **row))


def _events(dice: Dice, scene: Scene, created: datetime, english: int) -> list[dict[str, Any]]:
    """What has happened to a case by now, in order."""
    answered = created + timedelta(minutes=dice.between(5, 400))
    resolved = answered + timedelta(minutes=dice.between(30, 4_000))
    closed = resolved + timedelta(hours=dice.between(2, 70))
    words = dice.pick(service_words.RESOLUTIONS)[english]
    over: list[dict[str, Any]] = [
        {"at": answered, "status": "ASSIGNED", "first_responded_at": answered},
        {"at": resolved, "status": "RESOLVED", "resolved_at": resolved, "resolution": words},
        {"at": closed, "status": "CLOSED", "closed_at": closed, "satisfaction": dice.pick((None, 3, 4, 5, 5))},
    ]
    if created > scene.now - OPEN_FOR and dice.chance(0.3):
        why = dice.pick(service_words.WAITS)[english]
        over[1:] = [{"at": resolved, "status": "PENDING", "pending_at": resolved, "pending_reason": why}]
    return [each for each in over if each["at"] < scene.now]


def _progress(dice: Dice, scene: Scene, created: datetime, lasts: timedelta, english: int) -> tuple[str, dict[str, Any]]:
    marks: dict[str, Any] = dict.fromkeys(("started_at", "completed_at", "cancelled_at", "cancel_reason", "hold_reason"))
    started = created + 7 * DAY
    if started > scene.now:
        return "PLANNING", marks
    if dice.chance(0.06):
        return "CANCELLED", marks | {"cancelled_at": started, "cancel_reason": dice.pick(service_words.CANCELLATIONS)[english]}
    marks["started_at"] = started
    if started + lasts < scene.now and dice.chance(0.9):
        return "COMPLETED", marks | {"completed_at": started + lasts}
    if dice.chance(0.1):
        return "ON_HOLD", marks | {"hold_reason": dice.pick(service_words.HOLDS)[english]}
    return "ACTIVE", marks


def _maintenance(
    dice: Dice, known: Known, created: datetime, done: datetime | None, *, cost: Decimal | None,
    due: datetime | None = None, product: str | None = None, delivery_id: UUID | None = None, project_id: UUID | None = None,
) -> MaintenanceRow:  # fmt: skip
    whom, english = known.whom, int(known.whom.english)
    return MaintenanceRow(
        id=dice.id(Kind.MAINTENANCE, created), **_stamps(known, created), title=dice.pick(service_words.MAINTENANCE)[english],
        status="PLANNED" if done is None else "DONE", party_id=whom.party,
        contact_id=whom.people[0].id if whom.people else None, delivery_id=delivery_id, project_id=project_id, product=product,
        warranty_ends_on=day_of(created + YEAR), due_on=day_of(due or created + 30 * DAY), done_at=done,
        result=dice.pick(service_words.RESULTS)[english] if done else None, cost=cost,
    )  # fmt: skip


def _stamps(known: Known, created: datetime) -> dict[str, Any]:
    owner = known.whom.owner
    return {
        "created_at": created, "created_by_id": owner.author, "updated_at": created, "updated_by_id": owner.author, "version": 1,
        "owner_id": owner.id, "department_id": owner.department,
    }  # fmt: skip
