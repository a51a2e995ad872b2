"""What is asked of a row, field by field, and what the oracle says should come back."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLInterfaceType, GraphQLList, GraphQLObjectType, get_named_type, get_nullable_type
from tests.factories import walk
from tests.factories.company import Fact
from tests.factories.oracle import PARTS, TABLES, TO_ONE, Oracle
from tests.factories.oracle_computed import COMPUTED, SELECTIONS

OPEN_ENDED = {
    "Activity.actions", "Call.actions", "Opportunity.actions", "Contract.actions", "Delivery.actions", "Announcement.actions",
    "Job.actions", "ProcessTask.actions", "Project.actions", "Maintenance.actions", "ServiceCase.actions", "CallBack.actions",
    "ChannelAssignment.actions", "ChannelSubmission.actions", "MarketingTask.actions", "Channel.results",
    "StoredFile.downloadPath", "SmsMessage.actions", "SmsBatch.actions", "EmailMessage.actions", "EmailBatch.actions",
    "Change.record", "Change.fields", "Share.principal", "Session.current", "ScheduleEvent.occurrences",
}  # fmt: skip
"""Computed fields, each with a test of its own (or nothing to hide: what the flow table allows follows from the status)."""

PART_TYPES = {type_name for parts_of in PARTS.values() for type_name, _ in parts_of.values()}


def selection(type_name: str) -> str:
    """Every field of a type that takes no arguments, one level deep."""
    chosen = ["id"]
    for name, made in walk.fields_of(type_name).items():
        where, named = f"{type_name}.{name}", get_named_type(made.type)
        if walk.element(made) is not None or where in OPEN_ENDED or name == "id":
            continue
        if (type_name, name) in SELECTIONS:
            chosen.append(f"{name} {SELECTIONS[type_name, name]}")
        elif not isinstance(named, GraphQLObjectType | GraphQLInterfaceType):
            chosen.append(name)
        elif isinstance(get_nullable_type(made.type), GraphQLList):
            chosen.append(f"{name} {{ {_inner(named.name)} }}")
        else:
            chosen.append(f"{name} {{ id }}")
    return " ".join(chosen)


def _inner(type_name: str) -> str:
    """What is asked of a row in a plain list: its id, or all its fields where it is part of the record."""
    if type_name not in PART_TYPES:
        return "id"
    return " ".join(
        part if is_plain(field) else f"{part} {SELECTIONS.get((type_name, part), '{ id }')}"
        for part, field in walk.fields_of(type_name).items()
    )


def is_plain(field: Any) -> bool:
    """Whether a field holds a value, and no row."""
    return not isinstance(get_named_type(field.type), GraphQLObjectType | GraphQLInterfaceType)


def shown(oracle: Oracle, type_name: str, name: str, row: Fact) -> Any:
    """What a field holds for this viewer: a column, what is computed, or the row at the other end."""
    if (type_name, name) in COMPUTED:
        return COMPUTED[type_name, name](oracle, row)
    if name in TO_ONE.get(TABLES[type_name], {}):
        target = oracle.target(type_name, name, row)
        return None if target is None else {"id": str(target.id)}
    return walk.value_of(row, name)


def parts(oracle: Oracle, type_name: str, name: str, row: Fact, found: Any) -> tuple[Any, Any]:
    """The value rows of a record, in whatever order: what came back, and what should have."""
    inner = PARTS[TABLES[type_name]][name][0]
    asked = walk.fields_of(inner)
    wanted = [{part: shown(oracle, inner, part, fact) for part in asked} for fact in oracle.children(type_name, name, row)]
    return sorted(map(str, found or [])), sorted(map(str, wanted))
