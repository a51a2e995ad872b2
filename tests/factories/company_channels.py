"""Groups, territories, assignments, submissions, marketing tasks and comments of the fixture company."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tests.factories.company_rows import FUTURE, Company, Fact, bits, instant, key, owned, record, share, tag, user_id

from crm.core.kinds import Kind
from crm.core.pinyin import name_key

GROUPS = ("gold", "silver", "binned")
TERRITORIES: dict[str, str | None] = {"north": None, "delta": "north", "south": None, "binned": "north"}
OURS, OTHERS, SEEN = "channel of outsider", "channel of closed", "channel of agent"
"""The channel that the partner works for, one that hardly anybody sees, and one that the agent and those above see."""
WORKERS = (None, "outsider", "agent", "junior", "partner", "mixed", "hider", "manager")
LABELS = ("agent READ", "agent EDIT", "agent expired", "partner EDIT", "mixed EDIT", "partners channel READ")
ASSIGNED = ("OFFERED", "ACCEPTED", "REGISTERED", "DECLINED", "EXPIRED", "WITHDRAWN")
SUBMITTED = ("SUBMITTED", "REGISTERED", "REJECTED", "WITHDRAWN")
TASKS = ("DRAFT", "DISPATCHED", "COMPLETED", "CANCELLED")
TAKEN_BACK = ("DECLINED", "EXPIRED", "WITHDRAWN")


def places(company: Company) -> None:
    """How channels are grouped; before the channels themselves."""
    for name in GROUPS:
        made = record(Kind.CHANNEL_GROUP, name, deleted=name == "binned")
        told = f"about {name}" if name != "silver" else None
        company.add("channel_group", **made, name=name, name_key=name_key(name), description=told)
    for name, above in TERRITORIES.items():
        company.add(
            "territory", **record(Kind.TERRITORY, name, deleted=name == "binned"), name=name, name_key=name_key(name),
            parent_id=None if above is None else key(Kind.TERRITORY, above),
        )  # fmt: skip
        for position, region in enumerate(("one", "two")[: 1 + bits(name) % 2]):
            company.add(
                "territory_region", id=key(Kind.TERRITORY, f"{name} {region}"), territory_id=key(Kind.TERRITORY, name),
                region_id=key(Kind.DICTIONARY_ITEM, f"region {region}"), position=position,
            )  # fmt: skip


def place_of(type_: str, name: str) -> dict[str, Any]:
    """What a party of this type has of a group, a territory and a channel."""
    number, found = bits(f"place of {name}"), dict.fromkeys(("channel_group_id", "territory_id", "channel_id"))
    if type_ == "CHANNEL":
        found["channel_group_id"] = key(Kind.CHANNEL_GROUP, GROUPS[number % 3]) if number % 4 else None  # type: ignore[assignment]
        found["territory_id"] = key(Kind.TERRITORY, list(TERRITORIES)[number % 4]) if number % 5 else None  # type: ignore[assignment]
    elif type_ == "CUSTOMER":
        found["channel_id"] = key(Kind.PARTY, (OURS, OTHERS, SEEN)[number % 3]) if number % 4 else None  # type: ignore[assignment]
    return found


def dealings(company: Company) -> None:
    """After the opportunities: each assignment is about another one."""
    places_ = [("of", owner or "nobody", owner, OTHERS) for owner in WORKERS]
    places_ += [("at", channel, "leaver", channel) for channel in (SEEN, "channel of mixed")]
    places_ += [("for", status, "leaver", OURS) for status in ASSIGNED]
    spare = iter(company.of("opportunity"))
    for place, (way, what, owner, channel) in enumerate(places_):
        status = what if way == "for" else ASSIGNED[place % len(ASSIGNED)]
        _assignment(company, f"assignment {way} {what}", next(spare), channel, owner, status)
    for label in LABELS:
        made = _assignment(company, f"assignment shared {label}", next(spare), OTHERS, "outsider", "ACCEPTED")
        share(company, made.id, Kind.CHANNEL_ASSIGNMENT, label)
    for place, (way, what, owner, channel) in enumerate(places_):
        _submission(company, f"submission {way} {what}", channel, owner, SUBMITTED[place % len(SUBMITTED)])
    for label in LABELS:
        made = _submission(company, f"submission shared {label}", OTHERS, "outsider", "SUBMITTED")
        share(company, made.id, Kind.CHANNEL_SUBMISSION, label)
    for owner in (*WORKERS, "double", "closed"):
        _task(company, f"task of {owner or 'nobody'}", owner, TASKS[bits(f"state {owner}") % 4], (OTHERS,))
    for status in TASKS[1:]:
        _task(company, f"task for all {status}", "outsider", status, (OURS, OTHERS, SEEN))
    for label in LABELS:
        share(company, _task(company, f"task shared {label}", "outsider", "DISPATCHED", (OTHERS,)).id, Kind.MARKETING_TASK, label)
    for owner in ("agent", "outsider"):
        _task(company, f"deleted task of {owner}", owner, "DISPATCHED", (OURS, SEEN), deleted=True)


def _assignment(company: Company, name: str, opportunity: Fact, channel: str, owner: str | None, status: str) -> Fact:
    number, at = bits(name), instant(f"answer {name}")
    answered = status not in ("OFFERED", "EXPIRED")
    fact = company.add(
        "channel_assignment", **owned(Kind.CHANNEL_ASSIGNMENT, name, owner, None, deleted=False), opportunity_id=opportunity.id,
        channel_id=key(Kind.PARTY, channel), title=name, brief=f"a brief on {name}" if number % 3 else None,
        customer_name=f"customer {number % 9}" if answered else None, status=status,
        respond_by=FUTURE - timedelta(days=number % 90),
        answered_at=at if answered else None, registered_at=at if status == "REGISTERED" else None,
        protected_until=FUTURE - timedelta(days=number % 50) if status == "REGISTERED" else None,
        ended_at=at + timedelta(days=1) if status in TAKEN_BACK else None, reason="no time" if status == "DECLINED" else None,
    )  # fmt: skip
    tag(company, fact, Kind.CHANNEL_ASSIGNMENT)
    _comments(company, fact, Kind.CHANNEL_ASSIGNMENT, name)
    return fact


def _submission(company: Company, name: str, channel: str, owner: str | None, status: str) -> Fact:
    number = bits(name)
    # Some are about customers that there are: by their name, by their number, by both.
    there = [row for row in company.of("party") if "unseen" not in row["name"]]  # the same in every variant
    known = there[number % len(there)]
    phone = next(row for row in company.of("phone_number") if row["party_id"] == known.id)
    registered, customer = status == "REGISTERED", company.named("party", "customer of agent")
    fact = company.add(
        "channel_submission", **owned(Kind.CHANNEL_SUBMISSION, name, owner, None, deleted=False),
        channel_id=key(Kind.PARTY, channel), title=name, customer_name=known["name"] if number % 3 else f"new {number % 7}",
        normalised_name=known["normalised_name"] if number % 3 else f"new {number % 7}",
        contact_name=f"contact {number % 5}" if number % 2 else None, phone=phone["written"] if number % 4 else None,
        phone_e164=phone["e164"] if number % 4 else None, region_id=key(Kind.DICTIONARY_ITEM, "region one"),
        industry_id=key(Kind.DICTIONARY_ITEM, "industry two") if number % 2 else None,
        amount=Decimal(f"{number % 9000}.0000") if number % 5 else None, currency=("CNY", "EUR")[number % 2],
        expected_close_on=date(2026, 1 + number % 12, 1 + number % 28) if number % 3 else None, description=f"a word on {name}",
        status=status, decided_at=instant(f"decide {name}") if status != "SUBMITTED" else None,
        reason="known already" if status == "REJECTED" else None, customer_id=customer.id if registered else None,
        opportunity_id=company.of("opportunity")[number % len(company.of("opportunity"))].id if registered else None,
    )  # fmt: skip
    tag(company, fact, Kind.CHANNEL_SUBMISSION)
    _comments(company, fact, Kind.CHANNEL_SUBMISSION, name)
    return fact


def _comments(company: Company, fact: Fact, kind: Kind, name: str) -> None:
    """What both sides said, what is ours alone, and what somebody took back."""
    for place, (author, internal, gone) in enumerate(
        (("outsider", False, False), ("partner", False, False), ("agent", True, False), ("outsider", False, True))
    ):
        at = instant(f"comment {name}") + timedelta(hours=place)
        company.add(
            "comment", id=key(Kind.COMMENT, f"{name} {place}"), record_id=fact.id, record_kind=int(kind),
            body=f"{place} on {name}",
            internal=internal, author_id=user_id(author), created_at=at, deleted_at=at + timedelta(days=1) if gone else None,
        )  # fmt: skip


def _task(
    company: Company, name: str, owner: str | None, status: str, channels: tuple[str, ...], *, deleted: bool = False
) -> Fact:
    number, at = bits(name), instant(f"dispatch {name}")
    out = status != "DRAFT"
    fact = company.add(
        "marketing_task", **owned(Kind.MARKETING_TASK, name, owner, None, deleted=deleted), title=name,
        description=f"what to do for {name}", due_on=date(2026, 1 + number % 12, 1 + number % 28) if number % 3 else None,
        status=status, dispatched_at=at if out else None,
        ended_at=at + timedelta(days=9) if status in ("COMPLETED", "CANCELLED") else None,
    )  # fmt: skip
    for channel in channels if out else ():
        far = bits(f"{name} {channel}")
        percent = (0, 100, far % 99 + 1)[far % 3]
        company.add(
            "channel_task", id=key(Kind.CHANNEL_TASK, f"{name} {channel}"), marketing_task_id=fact.id,
            channel_id=key(Kind.PARTY, channel), dispatched_at=at, percent=percent,
            state={0: "TODO", 100: "DONE"}.get(percent, "DOING"), report=f"report on {name}" if percent else None,
            reported_at=at + timedelta(days=2) if percent else None, reported_by_id=user_id("partner") if percent else None,
        )  # fmt: skip
    tag(company, fact, Kind.MARKETING_TASK)
    return fact
