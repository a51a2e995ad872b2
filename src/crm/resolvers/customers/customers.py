"""What can be asked of and done with customers (客户)."""

from __future__ import annotations

from uuid import UUID

import strawberry

from crm.resolvers.verbs import command, listing, plain_input, single
from crm.rules.customers.lifecycle import PartyType
from crm.schema.customers.customer import CustomerPayload
from crm.schema.customers.party_input import PartyCreateInput, PartyUpdateInput
from crm.services.customers import parties
from crm.services.deeds import Deed


@strawberry.type
class CustomerQuery:
    """Reading customers."""

    customer = single("customers.Customer", "customer.read", "One customer (客户).")
    customers = listing("customers.Customer", "customer.read", "The customers (客户) that the viewer may see.", search=True)


@strawberry.type
class CustomerMutation:
    """Writing customers."""

    @command("customer.create", CustomerPayload, "A new customer (新建客户).")
    async def customer_create(deed: Deed, input: PartyCreateInput) -> UUID:
        """Numbers and addresses come with it."""
        return await parties.create(deed, PartyType.CUSTOMER, plain_input(input))

    @command("customer.update", CustomerPayload, "New values of a customer (修改客户); `version` is the one that was read.")
    async def customer_update(deed: Deed, id: strawberry.ID, version: int, input: PartyUpdateInput) -> UUID:
        """An old version answers CONFLICT with the current one."""
        return await parties.update(deed, PartyType.CUSTOMER, id, version, plain_input(input))

    @command("customer.delete", CustomerPayload, "Move a customer to the recycle bin (删除客户).")
    async def customer_delete(deed: Deed, id: strawberry.ID) -> UUID:
        """The payload's record is null: deleted records are not read."""
        return await parties.delete(deed, PartyType.CUSTOMER, id)

    @command("customer.delete", CustomerPayload, "Take a customer out of the recycle bin (恢复客户).")
    async def customer_restore(deed: Deed, id: strawberry.ID) -> UUID:
        """Whoever may delete may restore."""
        return await parties.restore(deed, PartyType.CUSTOMER, id)
