"""What can be asked of and done with the tasks (任务) of records of the sales process."""

from __future__ import annotations

from uuid import UUID

import strawberry

from crm.access.grants import SIGNED_IN
from crm.resolvers.verbs import command, listing, plain_input, single
from crm.schema.customers.process_task import ProcessTaskAddInput, ProcessTaskPayload, ProcessTaskUpdateInput
from crm.services.customers import process_tasks
from crm.services.deeds import Deed


@strawberry.type
class ProcessTaskQuery:
    """Reading tasks: seen wherever their record is."""

    process_task = single("customers.ProcessTask", SIGNED_IN, "One task (任务).")
    process_tasks = listing("customers.ProcessTask", SIGNED_IN, "The tasks (任务) of all records that the viewer may see.")


@strawberry.type
class ProcessTaskMutation:
    """Writing tasks. Rights are those of the record."""

    @command("*.update", ProcessTaskPayload, "A new task of a record of the sales process (新建任务).")
    async def process_task_add(deed: Deed, input: ProcessTaskAddInput) -> UUID:
        """Whoever is to do it is notified."""
        return await process_tasks.add(deed, plain_input(input))

    @command("*.update", ProcessTaskPayload, "New values of a task (修改任务); `version` is the one that was read.")
    async def process_task_update(deed: Deed, id: strawberry.ID, version: int, input: ProcessTaskUpdateInput) -> UUID:
        """An old version answers CONFLICT with the current one."""
        return await process_tasks.update(deed, id, version, plain_input(input))

    @command("*.update", ProcessTaskPayload, "Somebody is at a task (开始任务).")
    async def process_task_start(deed: Deed, id: strawberry.ID) -> UUID:
        """From TODO."""
        return await process_tasks.start(deed, id)

    @command("*.update", ProcessTaskPayload, "A task has been done (完成任务).")
    async def process_task_complete(deed: Deed, id: strawberry.ID) -> UUID:
        """From TODO or DOING."""
        return await process_tasks.complete(deed, id)

    @command("*.update", ProcessTaskPayload, "A task will not be done (取消任务).")
    async def process_task_cancel(deed: Deed, id: strawberry.ID) -> UUID:
        """From TODO or DOING."""
        return await process_tasks.cancel(deed, id)

    @command("*.update", ProcessTaskPayload, "A task is to be done after all, or was begun too early (重新打开任务).")
    async def process_task_reopen(deed: Deed, id: strawberry.ID) -> UUID:
        """From DOING, DONE or CANCELLED."""
        return await process_tasks.reopen(deed, id)

    @command("*.update", ProcessTaskPayload, "Take a task away for good (移除任务).")
    async def process_task_remove(deed: Deed, id: strawberry.ID) -> UUID:
        """What it was stands in the log of its record. The payload's record is null."""
        return await process_tasks.remove(deed, id)
