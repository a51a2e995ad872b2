"""From a token to a viewer: one statement for who they are and what their roles grant, a few for how much they see."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, Protocol
from uuid import UUID

import orjson

from crm.access.binds import Binds
from crm.access.branches import Via, ViaRecord, Visible, declared, named
from crm.access.catalogue import Catalogue, catalogue_named
from crm.access.grants import Action, Restriction, Rights, Scope, ViewerKind
from crm.access.id_sets import branch_id_sets
from crm.access.viewer import Viewer
from crm.core.ids import EVERYONE_ID

NARROW_SHARE = 0.02
NARROW_ROWS = 20_000
"""A viewer is narrow on a table while they see at most this part and this many of its rows (measured crossing: 1–5 %)."""
MOST_KEPT = 1024
"""Sets of grants that are remembered as rights; each is some tens of kilobytes."""


class Connection(Protocol):
    """As much of a database connection as is needed here."""

    async def fetchrow(self, query: str, *args: object) -> Any:
        """The first row, or None."""

    async def fetch(self, query: str, *args: object) -> Any:
        """All rows."""


_VIEWER = """
SELECT u.id, u.username, u.kind, u.department_id, u.channel_id, u.time_zone, e.epoch, e.catalogue, {session} AS session,
    ARRAY(SELECT c.subordinate_id FROM reporting_closure c WHERE c.superior_id = u.id) AS staff,
    ARRAY(SELECT c.ancestor_id FROM department_closure c WHERE c.descendant_id = u.department_id) AS departments,
    ARRAY(SELECT c.descendant_id FROM department_closure c WHERE c.ancestor_id = u.department_id) AS department_tree,
    ARRAY(SELECT m.role_id FROM role_member m JOIN role r ON r.id = m.role_id
          WHERE m.user_id = u.id AND r.deleted_at IS NULL) AS roles,
    ARRAY(SELECT DISTINCT r.cost_budget FROM role_member m JOIN role r ON r.id = m.role_id
          WHERE m.user_id = u.id AND r.deleted_at IS NULL ORDER BY 1) AS budgets,
    (SELECT coalesce(json_agg(json_build_array(g.role_id, g.entity, g.action, g.scope)), '[]') FROM role_grant g
        JOIN role_member m ON m.role_id = g.role_id JOIN role r ON r.id = g.role_id
        WHERE m.user_id = u.id AND r.deleted_at IS NULL) AS grants,
    (SELECT coalesce(json_agg(json_build_array(f.role_id, f.entity, f.field, f.restriction)), '[]') FROM field_grant f
        JOIN role_member m ON m.role_id = f.role_id JOIN role r ON r.id = f.role_id
        WHERE m.user_id = u.id AND r.deleted_at IS NULL) AS restrictions
FROM {origin} CROSS JOIN rights_epoch e
WHERE u.active AND u.deleted_at IS NULL AND {condition}
"""

_BY_TOKEN = _VIEWER.format(
    session="s.id",
    origin="session s JOIN user_account u ON u.id = s.user_id",
    condition="s.token_hash = $1 AND s.revoked_at IS NULL AND s.expires_at > now()",
)
_BY_SESSION = _VIEWER.format(
    session="s.id",
    origin="session s JOIN user_account u ON u.id = s.user_id",
    condition="s.id = ANY($1::uuid[]) AND s.revoked_at IS NULL AND s.expires_at > now()",
)
_BY_USER = _VIEWER.format(session="NULL::uuid", origin="user_account u", condition="u.id = ANY($1::uuid[])")


def token_hash(token: str) -> bytes:
    """What is stored of a token."""
    return hashlib.sha256(token.encode()).digest()


async def load_by_token(connection: Connection, token: str, *, estimated: bool = True) -> Viewer | None:
    """The viewer a token belongs to; None for one that is unknown, expired, revoked, or of a disabled user.

    `estimated`: with the estimate of which tables they see only a sliver of, which takes a statement for each.
    """
    row = await connection.fetchrow(_BY_TOKEN, token_hash(token))
    if row is None:
        return None
    viewer = await _viewer(connection, row)
    return await _narrowed(connection, viewer) if estimated else viewer


async def load_by_session(connection: Connection, session_id: UUID) -> Viewer | None:
    """The viewer of a session that has begun already, as the database has it now."""
    row = await connection.fetchrow(_BY_SESSION, [session_id])
    return None if row is None else await _narrowed(connection, await _viewer(connection, row))


async def load_by_sessions(connection: Connection, session_ids: Sequence[UUID]) -> dict[UUID, Viewer]:
    """The viewers of many sessions by one statement, without the estimate of how much they see; ended sessions are left out."""
    rows = await connection.fetch(_BY_SESSION, list(session_ids))
    return {row["session"]: await _viewer(connection, row) for row in rows}


async def load_by_user(connection: Connection, user_id: UUID) -> Viewer | None:
    """The viewer that an active user would be, without a session: to explain rights, never to act with them."""
    return next(iter(await load_by_users(connection, [user_id])), None)


async def load_by_users(connection: Connection, user_ids: Sequence[UUID]) -> list[Viewer]:
    """The same of several people, by one statement; those who are not active are left out."""
    return [await _viewer(connection, row) for row in await connection.fetch(_BY_USER, list(user_ids))]


async def _viewer(connection: Connection, row: Any) -> Viewer:
    return _made(row, await catalogue_named(connection, row["catalogue"]))


def _made(row: Any, custom: Catalogue) -> Viewer:
    kind = ViewerKind(row["kind"])
    principals = [row["id"], *row["roles"]]
    if kind is ViewerKind.STAFF:
        principals += [*row["departments"], EVERYONE_ID]
    elif row["channel_id"] is not None:
        principals.append(row["channel_id"])
    return Viewer(
        rights=_rights(kind, row["grants"], row["restrictions"], custom),
        id=row["id"],
        username=row["username"],
        session=row["session"],
        epoch=row["epoch"],
        staff=(row["id"],) if kind is ViewerKind.CHANNEL else tuple({row["id"], *row["staff"]}),
        principals=tuple(principals),
        department=row["department_id"],
        department_tree=tuple(row["department_tree"]),
        time_zone=row["time_zone"],
        budgets=tuple(row["budgets"]),
        channel=row["channel_id"],
    )


@lru_cache(maxsize=MOST_KEPT)
def _rights(kind: ViewerKind, grants: str, restrictions: str, custom: Catalogue) -> Rights:
    """What roles grant together, as the database printed it: a call asks for it of everybody whom it rings."""
    held = orjson.loads(grants)
    hidden, frozen = restricted(held, orjson.loads(restrictions))
    return Rights(kind, widest([tuple(of_role[1:]) for of_role in held]), hidden, frozen, custom=custom)


def widest(grants: Sequence[tuple[str, str, str]]) -> dict[tuple[str, Action], Scope]:
    """Of several roles the widest scope wins."""
    scopes: dict[tuple[str, Action], Scope] = {}
    for entity, action, scope in grants:
        key, granted = (entity, Action(action)), Scope(scope)
        if granted.width > scopes.get(key, Scope.NONE).width:
            scopes[key] = granted
    return scopes


def restricted(grants: Sequence[Sequence[str]], restrictions: Sequence[Sequence[str]]) -> tuple[frozenset[str], frozenset[str]]:
    """The fields that are hidden and those that are frozen.

    A field is hidden only if all roles hide it: all that grant reading its entity, because a role that says nothing of customers
    must not open their credit limits. Likewise frozen among the roles that grant updating; what is hidden is frozen too.
    """

    def held_by_all(action: Action, kinds: tuple[Restriction, ...]) -> frozenset[str]:
        granting: dict[str, set[str]] = {}
        for role, entity, granted, scope in grants:
            if granted == action and scope != Scope.NONE:
                granting.setdefault(entity, set()).add(role)
        restricting: dict[tuple[str, str], set[str]] = {}
        for role, entity, field, restriction in restrictions:
            if restriction in kinds:
                restricting.setdefault((entity, field), set()).add(role)
        return frozenset(
            f"{entity}.{field}"
            for (entity, field), roles in restricting.items()
            if granting.get(entity, set()) and granting[entity] <= roles
        )

    hidden = held_by_all(Action.READ, (Restriction.HIDDEN,))
    return hidden, hidden | held_by_all(Action.UPDATE, (Restriction.HIDDEN, Restriction.FROZEN))


async def _narrowed(connection: Connection, viewer: Viewer) -> Viewer:
    """Estimate of which tables the viewer sees only a sliver; kept with the viewer, and only ever a question of speed."""
    narrow: set[str] = set()
    for rule in sorted(declared(), key=_depth):
        if (rule.owned or _follows(rule)) and await _is_narrow(connection, rule, viewer, narrow):
            narrow.add(rule.table)
    return replace(viewer, rights=replace(viewer.rights, narrow=frozenset(narrow)))


def _depth(rule: Visible) -> int:
    """How many tables stand above this one: whoever sees much of a table sees much of those that are seen through it."""
    above = [named(branch.parent) for branch in rule.branches if isinstance(branch, Via)]
    above += [parent for branch in rule.branches if isinstance(branch, ViaRecord) for parent in branch.parents() if parent.owned]
    return 1 + max(map(_depth, above)) if above else 0


def _follows(rule: Visible) -> bool:
    """Whether it is a list of its own that hangs on records: of any kind, as the change log, or of some, as tasks."""
    return rule.listed or any(isinstance(branch, ViaRecord) and not branch.owned for branch in rule.branches)


async def _is_narrow(connection: Connection, rule: Visible, viewer: Viewer, narrow: set[str]) -> bool:
    """Rows are counted branch by branch and never past the limit, so a wide viewer costs no more than a narrow one."""
    above = {named(branch.parent).table for branch in rule.branches if isinstance(branch, Via)}
    if _follows(rule) and not rule.listed:
        above = {parent.table for parent in declared() if parent.owned}
    if not above <= narrow:
        return False
    binds = Binds()
    sets = branch_id_sets(rule, viewer.rights, binds)
    if sets is None:
        return False
    limited = " UNION ALL ".join(f"(SELECT 1 FROM ({ids}) i LIMIT {NARROW_ROWS + 1})" for ids in sets)
    size = f"SELECT reltuples FROM pg_class WHERE oid = '{rule.table}'::regclass"
    query = f"SELECT count(*) AS seen, ({size}) AS rows FROM ({limited}) n"
    text, values = binds.statement(query, viewer)
    row = await connection.fetchrow(text, *values)
    return bool(row["seen"] <= min(NARROW_ROWS, max(row["rows"], 0) * NARROW_SHARE))
