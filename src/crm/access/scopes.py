"""Scopes as SQL: whose records a role reaches, by owner and department."""

from __future__ import annotations

from crm.access.binds import Binds
from crm.access.branches import Owned, Visible
from crm.access.grants import Rights, Scope
from crm.access.logic import FALSE, TRUE
from crm.access.people import closed, staff


def within(rule: Visible, alias: str, scope: Scope, rights: Rights, binds: Binds, *, indexed: bool = False) -> str:
    """The row lies inside a scope. Rows without owners are reached by ALL or not at all.

    `indexed` where rows are looked for by it: then the people and departments are an array, which an index is searched with.
    """
    if scope is Scope.ALL:
        return TRUE
    owned = next((branch for branch in rule.branches if isinstance(branch, Owned)), None)
    if owned is None or scope is Scope.NONE:
        return FALSE
    owner, department = f"{alias}.{owned.owner}", f"{alias}.{owned.department}"
    match scope:
        case Scope.OWN:
            return f"{owner} = {binds.viewer('id')}"
        case Scope.OWN_AND_SUBORDINATES:
            return staff(owner, rights, binds, indexed=indexed)
        case Scope.DEPARTMENT:
            return f"({owner} = {binds.viewer('id')} OR {department} = {binds.viewer('department')})"
        case _:
            if indexed:
                tree = f"{department} = ANY({binds.viewer('department_tree')})"
            else:
                top = binds.viewer("department")
                tree = closed("department_closure", "ancestor_id", top, "descendant_id", department, binds)
            return f"({owner} = {binds.viewer('id')} OR {tree})"
