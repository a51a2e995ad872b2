"""The calendar of the fixture company: whose events, who is invited, and who was reminded of what."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.factories.company_people import PEOPLE
from tests.factories.company_rows import BASE, FUTURE, Company, Fact, bits, instant, key, owned, share, tag, user_id

from crm.access.loading import token_hash
from crm.core.kinds import Kind

ZONE = "Asia/Shanghai"
AHEAD = timedelta(hours=8)
ANSWERS = ("PENDING", "ACCEPTED", "DECLINED", "TENTATIVE")


def schedule_events(company: Company) -> None:
    """Events of one's own, of others who invite, that are shared, and that are in the recycle bin."""
    for owner in (None, "outsider", "agent", "junior", "partner", "mixed", "closed", "hider", "double", "norole", "chief"):
        _event(company, f"event of {owner or 'nobody'}", owner)
    for guest in ("agent", "junior", "partner", "mixed", "closed", "norole", "hider", "underling"):
        _event(company, f"event with {guest}", "outsider", invited=(guest,))
    _event(company, "event with all", "outsider", invited=("agent", "partner", "closed", "norole", "manager", "leaver"))
    for label in ("agent READ", "agent EDIT", "agent expired", "partner EDIT", "mixed EDIT", "closed EDIT", "east_team EDIT"):
        shared = _event(company, f"event shared {label}", "outsider")
        share(company, shared.id, Kind.SCHEDULE_EVENT, label)
    for owner in ("agent", "outsider"):
        _event(company, f"deleted event of {owner}", owner, invited=("agent", "norole"), deleted=True)


def _event(company: Company, name: str, owner: str | None, *, invited: tuple[str, ...] = (), deleted: bool = False) -> Fact:
    number = bits(name)
    starts = (BASE + timedelta(days=number % 200, hours=number % 9)).replace(minute=0, second=0, microsecond=0)
    local = (starts + AHEAD).replace(tzinfo=None)
    repeats = number % 3 == 0
    fact = company.add(
        "schedule_event", **owned(Kind.SCHEDULE_EVENT, name, owner, None, deleted=deleted), title=name,
        description=f"the content of {name}", location=f"room {number % 5}" if number % 2 else None, time_zone=ZONE,
        local_start=local.isoformat(), duration_seconds=3600, all_day=False,
        rrule="FREQ=DAILY;COUNT=4" if repeats else None, starts_at=starts, ends_at=starts + timedelta(hours=1),
        last_ends_at=starts + timedelta(hours=1, days=3 if repeats else 0), next_occurrence_at=FUTURE if number % 2 else None,
        activity_id=key(Kind.ACTIVITY, "activity of agent") if number % 4 == 1 else None,
        contract_id=key(Kind.CONTRACT, "contract of agent") if number % 4 == 2 else None,
        party_id=key(Kind.PARTY, "customer of outsider" if number % 2 else "customer of agent") if number % 5 else None,
    )  # fmt: skip
    guest = company.named("contact", "contact of agent")
    people = [(user_id(each), None, ANSWERS[bits(f"{name} {each}") % 4]) for each in invited] + [(None, guest.id, "PENDING")]
    for place, (person, contact, answer) in enumerate(people):
        company.add(
            "schedule_attendee", id=key(Kind.SCHEDULE_ATTENDEE, f"{name} {place}"), schedule_event_id=fact.id, position=place,
            user_id=person, contact_id=contact, answer=answer,
        )  # fmt: skip
    if repeats:
        _exceptions(company, fact, name, local)
    for place, minutes in enumerate((0, 30)[: number % 3]):
        company.add(
            "reminder_rule", id=key(Kind.REMINDER_RULE, f"{name} {minutes}"), schedule_event_id=fact.id, position=place,
            channel="EMAIL" if minutes else "POPUP", minutes_before=minutes, recipients="CONTACTS" if minutes else "STAFF",
        )  # fmt: skip
    # Two of those who were reminded see nothing of the event any more.
    for person in {*invited, "norole", "agent"} | ({owner} if owner else set()):
        _reminder(company, fact, name, person)
    if owner and number % 2:
        _message(company, fact, name, owner, guest)
    tag(company, fact, Kind.SCHEDULE_EVENT)
    return fact


def _message(company: Company, fact: Fact, name: str, owner: str, guest: Fact) -> None:
    """A contact was reminded by e-mail in the owner's name, or was not."""
    state = ("QUEUED", "SENT", "FAILED")[bits(f"message {name}") % 3]
    company.add(
        "reminder", id=key(Kind.REMINDER, f"{name} message"), series_id=key(Kind.REMINDER_SERIES, f"{name} message"),
        schedule_event_id=fact.id, user_id=user_id(owner), channel="EMAIL", occurrence_at=fact["starts_at"],
        due_at=fact["starts_at"] - timedelta(minutes=30), fired_at=instant(f"fired {name} message"), late=False, state=state,
        snoozed_until=None, dismissed_at=None, contact_id=guest.id, address="wang@example.test", attempts=1,
        next_try_at=FUTURE if state == "QUEUED" else None, sending_since=None, repeated=state == "SENT",
        sent_at=instant(f"sent {name}") if state == "SENT" else None, failure="REFUSED" if state == "FAILED" else None,
    )  # fmt: skip


def calendar_feeds(company: Company) -> None:
    """A feed of everybody's calendar, and of some one that was revoked."""
    for person in PEOPLE:
        for name in ("telephone", "old telephone")[: 1 + bits(person) % 2]:
            company.add(
                "calendar_feed", id=key(Kind.CALENDAR_FEED, f"{name} of {person}"), user_id=user_id(person), name=name,
                token_hash=token_hash(f"{name} of {person}"), created_at=instant(f"{name} {person}"),
                last_used_at=instant(f"used {name} {person}") if bits(name + person) % 2 else None,
                revoked_at=FUTURE if name.startswith("old") else None,
            )  # fmt: skip


def _exceptions(company: Company, fact: Fact, name: str, local: datetime) -> None:
    for day, moved in ((1, None), (2, local + timedelta(days=2, hours=3))):
        company.add(
            "schedule_exception", id=key(Kind.SCHEDULE_EXCEPTION, f"{name} {day}"), schedule_event_id=fact.id,
            original_start=(local + timedelta(days=day)).isoformat(), cancelled=moved is None,
            local_start=None if moved is None else moved.isoformat(), duration_seconds=None if moved is None else 1800,
        )  # fmt: skip


def _reminder(company: Company, fact: Fact, name: str, person: str) -> None:
    number = bits(f"reminder {name} {person}")
    if number % 2 and not name.endswith(person):
        return
    state = ("DUE", "SNOOZED", "DISMISSED")[number % 3]
    series = key(Kind.REMINDER_SERIES, f"{name} {person}")
    company.add(
        "reminder_series", id=series, schedule_event_id=fact.id, user_id=user_id(person), channel="POPUP", minutes_before=0,
        occurrence_at=None, due_at=None,
    )  # fmt: skip
    company.add(
        "reminder", id=key(Kind.REMINDER, f"{name} {person}"), series_id=series, schedule_event_id=fact.id,
        user_id=user_id(person), channel="POPUP", occurrence_at=fact["starts_at"], due_at=fact["starts_at"],
        fired_at=instant(f"fired {name} {person}"), late=bool(number % 2), state=state,
        snoozed_until=FUTURE if state == "SNOOZED" else None,
        dismissed_at=instant(f"dismissed {name}") if state == "DISMISSED" else None, contact_id=None, address=None, attempts=0,
        next_try_at=None, sending_since=None, repeated=False, sent_at=None, failure=None,
    )  # fmt: skip
