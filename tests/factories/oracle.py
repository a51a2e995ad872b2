"""Who may do what, in plain Python over the company's facts: written from the rules of the domain, and not from the SQL under
test."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

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
from tests.factories.company_custom import HELD
from tests.factories.company_roles import UNGATED
from tests.factories.oracle_permissions import NOUNS, VERBS, Aim, permission
from tests.factories.oracle_tables import (
    FOR_OUR_PEOPLE,
    NAMED,
    PARTIES,
    PARTS,
    PROCESS_PARTS,
    PROCESSES,
    SHOWN_WITH_THE_ROW,
    TABLES,
    THEIR_CHANNELS,
    THROUGH,
    TO_MANY,
    TO_ONE,
    VALUE_ROWS,
    WITH_THEIR_PARTY,
    snake,
)

from crm.core.ids import EVERYONE_ID

__all__ = [
    "NOUNS", "OWNED", "PARTIES", "PARTS", "TABLES", "THROUGH", "TO_MANY", "TO_ONE", "VERBS", "Oracle", "permission", "snake",
]  # fmt: skip

WIDTHS = ("NONE", "OWN", "OWN_AND_SUBORDINATES", "DEPARTMENT", "DEPARTMENT_TREE", "ALL")

GATED = (*OWNED, "role", "call_disclosure", "duplicate_disclosure", "blocked_number", "sms_opt_out", "email_suppression",
         "email_message", "email_thread")  # fmt: skip
"""Entities whose lists are closed without READ, but for those that need no grant."""

STAFF_ALONE = {("User", "kind"), ("Department", "parent"), ("Department", "head"), ("ChannelSubmission", "duplicates")}
"""What a partner's people do not see of the cards they are shown."""

BEYOND_THE_CARD = {
    **dict.fromkeys(("email", "mobile", "extension", "locale", "timeZone", "manager", "channel", "reports"), ("user", "READ")),
    "roles": ("role", "READ"),
}
REQUIRING = {
    **dict.fromkeys((("SmsAccount", "url"), ("SmsAccount", "secretSet")), ("sms_account", "UPDATE")),
    **{
        ("EmailAccount", name): ("email_account", "UPDATE")
        for name in ("smtpHost", "smtpPort", "smtpUser", "returnPath", "smtpError", "imapHost", "imapPort", "imapUser",
                     "imapError", "smtpSecretSet", "imapSecretSet")
    },
}  # fmt: skip
"""Fields that take more than sight of their row."""
DEPENDS = {
    ("SmsMessage", "number"): ("e164",),
    ("SmsMessage", "e164"): ("number",),
    ("Opportunity", "weightedAmount"): ("amount", "probability"),
    ("ForecastSnapshot", "weightedAmount"): ("amount", "probability"),
    ("ForecastSnapshot", "amountNow"): ("amount",),
    ("ForecastSnapshot", "weightedAmountNow"): ("weightedAmount", "amount", "probability"),
    ("Call", "number"): ("numberE164",),
    ("Call", "numberE164"): ("number",),
}
"""Fields that would tell another one: hidden wherever that is."""


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
        self._judged: dict[tuple[str, Any, bool], bool] = {}

    @cached_property
    def channel(self) -> UUID | None:
        """The channel that a partner's person works for."""
        account = None if self.id is None else self.company.find("user_account", self.id)
        return None if account is None else account["channel_id"]  # type: ignore[no-any-return]

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
        if self.channel is not None:
            found.add(self.channel)
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
        return {"user_account": "user", "pool_policy": "pool"}.get(fact.table, fact.table)

    def sees(self, fact: Fact | None) -> bool:
        """Whether the viewer sees the row where it is asked for by itself: also as one of the public pool."""
        return fact is not None and (self.reads(fact) or self.pooled(fact))

    def pooled(self, fact: Fact) -> bool:
        """Whether the row is a customer of nobody, and the viewer one of those who look into the pool."""
        lies = fact.table == "party" and fact["type"] == "CUSTOMER" and fact["owner_id"] is None and fact["deleted_at"] is None
        return lies and not self.anonymous and self.gate("customer", "READ") and self.scope("pool", "READ") == "ALL"

    def reads(self, fact: Fact | None, *, binned: bool = False) -> bool:
        """Whether the viewer sees the row at all (`binned`: or would, were it not in the recycle bin)."""
        if fact is None or self.anonymous or (fact.values.get("deleted_at") is not None and not binned):
            return False
        if "id" not in fact.values:
            return self._sees(fact)
        place = (fact.table, fact.id, binned)
        if place not in self._judged:
            self._judged[place] = self._sees(fact)
        return self._judged[place]

    def _sees(self, fact: Fact) -> bool:  # noqa: C901 -- one case for each table
        entity = self.entity(fact)
        if entity in OWNED:
            return (entity in UNGATED or self.gate(entity, "READ")) and self._reads_owned(fact, entity)
        if fact.table in VALUE_ROWS:
            table, column = VALUE_ROWS[fact.table]
            return self.reads(self.company.find(table, fact[column]))
        if fact.table in PROCESS_PARTS:
            return self.reads(self.process_of(fact))
        match fact.table:
            case "forecast_snapshot":
                mine = fact["owner_id"] is not None and fact["owner_id"] in self.staff
                scope = self.scope("opportunity", "READ")
                return scope != "NONE" and (mine or self.reaches(scope, fact["owner_id"], fact["department_id"]))
            case "job":
                return bool(fact["starter_id"] == self.id) or self.scope("job", "READ") == "ALL"
            case "user_account":
                return self.kind == "STAFF" or fact.id == self.id
            case "channel_task":
                return self._of_their_channel(fact) or self._beside_ours(fact)
            case "comment":
                return (self.kind == "STAFF" or not fact["internal"]) and self.reads(self.record(fact["record_id"]))
            case (
                "department"
                | "ring_group"
                | "competitor"
                | "duplicate_policy"
                | "channel_group"
                | "territory"
                | "sms_account"
                | "sms_template"
                | "email_template"
            ):
                return self.kind == "STAFF"
            case "role":
                return self.kind == "STAFF" and self.gate("role", "READ")
            case "call_disclosure" | "duplicate_disclosure":
                return self.kind == "STAFF" and self.gate(fact.table, "READ")
            case "call_back":
                return self.reads(self.company.find("call", fact["call_id"]))
            case "email_message" | "email_thread":
                return self.gate(fact.table, "READ") and self.reads(self.company.find("email_account", fact["account_id"]))
            case "blocked_number" | "sms_opt_out" | "email_suppression":
                return self.kind == "STAFF" and self.gate(fact.table, "READ")
            case "call_match":
                call, party = self.company.find("call", fact["call_id"]), self.company.find("party", fact["party_id"])
                return self.reads(call) and (self.reads(party) or self.was_told(fact))
            case "custom_value":
                return self.sees(self.record(fact["record_id"])) and self.shows_value(fact)
            case "pool_policy":
                return self.scope("pool", "READ") == "ALL"
            case "pool_stay":
                return self.sees(self.company.find("party", fact["party_id"]))
            case (
                "dictionary" | "dictionary_item" | "tag" | "pipeline" | "custom_field" | "work_calendar" | "calendar_day"
                | "sla_policy"
            ):  # fmt: skip
                return True
            case "session" | "reminder" | "notification" | "calendar_feed":
                return bool(fact["user_id"] == self.id)
            case "announcement_receipt":
                return bool(fact["user_id"] == self.id) or self.edits(self.company.find("announcement", fact["announcement_id"]))
            case "announcement_audience":
                return self.edits(self.company.find("announcement", fact["announcement_id"]))
            case "share" | "merge" | "stored_file":
                return self.reads(self.record(fact["record_id"]))
            case "record_tag":
                return self.sees(self.record(fact["record_id"]))
            case "change":
                record = self.record(fact["record_id"])
                return record is not None and self.gate(self._log_gate(record), "READ") and self.reads(record)
            case "phone_number" | "email_address" | "address":
                party, contact = self.company.find("party", fact["party_id"]), self.company.find("contact", fact["contact_id"])
                return self.reads(contact) or (self.reads(party) if fact.table == "address" else self.sees(party))
        raise AssertionError(f"the oracle knows nothing of {fact.table}: write down who may read it")

    def _log_gate(self, record: Fact) -> str:
        """Whose READ shows a record's log; an option has none of its own and goes with its dictionary."""
        return "dictionary" if record.table == "dictionary_item" else self.entity(record)

    def process_of(self, fact: Fact) -> Fact | None:
        """The record of the sales process that a stakeholder, a task … hangs on."""
        return next(row for table in PROCESSES if (row := self.company.find(table, fact[f"{table}_id"])) is not None)

    def record(self, record_id: UUID) -> Fact | None:
        return self._records.get(record_id)

    @cached_property
    def _records(self) -> Mapping[UUID, Fact]:
        tables = {TABLES[name[0].upper() + name[1:]] for name in NOUNS} | {"dictionary", "pool_policy", "email_message"}
        return {fact.id: fact for table in tables for fact in self.company.of(table)}

    def standing(self, fact: Fact) -> Fact:
        """What the id of a row leads to: where it was merged into another, that other."""
        survivor = self.company.find(fact.table, fact.values.get("merged_into_id"))
        return fact if survivor is None else survivor

    def missing(self, fact: Fact) -> str:
        """What whoever does not see a row is told who would write it."""
        return "CONFLICT" if self.standing(fact) is not fact and self.reads(self.standing(fact)) else "NOT_FOUND"

    def _reads_owned(self, fact: Fact, entity: str) -> bool:
        if fact.table == "email_account":  # nobody sees it for standing above its owner, and it is not shared
            mine = fact["owner_id"] is not None and fact["owner_id"] == self.id
            return mine or self.reaches(self.scope(entity, "READ"), fact["owner_id"], fact["department_id"]) or self.named(fact)
        if fact["owner_id"] is not None and fact["owner_id"] in self.staff:
            return True
        if self.reaches(self.scope(entity, "READ"), fact["owner_id"], fact["department_id"]) or self.shared(fact):
            return True
        if fact.table in WITH_THEIR_PARTY and self.reads(self.company.find("party", fact["party_id"])):
            return True
        if self._of_their_channel(fact) or self._beside_ours(fact):
            return True
        if fact.table == "sms_message" and self.reads(self.company.find("sms_batch", fact["batch_id"])):
            return True
        return self.named(fact)

    def _of_their_channel(self, fact: Fact) -> bool:
        """Whether it is for the channel that a partner's person works for; a marketing task, whether it was dispatched to it."""
        if self.channel is None:
            return False
        if fact.table == "marketing_task":
            parts = self.company.of("channel_task")
            return any(row["marketing_task_id"] == fact.id and row["channel_id"] == self.channel for row in parts)
        return fact.table in THEIR_CHANNELS and fact["channel_id"] == self.channel

    def _beside_ours(self, fact: Fact) -> bool:
        """Whether one of our own people sees what it hangs on."""
        if self.kind != "STAFF":
            return False
        above = FOR_OUR_PEOPLE.get(fact.table, ())
        return any(self.reads(self.company.find(table, fact[column])) for table, column in above)

    def named(self, fact: Fact) -> bool:
        """Whether the viewer is named beside the row: their telephone rang, they are invited, it was published to them."""
        if fact.table not in NAMED:
            return False
        table, column, states = NAMED[fact.table]
        if states is not None and fact["status"] not in states:
            return False
        return any(row[column] == fact.id and row["user_id"] == self.id for row in self.company.of(table))

    def edits(self, fact: Fact | None) -> bool:
        """Whether the viewer sees the row and may change it."""
        return fact is not None and self.reads(fact) and self.may("UPDATE", fact)

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
        if fact.table in ("dictionary_item", "custom_field"):
            administers = self.gate(fact.table.removesuffix("_item"), "ADMINISTER")
            return (fact["deleted_at"] is not None) == deleted and administers
        if (fact.values.get("deleted_at") is not None) != deleted or not self.gate(entity, action):
            return False
        if deleted and not self.reads(fact, binned=True):
            return False
        if entity not in OWNED:
            return self.scope(entity, action) == "ALL"
        inside = self.reaches(self.scope(entity, action), fact["owner_id"], fact["department_id"])
        return inside or (action == "UPDATE" and self.shared(fact, edit=True))

    def does(self, aim: Aim, fact: Fact) -> bool:  # noqa: C901 -- one case for each rule
        """Whether a row that the viewer sees is theirs for a mutation, where the gate is open."""
        holder = fact.values.get("claimed_by_id")
        match aim.rule:
            case "holds" | "holds or above":
                return holder is not None and holder in ({self.id} if aim.rule == "holds" else self.staff)
            case "rang":
                return holder == self.id or self.named(fact)
            case "in hand":
                return holder == self.id if holder is not None else self.named(fact)
            case "unknown or held":
                return holder == self.id if holder is not None else self.named(fact) and fact["party_id"] is None
            case "named":
                return self._beside(fact)
            case "own" | "of nobody":
                return True
            case "of its record":
                process = self.process_of(fact)
                return process is not None and self.may(aim.action, process)
            case "ours":
                return self.kind == "STAFF" and self.may(aim.action, fact)
            case "their channel's":
                return self.channel is not None and fact["channel_id"] == self.channel
            case "of the record":
                record = self.record(fact["record_id"])
                return record is not None and self.may(aim.action, record)
            case "works with" | "writes from":
                account = self.company.find("email_account", fact["account_id"])
                return account is not None and self.mails_from(account, writing=aim.rule == "writes from")
            case "author":
                return bool(fact["author_id"] == self.id)
            case "another's":
                return self.may(aim.action, fact) and not self._concerned(fact)
            case "give back":
                return self.may("UPDATE" if fact["owner_id"] == self.id else "TRANSFER", fact)
        return self.may(aim.action, fact)

    def mails_from(self, account: Fact, *, writing: bool = True) -> bool:
        """Whether a mailbox is the viewer's, or they are one of its members; `writing`: one who may also send."""
        members = {row["user_id"]: row["may_send"] for row in self.company.of("email_member") if row["account_id"] == account.id}
        return account["owner_id"] == self.id or (self.id in members and (members[self.id] or not writing))

    def _beside(self, fact: Fact) -> bool:
        table, column, _ = NAMED[fact.table]
        return any(row[column] == fact.id and row["user_id"] == self.id for row in self.company.of(table))

    def _concerned(self, fact: Fact) -> bool:
        """A contract under review that the viewer owns, or has submitted."""
        submitted = [
            each["actor_id"] for each in self.company.of("change")
            if each["record_id"] == fact.id and each["verb"] == "contract.submit"
        ]  # fmt: skip
        return fact["status"] == "IN_REVIEW" and self.id in (fact["owner_id"], *submitted)

    def told(self, permission_of_topic: str, fact: Fact, *, binned: bool = False) -> bool:
        """Whether an event about the row is pushed to the viewer; `binned`: also that it lies in the recycle bin."""
        return self.holds(permission_of_topic) and self.reads(fact, binned=binned)

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

    def listed(self, name: str, type_name: str) -> list[Fact]:
        """The rows that a root list of this name and type holds for the viewer."""
        if name != "poolCustomers":
            return self.visible(type_name)
        return [fact for fact in self.rows(type_name) if fact["owner_id"] is None and self.sees(fact)]

    def open(self, type_name: str) -> bool:
        """Whether a list of this type answers at all; a closed gate is FORBIDDEN wherever the list stands."""
        if type_name == "Party":
            return any(self.gate(entity, "READ") for entity in ("customer", "channel", "supplier"))
        entity = "opportunity" if type_name == "ForecastSnapshot" else snake(type_name)
        return self.gate(entity, "READ") if entity in GATED and entity not in UNGATED else True

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
        if (type_name, name) in REQUIRING and not self.gate(*REQUIRING[type_name, name]):
            return True
        if (type_name, name) == ("StageChange", "amount"):
            return self.hides("opportunity", "amount")
        if (type_name, name) == ("Project", "cost"):
            return not self.gate("maintenance", "READ") or self.hides("maintenance", "cost") or self.hides("project", "cost")
        entities = self.entities(type_name)
        names = (name, *DEPENDS.get((type_name, name), ()))
        return any(self.hides(entity, each) for entity in entities for each in names)

    @staticmethod
    def entities(type_name: str) -> tuple[str, ...]:
        """The entities whose roles say what of a type is hidden."""
        known = {"Party": ("customer", "channel", "supplier"), "ForecastSnapshot": ("opportunity",)}
        return known.get(type_name, (snake(type_name),))

    # --- custom fields and segments

    def shows_value(self, value: Fact) -> bool:
        """Whether no role hides the field that this is a value of."""
        field = self.company.find("custom_field", value["field_id"])
        return field is not None and not self.hides(field["entity"], f"custom.{field['key']}")

    def asked_of_value(self, fact: Fact, asked: Mapping[str, Any]) -> bool:
        """Whether a record has such a value; of an entity without the field none has."""
        entity = self.entity(fact)
        field = next(
            (row for row in self.company.of("custom_field") if (row["entity"], row["key"]) == (entity, asked["key"])), None
        )
        if field is None:
            return False
        column = HELD[field["type"]]
        held = [row[column] for row in self.values_of(fact) if row["field_id"] == field.id]
        for name, value in asked.items():
            if name == "isNull" and bool(held) == value:
                return False
            if name not in ("key", "isNull") and not _of_some(held, value):
                return False
        return True

    def values_of(self, fact: Fact) -> list[Fact]:
        return self._values_of.get(fact.id, [])

    @cached_property
    def _values_of(self) -> dict[Any, list[Fact]]:
        found: dict[Any, list[Fact]] = {}
        for row in self.company.of("custom_value"):
            found.setdefault(row["record_id"], []).append(row)
        return found

    def _asks_hidden_beside(self, type_name: str, name: str, value: Any) -> bool:
        if name == "inSegment":
            return self.segment_asks_hidden(value)
        keys = [f"custom.{each['key']}" for each in value]
        return self.hidden(type_name, name) or any(self.hides(entity, key) for entity in self.entities(type_name) for key in keys)

    def asks_broken(self, wanted: Mapping[str, Any]) -> bool:
        """Whether a filter names a segment that is made of one that the viewer does not see."""
        segment = self.segment(wanted["inSegment"]) if "inSegment" in wanted else None
        return segment is not None and self.broken(segment)

    def segment(self, segment_id: str) -> Fact | None:
        """The segment of an id, if the viewer sees it."""
        found = next((row for row in self.company.of("segment") if str(row.id) == segment_id), None)
        return found if self.reads(found) else None

    def in_segment(self, fact: Fact, segment_id: str) -> bool:
        """Whether a record is in a segment: what the viewer does not see holds nothing."""
        segment = self.segment(segment_id)
        if segment is None or self.entity(fact) != segment["holds"].lower():
            return False
        if segment["kind"] == "STATIC":
            return any(
                (row["segment_id"], row["record_id"]) == (segment.id, fact.id) for row in self.company.of("segment_member")
            )
        return self.matches(segment["holds"].title(), fact, json.loads(segment["asked"]))

    def segment_asks_hidden(self, segment_id: str) -> bool:
        segment = self.segment(segment_id)
        if segment is None or segment["kind"] == "STATIC":
            return False
        return self.asks_hidden(segment["holds"].title(), json.loads(segment["asked"]))

    def counts(self, segment: Fact) -> int | None:
        """How many records a segment holds that the viewer sees; None where they may not ask."""
        type_name = segment["holds"].title()
        if not self.open(type_name) or self.segment_asks_hidden(str(segment.id)) or self.broken(segment):
            return None
        return sum(self.in_segment(fact, str(segment.id)) for fact in self.visible(type_name))

    def broken(self, segment: Fact) -> bool:
        """Whether it is made of another that the viewer does not see: nobody is told something that is not so."""
        used = [row["used_id"] for row in self.company.of("segment_use") if row["segment_id"] == segment.id]
        return any(self.segment(str(key)) is None for key in used)

    # --- what lists hold

    def target(self, type_name: str, name: str, fact: Fact) -> Fact | None:
        """The row at a to-one field, or None where there is none for this viewer."""
        column, other, card = TO_ONE[TABLES[type_name]][name]
        found = self.company.find(TABLES[other], fact[column])
        if found is None or (other in PARTIES and found["type"] != PARTIES[other]):
            return None
        if type_name == "CallMatch" and name == "contact" and self.restricted(fact):
            return None
        if type_name == "CallMatch" and name == "party":
            return found if self.sees(found) else None
        return found if card or self.reads(found) else None

    def restricted(self, match: Fact) -> bool:
        """Of a match whose party the viewer may not see, that it exists and who owns it is told, and nothing else."""
        return not self.sees(self.company.find("party", match["party_id"]))

    def was_told(self, match: Fact) -> bool:
        """Whether it stands in the log that the viewer was told of this match when the call rang them."""
        return any(
            row["call_id"] == match["call_id"] and row["party_id"] == match["party_id"] and row["user_id"] == self.id
            and not row["withheld"] for row in self.company.of("call_disclosure")
        )  # fmt: skip

    def children(self, type_name: str, name: str, fact: Fact) -> list[Fact]:
        """The rows in a list field of a row that the viewer sees."""
        table = TABLES[type_name]
        if name in TO_MANY.get(table, {}):
            other, column = TO_MANY[table][name]
            return [row for row in self.visible(other) if row[column] == fact.id]
        if name in PARTS.get(table, {}):
            other, column = PARTS[table][name]
            rows = [row for row in self.company.of(TABLES[other]) if row[column] == fact.id]
            return (
                [row for row in rows if self.reads(row)]
                if other in ("CallMatch", "CustomValue", "Address", "EmailSuggestion")
                else rows
            )
        other, link, near, far = THROUGH[table][name]
        keys = {row[far] for row in self.company.of(link) if row[near] == fact.id}
        if (table, name) in SHOWN_WITH_THE_ROW:
            return [row for row in self.company.of(TABLES[other]) if row.id in keys]
        return [row for row in self.visible(other) if row.id in keys]

    # --- filters

    def matches(self, type_name: str, fact: Fact, wanted: Mapping[str, Any]) -> bool:
        """Whether a row that the viewer sees fulfils a filter as a client writes it."""
        return all(self._holds(type_name, fact, name, value) for name, value in wanted.items())

    def _holds(self, type_name: str, fact: Fact, name: str, value: Any) -> bool:
        table = TABLES[type_name]
        if name in ("and", "or", "not"):
            parts = [self.matches(type_name, fact, part) for part in ([value] if name == "not" else value)]
            return {"and": all(parts), "or": any(parts), "not": not all(parts)}[name]
        if name == "customFields":
            return all(self.asked_of_value(fact, each) for each in value)
        if name == "inSegment":
            return self.in_segment(fact, value)
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
        return all(_holds(fact[snake(name)], operator, operand) for operator, operand in value.items())

    def asks_hidden(self, type_name: str, wanted: Mapping[str, Any]) -> bool:
        """Whether a filter asks about a field that is hidden from the viewer, at any depth."""
        table = TABLES[type_name]
        for name, value in wanted.items():
            if name in ("and", "or", "not"):
                if any(self.asks_hidden(type_name, part) for part in ([value] if name == "not" else value)):
                    return True
            elif name in ("inSegment", "customFields"):
                if self._asks_hidden_beside(type_name, name, value):
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


def _of_some(held: list[Any], asked: Mapping[str, Any]) -> bool:
    """Whether one of the values fulfils all bounds together; that none is such is asked of all of them."""
    together = {name: operand for name, operand in asked.items() if name not in ("ne", "isNull")}
    if together and not any(all(_holds(value, name, operand) for name, operand in together.items()) for value in held):
        return False
    if "ne" in asked and any(_compares(value, "eq", asked["ne"]) for value in held):
        return False
    return "isNull" not in asked or bool(held) != asked["isNull"]


def _holds(value: Any, operator: str, operand: Any) -> bool:
    """Whether a value is in a period, or compares with another as asked."""
    return (_in_time if operator in ("during", "before") else _compares)(value, operator, operand)


def _in_time(value: Any, operator: str, period: str) -> bool:
    """Whether an instant or a day lies in a year or before a day of the viewers', who all live in one time zone."""
    if value is None:
        return False
    zone = ZoneInfo("Asia/Shanghai")
    day, today = value.astimezone(zone).date() if isinstance(value, datetime) else value, datetime.now(zone).date()
    if (operator, period) == ("during", "THIS_YEAR"):
        return bool(day.year == today.year)
    assert (operator, period) == ("before", "TODAY"), "the oracle knows these two"
    return bool(day < today)


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
