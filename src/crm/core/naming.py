"""Names on both sides of the schema: `credit_limit` inside, `creditLimit` for clients."""

from __future__ import annotations


def camel_case(name: str) -> str:
    """`credit_limit` → `creditLimit`."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def field_name(column: str) -> str:
    """The GraphQL field that shows a column: `level_id` → `level`, `credit_limit` → `creditLimit`."""
    return camel_case(column.removesuffix("_id"))
