"""What can be asked of and done with calls (来电)."""

from __future__ import annotations

from uuid import UUID

import strawberry

from crm.graph.payloads import Done
from crm.resolvers.verbs import command, listing, plain_input, single
from crm.schema.customers.call import (
    CallAmendInput,
    CallCustomerInput,
    CallCustomerPayload,
    CallDialInput,
    CallEndInput,
    CallLinkInput,
    CallPayload,
)
from crm.services.customers import call_amending, call_filing, call_orders, calls, unknown_callers
from crm.services.deeds import Deed


@strawberry.type
class CallQuery:
    """Reading calls."""

    call = single("customers.Call", "call.read", "One call (来电).")
    calls = listing("customers.Call", "call.read", "The calls (来电) that the viewer may see.")
    call_disclosures = listing(
        "customers.CallDisclosure", "call_disclosure.read", "Whom calls told of customers that they may not see (来电披露)."
    )


@strawberry.type
class CallMutation:
    """What is done with calls on screen."""

    @command("call.update", CallPayload, "Take a call that rings (接听); of several at once one gets it, the others CONFLICT.")
    async def call_claim(deed: Deed, id: strawberry.ID) -> UUID:
        """Whoever has the call already may say so again."""
        return await calls.claim(deed, id)

    @command("call.update", CallPayload, "Have a number dialled for the viewer (点击拨号): their own telephone rings first.")
    async def call_dial(deed: Deed, input: CallDialInput) -> UUID:
        """Dialled once or not at all; the call tells what became of it."""
        return await call_orders.order(deed, plain_input(input))

    @command("call.update", CallPayload, "The caller waits (保持).")
    async def call_hold(deed: Deed, id: strawberry.ID) -> UUID:
        """From ANSWERED, by whoever has the call."""
        return await calls.hold(deed, id)

    @command("call.update", CallPayload, "The conversation goes on (恢复).")
    async def call_resume(deed: Deed, id: strawberry.ID) -> UUID:
        """From HELD, by whoever has the call."""
        return await calls.resume(deed, id)

    @command("call.update", CallPayload, "Give the call to somebody else (转接), who answers it by claiming it.")
    async def call_transfer(deed: Deed, id: strawberry.ID, to_id: strawberry.ID) -> UUID:
        """From ANSWERED or HELD, by whoever has the call."""
        return await calls.transfer(deed, id, to_id)

    @command("call.update", CallPayload, "How the call went (处理来电): ends it if it goes on, and keeps it as an activity.")
    async def call_end(deed: Deed, id: strawberry.ID, input: CallEndInput | None = None) -> UUID:
        """Once, by whoever has the call."""
        return await call_filing.end(deed, id, plain_input(input) if input else {})

    @command("call.update", CallPayload, "Put right what was filed (补记来电); `version` is the one that was read.")
    async def call_amend(deed: Deed, id: strawberry.ID, version: int, input: CallAmendInput) -> UUID:
        """After `callEnd`, by whoever had the call; its activity follows."""
        return await call_amending.amend(deed, id, version, plain_input(input))

    @command("call.update", CallPayload, "Say whom the call is from or to (关联客户).")
    async def call_link(deed: Deed, id: strawberry.ID, input: CallLinkInput) -> UUID:
        """By whoever has the call, or while nobody has by anybody it rang."""
        return await calls.link(deed, id, plain_input(input))

    @command("customer.create", CallCustomerPayload, "Make an unknown caller a customer (来电建客户), with the number filled in.")
    async def call_customer_create(deed: Deed, id: strawberry.ID, input: CallCustomerInput) -> Done:
        """And a contact, where the caller's name is given."""
        call, customer, contact = await unknown_callers.create_customer(deed, id, plain_input(input))
        return Done(id=call, extra={"customer": str(customer), "contact": str(contact) if contact else None})

    @command("call.delete", CallPayload, "Move a call to the recycle bin (删除来电).")
    async def call_delete(deed: Deed, id: strawberry.ID) -> UUID:
        """The payload's record is null: deleted records are not read."""
        return await calls.delete(deed, id)

    @command("call.delete", CallPayload, "Take a call out of the recycle bin (恢复来电).")
    async def call_restore(deed: Deed, id: strawberry.ID) -> UUID:
        """Whoever may delete may restore."""
        return await calls.restore(deed, id)
