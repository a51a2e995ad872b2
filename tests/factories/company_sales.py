"""Pipelines, opportunities, contracts and deliveries of the fixture company."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from tests.factories.company_rows import Company, Fact, bits, instant, key, owned, record, share, tag, user_id

from crm.core.kinds import Kind
from crm.core.pinyin import name_key

PIPELINES = {"main": ("lead", "offer", "deal"), "second": ("first", "last"), "binned": ("only",)}
WORKERS = (None, "outsider", "agent", "junior", "partner", "mixed", "closed", "hider", "double", "manager")
"""Who owns the papers of the party that hardly anybody sees."""
PLACES = ("customer of agent", "channel of mixed", "supplier of closed", "customer of peer")
"""Whose papers are found by way of them, or not at all."""
LABELS = ("agent READ", "agent EDIT", "agent expired", "partner EDIT", "mixed EDIT", "closed EDIT", "partners channel READ")


def pipelines(company: Company) -> None:
    """Two with stages that are offered and one that is not, and one in the recycle bin."""
    for place, (name, stages) in enumerate(PIPELINES.items()):
        pipeline = company.add(
            "pipeline", **record(Kind.PIPELINE, name, deleted=name == "binned"), name=name, name_key=name_key(name),
            position=place, active=True,
        )  # fmt: skip
        for position, stage in enumerate((*stages, "retired")):
            company.add(
                "stage", id=key(Kind.STAGE, f"{name} {stage}"), pipeline_id=pipeline.id, position=position, name=stage,
                probability=10 + 20 * position, active=stage != "retired",
            )  # fmt: skip


def sales(company: Company) -> None:
    """The same sorts of owners, places, shares and deleted rows for each of the three papers."""
    hidden = company.named("party", "customer of outsider")
    for kind, write in ((Kind.OPPORTUNITY, _opportunity), (Kind.CONTRACT, _contract), (Kind.DELIVERY, _delivery)):
        noun = kind.name.lower()
        for owner in WORKERS:
            write(company, f"{noun} of {owner or 'nobody'}", hidden, owner)
        for place in PLACES:
            write(company, f"{noun} at {place}", company.named("party", place), "leaver")
        for label in LABELS:
            fact = write(company, f"{noun} shared {label}", hidden, "outsider")
            share(company, fact.id, kind, label)
        for owner in ("agent", "outsider", "mixed"):
            write(company, f"deleted {noun} of {owner}", hidden, owner, deleted=True)


def _contact(company: Company, party: Fact, number: int) -> UUID | None:
    people = [row for row in company.of("contact") if row["party_id"] == party.id]
    return UUID(str(people[number % len(people)].id)) if number % 3 else None


def _day(number: int) -> date:
    return date(2026, 1 + number % 12, 1 + number % 28)


def _opportunity(company: Company, name: str, party: Fact, owner: str | None, *, deleted: bool = False) -> Fact:
    number = bits(name)
    status = ("OPEN", "OPEN", "WON", "LOST", "ON_HOLD")[number % 5]
    pipeline = ("main", "second")[number % 2]
    stage = f"{pipeline} {PIPELINES[pipeline][number % 2]}"
    probability, amount = 5 * (number % 20), Decimal(f"{number % 90000}.0000")
    fact = company.add(
        "opportunity", **owned(Kind.OPPORTUNITY, name, owner, None, deleted=deleted), title=name, party_id=party.id,
        contact_id=_contact(company, party, number), pipeline_id=key(Kind.PIPELINE, pipeline), stage_id=key(Kind.STAGE, stage),
        status=status, amount=amount, currency="CNY", probability=probability,
        weighted_amount=(amount * probability / 100).quantize(Decimal("0.0001")),
        expected_close_on=_day(number) if number % 4 else None,
        closed_at=instant(f"close {name}") if status in ("WON", "LOST") else None,
        lost_reason_id=key(Kind.DICTIONARY_ITEM, "lost_reason one") if status == "LOST" else None,
        lost_note="too dear" if status == "LOST" else None, note=f"a note on {name}",
        won_reason_id=key(Kind.DICTIONARY_ITEM, "won_reason one") if status == "WON" else None,
        won_note="the best" if status == "WON" else None, hold_note="later" if status == "ON_HOLD" else None,
        hold_reason_id=key(Kind.DICTIONARY_ITEM, "hold_reason one") if status == "ON_HOLD" else None,
        resume_on=_day(number + 3) if status == "ON_HOLD" else None,
    )  # fmt: skip
    entered = instant(f"enter {name}")
    stays = ((key(Kind.STAGE, f"{pipeline} retired"), entered, entered + timedelta(hours=5)), (fact["stage_id"], entered, None))
    for place, (stage_id, since, until) in enumerate(stays):
        company.add(
            "stage_change", id=key(Kind.STAGE_CHANGE, f"{name} {place}"), opportunity_id=fact.id, stage_id=stage_id,
            entered_at=since + timedelta(hours=5 * place),
            left_at=until if place == 0 or status not in ("WON", "LOST") else since + timedelta(days=2),
            amount=amount + place, changed_by_id=user_id("outsider") if place else None,
        )  # fmt: skip
    tag(company, fact, Kind.OPPORTUNITY)
    return fact


def _document(kind: Kind, name: str, owner: str | None, status: str, *, deleted: bool) -> dict[str, Any]:
    number = bits(name)
    cancelled = status in ("TERMINATED", "CANCELLED")
    return {
        **owned(kind, name, owner, None, deleted=deleted),
        "number": f"{kind.name[:2]}-2019-{number % 10**6:06d}",
        "status": status,
        "submitted_at": instant(f"submit {name}") if kind is Kind.CONTRACT and status != "DRAFT" else None,
        "cancelled_at": instant(f"cancel {name}") if cancelled else None,
        "cancel_reason": "no need" if cancelled else None,
        "currency": ("CNY", "EUR")[number % 2],
        "exchange_rate": Decimal("1.0000000000") if number % 2 == 0 else Decimal("7.8000000000"),
    }


CONTRACT_STATES = ("DRAFT", "IN_REVIEW", "APPROVED", "SIGNED", "ACTIVE", "REJECTED", "TERMINATED")


def _contract(company: Company, name: str, party: Fact, owner: str | None, *, deleted: bool = False) -> Fact:
    number = bits(name)
    # Those whom somebody might judge are under review: nobody judges their own.
    judged = name in ("contract of agent", "contract of manager", "contract of junior", "contract of nobody")
    status = "IN_REVIEW" if judged else CONTRACT_STATES[number % len(CONTRACT_STATES)]
    judge = status not in ("DRAFT", "IN_REVIEW", "REJECTED")
    origin = [row for row in company.of("opportunity") if row["party_id"] == party.id and row["deleted_at"] is None]
    fact = company.add(
        "contract", **_document(Kind.CONTRACT, name, owner, status, deleted=deleted), title=name,
        kind=("SALES", "PURCHASE", "SERVICE")[number % 3], party_id=party.id, contact_id=_contact(company, party, number),
        opportunity_id=origin[number % len(origin)].id if origin and number % 2 else None,
        amount=Decimal(f"{number % 70000}.5000"), signed_on=_day(number) if status in ("SIGNED", "ACTIVE") else None,
        starts_on=_day(number) if number % 4 else None, ends_on=date(2027, 1, 1 + number % 28) if number % 5 else None,
        our_signer_id=user_id("chief") if number % 2 else None, their_signer=f"signer {number % 9}" if number % 3 else None,
        approved_by_id=user_id("manager") if judge else None, approved_at=instant(f"approve {name}") if judge else None,
        reject_reason="too dear" if status == "REJECTED" else None, note=f"a note on {name}",
    )  # fmt: skip
    tag(company, fact, Kind.CONTRACT)
    return fact


DELIVERY_STATES = ("DRAFT", "SHIPPED", "DELIVERED", "RETURNED", "CANCELLED")


def _delivery(company: Company, name: str, party: Fact, owner: str | None, *, deleted: bool = False) -> Fact:
    number = bits(name)
    status = DELIVERY_STATES[number % len(DELIVERY_STATES)]
    left, back = status in ("SHIPPED", "DELIVERED", "RETURNED"), status == "RETURNED"
    papers = [row for row in company.of("contract") if row["party_id"] == party.id and row["deleted_at"] is None]
    fact = company.add(
        "delivery", **_document(Kind.DELIVERY, name, owner, status, deleted=deleted), party_id=party.id,
        contact_id=_contact(company, party, number), contract_id=papers[number % len(papers)].id if number % 2 else None,
        recipient=f"recipient {number % 7}", phone="13912345678" if number % 2 else None, address=f"No. {number % 99}",
        courier=("SF", "EMS")[number % 2], waybill=f"W{number % 10**6}" if left else None,
        shipped_on=_day(number) if left else None, delivered_at=instant(f"arrive {name}") if status == "DELIVERED" else None,
        returned_at=instant(f"return {name}") if back else None, return_reason="broken" if back else None,
        freight=Decimal(f"{number % 900}.0000") if number % 4 else None,
        freight_payer=("SENDER", "RECIPIENT")[number % 2] if number % 3 else None, note=f"a note on {name}",
    )  # fmt: skip
    for place in range(1 + number % 2):
        company.add(
            "delivery_line", id=key(Kind.DELIVERY_LINE, f"{name} {place}"), delivery_id=fact.id, position=place,
            product=f"product {number % 9}", description=None, quantity=Decimal(f"{1 + number % 9}.0000"), unit="pc",
        )  # fmt: skip
    tag(company, fact, Kind.DELIVERY)
    return fact
