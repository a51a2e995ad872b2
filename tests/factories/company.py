"""A company whose every fact is known in plain Python, so that an oracle can say who may see what without asking the database.

`build` makes the facts, `Company.write` puts them into a database in a second or less. Ids and instants follow from names
alone: the same fact has the same id in every company, whatever else stands beside it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from crm.access.branches import grantable
from crm.access.loading import token_hash
from crm.core.ids import EVERYONE_ID, make_id
from crm.core.kinds import Kind
from crm.core.pinyin import name_key
from crm.store.database import Database

BASE = datetime(2026, 1, 5, 8, tzinfo=UTC)
PAST = datetime(2026, 1, 1, tzinfo=UTC)
FUTURE = datetime(2126, 1, 1, tzinfo=UTC)
OWNED = ("customer", "channel", "supplier", "contact", "activity")


@dataclass(frozen=True)
class Fact:
    """One row: its table and the values of its columns."""

    table: str
    values: Mapping[str, Any]

    @property
    def id(self) -> Any:
        return self.values["id"]

    def __getitem__(self, column: str) -> Any:
        return self.values[column]


@dataclass(frozen=True)
class RoleFacts:
    """What a role grants and what it hides or freezes, by `entity.field`."""

    grants: Mapping[tuple[str, str], str]
    hidden: frozenset[str] = frozenset()
    frozen: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Person:
    """Somebody with a token."""

    name: str
    department: str | None
    manager: str | None
    roles: tuple[str, ...]
    kind: str = "STAFF"
    active: bool = True

    @property
    def token(self) -> str:
        return f"token-of-{self.name}"


DEPARTMENTS: dict[str, str | None] = {
    "hq": None, "sales": "hq", "east": "sales", "east_team": "east", "west": "sales", "support": "hq", "shut": "hq",
}  # fmt: skip

PEOPLE = {
    person.name: person
    for person in (
        Person("admin", "hq", None, ("administrator",)),
        Person("chief", "hq", None, ("chief",)),
        Person("manager", "sales", "chief", ("manager",)),
        Person("agent", "east", "manager", ("agent",)),
        Person("junior", "east_team", "agent", ("agent",)),
        Person("peer", "east", "chief", ("department",)),
        Person("tree", "sales", None, ("tree",)),
        Person("outsider", "support", None, ("agent",)),
        Person("partner", "east", "manager", ("partner",), kind="CHANNEL"),
        Person("underling", "east", "partner", ("agent",)),
        Person("hider", "support", None, ("hider",)),
        Person("double", "support", None, ("hiding", "showing")),
        Person("closed", "west", None, ("closed",)),
        Person("mixed", "west", None, ("mixed",)),
        Person("clerk", "west", None, ("clerk",)),
        Person("norole", "west", None, ()),
        Person("leaver", "west", None, ("agent",), active=False),
    )
}


def _all(actions: str, scope: str, entities: Iterable[str] = OWNED) -> dict[tuple[str, str], str]:
    return {(entity, action): scope for entity in entities for action in actions.split()}


CRUD = "CREATE READ UPDATE DELETE"
ROLES: dict[str, RoleFacts] = {
    "administrator": RoleFacts({(e, str(a.value)): "ALL" for e, actions in grantable().items() for a in actions}),
    "chief": RoleFacts(
        _all("CREATE READ UPDATE TRANSFER", "OWN_AND_SUBORDINATES") | _all("DELETE SHARE", "OWN")
        | _all("READ", "ALL", ["user", "role", "department", "tag"]) | {("dictionary", "ADMINISTER"): "ALL"}
    ),
    "manager": RoleFacts(
        _all(f"{CRUD} SHARE TRANSFER", "OWN_AND_SUBORDINATES") | _all(CRUD, "ALL", ["tag"]) | {("user", "READ"): "ALL"}
    ),
    "agent": RoleFacts(_all(f"{CRUD} SHARE", "OWN") | {("tag", "CREATE"): "ALL"}),
    "department": RoleFacts(
        _all("CREATE READ UPDATE SHARE TRANSFER", "DEPARTMENT") | _all("DELETE", "OWN") | {("department", "READ"): "ALL"}
    ),
    "tree": RoleFacts(_all("CREATE READ DELETE TRANSFER", "DEPARTMENT_TREE") | _all("UPDATE", "DEPARTMENT")),
    "partner": RoleFacts(_all(f"{CRUD} SHARE TRANSFER", "ALL") | {("tag", "READ"): "ALL"}),
    "hider": RoleFacts(
        _all("READ", "ALL") | _all("CREATE UPDATE SHARE TRANSFER", "OWN"),
        hidden=frozenset({"customer.creditLimit", "customer.tags", "contact.phoneNumbers", "activity.party", "customer.source"}),
        frozen=frozenset({"customer.note", "contact.title", "activity.content", "supplier.tags", "channel.website"}),
    ),
    "hiding": RoleFacts(
        _all("READ CREATE UPDATE", "OWN", ["customer", "contact", "activity"]),
        hidden=frozenset({"customer.creditLimit", "contact.birthdayOn", "activity.content", "customer.phoneNumbers"}),
    ),
    "showing": RoleFacts(
        _all("READ", "DEPARTMENT", ["customer", "contact"]) | {("user", "READ"): "ALL"}, hidden=frozenset({"contact.birthdayOn"})
    ),
    "closed": RoleFacts(
        _all("READ", "DEPARTMENT", ["customer"]) | _all(f"{CRUD} SHARE", "OWN", ["activity"]) | _all(CRUD, "NONE", ["contact"])
    ),
    "mixed": RoleFacts(
        _all("CREATE READ UPDATE", "OWN", ["customer", "contact", "activity"]) | _all("READ", "DEPARTMENT", ["channel"])
        | _all("DELETE", "ALL", ["customer", "contact"])
    ),
    "clerk": RoleFacts(
        _all("READ CREATE UPDATE", "OWN", ["customer", "contact"]) | _all("CREATE READ UPDATE ADMINISTER", "ALL", ["user"])
        | _all("CREATE UPDATE DELETE", "ALL", ["department"])
    ),
    "retired": RoleFacts(_all("READ", "ALL")),
}  # fmt: skip
VIEWERS = (
    "anonymous", "admin", "chief", "manager", "agent", "junior", "peer", "tree", "partner", "hider", "double", "closed", "mixed",
    "clerk", "norole",
)  # fmt: skip
"""Who looks, in the matrix. (`outsider`, `leaver` and `underling` only own things.)"""


def _bits(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=7).digest())


def key(kind: Kind, name: str) -> UUID:
    """The id of a named fact, the same in every company."""
    return make_id(kind, 1_767_000_000_000, _bits(f"{kind.name} {name}"))


def instant(name: str) -> datetime:
    """An instant of the year, by name, to the microsecond."""
    return BASE + timedelta(microseconds=_bits(name) % (300 * 86_400 * 1_000_000))


@dataclass
class Company:
    """Every row of the database by table, and the people who look at it. `variant` numbers companies that differ on purpose."""

    variant: int = 0
    facts: dict[str, list[Fact]] = field(default_factory=dict)
    _index: dict[str, dict[Any, Fact]] = field(default_factory=dict)

    def add(self, table: str, **values: Any) -> Fact:
        """One more row."""
        fact = Fact(table, values)
        self.facts.setdefault(table, []).append(fact)
        return fact

    def of(self, table: str) -> list[Fact]:
        """All rows of a table, deleted ones included."""
        return self.facts.get(table, [])

    def find(self, table: str, record_id: Any) -> Fact | None:
        """The row of an id."""
        facts = self.of(table)
        index = self._index.get(table)
        if index is None or len(index) != len(facts):
            index = self._index[table] = {fact.id: fact for fact in facts}
        return index.get(record_id)

    def named(self, table: str, name: str) -> Fact:
        """The party, contact or activity that was given this name here."""
        return next(fact for fact in self.of(table) if fact.values.get("name", fact.values.get("subject")) == name)

    async def write(self, database: Database) -> None:
        """Replace what is in the database. Foreign keys point every way, so they are checked by nobody while this runs."""
        tables = list(reversed(self.facts))
        async with database.connection() as connection, connection.transaction():
            await connection.execute("SET LOCAL session_replication_role = replica")
            others = ["idempotency_key", "sign_in_attempt"]
            await connection.execute(f"TRUNCATE {', '.join([*tables, *others])} RESTART IDENTITY")
            for table, facts in self.facts.items():
                if not facts:
                    continue
                serial = isinstance(facts[0].values.get("id"), int) and table != "rights_epoch"
                columns = [column for column in facts[0].values if not (serial and column == "id")]
                rows = [tuple(fact[column] for column in columns) for fact in facts]
                await connection.copy_records_to_table(table, records=rows, columns=columns)
        async with database.connection() as connection:
            await connection.execute("ANALYZE")


def user_id(name: str) -> UUID:
    return key(Kind.USER, name)


def department_id(name: str | None) -> UUID | None:
    return None if name is None else key(Kind.DEPARTMENT, name)


def role_id(name: str) -> UUID:
    return key(Kind.ROLE, name)


def build(variant: int = 0) -> Company:
    """The company. Variants differ in rows only some viewers may see: see `VARIED`."""
    company = Company(variant)
    _organisation(company)
    _options(company)
    _parties(company)
    _contacts(company)
    _activities(company)
    _trails(company)
    return company


def _record(kind: Kind, name: str, *, deleted: bool = False, author: str | None = "admin") -> dict[str, Any]:
    at = instant(f"{kind.name} {name}")
    return {
        "id": key(kind, name), "created_at": at, "updated_at": at + timedelta(hours=1), "version": 1 + _bits(name) % 5,
        "created_by_id": None if author is None else user_id(author), "updated_by_id": user_id("outsider"),
        "deleted_at": at + timedelta(days=1) if deleted else None, "deleted_by_id": user_id("admin") if deleted else None,
    }  # fmt: skip


def _organisation(company: Company) -> None:
    company.add("rights_epoch", id=1, epoch=7)
    company.add("principal", id=EVERYONE_ID, kind=int(Kind.EVERYONE))
    for name, parent in DEPARTMENTS.items():
        made = _record(Kind.DEPARTMENT, name, deleted=name == "shut")
        head = user_id("chief") if name == "hq" else None
        company.add("department", **made, name=name, name_key=name_key(name), parent_id=department_id(parent), head_id=head)
        company.add("principal", id=department_id(name), kind=int(Kind.DEPARTMENT))
    for name, role in ROLES.items():
        deleted = name == "retired"
        company.add(
            "role", **_record(Kind.ROLE, name, deleted=deleted), name=name, description=f"for {name}" if name != "agent" else None
        )
        company.add("principal", id=role_id(name), kind=int(Kind.ROLE))
        for (entity, action), scope in role.grants.items():
            company.add(
                "role_grant",
                id=len(company.of("role_grant")) + 1,
                role_id=role_id(name),
                entity=entity,
                action=action,
                scope=scope,
            )
        for restriction, keys in (("HIDDEN", role.hidden), ("FROZEN", role.frozen)):
            for entity, _, name_of_field in (each.partition(".") for each in sorted(keys)):
                company.add(
                    "field_grant", id=len(company.of("field_grant")) + 1, role_id=role_id(name), entity=entity,
                    field=name_of_field, restriction=restriction,
                )  # fmt: skip
    for number, person in enumerate(PEOPLE.values()):
        _person(company, person, 1001 + number)
    company.add("role_member", id=len(company.of("role_member")) + 1, role_id=role_id("retired"), user_id=user_id("norole"))
    _closures(company)


def _person(company: Company, person: Person, extension: int) -> None:
    company.add(
        "user_account", **_record(Kind.USER, person.name), username=person.name, display_name=f"{person.name.title()} Li",
        name_key=name_key(f"{person.name.title()} Li", person=True), kind=person.kind, active=person.active,
        email=f"{person.name}@crm.test", mobile=None if person.name == "norole" else f"+86139000{extension}",
        extension=str(extension), department_id=department_id(person.department),
        manager_id=None if person.manager is None else user_id(person.manager),
        channel_id=key(Kind.PARTY, "channel of outsider") if person.kind == "CHANNEL" else None,
        locale="zh-CN", time_zone="Asia/Shanghai", password_hash="-",
    )  # fmt: skip
    company.add("principal", id=user_id(person.name), kind=int(Kind.USER))
    for role in person.roles:
        company.add("role_member", id=len(company.of("role_member")) + 1, role_id=role_id(role), user_id=user_id(person.name))
    for place, token in enumerate((person.token, f"{person.token} on the phone")):
        at = BASE + timedelta(hours=place)
        company.add(
            "session", id=key(Kind.SESSION, token), user_id=user_id(person.name), token_hash=token_hash(token), created_at=at,
            last_seen_at=at, expires_at=FUTURE, revoked_at=None, address="192.0.2.7", user_agent="a browser",
        )  # fmt: skip


def _closures(company: Company) -> None:
    for name in PEOPLE:
        for depth, above in enumerate(upwards(name, {person.name: person.manager for person in PEOPLE.values()})):
            company.add("reporting_closure", superior_id=user_id(above), subordinate_id=user_id(name), depth=depth)
    for name in DEPARTMENTS:
        if name != "shut":
            for depth, above in enumerate(upwards(name, DEPARTMENTS)):
                company.add(
                    "department_closure", ancestor_id=department_id(above), descendant_id=department_id(name), depth=depth
                )


def upwards(name: str, parents: Mapping[str, str | None]) -> Iterable[str]:
    """The name, its parent, and so on to the root."""
    current: str | None = name
    while current is not None:
        yield current
        current = parents[current]


LISTS = {"customer_level": "level", "customer_type": "category", "customer_source": "source", "industry": "industry",
         "region": "region", "credit_grade": "credit_grade"}  # fmt: skip


def _options(company: Company) -> None:
    for code in LISTS:
        company.add("dictionary", **_record(Kind.DICTIONARY, code), code=code, name_zh=f"表 {code}", name_en=f"List {code}")
        for position, item in enumerate(("one", "two", "old", "binned")):
            parent = key(Kind.DICTIONARY_ITEM, f"{code} one") if item == "two" else None
            company.add(
                "dictionary_item", **_record(Kind.DICTIONARY_ITEM, f"{code} {item}", deleted=item == "binned"),
                dictionary_id=key(Kind.DICTIONARY, code),
                code=item, label_zh=f"{item} 号", label_en=f"{code} {item}", position=position,
                colour="#1a2b3c" if item == "one" else None, active=item != "old", parent_id=parent,
            )  # fmt: skip
    for name in ("hot", "cold", "binned"):
        colour = "#ff0000" if name == "hot" else None
        company.add("tag", **_record(Kind.TAG, name, deleted=name == "binned", author="manager"), name=name, colour=colour)


def _owned(kind: Kind, name: str, owner: str | None, department: str | None, *, deleted: bool) -> dict[str, Any]:
    home = PEOPLE[owner].department if owner is not None else None
    return {
        **_record(kind, name, deleted=deleted, author=owner or "admin"),
        "owner_id": None if owner is None else user_id(owner),
        "department_id": department_id(department or home),
    }


SHARES: dict[str, tuple[Any, str, datetime | None, str]] = {
    "agent READ": (("user", "agent"), "READ", None, "MANUAL"),
    "agent EDIT": (("user", "agent"), "EDIT", FUTURE, "MANUAL"),
    "agent expired": (("user", "agent"), "EDIT", PAST, "MANUAL"),
    "junior READ": (("user", "junior"), "READ", None, "TEAM"),
    "partner READ": (("user", "partner"), "READ", None, "MANUAL"),
    "partner EDIT": (("user", "partner"), "EDIT", None, "MANUAL"),
    "sales READ": (("department", "sales"), "READ", None, "RULE"),
    "east_team EDIT": (("department", "east_team"), "EDIT", None, "MANUAL"),
    "role agent EDIT": (("role", "agent"), "EDIT", None, "MANUAL"),
    "role partner READ": (("role", "partner"), "READ", None, "MANUAL"),
    "retired role EDIT": (("role", "retired"), "EDIT", None, "MANUAL"),
    "everyone READ": (("everyone", ""), "READ", None, "MANUAL"),
    "mixed EDIT": (("user", "mixed"), "EDIT", None, "MANUAL"),
    "closed EDIT": (("user", "closed"), "EDIT", None, "MANUAL"),
    "clerk EDIT": (("user", "clerk"), "EDIT", None, "MANUAL"),
}
"""With whom, how, until when, why."""


def principal_id(named: tuple[str, str]) -> UUID:
    """The key of a user, a department, a role, or everyone."""
    kind, name = named
    return EVERYONE_ID if kind == "everyone" else key(Kind[kind.upper()], name)


def _share(company: Company, record_id: UUID, kind: Kind, label: str) -> None:
    named, access, until, cause = SHARES[label]
    company.add(
        "share", id=key(Kind.SHARE, f"{record_id} {label}"), record_id=record_id, record_kind=int(kind),
        principal_id=principal_id(named), access=access, cause=cause, granted_by_id=user_id("admin"),
        created_at=instant(f"{record_id} {label}"), expires_at=until,
    )  # fmt: skip


OWNERS: tuple[str | None, ...] = (
    None, "admin", "chief", "manager", "agent", "junior", "peer", "tree", "outsider", "partner", "underling", "hider", "double",
    "closed", "mixed", "clerk", "leaver",
)  # fmt: skip
FEW_OWNERS: tuple[str | None, ...] = (None, "outsider", "agent", "partner", "mixed", "double", "closed", "hider")
SHARED = {"CUSTOMER": tuple(SHARES), "CHANNEL": ("agent READ", "partner EDIT", "everyone READ"),
          "SUPPLIER": ("agent EDIT", "mixed EDIT", "partner READ", "clerk EDIT")}  # fmt: skip


def _parties(company: Company) -> None:
    for type_ in ("CUSTOMER", "CHANNEL", "SUPPLIER"):
        noun = type_.lower()
        for owner in OWNERS if type_ == "CUSTOMER" else FEW_OWNERS:
            _party(company, type_, f"{noun} of {owner or 'nobody'}", owner)
        for owner in ("agent", "outsider", "mixed"):
            _party(company, type_, f"deleted {noun} of {owner}", owner, deleted=True)
        for label in SHARED[type_]:
            party = _party(company, type_, f"{noun} shared {label}", "outsider")
            _share(company, party.id, Kind.PARTY, label)
    _party(company, "CUSTOMER", "customer moved to east", "outsider", department="east")
    _party(company, "CUSTOMER", "customer left in support", "agent", department="support")
    binned = _party(company, "CUSTOMER", "deleted customer shared", "outsider", deleted=True)
    _share(company, binned.id, Kind.PARTY, "everyone READ")
    if company.variant:
        # Nobody below the administrator and the hider sees these: more of the unseen must change nothing.
        for number in range(company.variant * 3):
            _party(company, "CUSTOMER", f"customer unseen {number}", "admin", department="hq")


def _party(
    company: Company, type_: str, name: str, owner: str | None, *, department: str | None = None, deleted: bool = False
) -> Fact:
    number = _bits(name)
    above = f"{type_.lower()} of outsider" if number % 3 == 0 else f"{type_.lower()} of agent" if number % 3 == 1 else None
    options = {
        f"{column}_id": key(Kind.DICTIONARY_ITEM, f"{code} {('one', 'two', 'old')[(number >> place) % 3]}")
        for place, (code, column) in enumerate(LISTS.items())
    }
    fact = company.add(
        "party", **_owned(Kind.PARTY, name, owner, department, deleted=deleted), type=type_, name=name,
        short_name=f"short {name[-6:]}" if number % 2 else None, name_key=name_key(name), normalised_name=name,
        credit_code=None, **options, credit_limit=Decimal(f"{1000 + number % 9000}.0000"), payment_terms_days=number % 60 or None,
        website=f"https://{number % 97}.test", lifecycle=("LEAD", "PROSPECT", "ACTIVE", "DORMANT", "LOST")[number % 5],
        parent_id=key(Kind.PARTY, above) if above and above != name else None,
        last_contact_at=instant(f"last {name}") if number % 2 else None,
        next_contact_at=instant(f"next {name}") if number % 5 else None,
        contact_cycle_days=number % 30 or None, note=f"a secret note on {name}",
    )  # fmt: skip
    _reach(company, "party_id", fact, name)
    _tag(company, fact, Kind.PARTY)
    return fact


def _reach(company: Company, column: str, fact: Fact, name: str) -> None:
    ends = {"party_id": None, "contact_id": None, column: fact.id}
    tail = f"{_bits(name) % 10**8:08d}"
    company.add(
        "phone_number", id=key(Kind.PHONE_NUMBER, name), **ends, position=0, label="mobile", primary=True, written=f"139{tail}",
        e164=f"+86139{tail}", extension=None, tail=int(tail), display=f"139 {tail}",
    )  # fmt: skip
    company.add(
        "email_address", id=key(Kind.EMAIL_ADDRESS, name), **ends, position=0, label=None, primary=True,
        address=f"{name.replace(' ', '.')}@mail.test",
    )  # fmt: skip
    company.add(
        "address", id=key(Kind.ADDRESS, name), **ends, position=0, label="office", primary=True, country="CN",
        region_id=key(Kind.DICTIONARY_ITEM, "region one"), street=f"No. {_bits(name) % 900} {name} Road", city="杭州",
        postal_code=None,
    )  # fmt: skip


def _tag(company: Company, fact: Fact, kind: Kind) -> None:
    """A live tag on most records, and the one in the recycle bin on some."""
    number = _bits(str(fact.id))
    for name in [("hot", "cold")[number % 2]] * (number % 5 > 0) + ["binned"] * (number % 4 == 0):
        company.add(
            "record_tag",
            id=len(company.of("record_tag")) + 1,
            record_id=fact.id,
            record_kind=int(kind),
            tag_id=key(Kind.TAG, name),
        )


def _contacts(company: Company) -> None:
    for party in list(company.of("party")):
        # Owned by somebody whom hardly anybody sees: these are found by way of the party or not at all.
        _contact(company, f"contact at {party['name']}", party, "leaver")
    hidden = company.named("party", "customer of outsider")
    for owner in (None, "agent", "junior", "partner", "mixed", "double", "closed", "hider", "manager"):
        _contact(company, f"contact of {owner or 'nobody'}", hidden, owner)
    for label in ("agent READ", "agent EDIT", "agent expired", "partner EDIT", "mixed EDIT", "closed EDIT", "east_team EDIT"):
        contact = _contact(company, f"contact shared {label}", hidden, "outsider")
        _share(company, contact.id, Kind.CONTACT, label)
    for owner in ("agent", "outsider", "mixed"):
        _contact(company, f"deleted contact of {owner}", company.named("party", f"customer of {owner}"), owner, deleted=True)


def _contact(company: Company, name: str, party: Fact, owner: str | None, *, deleted: bool = False) -> Fact:
    number = _bits(name)
    fact = company.add(
        "contact", **_owned(Kind.CONTACT, name, owner, None, deleted=deleted), party_id=party.id, name=name,
        name_key=name_key(name, person=True), title=f"title {number % 7}" if number % 3 else None,
        department_name=f"unit {number % 5}", primary=bool(number % 2),
        birthday_on=date(1970 + number % 30, 1 + number % 12, 1 + number % 28) if number % 4 else None, note=f"a note on {name}",
    )  # fmt: skip
    _reach(company, "contact_id", fact, name)
    _tag(company, fact, Kind.CONTACT)
    return fact


def _activities(company: Company) -> None:
    for contact in list(company.of("contact")):
        number = _bits(f"activities of {contact['name']}")
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
        _share(company, activity.id, Kind.ACTIVITY, label)
    for owner in ("agent", "outsider"):
        _activity(
            company, f"deleted activity of {owner}", company.named("party", f"customer of {owner}"), None, owner, deleted=True
        )


def _activity(
    company: Company, name: str, party: Fact | None, contact: Fact | None, owner: str | None, *, deleted: bool = False
) -> Fact:
    number = _bits(name)
    status = ("PLANNED", "DONE", "CANCELLED")[number % 3]
    fact = company.add(
        "activity", **_owned(Kind.ACTIVITY, name, owner, None, deleted=deleted),
        kind=("CALL", "VISIT", "MEETING", "NOTE", "TASK")[number % 5], subject=name, content=f"the content of {name}",
        party_id=party.id if party else None, contact_id=contact.id if contact else None, planned_at=instant(f"plan {name}"),
        done_at=instant(f"done {name}") if status == "DONE" else None, status=status, outcome=f"outcome of {name}",
        next_step=None,
    )  # fmt: skip
    _tag(company, fact, Kind.ACTIVITY)
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


TOLD = {
    "customer": ("name", "creditLimit", "note", "phoneNumbers", "source", "owner", "tags", "website"),
    "contact": ("name", "phoneNumbers", "birthdayOn", "note", "party"),
    "activity": ("subject", "party", "content", "outcome"),
    "user": ("displayName", "email", "roles"),
}
"""What the change log tells of each entity, hidden fields included."""


def _trails(company: Company) -> None:
    kinds = {"party": Kind.PARTY, "contact": Kind.CONTACT, "activity": Kind.ACTIVITY}
    for table, kind in kinds.items():
        for fact in company.of(table):
            if table == "party" or _bits(f"log of {fact.id}") % 3 == 0:
                party = fact.id if table == "party" else fact["party_id"]
                _change(company, fact, kind, fact["type"].lower() if table == "party" else table, party)
    for table, kind in {"user_account": Kind.USER, "department": Kind.DEPARTMENT, "role": Kind.ROLE, "tag": Kind.TAG,
                        "dictionary": Kind.DICTIONARY, "dictionary_item": Kind.DICTIONARY_ITEM}.items():  # fmt: skip
        for fact in company.of(table)[:4]:
            _change(company, fact, kind, "user" if table == "user_account" else table, None)
    company.add(
        "change",
        **company.of("change")[0].values | {"id": key(Kind.CHANGE, "of a purged record"), "record_id": key(Kind.PARTY, "purged")},
    )


def _change(company: Company, fact: Fact, kind: Kind, entity: str, party: UUID | None) -> None:
    names = TOLD.get(entity, ("name",))
    told = [{"field": name, "old": None, "new": f"{name} of {fact.id}"} for name in names]
    company.add(
        "change", id=key(Kind.CHANGE, str(fact.id)), record_id=fact.id, record_kind=int(kind), party_id=party, entity=entity,
        verb=f"{entity}.update", actor_id=user_id("outsider"), on_behalf_of_id=None, channel="API", request_id="r1",
        at=instant(f"change {fact.id}"), changes=json.dumps(told),
    )  # fmt: skip
