"""What can be asked of and done with ring groups (振铃组) and agents (座席)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import strawberry

from crm.core.errors import BadUserInput
from crm.core.ids import parse_id
from crm.core.kinds import Kind
from crm.graph.context import Operation
from crm.graph.filters import MAX_LISTED
from crm.resolvers.verbs import command, listing, plain_input, query, single
from crm.schema.customers.agent import Agent, PresencePayload
from crm.schema.customers.enums import PresenceChoice
from crm.schema.customers.ring_group import RingGroupCreateInput, RingGroupPayload, RingGroupUpdateInput
from crm.services.customers import presence, ring_groups
from crm.services.deeds import Deed

Whom = Annotated[list[strawberry.ID] | None, strawberry.argument(description=f"Only these people, at most {MAX_LISTED}.")]


def _people(user_ids: list[strawberry.ID] | None) -> list[UUID] | None:
    """Whom a client asks for; what names nobody finds nobody."""
    if user_ids is None:
        return None
    if len(user_ids) > MAX_LISTED:
        raise BadUserInput(f"`userIds` takes at most {MAX_LISTED} people.")
    return [key for text in user_ids if (key := parse_id(text, Kind.USER)) is not None]


@strawberry.type
class RingGroupQuery:
    """Reading ring groups and agents."""

    ring_group = single("customers.RingGroup", "staff", "One ring group (振铃组).")
    ring_groups = listing("customers.RingGroup", "staff", "The ring groups (振铃组).", search=True)

    @query("staff", "Everybody whose telephone can ring (座席), as they are found at this moment.")
    async def agents(operation: Operation, user_ids: Whom = None) -> list[Agent] | None:
        """People with an extension or in a ring group, by name."""
        rows = await operation.fetch(presence.agents_statement(_people(user_ids)))
        return [Agent(facts=facts) for facts in presence.agents_of(rows, operation.services.presence.online())]


@strawberry.type
class RingGroupMutation:
    """Writing ring groups, and one's own presence."""

    @command("ring_group.create", RingGroupPayload, "A new ring group (新建振铃组), with its numbers and members.")
    async def ring_group_create(deed: Deed, input: RingGroupCreateInput) -> UUID:
        """Names are unique."""
        return await ring_groups.create(deed, plain_input(input))

    @command("ring_group.update", RingGroupPayload, "New values of a ring group (修改振铃组); `version` is that which was read.")
    async def ring_group_update(deed: Deed, id: strawberry.ID, version: int, input: RingGroupUpdateInput) -> UUID:
        """An old version answers CONFLICT with the current one."""
        return await ring_groups.update(deed, id, version, plain_input(input))

    @command("ring_group.delete", RingGroupPayload, "Move a ring group to the recycle bin (删除振铃组).")
    async def ring_group_delete(deed: Deed, id: strawberry.ID) -> UUID:
        """The payload's record is null: deleted records are not read."""
        return await ring_groups.delete(deed, id)

    @command("ring_group.delete", RingGroupPayload, "Take a ring group out of the recycle bin (恢复振铃组).")
    async def ring_group_restore(deed: Deed, id: strawberry.ID) -> UUID:
        """Whoever may delete may restore."""
        return await ring_groups.restore(deed, id)

    @command("staff", PresencePayload, "Say whether one is ready for calls (座席状态).")
    async def presence_set(deed: Deed, state: PresenceChoice) -> UUID:
        """Sockets and calls count on top of it."""
        return await presence.choose(deed, state)
