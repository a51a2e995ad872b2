"""Why somebody may do something with one record: the branches of `visible`, asked one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from crm.access.binds import Binds
from crm.access.branches import Named, Owned, Partner, Via, Visible
from crm.access.grants import Action, Scope
from crm.access.loading import Connection
from crm.access.predicates import branch_read, looks_in, pooled, within
from crm.access.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Reason:
    """One way: OWNER, REPORTING_LINE, SCOPE (with the scope), SHARE (with the principal), PARTY, NAMED, POOL.NAMED, CHANNEL."""

    cause: str
    scope: Scope | None = None
    principal: UUID | None = None


async def explain(
    connection: Connection, rule: Visible, entity: str, record_id: UUID, viewer: Viewer, action: Action
) -> Sequence[Reason]:
    """All reasons why this viewer may do the action; none where the gate is closed or no way leads there."""
    if not viewer.rights.allows(entity, action) and (rule.gated or action is not Action.READ):
        return ()
    reasons: list[Reason] = []
    scope = viewer.rights.scope(entity, action)
    for cause, test in _ways(rule, entity, viewer, action, scope):
        binds = Binds()
        where = f"r.id = {binds.value(record_id)} AND r.deleted_at IS NULL AND {test(binds)}"
        text, values = binds.statement(f"SELECT 1 FROM {rule.table} r WHERE {where}", viewer)
        if await connection.fetch(text, *values):
            reasons.append(Reason(cause, scope if cause == "SCOPE" else None))
    if action in (Action.READ, Action.UPDATE):
        reasons += [Reason("SHARE", principal=key) for key in await _shares(connection, record_id, viewer, action)]
    return reasons


def _ways(
    rule: Visible, entity: str, viewer: Viewer, action: Action, scope: Scope
) -> Iterator[tuple[str, Callable[[Binds], str]]]:
    """(cause, how to render its test), for each branch that can lead to the action."""
    rights = viewer.rights
    if action is not Action.READ or rule.scoped:
        yield "SCOPE", lambda binds: within(rule, "r", scope, rights, binds)
    if action is not Action.READ:
        return
    if looks_in(rule, rights):
        yield "POOL", lambda _: pooled(rule, "r")
    for branch in rule.branches:
        match branch:
            case Owned(owner=owner, line=line):
                yield "OWNER", partial(_owner, owner)
                if line:
                    yield "REPORTING_LINE", partial(_below, owner)
            case Via():
                yield "PARTY", partial(branch_read, branch, rule, entity, "r", rights)
            case Named():
                yield "NAMED", partial(branch_read, branch, rule, entity, "r", rights)
            case Partner():
                yield "CHANNEL", partial(branch_read, branch, rule, entity, "r", rights)
            case _:
                continue


def _owner(column: str, binds: Binds) -> str:
    return f"r.{column} = {binds.viewer('id')}"


def _below(column: str, binds: Binds) -> str:
    return f"r.{column} = ANY({binds.viewer('staff')}) AND r.{column} <> {binds.viewer('id')}"


async def _shares(connection: Connection, record_id: UUID, viewer: Viewer, action: Action) -> list[UUID]:
    wanted = ["EDIT"] if action is Action.UPDATE else ["READ", "EDIT"]
    rows = await connection.fetch(
        "SELECT principal_id FROM share WHERE record_id = $1 AND principal_id = ANY($2) AND access = ANY($3)"
        " AND (expires_at IS NULL OR expires_at > now()) ORDER BY id",
        record_id, list(viewer.principals), wanted,
    )  # fmt: skip
    return [row["principal_id"] for row in rows]
