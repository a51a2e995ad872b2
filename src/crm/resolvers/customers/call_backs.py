"""What can be asked of and done with the call-back list (回电清单)."""

from __future__ import annotations

from uuid import UUID

import strawberry

from crm.resolvers.verbs import command, listing, single
from crm.schema.customers.call_back import CallBackPayload
from crm.services.customers import call_back_steps
from crm.services.deeds import Deed


@strawberry.type
class CallBackQuery:
    """Reading the call-back list."""

    call_back = single("customers.CallBack", "call.read", "One entry of the call-back list (回电).")
    call_backs = listing("customers.CallBack", "call.read", "Who was missed and is owed a call (回电清单).")


@strawberry.type
class CallBackMutation:
    """What is done with the call-back list."""

    @command(
        "call.update", CallBackPayload, "Take it on to call back (认领回电); of several at once one gets it, the others CONFLICT."
    )
    async def call_back_claim(deed: Deed, id: strawberry.ID) -> UUID:
        """From OPEN, by whoever sees it; the task becomes theirs. Whoever has it already may say so again."""
        return await call_back_steps.claim(deed, id)

    @command("call.update", CallBackPayload, "Leave it to somebody else (放弃回电).")
    async def call_back_release(deed: Deed, id: strawberry.ID) -> UUID:
        """From CLAIMED, by whoever has it, and by their superiors."""
        return await call_back_steps.release(deed, id)

    @command(
        "call.update",
        CallBackPayload,
        "They were called back (完成回电). An answered call to the number does it by itself.",
    )
    async def call_back_complete(deed: Deed, id: strawberry.ID, note: str | None = None) -> UUID:
        """From CLAIMED, by whoever has it; the task is done with it."""
        return await call_back_steps.complete(deed, id, note)

    @command("call.update", CallBackPayload, "They need no call (取消回电).")
    async def call_back_cancel(deed: Deed, id: strawberry.ID, note: str | None = None) -> UUID:
        """From CLAIMED, by whoever has it; the task is cancelled with it."""
        return await call_back_steps.cancel(deed, id, note)
