"""What can be asked of and done with after-sales maintenance (后期维护)."""

from __future__ import annotations

from uuid import UUID

import strawberry

from crm.resolvers.verbs import command, listing, plain_input, single
from crm.schema.customers.maintenance import (
    MaintenanceCompleteInput,
    MaintenanceCreateInput,
    MaintenancePayload,
    MaintenanceUpdateInput,
)
from crm.services.customers import maintenances
from crm.services.deeds import Deed


@strawberry.type
class MaintenanceQuery:
    """Reading maintenance."""

    maintenance = single("customers.Maintenance", "maintenance.read", "One maintenance (后期维护).")
    maintenances = listing("customers.Maintenance", "maintenance.read", "The maintenance (后期维护) that the viewer may see.")


@strawberry.type
class MaintenanceMutation:
    """Writing maintenance."""

    @command("maintenance.create", MaintenancePayload, "A new maintenance (新建后期维护), also of a delivery or project.")
    async def maintenance_create(deed: Deed, input: MaintenanceCreateInput) -> UUID:
        """It takes over party, contact and products of what it is for."""
        return await maintenances.create(deed, plain_input(input))

    @command(
        "maintenance.update",
        MaintenancePayload,
        "New values of a maintenance (修改后期维护); `version` is the one read.",
    )
    async def maintenance_update(deed: Deed, id: strawberry.ID, version: int, input: MaintenanceUpdateInput) -> UUID:
        """An old version answers CONFLICT with the current one."""
        return await maintenances.update(deed, id, version, plain_input(input))

    @command("maintenance.update", MaintenancePayload, "Somebody has begun (开始维护).")
    async def maintenance_start(deed: Deed, id: strawberry.ID) -> UUID:
        """From PLANNED."""
        return await maintenances.start(deed, id)

    @command("maintenance.update", MaintenancePayload, "It is done, and what came of it (完成维护).")
    async def maintenance_complete(deed: Deed, id: strawberry.ID, input: MaintenanceCompleteInput | None = None) -> UUID:
        """From PLANNED or IN_PROGRESS."""
        return await maintenances.complete(deed, id, plain_input(input) if input else {})

    @command("maintenance.update", MaintenancePayload, "It will not be done, and why (取消维护).")
    async def maintenance_cancel(deed: Deed, id: strawberry.ID, reason: str) -> UUID:
        """From PLANNED or IN_PROGRESS."""
        return await maintenances.cancel(deed, id, reason)

    @command("maintenance.update", MaintenancePayload, "It is not done after all (重新打开维护); a cancelled one is planned.")
    async def maintenance_reopen(deed: Deed, id: strawberry.ID) -> UUID:
        """From DONE or CANCELLED."""
        return await maintenances.reopen(deed, id)

    @command("maintenance.delete", MaintenancePayload, "Move a maintenance to the recycle bin (删除后期维护).")
    async def maintenance_delete(deed: Deed, id: strawberry.ID) -> UUID:
        """The payload's record is null: deleted records are not read."""
        return await maintenances.delete(deed, id)

    @command("maintenance.delete", MaintenancePayload, "Take a maintenance out of the recycle bin (恢复后期维护).")
    async def maintenance_restore(deed: Deed, id: strawberry.ID) -> UUID:
        """Its project pays for it again."""
        return await maintenances.restore(deed, id)
