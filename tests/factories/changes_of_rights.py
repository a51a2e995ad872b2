"""Ways in which what somebody may see changes: each done through the API, and told to the oracle where facts do not tell it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from tests.factories.company import PEOPLE, ROLES, RoleFacts, department_id, key, role_id, user_id
from tests.factories.listeners import Hall

from crm.core.kinds import Kind

Change = Callable[[Hall, pytest.MonkeyPatch], Awaitable[None]]


async def signed_out(hall: Hall, patch: pytest.MonkeyPatch) -> None:
    """One person, on this very session."""
    await hall.api("agent").do("signOut", "session { id }")


async def disabled(hall: Hall, patch: pytest.MonkeyPatch) -> None:
    await _user(hall, "agent", {"active": False})


async def _user(hall: Hall, name: str, given: dict[str, Any]) -> None:
    row = hall.company.find("user_account", user_id(name))
    assert row is not None
    await hall.api("admin").do("userUpdate", "user { id }", id=str(row.id), version=row["version"], input=given)


def _granted(role: RoleFacts, **changed: Any) -> dict[str, Any]:
    """A role of the company as the input of `roleUpdate`."""
    made = replace(role, **changed)
    kept = [(name, "HIDDEN") for name in sorted(made.hidden)] + [(name, "FROZEN") for name in sorted(made.frozen)]
    grants = [{"entity": entity, "action": action, "scope": scope} for (entity, action), scope in made.grants.items()]
    restrictions = [
        {"entity": name.partition(".")[0], "field": name.partition(".")[2], "restriction": restriction}
        for name, restriction in kept
    ]
    return {"grants": grants, "fieldGrants": restrictions}


async def _role(hall: Hall, patch: pytest.MonkeyPatch, name: str, **changed: Any) -> None:
    row = hall.company.find("role", role_id(name))
    assert row is not None
    given = _granted(ROLES[name], **changed)
    await hall.api("admin").do("roleUpdate", "role { id }", id=str(row.id), version=row["version"], input=given)
    patch.setitem(ROLES, name, replace(ROLES[name], **changed))


def _scopes(name: str, **scopes: str) -> Mapping[tuple[str, str], str]:
    return {**ROLES[name].grants, **{(entity, "READ"): scope for entity, scope in scopes.items()}}


async def gate_closed(hall: Hall, patch: pytest.MonkeyPatch) -> None:
    """A role grants calls no more, to whoever listens to them."""
    grants = {where: scope for where, scope in ROLES["agent"].grants.items() if where[0] != "call"}
    await _role(hall, patch, "agent", grants=grants)


async def scope_narrowed(hall: Hall, patch: pytest.MonkeyPatch) -> None:
    await _role(hall, patch, "hider", grants=_scopes("hider", call="OWN", customer="OWN", announcement="OWN"))


async def field_hidden(hall: Hall, patch: pytest.MonkeyPatch) -> None:
    await _role(hall, patch, "manager", hidden=frozenset({"call.note", "call.cause", "announcement.expiresAt"}))


async def _person(hall: Hall, patch: pytest.MonkeyPatch, name: str, given: dict[str, Any], **changed: Any) -> None:
    await _user(hall, name, given)
    patch.setitem(PEOPLE, name, replace(PEOPLE[name], **changed))


async def role_lost(hall: Hall, patch: pytest.MonkeyPatch) -> None:
    await _person(hall, patch, "hider", {"roleIds": [str(role_id("agent"))]}, roles=("agent",))


async def department_moved(hall: Hall, patch: pytest.MonkeyPatch) -> None:
    await _person(hall, patch, "peer", {"departmentId": str(department_id("support"))}, department="support")


async def manager_moved(hall: Hall, patch: pytest.MonkeyPatch) -> None:
    """What was seen of subordinates goes with them."""
    await _person(hall, patch, "junior", {"managerId": str(user_id("outsider"))}, manager="outsider")


async def share_withdrawn(hall: Hall, patch: pytest.MonkeyPatch) -> None:
    for kind, name in ((Kind.CALL, "call shared agent READ"), (Kind.ANNOUNCEMENT, "announcement shared mixed EDIT")):
        person = name.split()[2]
        given = {"ids": [str(key(kind, name))], "principalIds": [str(user_id(person))]}
        assert await hall.api("admin").do("recordsUnshare", "results { userErrors { code } }", input=given) == [
            {"userErrors": []}
        ]


async def handed_over(hall: Hall, patch: pytest.MonkeyPatch) -> None:
    """The records themselves, and the customer by whom calls are seen."""
    records = ((Kind.PARTY, "customer of agent"), (Kind.ANNOUNCEMENT, "draft of agent"), (Kind.CALL, "call of manager"))
    given = {"ids": [str(key(kind, name)) for kind, name in records], "toId": str(user_id("outsider"))}
    found = await hall.api("admin").do("recordsTransfer", "results { userErrors { code } }", input=given)
    assert found == [{"userErrors": []}] * len(records)


async def withdrawn(hall: Hall, patch: pytest.MonkeyPatch) -> None:
    news = str(key(Kind.ANNOUNCEMENT, "PUBLISHED of agent"))
    await hall.api("admin").do("announcementWithdraw", "announcement { id }", id=news)


async def deleted(hall: Hall, patch: pytest.MonkeyPatch) -> None:
    await hall.api("admin").do("callDelete", "call { id }", id=str(key(Kind.CALL, "call was missed by all")))
    await hall.api("admin").do("announcementDelete", "announcement { id }", id=str(key(Kind.ANNOUNCEMENT, "news for agent")))


CHANGES: dict[str, tuple[Change, tuple[str, ...]]] = {
    "session ended": (signed_out, ()),
    "user disabled": (disabled, ()),
    "gate closed": (gate_closed, ("call of agent", "call shared agent READ")),
    "scope narrowed": (scope_narrowed, ("call of agent", "draft of agent")),
    "field hidden": (field_hidden, ("call of agent",)),
    "role lost": (role_lost, ("call of agent", "draft of agent")),
    "department moved": (department_moved, ("call of agent", "call of hider", "draft of agent")),
    "manager moved": (manager_moved, ("call of junior",)),
    "share withdrawn": (share_withdrawn, ("call shared agent READ", "announcement shared mixed EDIT")),
    "handed over": (handed_over, ("call at customer of agent", "draft of agent", "call of manager")),
    "announcement withdrawn": (withdrawn, ("PUBLISHED of agent",)),
    "deleted": (deleted, ("call was missed by all", "news for agent")),
}
"""What happens, and the records besides a sample that events are about."""
SILENT = {"session ended", "user disabled", "field hidden"}
"""Changes after which the same people may see the same records."""
ENDING = {"session ended": "agent", "user disabled": "agent"}
"""Changes that end somebody's sockets."""
