"""What happens to the team of a record of the sales process. Being on it is a share of cause TEAM.

So whoever changes a team gives sight of the record away, and needs what sharing it needs: SHARE, and not only UPDATE.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crm.access.grants import Action
from crm.core.errors import Invalid
from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.models import ProcessTask, Share, TeamMember
from crm.rules.customers.process_task_flow import OPEN_STATES
from crm.rules.system.notices import Notice
from crm.services.customers import process_parts
from crm.services.customers.process_parts import Held, Part
from crm.services.customers.process_tasks import TASKS
from crm.services.deeds import Deed
from crm.services.notices import notify_people
from crm.services.references import resolved
from crm.services.values import checked

TEAM = Part(TeamMember, Kind.TEAM_MEMBER, "team", "TeamMember", ("user_id", "role", "access"))
CAUSE = "TEAM"
USER = ("input", "userId")


async def add(deed: Deed, given: Mapping[str, Any]) -> UUID:
    """Somebody works on it from now on, and sees it; they are notified."""
    process, record = await process_parts.record_of(deed, TEAM, given["record_id"], Action.SHARE)
    user_id = (await resolved(deed, TeamMember, {"user_id": given["user_id"]}))["user_id"]
    if user_id == record.owner_id:
        raise Invalid("The owner is on the team already.", USER)
    if not (await deed.rows("SELECT active FROM user_account WHERE id = $1", user_id))[0]["active"]:
        raise Invalid("This person has left.", USER)
    await process_parts.refuse_second(deed, TEAM, process, record, "user_id", user_id, "This person is on the team already.")
    row = await process_parts.add(deed, TEAM, process, record, {**_plain(given), "user_id": user_id})
    await Share.create(
        using_db=deed.tx, id=new_id(Kind.SHARE), record_id=record.id, record_kind=int(process.kind), principal_id=user_id,
        access=row.access, cause=CAUSE, granted_by_id=deed.actor, created_at=deed.at,
    )  # fmt: skip
    await notify_people(deed, Notice.SHARED_WITH_YOU, record.id, [user_id])
    return UUID(str(row.id))


async def update(deed: Deed, row_id: str, version: int, given: Mapping[str, Any]) -> UUID:
    """Another role, or other access; the person stays who it is."""
    found = await process_parts.held(deed, TEAM, row_id, Action.SHARE, version=version)
    values = _plain(given)
    if "access" in values:
        await _share(found, deed).update(access=values["access"])
    return await process_parts.change(deed, TEAM, found, values)


async def remove(deed: Deed, row_id: str) -> UUID:
    """They work on it no longer: the share goes, and their open tasks are nobody's. The owner stays on the team."""
    found = await process_parts.held(deed, TEAM, row_id, Action.SHARE)
    if found.row.user_id == found.record.owner_id:
        raise Invalid("The owner stays on the team.", ("id",))
    await _share(found, deed).delete()
    for task in await _open_tasks(deed, found):
        await process_parts.change(deed, TASKS, Held(found.process, found.record, task), {"assignee_id": None}, "unassign")
    return await process_parts.remove(deed, TEAM, found)


def _share(found: Held, deed: Deed) -> Any:
    return Share.filter(record_id=found.record.id, principal_id=found.row.user_id, cause=CAUSE).using_db(deed.tx)


async def _open_tasks(deed: Deed, found: Held) -> list[Any]:
    theirs = {found.process.column: found.record.id, "assignee_id": found.row.user_id, "status__in": sorted(OPEN_STATES)}
    return list(await ProcessTask.filter(**theirs).using_db(deed.tx).order_by("id"))


def _plain(given: Mapping[str, Any]) -> dict[str, Any]:
    return checked(TeamMember, {name: value for name, value in given.items() if not name.endswith("_id")})
