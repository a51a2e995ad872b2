"""What happens to projects: planned, carried out, put aside, completed or given up; and opportunities that become one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crm.access.grants import Action
from crm.core.errors import Duplicate, Forbidden, Invalid
from crm.core.kinds import Kind
from crm.core.naming import camel_case
from crm.models import Opportunity, Project
from crm.rules.customers.opportunity_flow import OpportunityStatus
from crm.rules.customers.process_task_flow import OPEN_STATES
from crm.rules.customers.project_flow import PROJECT_FLOW, ProjectStatus, ProjectVerb
from crm.services import custom_values
from crm.services.amounts import check_amounts
from crm.services.arguments import reason_for, told_at
from crm.services.customers import process_tasks, stakeholders, team_members
from crm.services.deeds import Deed
from crm.services.owners import owned_by
from crm.services.party_links import refuse_other_party
from crm.services.records import (
    FieldChange,
    check_frozen,
    check_version,
    claim,
    insert,
    record_change,
    refuse_blank,
    revise,
    trash,
    untrash,
)
from crm.services.references import resolved
from crm.services.system.numbers import allot
from crm.services.values import columns, loggable


async def create(deed: Deed, given: Mapping[str, Any]) -> UUID:
    """A new project, by itself or to carry out a contract, and its number for good."""
    refuse_blank(given, ["title", "party_id"])
    check_frozen(deed, "project", list(given))
    return await _made(deed, await _decided(deed, given, None), given)


async def convert(deed: Deed, record_id: str, given: Mapping[str, Any]) -> UUID:
    """A won opportunity becomes a project, once: who comes second waits for the first, and finds it done."""
    opportunity: Any = await claim(deed, Opportunity, record_id, Action.UPDATE)
    if opportunity.status != OpportunityStatus.WON:
        raise Invalid("Only a won opportunity becomes a project.", ("id",))
    hidden = deed.viewer.rights.hidden
    if "opportunity.party" in hidden:
        raise Forbidden("You may not see whose opportunity it is.", ("id",))
    if await came_of(deed, opportunity.id):
        raise Duplicate("A project came of this opportunity already.", ("id",))
    given = dict(given)
    along = [part for part in ("team", "stakeholders") if given.pop(f"with_{part}", False)]
    check_frozen(deed, "project", [*given, "opportunity_id"])
    taken: dict[str, Any] = {"title": opportunity.title, "party_id": opportunity.party_id, "opportunity_id": opportunity.id}
    if opportunity.contact_id is not None and "opportunity.contact" not in hidden:
        taken["contact_id"] = opportunity.contact_id
    values = await _decided(deed, given, None, party_id=opportunity.party_id)
    project_id = await _made(deed, {**taken, **values}, given)
    await record_change(deed, opportunity, "opportunity.convert", [FieldChange("projects", None, loggable([project_id]))])
    for part in along:
        await _take_along(deed, opportunity, project_id, part)
    return project_id


async def update(deed: Deed, record_id: str, version: int, given: Mapping[str, Any]) -> UUID:
    """New values of a project; its status is changed by the verbs below."""
    project = await claim(deed, Project, record_id, Action.UPDATE)
    check_version(project, version)
    check_frozen(deed, "project", list(given))
    values = await _decided(deed, given, project)
    if changes := await revise(deed, project, values, await custom_values.write(deed, project, given)):
        await record_change(deed, project, "project.update", changes)
    return project.id


async def start(deed: Deed, record_id: str) -> UUID:
    """It is being carried out. When it first was stays known."""
    project: Any = await claim(deed, Project, record_id, Action.UPDATE)
    return await _take(deed, project, ProjectVerb.START, {"started_at": project.started_at or deed.at})


async def hold(deed: Deed, record_id: str, reason: str) -> UUID:
    """It is put aside for now, and why."""
    text = reason_for(Project, "hold_reason", reason)
    return await _take(deed, await claim(deed, Project, record_id, Action.UPDATE), ProjectVerb.HOLD, {"hold_reason": text})


async def resume(deed: Deed, record_id: str) -> UUID:
    """It is taken up again."""
    return await _take(deed, await claim(deed, Project, record_id, Action.UPDATE), ProjectVerb.RESUME, {"hold_reason": None})


async def complete(deed: Deed, record_id: str, *, cancel_open_tasks: bool) -> UUID:
    """All that was to be done is done. Tasks that are open are in the way, unless they are to be cancelled with it."""
    project = await claim(deed, Project, record_id, Action.UPDATE)
    PROJECT_FLOW.after(ProjectStatus(project.status), ProjectVerb.COMPLETE)
    query = "SELECT id FROM process_task WHERE project_id = $1 AND status = ANY($2) ORDER BY position, id"
    tasks = await deed.rows(query, project.id, sorted(OPEN_STATES))
    if tasks and not cancel_open_tasks:
        raise Invalid(f"{len(tasks)} of its tasks are open: do them, or cancel them with it.", ("cancelOpenTasks",))
    for task in tasks:
        await process_tasks.cancel(deed, str(task["id"]))
    return await _take(deed, project, ProjectVerb.COMPLETE, {"completed_at": deed.at})


async def cancel(deed: Deed, record_id: str, reason: str) -> UUID:
    """It is given up, and why."""
    values = {"cancelled_at": deed.at, "cancel_reason": reason_for(Project, "cancel_reason", reason), "hold_reason": None}
    return await _take(deed, await claim(deed, Project, record_id, Action.UPDATE), ProjectVerb.CANCEL, values)


async def reopen(deed: Deed, record_id: str) -> UUID:
    """It goes on after all; one that was given up is planned anew."""
    values = {"completed_at": None, "cancelled_at": None, "cancel_reason": None}
    return await _take(deed, await claim(deed, Project, record_id, Action.UPDATE), ProjectVerb.REOPEN, values)


async def delete(deed: Deed, record_id: str) -> UUID:
    """Move a project to the recycle bin. Its number stays its own; its opportunity may become another one."""
    project = await claim(deed, Project, record_id, Action.DELETE)
    await trash(deed, project, "project.delete")
    return project.id


async def restore(deed: Deed, record_id: str) -> UUID:
    """Take a project out of the recycle bin."""
    project = await claim(deed, Project, record_id, Action.DELETE, deleted=True)
    await untrash(deed, project, "project.restore")
    return project.id


async def came_of(deed: Deed, opportunity_id: UUID) -> bool:
    """Whether a project came of this opportunity. Ask under its lock: what turns it into one holds that."""
    return bool(await deed.rows("SELECT 1 FROM project WHERE opportunity_id = $1 AND deleted_at IS NULL", opportunity_id))


async def recount(deed: Deed, *project_ids: UUID | None) -> None:
    """What these projects cost is summed up anew: not an edit of theirs, so neither version nor log entry.

    Each is locked before its rows are summed. Summing and writing by one statement would miss what another deed has just
    committed: the statement would still see the rows as they were before it waited.
    """
    for project_id in sorted({each for each in project_ids if each is not None}):
        await deed.run("SELECT id FROM project WHERE id = $1 FOR NO KEY UPDATE", project_id)
        await deed.run(
            "UPDATE project SET cost = (SELECT coalesce(sum(cost), 0) FROM maintenance"
            " WHERE project_id = $1 AND deleted_at IS NULL AND status <> 'CANCELLED') WHERE id = $1",
            project_id,
        )


_TEAM = """
SELECT user_id, role, access FROM team_member WHERE opportunity_id = $1
    AND user_id IN (SELECT id FROM user_account WHERE active)
    AND user_id IS DISTINCT FROM (SELECT owner_id FROM project WHERE id = $2) ORDER BY created_at, id
"""
_STAKEHOLDERS = """
SELECT contact_id, role, attitude, influence_note FROM stakeholder WHERE opportunity_id = $1
    AND EXISTS (SELECT FROM project WHERE id = $2) ORDER BY created_at, id
"""
_ALONG = {"team": (_TEAM, team_members.add), "stakeholders": (_STAKEHOLDERS, stakeholders.add)}


async def _take_along(deed: Deed, opportunity: Any, project_id: UUID, part: str) -> None:
    """The opportunity keeps them; whoever may not see them there, or not add them here, may not take them along."""
    query, add = _ALONG[part]
    where = ("input", camel_case(f"with_{part}"))
    if f"opportunity.{part}" in deed.viewer.rights.hidden:
        raise Forbidden(f"You may not see its {part}.", where)
    with told_at(*where):
        for row in await deed.rows(query, opportunity.id, project_id):
            values = {name: str(value) if name.endswith("_id") else value for name, value in row.items()}
            await add(deed, {"record_id": str(project_id), **values})


async def _made(deed: Deed, values: dict[str, Any], given: Mapping[str, Any]) -> UUID:
    values = await owned_by(deed, "project", {"status": ProjectStatus.PLANNING.value, **values})
    values["number"] = await allot(deed, "PJ")
    project, changes = await insert(deed, Project, Kind.PROJECT, values)
    changes += await custom_values.write(deed, project, given, new=True)
    await record_change(deed, project, "project.create", changes)
    return project.id


async def _take(deed: Deed, project: Any, verb: ProjectVerb, values: Mapping[str, Any]) -> UUID:
    status = PROJECT_FLOW.after(ProjectStatus(project.status), verb)
    changes = await revise(deed, project, {**values, "status": status.value})
    await record_change(deed, project, f"project.{verb.lower()}", changes)
    return UUID(str(project.id))


async def _decided(deed: Deed, given: Mapping[str, Any], project: Any, *, party_id: UUID | None = None) -> dict[str, Any]:
    values, references = columns(Project, given)
    check_amounts(values, ["budget"])
    values |= await resolved(deed, Project, references, current=project)
    whole = values if project is None else {**vars(project), **values}
    starts, due = whole.get("starts_on"), whole.get("due_on")
    if starts is not None and due is not None and due < starts:
        raise Invalid("It cannot be due before it begins.", ("input", "dueOn" if "due_on" in values else "startsOn"))
    await refuse_other_party(deed, party_id or whole["party_id"], values, {"contact_id": "contact", "contract_id": "contract"})
    return values
