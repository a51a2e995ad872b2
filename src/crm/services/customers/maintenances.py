"""What happens to after-sales maintenance: planned, begun, done or given up. Its project's cost is kept in step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crm.access.grants import Action
from crm.core.errors import Invalid, Required
from crm.core.kinds import Kind
from crm.models import Maintenance
from crm.rules.customers.maintenance_flow import MAINTENANCE_FLOW, MaintenanceStatus, MaintenanceVerb
from crm.services import custom_values
from crm.services.amounts import check_amounts
from crm.services.arguments import reason_for
from crm.services.customers.projects import recount
from crm.services.deeds import Deed
from crm.services.owners import owned_by
from crm.services.party_links import refuse_other_party
from crm.services.records import (
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
from crm.services.values import checked, columns

LINKS = {"contact_id": "contact", "delivery_id": "delivery", "project_id": "project"}
LEFT = ("SHIPPED", "DELIVERED")
"""What has not left, or has come back, is with nobody to be maintained."""


async def create(deed: Deed, given: Mapping[str, Any]) -> UUID:
    """A new maintenance; of the delivery or project it is for, it takes over what is not said."""
    refuse_blank(given, ["title"])
    check_frozen(deed, "maintenance", list(given))
    values, references = columns(Maintenance, given)
    check_amounts(values, ["cost"])
    values |= await resolved(deed, Maintenance, references)
    values = await _taken_over(deed, values)
    await _refuse_foreign(deed, values["party_id"], values)
    values = await owned_by(deed, "maintenance", {"status": MaintenanceStatus.PLANNED.value, **values})
    maintenance, changes = await insert(deed, Maintenance, Kind.MAINTENANCE, values)
    changes += await custom_values.write(deed, maintenance, given, new=True)
    await recount(deed, values.get("project_id"))
    await record_change(deed, maintenance, "maintenance.create", changes)
    return maintenance.id


async def update(deed: Deed, record_id: str, version: int, given: Mapping[str, Any]) -> UUID:
    """New values of a maintenance; its status is changed by the verbs below."""
    maintenance: Any = await claim(deed, Maintenance, record_id, Action.UPDATE)
    check_version(maintenance, version)
    check_frozen(deed, "maintenance", list(given))
    values, references = columns(Maintenance, given)
    check_amounts(values, ["cost"])
    values |= await resolved(deed, Maintenance, references, current=maintenance)
    changed = {name: value for name, value in values.items() if value != getattr(maintenance, name)}
    await _refuse_foreign(deed, maintenance.party_id, changed)
    former = maintenance.project_id
    if changes := await revise(deed, maintenance, values, await custom_values.write(deed, maintenance, given)):
        await recount(deed, former, maintenance.project_id)
        await record_change(deed, maintenance, "maintenance.update", changes)
    return UUID(str(maintenance.id))


async def start(deed: Deed, record_id: str) -> UUID:
    """Somebody has begun. When somebody first did stays known."""
    maintenance: Any = await claim(deed, Maintenance, record_id, Action.UPDATE)
    return await _take(deed, maintenance, MaintenanceVerb.START, {"started_at": maintenance.started_at or deed.at})


async def complete(deed: Deed, record_id: str, given: Mapping[str, Any]) -> UUID:
    """It is done: now, unless another time is given, with what came of it."""
    maintenance = await claim(deed, Maintenance, record_id, Action.UPDATE)
    check_frozen(deed, "maintenance", list(given))
    values = checked(Maintenance, given)
    check_amounts(values, ["cost"])
    return await _take(deed, maintenance, MaintenanceVerb.COMPLETE, {"done_at": deed.at, **values})


async def cancel(deed: Deed, record_id: str, reason: str) -> UUID:
    """It will not be done, and why."""
    text = reason_for(Maintenance, "cancel_reason", reason)
    maintenance = await claim(deed, Maintenance, record_id, Action.UPDATE)
    return await _take(deed, maintenance, MaintenanceVerb.CANCEL, {"cancelled_at": deed.at, "cancel_reason": text})


async def reopen(deed: Deed, record_id: str) -> UUID:
    """It is not done after all; one that was given up is planned anew."""
    maintenance = await claim(deed, Maintenance, record_id, Action.UPDATE)
    cleared = {"done_at": None, "cancelled_at": None, "cancel_reason": None}
    return await _take(deed, maintenance, MaintenanceVerb.REOPEN, cleared)


async def delete(deed: Deed, record_id: str) -> UUID:
    """Move a maintenance to the recycle bin: its project does not pay for it any more."""
    maintenance: Any = await claim(deed, Maintenance, record_id, Action.DELETE)
    await trash(deed, maintenance, "maintenance.delete")
    await recount(deed, maintenance.project_id)
    return UUID(str(maintenance.id))


async def restore(deed: Deed, record_id: str) -> UUID:
    """Take a maintenance out of the recycle bin."""
    maintenance: Any = await claim(deed, Maintenance, record_id, Action.DELETE, deleted=True)
    await untrash(deed, maintenance, "maintenance.restore")
    await recount(deed, maintenance.project_id)
    return UUID(str(maintenance.id))


async def _take(deed: Deed, maintenance: Any, verb: MaintenanceVerb, values: Mapping[str, Any]) -> UUID:
    status = MAINTENANCE_FLOW.after(MaintenanceStatus(maintenance.status), verb)
    changes = await revise(deed, maintenance, {**values, "status": status.value})
    await recount(deed, maintenance.project_id)
    await record_change(deed, maintenance, f"maintenance.{verb.lower()}", changes)
    return UUID(str(maintenance.id))


async def _taken_over(deed: Deed, values: dict[str, Any]) -> dict[str, Any]:
    """The values, and what the delivery or the project says of it. What the viewer may not see there is not taken."""
    taken: dict[str, Any] = {}
    for table in ("project", "delivery"):
        if (key := values.get(f"{table}_id")) is not None:
            row = (await deed.rows(f"SELECT party_id, contact_id FROM {table} WHERE id = $1", key))[0]
            taken |= {name: value for name, value in row.items() if not _is_hidden(deed, table, name.removesuffix("_id"))}
    if values.get("delivery_id") is not None and not _is_hidden(deed, "delivery", "lines"):
        query = "SELECT product FROM delivery_line WHERE delivery_id = $1 ORDER BY position"
        lines = await deed.rows(query, values["delivery_id"])
        taken["product"] = "、".join(dict.fromkeys(line["product"] for line in lines))[:500] or None
    whole = {**taken, **values}
    if whole.get("party_id") is None:
        raise Required("A party, delivery or project is needed.", ("input", "partyId"))
    return whole


def _is_hidden(deed: Deed, entity: str, name: str) -> bool:
    return f"{entity}.{name}" in deed.viewer.rights.hidden


async def _refuse_foreign(deed: Deed, party_id: UUID, values: Mapping[str, Any]) -> None:
    """What it names is of its party, and the delivery has left."""
    await refuse_other_party(deed, party_id, values, LINKS)
    if (key := values.get("delivery_id")) is not None:
        found = await deed.rows("SELECT status FROM delivery WHERE id = $1 FOR SHARE", key)
        if found[0]["status"] not in LEFT:
            raise Invalid("What has not been delivered is not maintained.", ("input", "deliveryId"))
