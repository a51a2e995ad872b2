"""What can be asked of and done with projects (项目)."""

from __future__ import annotations

from uuid import UUID

import strawberry

from crm.resolvers.verbs import command, listing, plain_input, single
from crm.schema.customers.project import OpportunityConvertInput, ProjectCreateInput, ProjectPayload, ProjectUpdateInput
from crm.services.customers import projects
from crm.services.deeds import Deed


@strawberry.type
class ProjectQuery:
    """Reading projects."""

    project = single("customers.Project", "project.read", "One project (项目).")
    projects = listing("customers.Project", "project.read", "The projects (项目) that the viewer may see.")


@strawberry.type
class ProjectMutation:
    """Writing projects."""

    @command("project.create", ProjectPayload, "A new project (新建项目) for a party that the viewer sees.")
    async def project_create(deed: Deed, input: ProjectCreateInput) -> UUID:
        """Title and party must be given."""
        return await projects.create(deed, plain_input(input))

    @command("project.create", ProjectPayload, "A won opportunity becomes a project, once (商机转项目).")
    async def opportunity_convert(deed: Deed, id: strawberry.ID, input: OpportunityConvertInput | None = None) -> UUID:
        """Of whoever may change the opportunity; the payload is the project."""
        return await projects.convert(deed, id, plain_input(input) if input else {})

    @command("project.update", ProjectPayload, "New values of a project (修改项目); `version` is the one that was read.")
    async def project_update(deed: Deed, id: strawberry.ID, version: int, input: ProjectUpdateInput) -> UUID:
        """An old version answers CONFLICT with the current one."""
        return await projects.update(deed, id, version, plain_input(input))

    @command("project.update", ProjectPayload, "It is being carried out (启动项目).")
    async def project_start(deed: Deed, id: strawberry.ID) -> UUID:
        """From PLANNING."""
        return await projects.start(deed, id)

    @command("project.update", ProjectPayload, "It is put aside for now, and why (暂停项目).")
    async def project_hold(deed: Deed, id: strawberry.ID, reason: str) -> UUID:
        """From ACTIVE."""
        return await projects.hold(deed, id, reason)

    @command("project.update", ProjectPayload, "It is taken up again (恢复项目).")
    async def project_resume(deed: Deed, id: strawberry.ID) -> UUID:
        """From ON_HOLD."""
        return await projects.resume(deed, id)

    @command("project.update", ProjectPayload, "All that was to be done is done (完成项目).")
    async def project_complete(deed: Deed, id: strawberry.ID, cancel_open_tasks: bool = False) -> UUID:
        """From ACTIVE; refused while tasks are open, unless these are to be cancelled with it."""
        return await projects.complete(deed, id, cancel_open_tasks=cancel_open_tasks)

    @command("project.update", ProjectPayload, "It is given up, and why (取消项目).")
    async def project_cancel(deed: Deed, id: strawberry.ID, reason: str) -> UUID:
        """From PLANNING, ACTIVE or ON_HOLD."""
        return await projects.cancel(deed, id, reason)

    @command("project.update", ProjectPayload, "It goes on after all (重新打开项目); a cancelled one is planned anew.")
    async def project_reopen(deed: Deed, id: strawberry.ID) -> UUID:
        """From COMPLETED or CANCELLED."""
        return await projects.reopen(deed, id)

    @command("project.delete", ProjectPayload, "Move a project to the recycle bin (删除项目).")
    async def project_delete(deed: Deed, id: strawberry.ID) -> UUID:
        """The payload's record is null: deleted records are not read."""
        return await projects.delete(deed, id)

    @command("project.delete", ProjectPayload, "Take a project out of the recycle bin (恢复已删除的项目).")
    async def project_restore(deed: Deed, id: strawberry.ID) -> UUID:
        """Refused where its opportunity became another one meanwhile."""
        return await projects.restore(deed, id)
