"""Teams of records of the sales process."""

from __future__ import annotations

import strawberry

from crm.graph.fields import column, related
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.schema.customers.enums import TeamRole
from crm.schema.customers.process_part import ProcessPart
from crm.schema.system.share import ShareAccess


@noun(
    "team_member",
    order="created_at",
    part_of="its record",
    label="role",
    description="One of our people who works on a record besides its owner (团队成员). A share of cause TEAM lets them see it.",
)
class TeamMember(ProcessPart):
    """团队成员."""

    role: TeamRole = column("What they do on the team (团队角色).")
    access: ShareAccess = column("What their share allows (共享权限).")
    user = related("system.User", "user_id", "Who it is (成员).", card=True)


TeamMemberFilter = filter_of(TeamMember)
TeamMemberOrder = order_of(TeamMember)
TeamMemberPayload = payload_of(TeamMember)


@strawberry.input(description="The values of a team member. Absent fields stay as they are.")
class TeamMemberUpdateInput:
    """What an update takes."""

    role: strawberry.Maybe[TeamRole] = strawberry.field(description="What they do on the team (团队角色).")
    access: strawberry.Maybe[ShareAccess] = strawberry.field(description="What they may do with the record (共享权限).")


@strawberry.input(description="Somebody who joins a team.")
class TeamMemberAddInput:
    """Record and person must be given."""

    record_id: strawberry.ID = strawberry.field(description="A record of the sales process, such as an opportunity.")
    user_id: strawberry.ID = strawberry.field(description="An active user, not the owner, and named once (成员).")
    role: TeamRole = strawberry.field(description="What they do on the team (团队角色).", default=TeamRole.OTHER)
    access: ShareAccess = strawberry.field(description="What they may do with the record (共享权限).", default=ShareAccess.EDIT)
