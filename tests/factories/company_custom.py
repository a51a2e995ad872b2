"""Custom fields of the fixture company with their values, and its segments."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from tests.factories.company_roles import OWNED
from tests.factories.company_rows import Company, Fact, bits, key, owned, record, share, tag, user_id

from crm.core.kinds import Kind
from crm.core.pinyin import name_key

FIELDS: dict[str, dict[str, dict[str, Any]]] = {
    **{entity: {"mark": {"type": "TEXT", "sortable": True}} for entity in OWNED},
    "customer": {
        "mark": {"type": "TEXT", "sortable": True},
        "size": {"type": "NUMBER", "sortable": True},
        "worth": {"type": "MONEY"},
        "since": {"type": "DATE", "sortable": True},
        "grade": {"type": "OPTION", "dictionary": "industry"},
        "uses": {"type": "MULTI_OPTION", "dictionary": "region"},
        "engineer": {"type": "USER"},
        "referrer": {"type": "RECORD", "target": "customer"},
        "vip": {"type": "YES_NO", "sortable": True},
        "former": {"type": "TEXT", "active": False},
        "binned": {"type": "TEXT"},
    },
}
FIELDS["supplier"] = FIELDS["supplier"] | {"size": {"type": "NUMBER"}}
FIELDS["contact"] = FIELDS["contact"] | {"rank": {"type": "NUMBER", "sortable": True}}
COLUMNS = ("text", "text_key", "number", "day", "yes_no", "option_id", "user_id", "target_id")
HELD = {
    "TEXT": "text", "NUMBER": "number", "MONEY": "number", "DATE": "day", "OPTION": "option_id", "MULTI_OPTION": "option_id",
    "USER": "user_id", "RECORD": "target_id", "YES_NO": "yes_no",
}  # fmt: skip


def custom_fields(company: Company) -> None:
    """The definitions, and a value of most of them for most records, deleted ones included."""
    for entity, fields in FIELDS.items():
        for place, (name, made) in enumerate(fields.items()):
            company.add(
                "custom_field", **record(Kind.CUSTOM_FIELD, f"{entity}.{name}", deleted=name == "binned"), entity=entity,
                key=name, type=made["type"], label_zh=f"字段 {name}", label_en=f"{name} of {entity}",
                dictionary_id=key(Kind.DICTIONARY, made["dictionary"]) if "dictionary" in made else None,
                target=made.get("target"), required=False, distinct_values=False, default_value=None,
                filterable=True, sortable=made.get("sortable", False), importable=name != "former", position=place,
                active=made.get("active", True),
            )  # fmt: skip
    for entity in OWNED:
        table = "party" if entity in ("customer", "channel", "supplier") else entity
        for fact in list(company.of(table)):
            if table != "party" or fact["type"] == entity.upper():
                _values(company, entity, fact, Kind[table.upper()])


def _values(company: Company, entity: str, fact: Fact, kind: Kind) -> None:
    for name, made in FIELDS[entity].items():
        number = bits(f"{name} of {fact.id}")
        if number % 4 and name != "binned":
            for place, value in enumerate(_value(made, number)):
                _row(company, f"{entity}.{name}", fact, kind, place, value)


def _row(company: Company, field: str, fact: Fact, kind: Kind, place: int, value: Mapping[str, Any]) -> None:
    company.add(
        "custom_value", id=key(Kind.CUSTOM_VALUE, f"{field} {fact.id} {place}"), field_id=key(Kind.CUSTOM_FIELD, field),
        record_id=fact.id, record_kind=int(kind), position=place, **{**dict.fromkeys(COLUMNS), **value}, taken=None,
    )  # fmt: skip


def _value(made: Mapping[str, Any], number: int) -> list[dict[str, Any]]:
    options = [key(Kind.DICTIONARY_ITEM, f"{made.get('dictionary')} {item}") for item in ("one", "two", "old")]
    match made["type"]:
        case "TEXT":
            text = f"mark {number % 13}"
            return [{"text": text, "text_key": name_key(text)}]
        case "NUMBER" | "MONEY":
            return [{"number": Decimal(f"{number % 40}.5000")}]
        case "DATE":
            return [{"day": date(2026, 1, 1) + timedelta(days=number % 50)}]
        case "OPTION":
            return [{"option_id": options[number % 3]}]
        case "MULTI_OPTION":
            return [{"option_id": each} for each in options[: 1 + number % 3]]
        case "USER":
            return [{"user_id": user_id(("agent", "outsider", "mixed")[number % 3])}]
        case "RECORD":
            return [{"target_id": key(Kind.PARTY, f"customer of {('agent', 'outsider', 'closed')[number % 3]}")}]
    return [{"yes_no": bool(number % 2)}]


ASKED: dict[str, tuple[str, dict[str, Any]]] = {
    "leads": ("CUSTOMER", {"lifecycle": {"in": ["LEAD", "ACTIVE"]}}),
    "large": ("CUSTOMER", {"customFields": [{"key": "size", "number": {"gte": "20"}}]}),
    "credit": ("CUSTOMER", {"creditLimit": {"gt": "5000.0000"}}),
    "marked": ("CONTACT", {"customFields": [{"key": "mark", "text": {"startsWith": "mark 1"}}]}),
    "sources": ("SUPPLIER", {"name": {"contains": "shared"}}),
    "partners": ("CHANNEL", {"not": {"name": {"contains": "shared"}}}),
}
"""What dynamic segments ask for."""


def segments(company: Company) -> None:
    """Segments of several people, dynamic and static, shared, made of each other, and in the recycle bin."""
    for name, (holds, asked) in ASKED.items():
        _segment(company, f"{name} of outsider", "outsider", holds, asked)
    shared = {"leads": "agent READ", "large": "everyone READ", "credit": "partner READ", "marked": "mixed EDIT"}
    for name, label in shared.items():
        made = _segment(company, f"{name} shared {label}", "outsider", *ASKED[name])
        share(company, made.id, Kind.SEGMENT, label)
    for owner in (None, "agent", "junior", "partner", "manager", "hider", "closed"):
        _segment(company, f"leads of {owner or 'nobody'}", owner, *ASKED["leads"])
    for owner in ("agent", "outsider", "partner"):
        _segment(company, f"static of {owner}", owner, "CUSTOMER", None)
        _segment(company, f"deleted segment of {owner}", owner, "CUSTOMER", None, deleted=True)
    for used in ("leads of agent", "static of agent"):
        asked = {"inSegment": str(key(Kind.SEGMENT, used))}
        made = _segment(company, f"made of {used}", "outsider", "CUSTOMER", asked)
        company.add("segment_use", id=len(company.of("segment_use")) + 1, segment_id=made.id, used_id=key(Kind.SEGMENT, used))
        share(company, made.id, Kind.SEGMENT, "agent READ")
    everybody = _segment(company, "static for everybody", "outsider", "CUSTOMER", None)
    share(company, everybody.id, Kind.SEGMENT, "everyone READ")


def _segment(
    company: Company, name: str, owner: str | None, holds: str, asked: dict[str, Any] | None, *, deleted: bool = False
) -> Fact:
    fact = company.add(
        "segment", **owned(Kind.SEGMENT, name, owner, None, deleted=deleted), name=name, name_key=name_key(name),
        description=f"what {name} is for", holds=holds, kind="STATIC" if asked is None else "DYNAMIC",
        asked=None if asked is None else json.dumps(asked), frozen_at=None,
    )  # fmt: skip
    for party in [row for row in company.of("party") if asked is None and row["type"] == holds]:
        if bits(f"{name} {party.id}") % 2:
            company.add("segment_member", id=len(company.of("segment_member")) + 1, segment_id=fact.id, record_id=party.id)
    tag(company, fact, Kind.SEGMENT)
    return fact
