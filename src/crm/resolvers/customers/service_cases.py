"""What can be asked of and done with service cases (服务单), and with what they are promised (服务时限)."""

from __future__ import annotations

from uuid import UUID

import strawberry

from crm.access.grants import SIGNED_IN
from crm.resolvers.verbs import command, listing, plain_input, single
from crm.schema.customers.service_case import (
    ServiceCaseCloseInput,
    ServiceCaseCreateInput,
    ServiceCasePayload,
    ServiceCaseUpdateInput,
)
from crm.schema.customers.sla_policy import SlaPolicyCreateInput, SlaPolicyPayload, SlaPolicyUpdateInput
from crm.services.customers import service_cases, sla_policies
from crm.services.deeds import Deed


@strawberry.type
class ServiceCaseQuery:
    """Reading service cases, and what they are promised."""

    service_case = single("customers.ServiceCase", "service_case.read", "One service case (服务单).")
    service_cases = listing("customers.ServiceCase", "service_case.read", "The service cases (服务单) that the viewer may see.")
    sla_policy = single("customers.SlaPolicy", SIGNED_IN, "One policy (服务时限).")
    sla_policies = listing("customers.SlaPolicy", SIGNED_IN, "What service cases are promised, by priority (服务时限).")


@strawberry.type
class ServiceCaseMutation:
    """Writing service cases, and what they are promised."""

    @command("service_case.create", ServiceCasePayload, "A new service case (新建服务单); its clock starts.")
    async def service_case_create(deed: Deed, input: ServiceCaseCreateInput) -> UUID:
        """Subject and party must be given."""
        return await service_cases.create(deed, plain_input(input))

    @command("service_case.update", ServiceCasePayload, "New values of a case (修改服务单); `version` is the one that was read.")
    async def service_case_update(deed: Deed, id: strawberry.ID, version: int, input: ServiceCaseUpdateInput) -> UUID:
        """What is due follows the priority."""
        return await service_cases.update(deed, id, version, plain_input(input))

    @command("service_case.update", ServiceCasePayload, "Somebody begins to deal with it (接单); if nobody owns it, they do.")
    async def service_case_accept(deed: Deed, id: strawberry.ID) -> UUID:
        """From NEW."""
        return await service_cases.accept(deed, id)

    @command("service_case.transfer", ServiceCasePayload, "Somebody is to deal with it, and owns it from now on (派单).")
    async def service_case_assign(deed: Deed, id: strawberry.ID, to_id: strawberry.ID) -> UUID:
        """From NEW, ASSIGNED or PENDING."""
        return await service_cases.assign(deed, id, to_id)

    @command("service_case.update", ServiceCasePayload, "The customer has heard from us (响应); only the first time counts.")
    async def service_case_respond(deed: Deed, id: strawberry.ID) -> UUID:
        """From ASSIGNED."""
        return await service_cases.respond(deed, id)

    @command("service_case.update", ServiceCasePayload, "It waits for the customer, and what for (挂起); the clock stands still.")
    async def service_case_pend(deed: Deed, id: strawberry.ID, reason: str) -> UUID:
        """From ASSIGNED."""
        return await service_cases.pend(deed, id, reason)

    @command("service_case.update", ServiceCasePayload, "It does not wait any more (恢复处理); what is due moves along.")
    async def service_case_resume(deed: Deed, id: strawberry.ID) -> UUID:
        """From PENDING."""
        return await service_cases.resume(deed, id)

    @command("service_case.update", ServiceCasePayload, "The customer has what they wanted, and how (解决).")
    async def service_case_resolve(deed: Deed, id: strawberry.ID, resolution: str) -> UUID:
        """From ASSIGNED or PENDING."""
        return await service_cases.resolve(deed, id, resolution)

    @command("service_case.update", ServiceCasePayload, "It is over, with what the customer thinks of it (关闭).")
    async def service_case_close(deed: Deed, id: strawberry.ID, input: ServiceCaseCloseInput | None = None) -> UUID:
        """From RESOLVED."""
        return await service_cases.close(deed, id, plain_input(input) if input else {})

    @command("service_case.update", ServiceCasePayload, "It is none of ours, and why (拒绝).")
    async def service_case_reject(deed: Deed, id: strawberry.ID, reason: str) -> UUID:
        """From NEW or ASSIGNED."""
        return await service_cases.reject(deed, id, reason)

    @command("service_case.update", ServiceCasePayload, "It was not resolved after all, and why (重新打开); a new clock starts.")
    async def service_case_reopen(deed: Deed, id: strawberry.ID, reason: str) -> UUID:
        """From RESOLVED, CLOSED or REJECTED."""
        return await service_cases.reopen(deed, id, reason)

    @command("service_case.delete", ServiceCasePayload, "Move a service case to the recycle bin (删除服务单).")
    async def service_case_delete(deed: Deed, id: strawberry.ID) -> UUID:
        """The payload's record is null: deleted records are not read."""
        return await service_cases.delete(deed, id)

    @command("service_case.delete", ServiceCasePayload, "Take a service case out of the recycle bin (恢复已删除的服务单).")
    async def service_case_restore(deed: Deed, id: strawberry.ID) -> UUID:
        """Whoever may delete may restore."""
        return await service_cases.restore(deed, id)

    @command("sla_policy.create", SlaPolicyPayload, "What cases of a priority are promised from now on (新建服务时限).")
    async def sla_policy_create(deed: Deed, input: SlaPolicyCreateInput) -> UUID:
        """Each priority has one policy at most."""
        return await sla_policies.create(deed, plain_input(input))

    @command("sla_policy.update", SlaPolicyPayload, "New values of a policy (修改服务时限); open cases follow within seconds.")
    async def sla_policy_update(deed: Deed, id: strawberry.ID, version: int, input: SlaPolicyUpdateInput) -> UUID:
        """`version` is the one that was read."""
        return await sla_policies.update(deed, id, version, plain_input(input))

    @command("sla_policy.delete", SlaPolicyPayload, "New cases are promised nothing (删除服务时限); what was promised is kept.")
    async def sla_policy_delete(deed: Deed, id: strawberry.ID) -> UUID:
        """The payload's record is null: deleted records are not read."""
        return await sla_policies.delete(deed, id)

    @command("sla_policy.delete", SlaPolicyPayload, "Take a policy out of the recycle bin (恢复服务时限).")
    async def sla_policy_restore(deed: Deed, id: strawberry.ID) -> UUID:
        """Refused where its priority has another one, or its calendar is deleted."""
        return await sla_policies.restore(deed, id)
