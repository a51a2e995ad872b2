"""What can be asked of and done with the public pool (公海)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import strawberry

from crm.core.paging import Page
from crm.graph import reads
from crm.graph.context import Operation
from crm.graph.nouns import noun_named
from crm.graph.payloads import Done
from crm.resolvers.bulk import each_record
from crm.resolvers.verbs import command, listing, plain_input, query
from crm.schema.customers.customer import CustomerPayload
from crm.schema.customers.parties_input import CustomersAssignInput
from crm.schema.customers.pool_policy import PoolPolicy, PoolPolicyInput, PoolPolicyPayload
from crm.schema.system.bulk import RecordsPayload
from crm.schema.system.job import JobPayload
from crm.services.customers import pool, pool_policies, recycling
from crm.services.deeds import Deed

ONE = Page(size=1, backwards=False, after=None, before=None)


@strawberry.type
class PoolQuery:
    """Reading the public pool."""

    pool_customers = listing(
        "customers.Customer",
        "pool.read",
        "The customers of the public pool (公海客户): those that belong to nobody. Numbers and e-mail addresses are"
        " masked for who sees them there and no other way; contacts, activities and whatever else belongs to them is not shown.",
        search=True,
        window=True,
    )

    @query("pool.read", "The rules of the public pool (公海规则).")
    async def pool_policy(operation: Operation) -> PoolPolicy | None:
        """There is one."""
        entry = noun_named("PoolPolicy")
        found: Any = await reads.listed(operation, entry, None, entry.order, ONE)
        return found[0] if found else None


@strawberry.type
class PoolMutation:
    """Writing the public pool."""

    @command("pool.administer", PoolPolicyPayload, "New rules of the public pool (修改公海规则); `version` as it was read.")
    async def pool_policy_update(deed: Deed, version: int, input: PoolPolicyInput) -> UUID:
        """An old version answers CONFLICT with the current one."""
        return await pool_policies.update(deed, version, plain_input(input))

    @command("pool.administer", JobPayload, "Recycle what nobody followed up now, and not only at night (立即回收).")
    async def pool_recycle(deed: Deed) -> UUID:
        """In the background; the payload is the job."""
        return await recycling.start(deed)

    @command("pool.update", CustomerPayload, "Take a customer out of the public pool for oneself (领取客户).")
    async def customer_claim(deed: Deed, id: strawberry.ID) -> UUID:
        """Whoever is a moment too late gets CONFLICT; above a limit of the rules it is LIMIT_REACHED."""
        return await pool.claim(deed, id)

    @command("pool.update", CustomerPayload, "Give a customer back to the public pool (退回公海), with the reason.")
    async def customer_release(deed: Deed, id: strawberry.ID, reason: str) -> UUID:
        """One's own; another's by the right to transfer it. Contacts and planned activities of its owner go along."""
        return await pool.release(deed, id, reason)

    @command("pool.transfer", RecordsPayload, "Hand customers of the public pool to somebody (分配客户).")
    async def customers_assign(deed: Deed, input: CustomersAssignInput) -> Done:
        """To people within the scope of transferring customers."""
        given = plain_input(input)
        to = await pool.assignee(deed, given["to_id"])

        async def act(inner: Deed, record_id: str) -> UUID:
            return await pool.assign(inner, record_id, to)

        return await each_record(deed, given["ids"], act)

    @command("customer.update", CustomerPayload, "Keep a customer from being recycled for so many days (保护客户).")
    async def customer_protect(deed: Deed, id: strawberry.ID, days: int) -> UUID:
        """Counted from now; the rules say how many days at most, and how many customers of one owner."""
        return await pool.protect(deed, id, days)

    @command("customer.update", CustomerPayload, "End the protection of a customer (取消保护).")
    async def customer_unprotect(deed: Deed, id: strawberry.ID) -> UUID:
        """One that is not protected stays as it is."""
        return await pool.unprotect(deed, id)
