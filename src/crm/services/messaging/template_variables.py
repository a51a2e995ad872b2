"""The variables of a template of any medium: those that were declared, and those that its text names besides."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from crm.core.errors import Invalid
from crm.rules.messaging.placeholders import LONGEST_VALUE, is_name

VARIABLES = ("input", "variables")
SHOWN = ("name", "source", "longest", "example")
GIVEN = "GIVEN"
LONGEST_EXAMPLE = 60


def declared_variables(names: Sequence[str], declared: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The whole list; what the text names and nobody declared is to be given."""
    rows: list[dict[str, Any]] = []
    for place, item in enumerate(declared):
        row = _variable(item, (*VARIABLES, str(place)))
        if row["name"] in [each["name"] for each in rows]:
            raise Invalid("This variable is in the list already.", (*VARIABLES, str(place), "name"))
        rows.append(row)
    if unknown := [row["name"] for row in rows if row["name"] not in names]:
        raise Invalid(f"The text has no placeholder {{{unknown[0]}}}.", VARIABLES)
    known = {row["name"] for row in rows}
    return rows + [_variable({"name": name}, VARIABLES) for name in names if name not in known]


def given_values(given: Mapping[str, Any], variables: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """The values that somebody gave, each for a variable that takes one."""
    wanted = {row["name"] for row in variables if row["source"] == GIVEN}
    values: dict[str, str] = {}
    for place, item in enumerate(given.get("variables") or ()):
        if item["name"] not in wanted or item["name"] in values:
            raise Invalid("The template takes no such value, or has it already.", (*VARIABLES, str(place), "name"))
        values[item["name"]] = item["value"]
    return values


def _variable(item: Mapping[str, Any], where: tuple[str, ...]) -> dict[str, Any]:
    name = str(item["name"]).strip()
    if not is_name(name):
        raise Invalid("Names of variables are letters, digits and underscores.", (*where, "name"))
    longest = item.get("longest", 50)
    if not 1 <= longest <= LONGEST_VALUE:
        raise Invalid(f"Between 1 and {LONGEST_VALUE} characters.", (*where, "longest"))
    example = (item.get("example") or "").strip() or None
    if example is not None and (len(example) > LONGEST_EXAMPLE or "\0" in example):
        raise Invalid(f"An example has at most {LONGEST_EXAMPLE} characters.", (*where, "example"))
    return {"name": name, "source": str(item.get("source") or GIVEN), "longest": longest, "example": example}
