"""Accounts as the command line and the demo need them: users, passwords and sessions without a signed-in administrator."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from crm.access.branches import grantable
from crm.access.grants import Rights, Scope, ViewerKind
from crm.access.viewer import Viewer
from crm.core.errors import Invalid
from crm.models import Department, Role, User
from crm.services.deeds import Channel, Database, Deed, deed
from crm.services.system import users
from crm.services.system.passwords import hash_password, verify_password
from crm.services.system.sessions import open_session

DEMO_PASSWORD = "demo-password"  # noqa: S105 -- the demo's public password; serving off loopback is refused while it works
DEMO_USERS = ("admin", "manager", *(f"agent{n}" for n in range(1, 9)))
SYSTEM = Viewer(
    rights=Rights(
        ViewerKind.SYSTEM, {(entity, action): Scope.ALL for entity, actions in grantable().items() for action in actions}
    )
)


@asynccontextmanager
async def system_deed(database: Database, request_id: str, *, channel: Channel = Channel.SYSTEM) -> AsyncIterator[Deed]:
    """A deed of the system itself; never reachable with a token."""
    async with deed(database, SYSTEM, request_id, channel=channel) as opened:
        yield opened


async def create_user(database: Database, username: str, password: str, role: str, department: str | None) -> None:
    """A user with one role, by the names people use."""
    async with system_deed(database, "crm user create") as opened:
        given: dict[str, Any] = {"username": username, "display_name": username, "password": password}
        found = [row for row in await Role.filter(deleted_at=None).using_db(opened.tx) if role.lower() in row.name.lower()]
        if len(found) != 1:
            raise Invalid(f"There is no single role like {role!r}.")
        given["role_ids"] = [str(found[0].id)]
        if department is not None:
            row = await Department.filter(name=department, deleted_at=None).using_db(opened.tx).first()
            if row is None:
                raise Invalid(f"There is no department {department!r}.")
            given["department_id"] = str(row.id)
        await users.create(opened, given)


async def change_password(database: Database, username: str, password: str) -> None:
    """A new password; every session of the user ends."""
    async with system_deed(database, "crm user passwd") as opened:
        await users.reset_password(opened, str(await _user_id(opened, username)), password)


async def create_sessions(database: Database, username: str, count: int) -> list[str]:
    """Tokens of new sessions, for scripts and load tests."""
    async with system_deed(database, "crm session create") as opened:
        user_id = await _user_id(opened, username)
        return [(await open_session(opened.tx, user_id, timedelta(days=30))).token for _ in range(count)]


async def demo_password_active(database: Database) -> bool:
    """Whether some active account still has the demo's public password."""
    async with database.transaction() as tx:
        accounts = await User.filter(active=True, username__in=DEMO_USERS).using_db(tx).values_list("password_hash", flat=True)
    for stored in set(map(str, accounts)):
        if await verify_password(stored, DEMO_PASSWORD):
            return True
    return False


async def demo_password_hash() -> str:
    """One hash for all demo accounts: ten would take the first start three seconds longer."""
    return await hash_password(DEMO_PASSWORD)


async def _user_id(opened: Deed, username: str) -> Any:
    user = await User.filter(username=username, active=True).using_db(opened.tx).first()
    if user is None:
        raise Invalid(f"There is no active user {username!r}.")
    return user.id
