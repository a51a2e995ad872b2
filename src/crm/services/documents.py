"""What numbered papers have in common: their fields close when somebody relies on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from crm.core.errors import DomainError, Invalid, Refusals
from crm.core.naming import camel_case
from crm.services.records import FieldChange


def refuse_closed(
    row: Any, values: Mapping[str, Any], lists: Sequence[FieldChange] = (), *, still_open: frozenset[str] = frozenset()
) -> None:
    """In its present state none of these fields can be changed, but for those still open; what stays as it is is no change."""
    names = [camel_case(name) for name, value in values.items() if getattr(row, name) != value and name not in still_open]
    errors: list[DomainError] = [
        Invalid(f"In state {row.status} this can no longer be changed.", ("input", name))
        for name in [*names, *dict.fromkeys(_field(change) for change in lists)]
    ]
    if errors:
        raise errors[0] if len(errors) == 1 else Refusals(errors)


def _field(change: FieldChange) -> str:
    """The argument that a change was given by; custom fields come in one."""
    return "customFields" if change.field.startswith("custom.") else change.field
