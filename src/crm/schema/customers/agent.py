"""Agents: who can take calls, and how they are found at this moment."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from strawberry.types import Info

from crm.graph import reads
from crm.graph.nouns import noun_named, part
from crm.graph.payloads import USER_ERRORS, UserError
from crm.schema.customers.enums import AgentState
from crm.services.customers.presence import AgentFacts, agents_of, person_statement

if TYPE_CHECKING:
    from crm.schema.customers.call import Call
    from crm.schema.system.user import User

UserType = Annotated["User", strawberry.lazy("crm.schema.system.user")]
CallType = Annotated["Call", strawberry.lazy("crm.schema.customers.call")]


@part(of="User", description="Somebody whose telephone can ring (座席), as they are found at this moment.")
class Agent:
    """座席."""

    facts: strawberry.Private[AgentFacts]

    @strawberry.field(description="Who it is (用户).")
    async def user(self, info: Info) -> UserType | None:
        """Their card."""
        found: Any = await reads.one(info.context, noun_named("User"), self.facts.user_id, card=True)
        return found  # type: ignore[no-any-return]

    @strawberry.field(description="How they are found (座席状态).")
    def state(self) -> AgentState:
        """Derived from what they chose, their sockets and their calls."""
        return self.facts.state

    @strawberry.field(description="Since when, where that is known.")
    def since(self) -> datetime | None:
        """Of BUSY and WRAP_UP by their call, else by their choice."""
        return self.facts.since

    @strawberry.field(description="The call they have, where the viewer may see it.")
    async def call(self, info: Info) -> CallType | None:
        """Under the viewer's rights."""
        key = self.facts.call_id
        found: Any = None if key is None else await reads.one(info.context, noun_named("Call"), key)
        return found  # type: ignore[no-any-return]


@part(of="its mutation", description="The agent as they are found now.")
class PresencePayload:
    """座席状态结果."""

    user_errors: list[UserError] = strawberry.field(description=USER_ERRORS)

    @strawberry.field(description="The viewer as an agent; null when nothing was changed.")
    async def agent(root: Any, info: Info) -> Agent | None:
        """Read back after the commit."""
        if root.id is None:
            return None
        rows = await info.context.fetch(person_statement(root.id))
        return next((Agent(facts=facts) for facts in agents_of(rows, info.context.services.presence.online())), None)
