"""Typed orders, made from a noun's sortable columns: `orderBy: [{field: NAME, direction: DESC}]`."""

from __future__ import annotations

import enum
from typing import Any

import strawberry
from strawberry.utils.str_converters import to_camel_case

from crm.access.grants import Rights
from crm.access.keyset import Term
from crm.core.errors import BadUserInput, FieldForbidden
from crm.graph.custom_fields import custom_terms
from crm.graph.declarations import Column
from crm.graph.nouns import Noun, hidden_fields, noun_named, optional, order_terms

MAX_TERMS = 3
CUSTOM_ORDER = "The key of a sortable custom field (自定义字段), as the only term; records without a value come last, either way."


@strawberry.enum(description="Which way a list runs.")
class Direction(enum.Enum):
    """ASC puts rows without a value last, DESC first."""

    ASC = "ASC"
    DESC = "DESC"


def order_of(target: type) -> type:
    """The order input of a noun, over the enum of its sortable fields."""
    name = target.__name__
    entry = noun_named(name)
    sortable = {key.upper(): key for key, made in entry.fields.items() if isinstance(made, Column) and made.sort}
    make: Any = enum.Enum  # a name made at run time
    members = make(f"{name}OrderField", sortable, module=__name__)
    fields = strawberry.enum(members, description=f"What a list of {name} can be ordered by.")
    namespace: dict[str, Any] = {
        "__annotations__": {"field": fields, "direction": Direction},
        "__module__": __name__,
        "field": strawberry.field(description="The field to order by."),
        "direction": strawberry.field(description="Which way.", default=Direction.ASC),
    }
    if entry.rule.owned and entry.rule.kind is not None and entry.entity is not None:
        namespace["__annotations__"] = {"field": optional(fields), "custom_field": str | None, "direction": Direction}
        namespace["field"] = strawberry.field(
            description="The field to order by; this or `customField`.", default=strawberry.UNSET
        )
        namespace["custom_field"] = strawberry.field(description=CUSTOM_ORDER, default=strawberry.UNSET)
    made = type(f"{name}Order", (), namespace)
    return strawberry.input(made, description=f"One term of the order of a list of {name}; the id settles ties.")


def terms_of(entry: Noun, wanted: list[Any] | None, rights: Rights) -> tuple[Term, ...]:
    """A client's order as keyset terms; hidden fields cannot be ordered by."""
    if not wanted:
        return entry.order
    if len(wanted) > MAX_TERMS:
        raise BadUserInput(f"`orderBy` takes at most {MAX_TERMS} terms.")
    custom = [key for term in wanted if (key := _custom(term)) is not None]
    if custom:
        if len(wanted) > 1 or _field(wanted[0]) is not None:
            raise BadUserInput("`orderBy` takes a `customField` alone; the id settles ties.")
        return custom_terms(entry, custom[0], rights, descending=_descends(wanted[0]))
    terms = [_read(term) for term in wanted]
    names = [name for name, _ in terms]
    if len(set(names)) < len(names):
        raise BadUserInput("`orderBy` names a field twice.")
    hidden = hidden_fields(entry, rights)
    for name in names:
        if name in hidden:
            raise FieldForbidden(entry.key(to_camel_case(name)))
    return order_terms(entry, terms)


def _read(term: Any) -> tuple[str, bool]:
    """A term's field, and whether it runs down: of Strawberry's input, or of the dict that is made from."""
    field = _field(term)
    if field is None:
        raise BadUserInput("`orderBy` has a term without a field.")
    return field.value, _descends(term)


def _field(term: Any) -> Any:
    found = term.get("field") if isinstance(term, dict) else term.field
    return None if found is strawberry.UNSET else found


def _custom(term: Any) -> str | None:
    found = term.get("customField") if isinstance(term, dict) else getattr(term, "custom_field", None)
    return None if found is strawberry.UNSET else found


def _descends(term: Any) -> bool:
    return (term["direction"] if isinstance(term, dict) else term.direction) is Direction.DESC
