"""What can be asked of and done with users (用户) and departments (部门)."""

from __future__ import annotations

from uuid import UUID

import strawberry

from crm.access.grants import STAFF_ONLY
from crm.resolvers.verbs import command, listing, plain_input, single
from crm.schema.system.user import UserCreateInput, UserPayload, UserUpdateInput
from crm.services.deeds import Deed
from crm.services.system import users


@strawberry.type
class UserQuery:
    """Reading users."""

    user = single("system.User", STAFF_ONLY, "One user (用户): the card, and what `user.read` shows beyond it.")
    users = listing("system.User", STAFF_ONLY, "The users (用户), those who have left included.", search=True)


@strawberry.type
class UserMutation:
    """Writing users."""

    @command("user.create", UserPayload, "A new user (新建用户).")
    async def user_create(deed: Deed, input: UserCreateInput) -> UUID:
        """Roles come with it."""
        return await users.create(deed, plain_input(input))

    @command("user.update", UserPayload, "New values of a user (修改用户). `active: false` ends all sessions with the commit.")
    async def user_update(deed: Deed, id: strawberry.ID, version: int, input: UserUpdateInput) -> UUID:
        """Nobody may be left without an administrator."""
        return await users.update(deed, id, version, plain_input(input))

    @command("user.administer", UserPayload, "Set a user's password (重置密码); every session of theirs ends.")
    async def user_reset_password(deed: Deed, id: strawberry.ID, password: str) -> UUID:
        """For people who forgot theirs."""
        return await users.reset_password(deed, id, password)
