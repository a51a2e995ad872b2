"""Where the id of a merged record leads: to the record that stands for it."""

from __future__ import annotations

from crm.access.binds import Binds
from crm.access.branches import Visible


def stand_in(rule: Visible, value: str, binds: Binds) -> str:
    """The id that a client's id leads to: of a row that was merged into another, that other's."""
    if not rule.merging:
        return value
    alias = binds.alias()
    return f"coalesce((SELECT {alias}.merged_into_id FROM {rule.table} {alias} WHERE {alias}.id = {value}), {value})"


def survivor_of(rule: Visible, value: str, binds: Binds) -> str:
    """The same as a query by itself, with no row where nothing stands for it."""
    alias = binds.alias()
    found = f"{alias}.id = {value} AND {alias}.merged_into_id IS NOT NULL"
    return f"SELECT {alias}.merged_into_id AS id FROM {rule.table} {alias} WHERE {found}"
