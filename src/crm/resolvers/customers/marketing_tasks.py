"""What can be asked of and done with marketing tasks (营销任务)."""

from __future__ import annotations

from uuid import UUID

import strawberry

from crm.resolvers.verbs import command, listing, plain_input, single
from crm.schema.customers.channel_audience import ChannelAudienceInput
from crm.schema.customers.channel_task import ChannelTaskPayload, ChannelTaskReportInput
from crm.schema.customers.marketing_task import MarketingTaskCreateInput, MarketingTaskPayload, MarketingTaskUpdateInput
from crm.services.customers import marketing_tasks
from crm.services.deeds import Deed


@strawberry.type
class MarketingTaskQuery:
    """Reading marketing tasks."""

    marketing_task = single("customers.MarketingTask", "marketing_task.read", "One marketing task (营销任务).")
    marketing_tasks = listing(
        "customers.MarketingTask", "marketing_task.read", "The marketing tasks (营销任务) that the viewer may see."
    )


@strawberry.type
class MarketingTaskMutation:
    """Writing marketing tasks, and reporting on them."""

    @command("marketing_task.create", MarketingTaskPayload, "A new marketing task (新建营销任务), which no channel sees yet.")
    async def marketing_task_create(deed: Deed, input: MarketingTaskCreateInput) -> UUID:
        """A draft."""
        return await marketing_tasks.create(deed, plain_input(input))

    @command(
        "marketing_task.update",
        MarketingTaskPayload,
        "New values of a marketing task (修改营销任务) that has not ended; `version` is the one that was read.",
    )
    async def marketing_task_update(deed: Deed, id: strawberry.ID, version: int, input: MarketingTaskUpdateInput) -> UUID:
        """An old version answers CONFLICT with the current one."""
        return await marketing_tasks.update(deed, id, version, plain_input(input))

    @command(
        "marketing_task.update",
        MarketingTaskPayload,
        "Dispatch it to channels (下发营销任务), whose people are told; again, to more. An audience of nobody is INVALID.",
    )
    async def marketing_task_dispatch(deed: Deed, id: strawberry.ID, audience: ChannelAudienceInput) -> UUID:
        """From DRAFT or DISPATCHED."""
        return await marketing_tasks.dispatch(deed, id, plain_input(audience))

    @command("marketing_task.update", MarketingTaskPayload, "It is over (完成营销任务), however far the channels have come.")
    async def marketing_task_complete(deed: Deed, id: strawberry.ID) -> UUID:
        """From DISPATCHED."""
        return await marketing_tasks.complete(deed, id)

    @command("marketing_task.update", MarketingTaskPayload, "It is not to be done any more (取消营销任务).")
    async def marketing_task_cancel(deed: Deed, id: strawberry.ID) -> UUID:
        """From DRAFT or DISPATCHED."""
        return await marketing_tasks.cancel(deed, id)

    @command("marketing_task.delete", MarketingTaskPayload, "Move a marketing task to the recycle bin (删除营销任务).")
    async def marketing_task_delete(deed: Deed, id: strawberry.ID) -> UUID:
        """The payload's record is null: deleted records are not read."""
        return await marketing_tasks.delete(deed, id)

    @command("marketing_task.delete", MarketingTaskPayload, "Take a marketing task out of the recycle bin (恢复营销任务).")
    async def marketing_task_restore(deed: Deed, id: strawberry.ID) -> UUID:
        """Whoever may delete may restore."""
        return await marketing_tasks.restore(deed, id)

    @command(
        "marketing_task.read",
        ChannelTaskPayload,
        "Say how far one's channel is with its part (任务汇报), while the task is dispatched. Only a partner's people can.",
    )
    async def channel_task_report(deed: Deed, id: strawberry.ID, input: ChannelTaskReportInput) -> UUID:
        """The state follows from the figure."""
        return await marketing_tasks.report(deed, id, plain_input(input))
