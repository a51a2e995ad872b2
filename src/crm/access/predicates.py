"""`visible` and `may` as SQL: one list of branches, two forms.

PREDICATE tests a row at hand: single rows, children, and lists of viewers who see much. ID SET starts from the few rows a viewer
sees: lists, counts and searches of narrow viewers. No single form is fast for both (a viewer of 0.1 % waits 250 ms for the first
page under the predicate, one of 20 % waits 850 ms under the set).

Nothing here ever joins a grant in: rows would multiply and locks fail. Shares are always `EXISTS` or `IN`.
"""

from __future__ import annotations

from collections.abc import Callable

from crm.access.binds import Binds
from crm.access.branches import (
    Branch,
    Granted,
    Myself,
    Named,
    Owned,
    Partner,
    Shared,
    SignedIn,
    Staff,
    Told,
    Via,
    ViaEditable,
    ViaRecord,
    Visible,
    named,
)
from crm.access.grants import Action, Rights, Scope, ViewerKind
from crm.access.logic import FALSE, TRUE, all_of, any_of
from crm.access.people import of_their_channel, staff
from crm.access.scopes import within

__all__ = [
    "FALSE", "TRUE", "UNEXPIRED", "all_of", "any_of", "beyond_window", "branch_read", "looks_in", "only_while", "permitted",
    "pooled", "present", "readable", "within",
]  # fmt: skip

UNEXPIRED = "(s.expires_at IS NULL OR s.expires_at > now())"


def present(rule: Visible, alias: str, *, deleted: bool | None = False) -> str:
    """The row is not in the recycle bin (or, with `deleted`, is; None leaves that open)."""
    if deleted is None:
        return TRUE
    if not rule.recycled:
        return FALSE if deleted else TRUE
    return f"{alias}.deleted_at IS {'NOT ' if deleted else ''}NULL"


def readable(
    rule: Visible,
    alias: str,
    rights: Rights,
    binds: Binds,
    *,
    proven: frozenset[str] = frozenset(),
    fixed: str | None = None,
    deleted: bool | None = False,
    window: bool = False,
) -> str:
    """PREDICATE: the viewer may read the row under `alias` (or, with `deleted`, might if it were not in the recycle bin).

    `deleted` None is both, so that whoever saw a row may learn that it went. `proven` names columns whose target the statement
    has already proven visible: a branch `Via` such a column holds. `fixed` is the discriminator's value where the statement
    reads one type of several, so that only that entity's rights are asked. `window`: or sees it through the table's window.
    """

    def rows(entity: str) -> str:
        return _read_rows(rule, entity, alias, rights, binds, proven)

    seen = _by_entity(rule, alias, rights, Action.READ, rows, fixed)
    if window and looks_in(rule, rights, fixed):
        seen = any_of([seen, pooled(rule, alias)])
    shown = [present(rule, alias, deleted=deleted), seen]
    if rule.internal is not None and rights.kind is ViewerKind.CHANNEL:
        shown.append(f"NOT {alias}.{rule.internal}")
    if rule.shows is not None and rights.withheld:  # values of custom fields that every role of the viewer hides
        shown.append(f"{alias}.{rule.shows} <> ALL({binds.value(list(rights.withheld))}::uuid[])")
    return all_of(shown)


def looks_in(rule: Visible, rights: Rights, fixed: str | None = None) -> bool:
    """Whether there can be rows that this permission set sees through the table's window and no other way."""
    pool = rule.window
    if pool is None or fixed not in (None, pool.type) or rights.scope(pool.entity, Action.READ) is not Scope.ALL:
        return False
    entity = rule.entities[pool.type]
    return rights.allows(entity, Action.READ) and rights.scope(entity, Action.READ) is not Scope.ALL


def pooled(rule: Visible, alias: str) -> str:
    """The row lies behind the table's window, whoever looks."""
    assert rule.window is not None
    return f"({alias}.{rule.window.owner} IS NULL AND {alias}.{rule.discriminator} = '{rule.window.type}')"


def beyond_window(column: str, parent: str, alias: str, rights: Rights, binds: Binds) -> str:
    """Of a row whose `column` names something the viewer is known to see: they see that otherwise than through its window."""
    rule = named(parent)
    if not looks_in(rule, rights):
        return TRUE
    above = binds.alias()
    seen = any_of([f"NOT {pooled(rule, above)}", readable(rule, above, rights, binds)])
    return binds.exists(f"{rule.table} {above} WHERE {above}.id = {alias}.{column} AND {seen}")


def permitted(
    rule: Visible,
    alias: str,
    rights: Rights,
    binds: Binds,
    action: Action,
    *,
    deleted: bool = False,
    fixed: str | None = None,
) -> str:
    """PREDICATE: the viewer may do `action` to the row: by scope, and for UPDATE by an EDIT share too."""

    def rows(entity: str) -> str:
        parts = [within(rule, alias, rights.scope(entity, action), rights, binds)]
        if action is Action.UPDATE and rule.owned:
            parts.append(_shared(alias, binds, edit=True))
        return any_of(parts)

    return all_of([present(rule, alias, deleted=deleted), _by_entity(rule, alias, rights, action, rows, fixed)])


def branch_read(
    branch: Branch,
    rule: Visible,
    entity: str,
    alias: str,
    rights: Rights,
    binds: Binds,
    proven: frozenset[str] = frozenset(),
    *,
    indexed: bool = False,
) -> str:
    """One way of seeing the row, as a predicate; `indexed` where rows are looked for by it."""
    match branch:
        case Owned(owner=owner, line=line):
            mine = f"{alias}.{owner} = {binds.viewer('id')}"
            below = staff(f"{alias}.{owner}", rights, binds, indexed=indexed) if line else mine
            return any_of([within(rule, alias, rights.scope(entity, Action.READ), rights, binds, indexed=indexed), below])
        case Shared():
            return _shared(alias, binds, edit=False)
        case Via():
            return _via(branch, alias, rights, binds, proven)
        case Partner():
            return of_their_channel(branch, alias, binds) if rights.kind is ViewerKind.CHANNEL else FALSE
        case ViaRecord():
            way = _proven if "record_id" in proven else _via_record
            return way(branch, alias, rights, binds)
        case Myself(column=column):
            return f"{alias}.{column} = {binds.viewer('id')}"
        case Named() | Told():
            return _named(branch, alias, binds) if isinstance(branch, Named) else _told(branch, alias, binds)
        case ViaEditable(column=column, parent=parent):
            return _via_editable(column, parent, alias, rights, binds)
        case Granted() | Staff() | SignedIn():
            return TRUE if _all_rows(branch, entity, rights) else FALSE


def _all_rows(branch: Granted | Staff | SignedIn, entity: str, rights: Rights) -> bool:
    """Whether the viewer is one of those who see every row."""
    match branch:
        case Granted():
            return rights.scope(entity, Action.READ) is Scope.ALL
        case Staff():
            return rights.kind in (ViewerKind.STAFF, ViewerKind.SYSTEM)
        case SignedIn():
            return rights.kind is not ViewerKind.ANONYMOUS


def _read_rows(rule: Visible, entity: str, alias: str, rights: Rights, binds: Binds, proven: frozenset[str]) -> str:
    """Branches are rendered cheapest first and stop at the first that always holds, so no useless value is bound."""
    parts: list[str] = []
    for branch in rule.branches:
        part = branch_read(branch, rule, entity, alias, rights, binds, proven)
        if part == TRUE:
            return TRUE
        parts.append(part)
    return any_of(parts)


def _by_entity(rule: Visible, alias: str, rights: Rights, action: Action, rows: Callable[[str], str], fixed: str | None) -> str:
    """Apply gate and rows per entity; where one table holds several, equal outcomes are merged into one test of the type."""
    if not rule.entities:
        return rows("")
    outcomes: dict[str, list[str]] = {}
    for value, entity in rule.entities.items():
        if fixed is None or value == fixed:
            closed = (rule.gated or action is not Action.READ) and not rights.allows(entity, action)
            outcomes.setdefault(FALSE if closed else rows(entity), []).append(value)
    if rule.discriminator is None or len(outcomes) == 1:
        return next(iter(outcomes))
    column = f"{alias}.{rule.discriminator}"
    return any_of([all_of([_is_one_of(column, values), outcome]) for outcome, values in outcomes.items()])


def _is_one_of(column: str, values: list[str]) -> str:
    """The values are names of our own (`CUSTOMER`), never a client's."""
    listed = ", ".join(f"'{value}'" for value in values)
    return f"{column} IN ({listed})"


def _shared(alias: str, binds: Binds, *, edit: bool) -> str:
    access = " AND s.access = 'EDIT'" if edit else ""
    principals = binds.viewer("principals")
    tests = f"s.record_id = {alias}.id AND s.principal_id = ANY({principals}){access} AND {UNEXPIRED}"
    return binds.exists(f"share s WHERE {tests}")


def _via(branch: Via, alias: str, rights: Rights, binds: Binds, proven: frozenset[str]) -> str:
    if branch.staff and rights.kind is ViewerKind.CHANNEL:
        return FALSE
    if branch.column in proven:
        return TRUE if branch.window else beyond_window(branch.column, branch.parent, alias, rights, binds)
    above, rule = binds.alias(), named(branch.parent)
    seen = readable(rule, above, rights, binds, window=branch.window)
    if seen == FALSE:
        return FALSE
    return binds.exists(f"{rule.table} {above} WHERE {above}.id = {alias}.{branch.column} AND {seen}")


def _named(branch: Named, alias: str, binds: Binds) -> str:
    beside = binds.alias()
    tests = f"{beside}.{branch.column} = {alias}.id AND {beside}.{branch.user} = {binds.viewer('id')}"
    return all_of([binds.exists(f"{branch.table} {beside} WHERE {tests}"), only_while(branch, alias)])


def _told(branch: Told, alias: str, binds: Binds) -> str:
    beside = binds.alias()
    same = " AND ".join(f"{beside}.{column} = {alias}.{column}" for column in branch.columns)
    tests = f"{same} AND {beside}.{branch.user} = {binds.viewer('id')} AND NOT {beside}.withheld"
    return binds.exists(f"{branch.table} {beside} WHERE {tests}")


def only_while(branch: Named, alias: str) -> str:
    """The row is in a state in which the people named beside it see it."""
    return TRUE if branch.only is None else _is_one_of(f"{alias}.{branch.only[0]}", list(branch.only[1]))


def _via_editable(column: str, parent: str, alias: str, rights: Rights, binds: Binds) -> str:
    above, rule = binds.alias(), named(parent)
    # Both, as `records.claim` asks both: a scope for changing that is wider than the one for seeing opens nothing.
    may = all_of([permitted(rule, above, rights, binds, Action.UPDATE), readable(rule, above, rights, binds)])
    return may if may == FALSE else binds.exists(f"{rule.table} {above} WHERE {above}.id = {alias}.{column} AND {may}")


def _proven(branch: ViaRecord, alias: str, rights: Rights, binds: Binds) -> str:
    """The record is seen; what hangs on those that are seen without a grant still asks for READ of their entity."""
    behind = [] if branch.window else _behind_windows(branch, alias, rights, binds)
    if branch.owned:
        return all_of(behind)
    closed = [
        f"{alias}.record_kind <> {int(rule.kind)}"
        for rule in branch.parents()
        if rule.kind is not None
        and not rule.gated
        and not any(rights.allows(entity, Action.READ) for entity in rule.entities.values())
    ]
    return all_of([*closed, *behind])


def _behind_windows(branch: ViaRecord, alias: str, rights: Rights, binds: Binds) -> list[str]:
    """Of records that can be seen through a window: they are seen otherwise."""
    return [
        f"({alias}.record_kind <> {int(rule.kind)} OR {beyond_window('record_id', rule.name, alias, rights, binds)})"
        for rule in branch.parents()
        if rule.kind is not None and looks_in(rule, rights)
    ]


def _via_record(branch: ViaRecord, alias: str, rights: Rights, binds: Binds) -> str:
    parts = []
    for rule in branch.parents():
        if not branch.owned and not any(rights.allows(entity, Action.READ) for entity in rule.entities.values()):
            continue
        above = binds.alias()
        seen = readable(rule, above, rights, binds, window=branch.window)
        if seen != FALSE and rule.kind is not None:
            row = binds.exists(f"{rule.table} {above} WHERE {above}.id = {alias}.record_id AND {seen}")
            parts.append(f"({alias}.record_kind = {int(rule.kind)} AND {row})")
    return any_of(parts)
