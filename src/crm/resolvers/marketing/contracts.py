"""What can be asked of and done with contracts (合同)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import strawberry

from crm.resolvers.verbs import command, listing, plain_input, single
from crm.schema.marketing.contract import ContractCreateInput, ContractPayload, ContractUpdateInput
from crm.services.deeds import Deed
from crm.services.marketing import contracts


@strawberry.type
class ContractQuery:
    """Reading contracts."""

    contract = single("marketing.Contract", "contract.read", "One contract (合同).")
    contracts = listing("marketing.Contract", "contract.read", "The contracts (合同) that the viewer may see.")


@strawberry.type
class ContractMutation:
    """Writing contracts."""

    @command(
        "contract.create", ContractPayload, "A new draft (新建合同) with a party that the viewer sees, and its number for good."
    )
    async def contract_create(deed: Deed, input: ContractCreateInput) -> UUID:
        """Title, kind and party must be given."""
        return await contracts.create(deed, plain_input(input))

    @command("contract.update", ContractPayload, "New values of a contract (修改合同); `version` is the one that was read.")
    async def contract_update(deed: Deed, id: strawberry.ID, version: int, input: ContractUpdateInput) -> UUID:
        """In state DRAFT or REJECTED."""
        return await contracts.update(deed, id, version, plain_input(input))

    @command("contract.update", ContractPayload, "It is to be approved (提交合同); its fields stay as they are from now on.")
    async def contract_submit(deed: Deed, id: strawberry.ID) -> UUID:
        """From DRAFT or REJECTED."""
        return await contracts.submit(deed, id)

    @command("contract.approve", ContractPayload, "Yes to a contract that somebody else owns and submitted (批准合同).")
    async def contract_approve(deed: Deed, id: strawberry.ID) -> UUID:
        """From IN_REVIEW."""
        return await contracts.approve(deed, id)

    @command("contract.approve", ContractPayload, "No to a contract that somebody else owns and submitted, and why (驳回合同).")
    async def contract_reject(deed: Deed, id: strawberry.ID, reason: str) -> UUID:
        """From IN_REVIEW."""
        return await contracts.reject(deed, id, reason)

    @command("contract.update", ContractPayload, "It is not to be approved after all (撤回合同).")
    async def contract_withdraw(deed: Deed, id: strawberry.ID) -> UUID:
        """From IN_REVIEW, to DRAFT."""
        return await contracts.withdraw(deed, id)

    @command("contract.update", ContractPayload, "Both sides have signed (签订合同): today, or on the day that is given.")
    async def contract_sign(deed: Deed, id: strawberry.ID, signed_on: date | None = None) -> UUID:
        """From APPROVED."""
        return await contracts.sign(deed, id, signed_on)

    @command("contract.update", ContractPayload, "It is being carried out (合同生效).")
    async def contract_activate(deed: Deed, id: strawberry.ID) -> UUID:
        """From SIGNED."""
        return await contracts.activate(deed, id)

    @command("contract.update", ContractPayload, "All that was agreed is done (完成合同).")
    async def contract_complete(deed: Deed, id: strawberry.ID) -> UUID:
        """From ACTIVE."""
        return await contracts.complete(deed, id)

    @command("contract.update", ContractPayload, "It ends before its time, and why (终止合同).")
    async def contract_terminate(deed: Deed, id: strawberry.ID, reason: str) -> UUID:
        """From SIGNED or ACTIVE."""
        return await contracts.terminate(deed, id, reason)

    @command("contract.update", ContractPayload, "Its time is over (合同到期).")
    async def contract_expire(deed: Deed, id: strawberry.ID) -> UUID:
        """From SIGNED or ACTIVE."""
        return await contracts.expire(deed, id)

    @command("contract.delete", ContractPayload, "Move a contract to the recycle bin (删除合同).")
    async def contract_delete(deed: Deed, id: strawberry.ID) -> UUID:
        """The payload's record is null: deleted records are not read."""
        return await contracts.delete(deed, id)

    @command("contract.delete", ContractPayload, "Take a contract out of the recycle bin (恢复合同).")
    async def contract_restore(deed: Deed, id: strawberry.ID) -> UUID:
        """Whoever may delete may restore."""
        return await contracts.restore(deed, id)
