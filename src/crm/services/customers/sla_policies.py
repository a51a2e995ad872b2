"""What service cases are promised, by priority."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crm.access.grants import Action
from crm.core.clock import now
from crm.core.errors import Invalid, NotFound
from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.core.pinyin import name_key
from crm.models import SlaPolicy, WorkCalendar
from crm.rules.customers import default_sla
from crm.services.deeds import Database, Deed
from crm.services.records import (
    check_frozen,
    check_version,
    claim,
    insert,
    record_change,
    refuse_blank,
    refuse_outside,
    revise,
    trash,
    untrash,
)
from crm.services.references import resolved
from crm.services.values import columns

MOST_MINUTES = 525_600


async def ensure(database: Database) -> None:
    """What every organisation promises at first, where nothing was ever promised. Run after every migration."""
    async with database.transaction() as tx:
        await tx.execute_query("SELECT pg_advisory_xact_lock(7261009)")
        calendar = await WorkCalendar.filter(deleted_at=None).using_db(tx).order_by("created_at", "id").first()
        if calendar is None or await SlaPolicy.all().using_db(tx).exists():
            return
        at = now()
        made = [
            SlaPolicy(
                id=new_id(Kind.SLA_POLICY), name=name, name_key=name_key(name), priority=priority.value,
                work_calendar_id=calendar.id, response_minutes=response, resolution_minutes=resolution,
                near_percent=default_sla.NEAR_PERCENT, created_at=at, updated_at=at,
            )
            for priority, (name, response, resolution) in default_sla.POLICIES.items()
        ]  # fmt: skip
        await SlaPolicy.bulk_create(made, using_db=tx)


async def create(deed: Deed, given: Mapping[str, Any]) -> UUID:
    """A new policy, for cases that are opened from now on."""
    refuse_blank(given, ["name", "priority", "work_calendar_id"])
    check_frozen(deed, "sla_policy", list(given))
    values = {"near_percent": default_sla.NEAR_PERCENT, **await _decided(deed, given, None)}
    policy, changes = await insert(deed, SlaPolicy, Kind.SLA_POLICY, values)
    await record_change(deed, policy, "sla_policy.create", changes)
    return policy.id


async def update(deed: Deed, record_id: str, version: int, given: Mapping[str, Any]) -> UUID:
    """New values of a policy; what is due of open cases moves with them, a moment later."""
    policy = await claim(deed, SlaPolicy, record_id, Action.UPDATE)
    check_version(policy, version)
    check_frozen(deed, "sla_policy", list(given))
    if changes := await revise(deed, policy, await _decided(deed, given, policy)):
        await record_change(deed, policy, "sla_policy.update", changes)
    return policy.id


async def delete(deed: Deed, record_id: str) -> UUID:
    """Move a policy to the recycle bin: nothing is promised to new cases. What was promised is kept."""
    policy = await claim(deed, SlaPolicy, record_id, Action.DELETE)
    await trash(deed, policy, "sla_policy.delete")
    return policy.id


async def restore(deed: Deed, record_id: str) -> UUID:
    """Take a policy out of the recycle bin, if its calendar is not there itself."""
    policy: Any = await claim(deed, SlaPolicy, record_id, Action.DELETE, deleted=True)
    if not await _is_there(deed, policy.work_calendar_id):
        raise Invalid("Its calendar is in the recycle bin.", ("id",))
    await untrash(deed, policy, "sla_policy.restore")
    return UUID(str(policy.id))


async def _decided(deed: Deed, given: Mapping[str, Any], policy: Any) -> dict[str, Any]:
    values, references = columns(SlaPolicy, given)
    values |= await resolved(deed, SlaPolicy, references, current=policy)
    if "name" in values:
        values["name_key"] = name_key(values["name"])[:400]
    for name in ("response_minutes", "resolution_minutes"):
        refuse_outside(values.get(name), 1, MOST_MINUTES, name)
    refuse_outside(values.get("near_percent"), 1, 99, "near_percent")
    whole = values if policy is None else {**vars(policy), **values}
    if whole["response_minutes"] > whole["resolution_minutes"]:
        name = "responseMinutes" if "response_minutes" in values else "resolutionMinutes"
        raise Invalid("An answer cannot be due after the solution.", ("input", name))
    if "work_calendar_id" in values and not await _is_there(deed, values["work_calendar_id"]):
        raise NotFound(("input", "workCalendarId"))
    return values


async def _is_there(deed: Deed, calendar_id: UUID) -> bool:
    """Whether a calendar is not deleted; it stays so until the deed is done."""
    return bool(await deed.rows("SELECT 1 FROM work_calendar WHERE id = $1 AND deleted_at IS NULL FOR SHARE", calendar_id))
