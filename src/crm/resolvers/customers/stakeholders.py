"""What can be done with stakeholders (影响者) and the team (团队) of records of the sales process."""

from __future__ import annotations

from uuid import UUID

import strawberry

from crm.resolvers.verbs import command, plain_input
from crm.schema.customers.stakeholder import StakeholderAddInput, StakeholderPayload, StakeholderUpdateInput
from crm.schema.customers.team_member import TeamMemberAddInput, TeamMemberPayload, TeamMemberUpdateInput
from crm.services.customers import stakeholders, team_members
from crm.services.deeds import Deed


@strawberry.type
class StakeholderMutation:
    """Who has a say, and who works on it. Rights are those of the record."""

    @command("*.update", StakeholderPayload, "A contact has a say in a record of the sales process (添加影响者).")
    async def stakeholder_add(deed: Deed, input: StakeholderAddInput) -> UUID:
        """Each contact once."""
        return await stakeholders.add(deed, plain_input(input))

    @command("*.update", StakeholderPayload, "New values of a stakeholder (修改影响者); `version` is the one that was read.")
    async def stakeholder_update(deed: Deed, id: strawberry.ID, version: int, input: StakeholderUpdateInput) -> UUID:
        """An old version answers CONFLICT with the current one."""
        return await stakeholders.update(deed, id, version, plain_input(input))

    @command("*.update", StakeholderPayload, "A contact has no say in it any more (移除影响者).")
    async def stakeholder_remove(deed: Deed, id: strawberry.ID) -> UUID:
        """The payload's record is null."""
        return await stakeholders.remove(deed, id)

    @command("*.share", TeamMemberPayload, "Somebody joins the team of a record of the sales process, and sees it (添加成员).")
    async def team_member_add(deed: Deed, input: TeamMemberAddInput) -> UUID:
        """A share by another name, so it takes SHARE."""
        return await team_members.add(deed, plain_input(input))

    @command(
        "*.share", TeamMemberPayload, "Another role or access of a team member (修改成员); `version` is that which was read."
    )
    async def team_member_update(deed: Deed, id: strawberry.ID, version: int, input: TeamMemberUpdateInput) -> UUID:
        """An old version answers CONFLICT with the current one."""
        return await team_members.update(deed, id, version, plain_input(input))

    @command("*.share", TeamMemberPayload, "Somebody leaves the team; their open tasks there are nobody's then (移除成员).")
    async def team_member_remove(deed: Deed, id: strawberry.ID) -> UUID:
        """Not the owner. The payload's record is null."""
        return await team_members.remove(deed, id)
