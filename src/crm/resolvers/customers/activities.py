"""What can be asked of and done with activities (活动)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry

from crm.graph.context import Operation
from crm.graph.payloads import Done, plain_error, refused
from crm.resolvers.verbs import command, listing, plain_input, query, single
from crm.schema.customers.activity import (
    Activity,
    ActivityCompleteInput,
    ActivityCreateInput,
    ActivityPayload,
    ActivityUpdateInput,
)
from crm.schema.customers.activity_calendar import From, Reports, To, Whose, calendar_of
from crm.schema.customers.activity_plan import ActivitiesPlanInput, ActivitiesPlanPayload
from crm.services.customers import activities, activity_plans
from crm.services.deeds import Deed


@strawberry.type
class ActivityQuery:
    """Reading activities."""

    activity = single("customers.Activity", "activity.read", "One activity (活动).")
    activities = listing("customers.Activity", "activity.read", "The activities (活动) that the viewer may see.")

    @query(
        "activity.read",
        "What people planned and did in a range, at most 400 days, by when it was done or is to happen (活动日历).",
    )
    async def activity_calendar(
        operation: Operation, start: From, end: To, user_ids: Whose = None, reports: Reports = False
    ) -> list[Activity] | None:
        """More than 1,000 answer BAD_USER_INPUT."""
        found: Any = await calendar_of(operation, start, end, user_ids, reports=reports)
        return found  # type: ignore[no-any-return]


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

    @command("activity.update", ActivityPayload, "It is to happen at another time (活动改期).")
    async def activity_reschedule(deed: Deed, id: strawberry.ID, planned_at: datetime) -> UUID:
        """From PLANNED."""
        return await activities.reschedule(deed, id, planned_at)

    @command(
        "activity.update",
        ActivityPayload,
        "It has been done (完成活动); the party's last and next contact follow from it, and the next step is planned with it.",
    )
    async def activity_complete(deed: Deed, id: strawberry.ID, input: ActivityCompleteInput | None = None) -> UUID:
        """From PLANNED."""
        return await activities.complete(deed, id, plain_input(input) if input else {})

    @command(
        "activity.create",
        ActivitiesPlanPayload,
        "Plan the same activity for many parties (批量计划); each is answered for by itself.",
    )
    async def activities_plan(deed: Deed, input: ActivitiesPlanInput) -> Done:
        """A party that one may not see is not found; the others are planned all the same."""
        outcome = await activity_plans.plan_many(deed, plain_input(input))
        return Done(
            extra={
                "results": [
                    {
                        "id": key,
                        "made": None if made is None else str(made),
                        "errors": [plain_error(error) for each in errors for error in refused(each).user_errors],
                    }
                    for key, made, errors in outcome
                ]
            }
        )

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
