"""What can be asked of and done with activities (活动)."""

from __future__ import annotations

from uuid import UUID

import strawberry

from crm.resolvers.verbs import command, listing, plain_input, single
from crm.schema.customers.activity import ActivityCompleteInput, ActivityCreateInput, ActivityPayload, ActivityUpdateInput
from crm.services.customers import activities
from crm.services.deeds import Deed


@strawberry.type
class ActivityQuery:
    """Reading activities."""

    activity = single("customers.Activity", "activity.read", "One activity (活动).")
    activities = listing("customers.Activity", "activity.read", "The activities (活动) that the viewer may see.")


@strawberry.type
class ActivityMutation:
    """Writing activities."""

    @command("activity.create", ActivityPayload, "A new activity (新建活动): planned, or already done if `doneAt` is given.")
    async def activity_create(deed: Deed, input: ActivityCreateInput) -> UUID:
        """Participants come with it."""
        return await activities.create(deed, plain_input(input))

    @command("activity.update", ActivityPayload, "New values of an activity (修改活动); `version` is the one that was read.")
    async def activity_update(deed: Deed, id: strawberry.ID, version: int, input: ActivityUpdateInput) -> UUID:
        """An old version answers CONFLICT with the current one."""
        return await activities.update(deed, id, version, plain_input(input))

    @command("activity.update", ActivityPayload, "It has been done (完成活动); the party's last and next contact follow from it.")
    async def activity_complete(deed: Deed, id: strawberry.ID, input: ActivityCompleteInput | None = None) -> UUID:
        """From PLANNED."""
        return await activities.complete(deed, id, plain_input(input) if input else {})

    @command("activity.update", ActivityPayload, "It will not happen (取消活动).")
    async def activity_cancel(deed: Deed, id: strawberry.ID) -> UUID:
        """From PLANNED."""
        return await activities.cancel(deed, id)

    @command("activity.update", ActivityPayload, "It is to be done after all (重新打开活动).")
    async def activity_reopen(deed: Deed, id: strawberry.ID) -> UUID:
        """From DONE or CANCELLED."""
        return await activities.reopen(deed, id)

    @command("activity.delete", ActivityPayload, "Move an activity to the recycle bin (删除活动).")
    async def activity_delete(deed: Deed, id: strawberry.ID) -> UUID:
        """The payload's record is null: deleted records are not read."""
        return await activities.delete(deed, id)

    @command("activity.delete", ActivityPayload, "Take an activity out of the recycle bin (恢复活动).")
    async def activity_restore(deed: Deed, id: strawberry.ID) -> UUID:
        """Whoever may delete may restore."""
        return await activities.restore(deed, id)
