"""Ring groups."""

from __future__ import annotations

import strawberry

from crm.graph.fields import column, owned_list, related_through
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.schema.customers.enums import RingStrategy
from crm.schema.system.record import Record


@noun(
    "ring_group",
    entity="ring_group",
    order="name",
    description="People whose telephones ring together (振铃组). Its calls are shown to every member.",
)
class RingGroup(Record):
    """振铃组."""

    name: str = column("Its name (名称); calls to this name ring it too.", sort="name_key")
    strategy: RingStrategy = column("How the switchboard rings it (振铃策略).")
    ring_seconds: int = column("How long it rings, and a popup for it makes sense, in seconds (振铃时长).")
    numbers = owned_list("customers.RingGroupNumber", "ring_group_id", "The numbers people dial to reach it (号码).")
    members = related_through("system.User", "ring_group_member", "ring_group_id", "user_id", "Whom it rings (成员).")


RingGroupFilter = filter_of(RingGroup)
RingGroupOrder = order_of(RingGroup)
RingGroupPayload = payload_of(RingGroup)


@strawberry.input(description="What creation and update of a ring group have in common.")
class RingGroupValues:
    """振铃组."""

    strategy: strawberry.Maybe[RingStrategy] = strawberry.field(description="How the switchboard rings it; RING_ALL at first.")
    ring_seconds: strawberry.Maybe[int] = strawberry.field(description="How long it rings, 5 to 3600 seconds; 60 at first.")
    numbers: strawberry.Maybe[list[str]] = strawberry.field(
        description="The whole list of its numbers, as the switchboard writes them, at most 50."
    )
    member_ids: strawberry.Maybe[list[strawberry.ID]] = strawberry.field(
        description="The whole list of its members, active users, at most 50."
    )


@strawberry.input(description="The values of a ring group. Absent fields stay as they are.")
class RingGroupUpdateInput(RingGroupValues):
    """What an update takes."""

    name: strawberry.Maybe[str] = strawberry.field(description="Its name, unique.")


@strawberry.input(description="A new ring group.")
class RingGroupCreateInput(RingGroupValues):
    """Only the name must be given."""

    name: str = strawberry.field(description="Its name, unique.")
