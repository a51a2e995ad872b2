"""Signing in."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry
from strawberry.types import Info

from crm.graph import reads
from crm.graph.nouns import noun_named, part
from crm.graph.payloads import UserError
from crm.schema.system.me import UserType


@strawberry.input(description="Who one is, and the proof.")
class SignInInput:
    """登录."""

    username: str = strawberry.field(description="The username, in any letter case.")
    password: str = strawberry.field(description="The password.")


@part(of="its mutation", description="A new session, or why there is none.")
class SignInPayload:
    """登录结果."""

    token: str | None = strawberry.field(description="Send it as `Authorization: Bearer …`. It is told only now.", default=None)
    expires_at: datetime | None = strawberry.field(description="When the session ends by itself.", default=None)
    user_errors: list[UserError] = strawberry.field(description="Why there is no session.", default_factory=list)
    user_id: strawberry.Private[UUID | None] = None

    @strawberry.field(description="Who signed in.")
    async def user(self, info: Info) -> UserType | None:
        """Read with the rights of the new session."""
        found: Any = None if self.user_id is None else await reads.one(info.context, noun_named("User"), self.user_id)
        return found  # type: ignore[no-any-return]
