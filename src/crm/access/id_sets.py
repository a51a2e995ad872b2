"""ID SET: the few rows a viewer sees, as a query of their ids; what lists of narrow viewers start from.

The other form of the same branches is in `predicates.py`; the permission matrix holds the two together.
"""

from __future__ import annotations

from collections.abc import Mapping

from crm.access.binds import Binds
from crm.access.branches import Branch, Named, Owned, Partner, Shared, Via, ViaRecord, Visible, named
from crm.access.grants import Action, Rights, Scope, ViewerKind
from crm.access.people import ids_of_their_channel
from crm.access.predicates import UNEXPIRED, any_of, branch_read, only_while, readable


def id_set(rule: Visible, rights: Rights, binds: Binds) -> str | None:
    """ID SET: a query of the ids the viewer may read, or None where no smaller set than the table exists.

    Deleted rows are not sorted out here: the statement that uses the set still tests `present` on the row it reads. Where one
    table holds several entities with different rights, the set is a superset and the predicate is tested on top.
    """
    sets = branch_id_sets(rule, rights, binds)
    return None if sets is None else " UNION ".join(sets)


def few_hold(rule: Visible, record: str, columns: Mapping[str, str], rights: Rights, binds: Binds) -> list[str]:
    """Tests of a record whose id is at hand, one for each branch: whether it is one of the few that the branch lets them see.

    `columns` are those of the record that are at hand, too. They are values and no joins, so that the few are read only where
    there is something to be tested. Like an id set this holds for more than is seen: `readable` is asked of what is left.
    """
    tests = []
    for branch in rule.branches:
        if isinstance(branch, Via) and branch.column in columns and (above := id_set(named(branch.parent), rights, binds)):
            tests.append(f"({columns[branch.column]} IN ({above})) IS TRUE")
        elif (ids := _branch_ids(branch, rule, rights, binds)) is not None:
            tests.append(f"({record} IN ({ids})) IS TRUE")
    return tests


def branch_id_sets(rule: Visible, rights: Rights, binds: Binds) -> list[str] | None:
    """The ids each branch gives, one query a branch; None where a branch gives (nearly) everything."""
    if rule.scoped and any(rights.scope(entity, Action.READ) is Scope.ALL for entity in rule.entities.values()):
        return None
    sets = [_branch_ids(branch, rule, rights, binds) for branch in rule.branches]
    return None if None in sets else [ids for ids in sets if ids is not None]


def _branch_ids(branch: Branch, rule: Visible, rights: Rights, binds: Binds) -> str | None:
    alias = binds.alias()
    match branch:
        case Owned():
            entities = [entity for entity in rule.entities.values() if not rule.gated or rights.allows(entity, Action.READ)]
            rows = any_of([branch_read(branch, rule, entity, alias, rights, binds, indexed=True) for entity in entities])
            return f"SELECT {alias}.id FROM {rule.table} {alias} WHERE {rows}"
        case Shared():
            kind = int(rule.kind) if rule.kind else 0
            return (
                f"SELECT s.record_id FROM share s WHERE s.principal_id = ANY({binds.viewer('principals')})"
                f" AND s.record_kind = {kind} AND {UNEXPIRED}"
            )
        case Via(staff=True) if rights.kind is ViewerKind.CHANNEL:
            return f"SELECT {alias}.id FROM {rule.table} {alias} WHERE FALSE"
        case Partner() if rights.kind is ViewerKind.CHANNEL:
            return ids_of_their_channel(branch, rule, binds)
        case Partner():
            return f"SELECT {alias}.id FROM {rule.table} {alias} WHERE FALSE"
        case Via(column=column, parent=parent):
            above = _seen_ids(named(parent), rights, binds)
            among = above and one_of(f"{alias}.{column}", named(parent), above)
            return among and f"SELECT {alias}.id FROM {rule.table} {alias} WHERE {among}"
        case ViaRecord():
            return _record_ids(branch, rule, rights, binds)
        case Named(table=table, column=column, user=user):
            beside = f"{table} n ON n.{column} = {alias}.id AND n.{user} = {binds.viewer('id')}"
            return f"SELECT {alias}.id FROM {rule.table} {alias} JOIN {beside} WHERE {only_while(branch, alias)}"
        case _:
            return None


def one_of(column: str, rule: Visible, ids: str) -> str:
    """The column is one of these ids of the rule's table.

    Where they come from tables further up, PostgreSQL reads the whole table: it takes them for thousands, or thinks that it meets
    them soon. Of an array it expects a few, which is what there are.
    """
    far = any(isinstance(branch, Via | ViaRecord) for branch in rule.branches)
    return f"{column} = ANY(ARRAY({ids}))" if far else f"{column} IN ({ids})"


def _seen_ids(rule: Visible, rights: Rights, binds: Binds) -> str | None:
    """The ids of a parent that are really seen: its set may hold deleted rows and other types' rows, which prove nothing."""
    ids = id_set(rule, rights, binds)
    if ids is None:
        return None
    alias = binds.alias()
    return f"SELECT {alias}.id FROM {rule.table} {alias} WHERE {alias}.id IN ({ids}) AND {readable(rule, alias, rights, binds)}"


def _record_ids(branch: ViaRecord, rule: Visible, rights: Rights, binds: Binds) -> str | None:
    """What hangs on records of any kind: that on the few owned ones the viewer sees, and that on the small tables they may."""
    parts = []
    for parent in branch.parents():
        if not branch.owned and not any(rights.allows(entity, Action.READ) for entity in parent.entities.values()):
            continue
        alias = binds.alias()
        select = f"SELECT {alias}.id FROM {rule.table} {alias} WHERE {alias}.record_kind = {int(parent.kind or 0)}"
        if not parent.owned:
            above = binds.alias()
            seen = readable(parent, above, rights, binds)
            parts.append(
                f"{select} AND EXISTS (SELECT FROM {parent.table} {above} WHERE {above}.id = {alias}.record_id AND {seen})"
            )
        elif (ids := _seen_ids(parent, rights, binds)) is not None:
            parts.append(f"{select} AND {alias}.record_id IN ({ids})")
        else:
            return None
    return " UNION ALL ".join(parts) or None
