"""What can be asked of and done with suppliers (供应商)."""

from __future__ import annotations

from uuid import UUID

import strawberry

from crm.resolvers.verbs import command, listing, plain_input, single
from crm.rules.customers.lifecycle import PartyType
from crm.schema.customers.party_input import PartyCreateInput, PartyUpdateInput
from crm.schema.customers.supplier import SupplierPayload
from crm.services.customers import parties
from crm.services.deeds import Deed


@strawberry.type
class SupplierQuery:
    """Reading suppliers."""

    supplier = single("customers.Supplier", "supplier.read", "One supplier (供应商).")
    suppliers = listing("customers.Supplier", "supplier.read", "The suppliers (供应商) that the viewer may see.", search=True)


@strawberry.type
class SupplierMutation:
    """Writing suppliers."""

    @command("supplier.create", SupplierPayload, "A new supplier (新建供应商).")
    async def supplier_create(deed: Deed, input: PartyCreateInput) -> UUID:
        """Numbers and addresses come with it."""
        return await parties.create(deed, PartyType.SUPPLIER, plain_input(input))

    @command("supplier.update", SupplierPayload, "New values of a supplier (修改供应商); `version` is the one that was read.")
    async def supplier_update(deed: Deed, id: strawberry.ID, version: int, input: PartyUpdateInput) -> UUID:
        """An old version answers CONFLICT with the current one."""
        return await parties.update(deed, PartyType.SUPPLIER, id, version, plain_input(input))

    @command("supplier.delete", SupplierPayload, "Move a supplier to the recycle bin (删除供应商).")
    async def supplier_delete(deed: Deed, id: strawberry.ID) -> UUID:
        """The payload's record is null: deleted records are not read."""
        return await parties.delete(deed, PartyType.SUPPLIER, id)

    @command("supplier.delete", SupplierPayload, "Take a supplier out of the recycle bin (恢复供应商).")
    async def supplier_restore(deed: Deed, id: strawberry.ID) -> UUID:
        """Whoever may delete may restore."""
        return await parties.restore(deed, PartyType.SUPPLIER, id)
