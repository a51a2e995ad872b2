"""A company whose every fact is known in plain Python, so that an oracle can say who may see what without asking the database.

`build` makes the facts, `Company.write` puts them into a database in a second or less. Ids and instants follow from names
alone: the same fact has the same id in every company, whatever else stands beside it. Each room has a file of its own.
"""

from __future__ import annotations

import json
from uuid import UUID

from tests.factories.company_call_lists import blocked_numbers, call_backs
from tests.factories.company_calls import calls, ring_groups
from tests.factories.company_channels import dealings, places
from tests.factories.company_custom import custom_fields, segments
from tests.factories.company_customers import activities, contacts, parties
from tests.factories.company_files import files
from tests.factories.company_jobs import jobs
from tests.factories.company_mail import mail
from tests.factories.company_merges import duplicates, merges
from tests.factories.company_messaging import announcements
from tests.factories.company_notifications import notifications
from tests.factories.company_office import calendar_feeds, schedule_events
from tests.factories.company_organisation import options, organisation
from tests.factories.company_people import DEPARTMENTS, PEOPLE, VIEWERS, Person, upwards
from tests.factories.company_pool import pool
from tests.factories.company_process import competitors, forecasts, process_parts
from tests.factories.company_roles import OWNED, ROLES, RoleFacts
from tests.factories.company_rows import (
    BASE,
    FUTURE,
    PAST,
    SHARES,
    Company,
    Fact,
    bits,
    department_id,
    instant,
    key,
    principal_id,
    role_id,
    user_id,
)
from tests.factories.company_sales import pipelines, sales
from tests.factories.company_service import calendars, service
from tests.factories.company_texts import texts

from crm.core.kinds import Kind

__all__ = [
    "BASE", "DEPARTMENTS", "FUTURE", "OWNED", "PAST", "PEOPLE", "ROLES", "SHARES", "VIEWERS", "Company", "Fact", "Person",
    "RoleFacts", "build", "department_id", "instant", "key", "principal_id", "role_id", "upwards", "user_id",
]  # fmt: skip


def build(variant: int = 0) -> Company:
    """The company. Variants differ in rows only some viewers may see: see `VARIED`."""
    company = Company(variant)
    organisation(company)
    options(company)
    places(company)
    parties(company)
    contacts(company)
    merges(company)
    duplicates(company)
    activities(company)
    texts(company)
    mail(company)
    pool(company)
    ring_groups(company)
    jobs(company)
    calls(company)
    blocked_numbers(company)
    call_backs(company)
    pipelines(company)
    sales(company)
    competitors(company)
    calendars(company)
    service(company)
    process_parts(company)
    forecasts(company)
    dealings(company)
    schedule_events(company)
    calendar_feeds(company)
    announcements(company)
    files(company)
    notifications(company)
    segments(company)
    custom_fields(company)
    _trails(company)
    return company


TOLD = {
    "customer": (
        "name",
        "creditLimit",
        "custom.size",
        "custom.mark",
        "note",
        "phoneNumbers",
        "source",
        "owner",
        "tags",
        "website",
    ),
    "contact": ("name", "phoneNumbers", "birthdayOn", "note", "party"),
    "activity": ("subject", "party", "content", "outcome"),
    "user": ("displayName", "email", "roles"),
    "call": ("state", "number", "note", "party", "claimedBy"),
    "opportunity": ("title", "amount", "probability", "weightedAmount", "stage"),
    "contract": ("title", "amount", "note", "status"),
    "delivery": ("recipient", "freight", "lines", "waybill"),
    "project": ("title", "budget", "note", "status"),
    "maintenance": ("title", "cost", "product", "status"),
    "service_case": ("subject", "priority", "description", "resolutionDueAt"),
    "announcement": ("title", "body", "audience", "status"),
    "channel_assignment": ("title", "brief", "status", "customerName"),
    "channel_submission": ("title", "phone", "amount", "status"),
    "marketing_task": ("title", "description", "dueOn"),
    "sms_batch": ("name", "text", "cost", "status"),
    "sms_message": ("text", "e164", "state", "cost"),
    "email_account": ("name", "address", "members", "signatureText"),
    "email_batch": ("name", "subject", "text", "status"),
    "email_message": ("state", "subject", "recipients"),
    "schedule_event": ("title", "attendees", "location", "startsAt"),
    "segment": ("name", "filter", "kind"),
    "custom_field": ("labelZh", "type"),
}
"""What the change log tells of each entity, hidden fields included."""


def _trails(company: Company) -> None:
    for table in ("party", *(entity for entity in OWNED if entity not in ("customer", "channel", "supplier"))):
        kind = Kind[table.upper()]
        for fact in company.of(table):
            if table in ("party", "announcement") or bits(f"log of {fact.id}") % 3 == 0:
                party = fact.id if table == "party" else fact.values.get("party_id")
                _change(company, fact, kind, fact["type"].lower() if table == "party" else table, party)
    unowned = (
        "user_account",
        "department",
        "role",
        "tag",
        "dictionary",
        "dictionary_item",
        "ring_group",
        "pipeline",
        "custom_field",
        "blocked_number",
    )
    for table in (
        *unowned,
        "competitor",
        "work_calendar",
        "calendar_day",
        "sla_policy",
        "channel_group",
        "territory",
        "email_message",
    ):
        kind = Kind.USER if table == "user_account" else Kind[table.upper()]
        for fact in company.of(table)[:4]:
            _change(company, fact, kind, "user" if table == "user_account" else table, None)
    (policy,) = company.of("pool_policy")
    _change(company, policy, Kind.POOL_POLICY, "pool", None)
    company.add(
        "change",
        **company.of("change")[0].values | {"id": key(Kind.CHANGE, "of a purged record"), "record_id": key(Kind.PARTY, "purged")},
    )
    # The manager handed in somebody else's contract: owned by one, submitted by another, to be judged by neither.
    submitted = company.named("contract", "contract of agent")
    _change(company, submitted, Kind.CONTRACT, "contract", submitted["party_id"], verb="submit", actor="manager")


def _change(
    company: Company, fact: Fact, kind: Kind, entity: str, party: UUID | None, *, verb: str = "update", actor: str = "outsider"
) -> None:
    names = TOLD.get(entity, ("name",))
    entry = str(fact.id) if verb == "update" else f"{fact.id} {verb}"
    told = [{"field": name, "old": None, "new": f"{name} of {fact.id}"} for name in names]
    company.add(
        "change", id=key(Kind.CHANGE, entry), record_id=fact.id, record_kind=int(kind), party_id=party, entity=entity,
        verb=f"{entity}.{verb}", actor_id=user_id(actor), on_behalf_of_id=None, channel="API", request_id="r1",
        at=instant(f"change {fact.id}"), changes=json.dumps(told),
    )  # fmt: skip
