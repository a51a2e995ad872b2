"""Parties, contacts and activities of the fixture company."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from uuid import UUID

from tests.factories.company_channels import place_of
from tests.factories.company_organisation import LISTS
from tests.factories.company_rows import SHARES, Company, Fact, bits, instant, key, owned, reach, share, tag, user_id

from crm.core.kinds import Kind
from crm.core.pinyin import name_key
from crm.rules.customers.party_names import normalised_name

OWNERS: tuple[str | None, ...] = (
    None, "admin", "chief", "manager", "agent", "junior", "peer", "tree", "outsider", "partner", "underling", "hider", "double",
    "closed", "mixed", "clerk", "leaver",
)  # fmt: skip
FEW_OWNERS: tuple[str | None, ...] = (None, "outsider", "agent", "partner", "mixed", "double", "closed", "hider")
SHARED = {"CUSTOMER": tuple(label for label in SHARES if not label.startswith("team ")),
          "CHANNEL": ("agent READ", "partner EDIT", "everyone READ"),
          "SUPPLIER": ("agent EDIT", "mixed EDIT", "partner READ", "clerk EDIT")}  # fmt: skip


def parties(company: Company) -> None:
    for type_ in ("CUSTOMER", "CHANNEL", "SUPPLIER"):
        noun = type_.lower()
        for owner in OWNERS if type_ == "CUSTOMER" else FEW_OWNERS:
            _party(company, type_, f"{noun} of {owner or 'nobody'}", owner)
        for owner in ("agent", "outsider", "mixed"):
            _party(company, type_, f"deleted {noun} of {owner}", owner, deleted=True)
        for label in SHARED[type_]:
            party = _party(company, type_, f"{noun} shared {label}", "outsider")
            share(company, party.id, Kind.PARTY, label)
    for survivor in ("agent", "outsider"):
        into = company.named("party", f"customer of {survivor}").id
        _party(company, "CUSTOMER", f"customer merged into {survivor}", "agent", deleted=True, merged_into=into)
    for label in ("agent READ", "east_team EDIT", "agent expired"):
        pooled = _party(company, "CUSTOMER", f"customer of the pool shared {label}", None)
        share(company, pooled.id, Kind.PARTY, label)
    _party(company, "CUSTOMER", "customer moved to east", "outsider", department="east")
    _party(company, "CUSTOMER", "customer left in support", "agent", department="support")
    binned = _party(company, "CUSTOMER", "deleted customer shared", "outsider", deleted=True)
    share(company, binned.id, Kind.PARTY, "everyone READ")
    if company.variant:
        # Nobody below the administrator and the hider sees these: more of the unseen must change nothing.
        for number in range(company.variant * 3):
            _party(company, "CUSTOMER", f"customer unseen {number}", "admin", department="hq")


def _party(
    company: Company, type_: str, name: str, owner: str | None, *, department: str | None = None, deleted: bool = False,
    merged_into: UUID | None = None,
) -> Fact:  # fmt: skip
    number = bits(name)
    above = f"{type_.lower()} of outsider" if number % 3 == 0 else f"{type_.lower()} of agent" if number % 3 == 1 else None
    options = {
        f"{column}_id": key(Kind.DICTIONARY_ITEM, f"{code} {('one', 'two', 'old')[(number >> place) % 3]}")
        for place, (code, column) in enumerate(LISTS.items())
    }
    if type_ != "CUSTOMER":
        options["category_id"] = key(Kind.DICTIONARY_ITEM, f"{type_.lower()}_type {('one', 'two', 'old')[number % 3]}")
    fact = company.add(
        "party", **owned(Kind.PARTY, name, owner, department, deleted=deleted), type=type_, name=name,
        short_name=f"short {name[-6:]}" if number % 2 else None, name_key=name_key(name), normalised_name=normalised_name(name),
        credit_code=None, **options, credit_limit=Decimal(f"{1000 + number % 9000}.0000"), payment_terms_days=number % 60 or None,
        website=f"https://{number % 97}.test", lifecycle=("LEAD", "PROSPECT", "ACTIVE", "DORMANT", "LOST")[number % 5],
        parent_id=key(Kind.PARTY, above) if above and above != name else None,
        last_contact_at=instant(f"last {name}") if number % 2 else None,
        next_contact_at=instant(f"next {name}") if number % 5 else None,
        contact_cycle_days=number % 30 or None, note=f"a secret note on {name}",
        merged_into_id=merged_into,
        owner_since=instant(f"since {name}") if owner else None,
        protected_until=instant(f"protected {name}") if owner and number % 3 == 0 else None, recycle_warned_at=None,
            **place_of(type_, name),
    )  # fmt: skip
    if type_ == "CHANNEL":
        company.add("principal", id=fact.id, kind=int(Kind.PARTY))
    reach(company, "party_id", fact, name)
    tag(company, fact, Kind.PARTY)
    return fact


def contacts(company: Company) -> None:
    for party in list(company.of("party")):
        # Owned by somebody whom hardly anybody sees: these are found by way of the party or not at all.
        _contact(company, f"contact at {party['name']}", party, "leaver")
    hidden = company.named("party", "customer of outsider")
    for owner in (None, "agent", "junior", "partner", "mixed", "double", "closed", "hider", "manager"):
        _contact(company, f"contact of {owner or 'nobody'}", hidden, owner)
    for label in ("agent READ", "agent EDIT", "agent expired", "partner EDIT", "mixed EDIT", "closed EDIT", "east_team EDIT"):
        contact = _contact(company, f"contact shared {label}", hidden, "outsider")
        share(company, contact.id, Kind.CONTACT, label)
    for owner in ("agent", "outsider", "mixed"):
        _contact(company, f"deleted contact of {owner}", company.named("party", f"customer of {owner}"), owner, deleted=True)
    stays = company.named("contact", "contact of agent").id
    _contact(company, "contact merged into agent", hidden, "outsider", deleted=True, merged_into=stays)


def _contact(
    company: Company, name: str, party: Fact, owner: str | None, *, deleted: bool = False, merged_into: UUID | None = None
) -> Fact:
    number = bits(name)
    fact = company.add(
        "contact", **owned(Kind.CONTACT, name, owner, None, deleted=deleted), party_id=party.id, name=name,
        name_key=name_key(name, person=True), title=f"title {number % 7}" if number % 3 else None,
        department_name=f"unit {number % 5}", primary=bool(number % 2),
        birthday_on=date(1970 + number % 30, 1 + number % 12, 1 + number % 28) if number % 4 else None, note=f"a note on {name}",
        merged_into_id=merged_into,
    )  # fmt: skip
    reach(company, "contact_id", fact, name)
    tag(company, fact, Kind.CONTACT)
    return fact


def activities(company: Company) -> None:
    for contact in list(company.of("contact")):
        number = bits(f"activities of {contact['name']}")
        party = company.find("party", contact["party_id"])
        if number % 2:
            _activity(company, f"activity with {contact['name']}", party, contact, "leaver")
        elif number % 3:
            _activity(company, f"activity at {contact['name']}", party, None, "leaver")
    hidden = company.named("party", "customer of outsider")
    for owner in (None, "agent", "junior", "partner", "mixed", "double", "closed", "hider", "clerk"):
        _activity(company, f"activity of {owner or 'nobody'}", hidden if owner != "junior" else None, None, owner)
    for label in ("agent READ", "agent EDIT", "agent expired", "partner EDIT", "mixed EDIT", "closed EDIT"):
        activity = _activity(company, f"activity shared {label}", hidden, None, "outsider")
        share(company, activity.id, Kind.ACTIVITY, label)
    for owner in ("agent", "outsider"):
        _activity(
            company, f"deleted activity of {owner}", company.named("party", f"customer of {owner}"), None, owner, deleted=True
        )


def _activity(
    company: Company, name: str, party: Fact | None, contact: Fact | None, owner: str | None, *, deleted: bool = False
) -> Fact:
    number = bits(name)
    status = ("PLANNED", "DONE", "CANCELLED")[number % 3]
    fact = company.add(
        "activity", **owned(Kind.ACTIVITY, name, owner, None, deleted=deleted),
        kind=("CALL", "VISIT", "MEETING", "NOTE", "TASK")[number % 5], subject=name, content=f"the content of {name}",
        party_id=party.id if party else None, contact_id=contact.id if contact else None, planned_at=instant(f"plan {name}"),
        done_at=instant(f"done {name}") if status == "DONE" else None, status=status, outcome=f"outcome of {name}",
        outcome_option_id=key(Kind.DICTIONARY_ITEM, "activity_outcome one") if status == "DONE" and number % 4 else None,
        next_step=None, previous_id=key(Kind.ACTIVITY, FIRST) if number % 3 == 1 and name != FIRST else None,
        **_about(name, owner),
    )  # fmt: skip
    tag(company, fact, Kind.ACTIVITY)
    guest = company.named("contact", "contact of agent")
    for place, (user, invited) in enumerate(((user_id("outsider"), None), (None, guest.id))):
        company.add(
            "activity_participant",
            id=key(Kind.ACTIVITY, f"{name} {place}"),
            activity_id=fact.id,
            user_id=user,
            contact_id=invited,
            position=place,
        )
    return fact


FIRST = "activity of agent"
ABOUT = {
    "opportunity_id": (Kind.OPPORTUNITY, "opportunity of agent"), "contract_id": (Kind.CONTRACT, "contract of outsider"),
    "delivery_id": (Kind.DELIVERY, "delivery of agent"), "project_id": (Kind.PROJECT, "project of agent"),
    "maintenance_id": (Kind.MAINTENANCE, "maintenance of agent"), "service_case_id": (Kind.SERVICE_CASE, "service_case of agent"),
}  # fmt: skip


def _about(name: str, owner: str | None) -> dict[str, object]:
    """Some are about one record, which other people see than the activity."""
    chosen = (*ABOUT, None)[bits(f"about {name}") % (len(ABOUT) + 1)] if owner in ("leaver", "outsider", "agent") else None
    return {column: key(*ABOUT[column]) if column == chosen else None for column in ABOUT}
