"""Who may do what, in plain Python over the company's facts: written from the rules of the domain, and not from the SQL under
test."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID

from tests.factories.company import (
    BASE,
    DEPARTMENTS,
    OWNED,
    PEOPLE,
    ROLES,
    Company,
    Fact,
    department_id,
    role_id,
    upwards,
    user_id,
)

from crm.core.ids import EVERYONE_ID

WIDTHS = ("NONE", "OWN", "OWN_AND_SUBORDINATES", "DEPARTMENT", "DEPARTMENT_TREE", "ALL")

TABLES = {
    "Customer": "party", "Channel": "party", "Supplier": "party", "Party": "party", "Contact": "contact", "Activity": "activity",
    "User": "user_account", "Department": "department", "Role": "role", "RoleGrant": "role_grant", "FieldGrant": "field_grant",
    "Dictionary": "dictionary", "DictionaryItem": "dictionary_item", "Tag": "tag", "Session": "session", "Share": "share",
    "Change": "change", "PhoneNumber": "phone_number", "EmailAddress": "email_address", "Address": "address",
    "ActivityParticipant": "activity_participant",
}  # fmt: skip
"""GraphQL type → the table its rows stand in. A new type without a line here fails the matrix."""

PARTIES = {"Customer": "CUSTOMER", "Channel": "CHANNEL", "Supplier": "SUPPLIER"}
_AUTHORS = {"createdBy": ("created_by_id", "User", True), "updatedBy": ("updated_by_id", "User", True)}
_OWNED = {"owner": ("owner_id", "User", True), "department": ("department_id", "Department", True)}
TO_ONE: dict[str, dict[str, tuple[str, str, bool]]] = {
    "party": _AUTHORS | _OWNED | {
        name: (f"{column}_id", "DictionaryItem", True)
        for name, column in (("level", "level"), ("category", "category"), ("source", "source"), ("industry", "industry"),
                             ("region", "region"), ("creditGrade", "credit_grade"))
    } | {"parent": ("parent_id", "Party", False)},
    "contact": _AUTHORS | _OWNED | {"party": ("party_id", "Party", False)},
    "activity": _AUTHORS | _OWNED | {"party": ("party_id", "Party", False), "contact": ("contact_id", "Contact", False)},
    "user_account": _AUTHORS | {
        "department": ("department_id", "Department", True), "manager": ("manager_id", "User", True),
        "channel": ("channel_id", "Channel", False),
    },
    "department": _AUTHORS | {"parent": ("parent_id", "Department", True), "head": ("head_id", "User", True)},
    "role": _AUTHORS, "dictionary": _AUTHORS, "tag": _AUTHORS,
    "dictionary_item": _AUTHORS | {
        "dictionary": ("dictionary_id", "Dictionary", True), "parent": ("parent_id", "DictionaryItem", True),
    },
    "share": {"grantedBy": ("granted_by_id", "User", True)},
    "change": {"actor": ("actor_id", "User", True), "onBehalfOf": ("on_behalf_of_id", "User", True)},
    "session": {},
    "address": {"region": ("region_id", "DictionaryItem", True)},
    "activity_participant": {"user": ("user_id", "User", True), "contact": ("contact_id", "Contact", False)},
}  # fmt: skip
"""Table → field → (column, type, whether the target's card is shown to whoever sees the row)."""

_EVERY = {"shares": ("Share", "record_id"), "changes": ("Change", "record_id")}
TO_MANY: dict[str, dict[str, tuple[str, str]]] = {
    "party": _EVERY | {
        "subsidiaries": ("Party", "parent_id"), "contacts": ("Contact", "party_id"), "activities": ("Activity", "party_id"),
        "trail": ("Change", "party_id"),
    },
    "contact": _EVERY | {"activities": ("Activity", "contact_id")},
    "activity": _EVERY,
    "user_account": {"reports": ("User", "manager_id")},
    "department": {"children": ("Department", "parent_id"), "members": ("User", "department_id")},
    "dictionary": {"items": ("DictionaryItem", "dictionary_id")},
    "dictionary_item": {"children": ("DictionaryItem", "parent_id")},
}  # fmt: skip
"""Table → paged list → (type, its column that names this row)."""

_REACH = ("phoneNumbers", "PhoneNumber"), ("emailAddresses", "EmailAddress"), ("addresses", "Address")
PARTS: dict[str, dict[str, tuple[str, str]]] = {
    "party": {name: (type_, "party_id") for name, type_ in _REACH},
    "contact": {name: (type_, "contact_id") for name, type_ in _REACH},
    "activity": {"participants": ("ActivityParticipant", "activity_id")},
    "role": {"grants": ("RoleGrant", "role_id"), "fieldGrants": ("FieldGrant", "role_id")},
}
"""Table → plain list of value rows → (type, column)."""

THROUGH: dict[str, dict[str, tuple[str, str, str, str]]] = {
    table: {"tags": ("Tag", "record_tag", "record_id", "tag_id")} for table in ("party", "contact", "activity")
} | {
    "role": {"members": ("User", "role_member", "role_id", "user_id")},
    "user_account": {"roles": ("Role", "role_member", "user_id", "role_id")},
}
"""Table → plain list over a link table → (type, link, near column, far column)."""

STAFF_ALONE = {("User", "kind"), ("Department", "parent"), ("Department", "head")}
"""What a partner's people do not see of the cards they are shown."""

BEYOND_THE_CARD = {
    **dict.fromkeys(("email", "mobile", "extension", "locale", "timeZone", "manager", "channel", "reports"), ("user", "READ")),
    "roles": ("role", "READ"),
}
STAFF_READ = {"user_account", "department"}
ALL_READ = {"dictionary", "dictionary_item", "tag"}


def snake(name: str) -> str:
    """`creditLimit` → `credit_limit`."""
    return re.sub(r"([A-Z])", lambda found: f"_{found[1].lower()}", name)


class Oracle:
    """One viewer's rights over one company."""

    def __init__(self, company: Company, viewer: str) -> None:
        self.company = company
        self.viewer = viewer
        self.anonymous = viewer == "anonymous"
        self.person = None if self.anonymous else PEOPLE[viewer]
        self.kind = "ANONYMOUS" if self.person is None else self.person.kind
        self.id = None if self.anonymous else user_id(viewer)
        self.roles = [ROLES[name] for name in self.person.roles] if self.person else []

    # --- gates and scopes

    def scope(self, entity: str, action: str) -> str:
        """The widest scope of all roles; a partner's people never get past their own."""
        scope = max((role.grants.get((entity, action), "NONE") for role in self.roles), key=WIDTHS.index, default="NONE")
        return "OWN" if scope != "NONE" and self.kind == "CHANNEL" else scope

    def gate(self, entity: str, action: str) -> bool:
        return self.scope(entity, action) != "NONE"

    def holds(self, permission: str) -> bool:
        """Whether a root field that requires this may be used."""
        if permission == "public":
            return True
        if self.anonymous:
            return False
        if permission == "staff":
            return self.kind == "STAFF"
        if permission == "signed_in" or permission.startswith("*."):
            return True
        entity, _, action = permission.partition(".")
        return self.gate(entity, action.upper())

    @cached_property
    def staff(self) -> set[UUID]:
        """The viewer and everybody below them in the reporting line."""
        managers = {person.name: person.manager for person in PEOPLE.values()}
        below = {name for name in managers if self.viewer in upwards(name, managers)}
        return {user_id(name) for name in ({self.viewer} if self.kind == "CHANNEL" else below)} - {user_id("anonymous")}

    @cached_property
    def principals(self) -> set[UUID]:
        """Everything a share can name to reach the viewer."""
        if self.person is None:
            return set()
        found = {self.id, *(role_id(name) for name in self.person.roles)}
        if self.kind == "STAFF":
            found.add(EVERYONE_ID)
            if self.person.department is not None:
                found |= {department_id(name) for name in upwards(self.person.department, DEPARTMENTS)}
        return found  # type: ignore[return-value]

    @cached_property
    def departments_below(self) -> set[UUID | None]:
        mine = self.person.department if self.person else None
        return {
            department_id(name)
            for name in DEPARTMENTS
            if mine is not None and name != "shut" and mine in upwards(name, DEPARTMENTS)
        }

    def reaches(self, scope: str, owner: UUID | None, department: UUID | None) -> bool:
        """Whether an owner and a department lie inside a scope."""
        mine = department_id(self.person.department) if self.person else None
        match scope:
            case "ALL":
                return True
            case "OWN":
                return owner is not None and owner == self.id
            case "OWN_AND_SUBORDINATES":
                return owner in self.staff
            case "DEPARTMENT":
                return (owner is not None and owner == self.id) or (department is not None and department == mine)
            case "DEPARTMENT_TREE":
                return (owner is not None and owner == self.id) or (
                    department is not None and department in self.departments_below
                )
        return False

    # --- rows

    @staticmethod
    def entity(fact: Fact) -> str:
        """The name that roles grant for a row."""
        if fact.table == "party":
            return str(fact["type"]).lower()
        return "user" if fact.table == "user_account" else fact.table

    def reads(self, fact: Fact | None, *, binned: bool = False) -> bool:  # noqa: C901 -- one case for each table
        """Whether the viewer sees the row at all (`binned`: or would, were it not in the recycle bin)."""
        if fact is None or self.anonymous or (fact.values.get("deleted_at") is not None and not binned):
            return False
        entity = self.entity(fact)
        if entity in OWNED:
            return self.gate(entity, "READ") and self._reads_owned(fact, entity)
        match fact.table:
            case "user_account":
                return self.kind == "STAFF" or fact.id == self.id
            case "department":
                return self.kind == "STAFF"
            case "role":
                return self.kind == "STAFF" and self.gate("role", "READ")
            case "dictionary" | "dictionary_item" | "tag":
                return True
            case "session":
                return bool(fact["user_id"] == self.id)
            case "share" | "record_tag":
                return self.reads(self.record(fact["record_id"]))
            case "change":
                record = self.record(fact["record_id"])
                return record is not None and self.gate(self._log_gate(record), "READ") and self.reads(record)
            case "role_grant" | "field_grant" | "role_member":
                return self.reads(self.company.find("role", fact["role_id"]))
            case "activity_participant":
                return self.reads(self.company.find("activity", fact["activity_id"]))
            case "phone_number" | "email_address" | "address":
                parents = (self.company.find("party", fact["party_id"]), self.company.find("contact", fact["contact_id"]))
                return any(self.reads(parent) for parent in parents)
        raise AssertionError(f"the oracle knows nothing of {fact.table}: write down who may read it")

    def _log_gate(self, record: Fact) -> str:
        """Whose READ shows a record's log; an option has none of its own and goes with its dictionary."""
        return "dictionary" if record.table == "dictionary_item" else self.entity(record)

    def record(self, record_id: UUID) -> Fact | None:
        return self._records.get(record_id)

    @cached_property
    def _records(self) -> Mapping[UUID, Fact]:
        tables = ("party", "contact", "activity", "user_account", "department", "role", "dictionary", "dictionary_item", "tag")
        return {fact.id: fact for table in tables for fact in self.company.of(table)}

    def _reads_owned(self, fact: Fact, entity: str) -> bool:
        if fact["owner_id"] is not None and fact["owner_id"] in self.staff:
            return True
        if self.reaches(self.scope(entity, "READ"), fact["owner_id"], fact["department_id"]) or self.shared(fact):
            return True
        return fact.table in ("contact", "activity") and self.reads(self.company.find("party", fact["party_id"]))

    def shared(self, fact: Fact, *, edit: bool = False) -> bool:
        """Whether a share that has not ended reaches the viewer."""
        return any(
            share["record_id"] == fact.id and share["principal_id"] in self.principals
            and (not edit or share["access"] == "EDIT") and (share["expires_at"] is None or share["expires_at"] > BASE)
            for share in self.company.of("share")
        )  # fmt: skip

    def may(self, action: str, fact: Fact, *, deleted: bool = False) -> bool:
        """Whether the viewer may do something other than read to a row that stands there (or in the recycle bin)."""
        entity = self.entity(fact)
        if fact.table == "dictionary_item":
            return (fact["deleted_at"] is not None) == deleted and self.gate("dictionary", "ADMINISTER")
        if (fact.values.get("deleted_at") is not None) != deleted or not self.gate(entity, action):
            return False
        if deleted and not self.reads(fact, binned=True):
            return False
        if entity not in OWNED:
            return self.scope(entity, action) == "ALL"
        inside = self.reaches(self.scope(entity, action), fact["owner_id"], fact["department_id"])
        return inside or (action == "UPDATE" and self.shared(fact, edit=True))

    def rows(self, type_name: str) -> list[Fact]:
        """All rows of a type, seen or not, deleted or not."""
        facts = self.company.of(TABLES[type_name])
        return [fact for fact in facts if type_name not in PARTIES or fact["type"] == PARTIES[type_name]]

    def visible(self, type_name: str) -> list[Fact]:
        """The rows of a type that the viewer sees."""
        if type_name not in self._visible:
            self._visible[type_name] = [fact for fact in self.rows(type_name) if self.reads(fact)]
        return self._visible[type_name]

    @cached_property
    def _visible(self) -> dict[str, list[Fact]]:
        return {}

    def open(self, type_name: str) -> bool:
        """Whether a list of this type answers at all; a closed gate is FORBIDDEN wherever the list stands."""
        if type_name == "Party":
            return any(self.gate(entity, "READ") for entity in ("customer", "channel", "supplier"))
        entity = type_name.lower()
        return self.gate(entity, "READ") if entity in (*OWNED, "role") else True

    # --- fields

    def _restricted(self, entity: str, name: str, action: str, restrictions: tuple[str, ...]) -> bool:
        granting = [role for role in self.roles if role.grants.get((entity, action), "NONE") != "NONE"]
        wanted = f"{entity}.{name}"
        return bool(granting) and all(any(wanted in getattr(role, each) for each in restrictions) for role in granting)

    def hides(self, entity: str, name: str) -> bool:
        return self._restricted(entity, name, "READ", ("hidden",))

    def freezes(self, entity: str, name: str) -> bool:
        return self.hides(entity, name) or self._restricted(entity, name, "UPDATE", ("hidden", "frozen"))

    def hidden(self, type_name: str, name: str) -> bool:
        """Whether a field is null and FORBIDDEN, and cannot be filtered or ordered by. Of `Party`: if it is so for one of the
        three."""
        if type_name == "User" and name in BEYOND_THE_CARD and not self.gate(*BEYOND_THE_CARD[name]):
            return True
        if (type_name, name) in STAFF_ALONE and self.kind != "STAFF":
            return True
        entities = ("customer", "channel", "supplier") if type_name == "Party" else (type_name[0].lower() + type_name[1:],)
        return any(self.hides(entity, name) for entity in entities)

    # --- what lists hold

    def target(self, type_name: str, name: str, fact: Fact) -> Fact | None:
        """The row at a to-one field, or None where there is none for this viewer."""
        column, other, card = TO_ONE[TABLES[type_name]][name]
        found = self.company.find(TABLES[other], fact[column])
        if found is None or (other in PARTIES and found["type"] != PARTIES[other]):
            return None
        return found if card or self.reads(found) else None

    def children(self, type_name: str, name: str, fact: Fact) -> list[Fact]:
        """The rows in a list field of a row that the viewer sees."""
        table = TABLES[type_name]
        if name in TO_MANY.get(table, {}):
            other, column = TO_MANY[table][name]
            return [row for row in self.visible(other) if row[column] == fact.id]
        if name in PARTS.get(table, {}):
            other, column = PARTS[table][name]
            return [row for row in self.company.of(TABLES[other]) if row[column] == fact.id]
        other, link, near, far = THROUGH[table][name]
        keys = {row[far] for row in self.company.of(link) if row[near] == fact.id}
        return [row for row in self.visible(other) if row.id in keys]

    # --- filters

    def matches(self, type_name: str, fact: Fact, wanted: Mapping[str, Any]) -> bool:
        """Whether a row that the viewer sees fulfils a filter as a client writes it."""
        return all(self._holds(type_name, fact, name, value) for name, value in wanted.items())

    def _holds(self, type_name: str, fact: Fact, name: str, value: Any) -> bool:
        table = TABLES[type_name]
        if name == "and":
            return all(self.matches(type_name, fact, part) for part in value)
        if name == "or":
            return any(self.matches(type_name, fact, part) for part in value)
        if name == "not":
            return not self.matches(type_name, fact, value)
        if name == "tags":
            return bool({str(row.id) for row in self.children(type_name, "tags", fact)} & set(value))
        if name in TO_MANY.get(table, {}):
            other = TO_MANY[table][name][0]
            rows = self.children(type_name, name, fact)
            some = "some" not in value or any(self.matches(other, row, value["some"]) for row in rows)
            return some and ("none" not in value or not any(self.matches(other, row, value["none"]) for row in rows))
        if name in TO_ONE.get(table, {}):
            found = self.target(type_name, name, fact)
            return found is not None and self.matches(TO_ONE[table][name][1], found, value)
        if name.endswith("Id") and name[:-2] in TO_ONE.get(table, {}):
            return all(_compares(fact[TO_ONE[table][name[:-2]][0]], operator, operand) for operator, operand in value.items())
        return all(_compares(fact[snake(name)], operator, operand) for operator, operand in value.items())

    def asks_hidden(self, type_name: str, wanted: Mapping[str, Any]) -> bool:
        """Whether a filter asks about a field that is hidden from the viewer, at any depth."""
        table = TABLES[type_name]
        for name, value in wanted.items():
            if name in ("and", "or"):
                if any(self.asks_hidden(type_name, part) for part in value):
                    return True
            elif name == "not":
                if self.asks_hidden(type_name, value):
                    return True
            else:
                plain = name[:-2] if name.endswith("Id") and name[:-2] in TO_ONE.get(table, {}) else name
                if self.hidden(type_name, plain):
                    return True
                if name in TO_MANY.get(table, {}) and any(
                    self.asks_hidden(TO_MANY[table][name][0], part) for part in value.values()
                ):
                    return True
                if name in TO_ONE.get(table, {}) and self.asks_hidden(TO_ONE[table][name][1], value):
                    return True
        return False


def _compares(value: Any, operator: str, operand: Any) -> bool:  # noqa: C901 -- one case for each operator
    match operator:
        case "isNull":
            return (value is None) == operand
        case "ne":
            return value is None or value != _like(value, operand)
        case "in":
            return value is not None and any(value == _like(value, each) for each in operand)
    if value is None:
        return False
    other = _like(value, operand)
    match operator:
        case "eq":
            return bool(value == other)
        case "startsWith":
            return bool(value.startswith(other))
        case "contains":
            return other.lower() in value.lower()
        case "lt":
            return bool(value < other)
        case "lte":
            return bool(value <= other)
        case "gt":
            return bool(value > other)
        case "gte":
            return bool(value >= other)
    raise AssertionError(f"the oracle knows no operator {operator}")


def _like(value: Any, operand: Any) -> Any:
    """A client's operand as the type of the column's value."""
    if isinstance(value, datetime):
        return datetime.fromisoformat(operand)
    if isinstance(value, date):
        return date.fromisoformat(operand)
    if isinstance(value, Decimal):
        return Decimal(operand)
    return UUID(operand) if isinstance(value, UUID) and len(operand) == 36 else operand


# --- what a root field requires

LISTED = {"User": "staff", "Department": "staff", "Role": "role.read", "Dictionary": "signed_in", "DictionaryItem": "signed_in",
          "Tag": "signed_in", "Change": "signed_in"}  # fmt: skip
"""What reading a type that has no owner requires; owned ones require READ of themselves."""

VERBS = {"Create": "create", "Update": "update", "Delete": "delete", "Restore": "delete", "Complete": "update",
    "Cancel": "update",
         "Reopen": "update", "ResetPassword": "administer"}  # fmt: skip
NOUNS = ("customer", "channel", "supplier", "contact", "activity", "user", "department", "role", "tag", "dictionaryItem")
SPECIAL = {
    "me": "signed_in", "accessOf": "staff", "node": "signed_in", "signIn": "public", "signOut": "signed_in",
    "sessionRevoke": "signed_in", "dictionaryItemCreate": "dictionary.administer",
    "dictionaryItemUpdate": "dictionary.administer",
    "dictionaryItemDelete": "dictionary.administer", "dictionaryItemRestore": "dictionary.administer",
    "recordsShare": "*.share", "recordsUnshare": "*.share", "recordsTransfer": "*.transfer", "recordsTag": "*.update",
    "passwordChange": "signed_in", "recordPurge": "*.administer", "deletedRecords": "*.delete",
}  # fmt: skip


def permission(name: str, type_name: str | None = None) -> str:
    """What a root field requires by the rules; a field that follows no rule and stands in no table fails the matrix."""
    if name in SPECIAL:
        return SPECIAL[name]
    if type_name is not None:
        return LISTED.get(type_name) or f"{type_name.lower()}.read"
    for noun in NOUNS:
        if name.startswith(noun) and name[len(noun) :] in VERBS:
            return f"{noun}.{VERBS[name[len(noun) :]]}"
    raise AssertionError(f"{name}: write down what it requires, in tests/factories/oracle.py")
