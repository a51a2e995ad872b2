"""What people do with calls on screen: claim, hold, resume, transfer, link. Ending one is in `call_filing.py`.

Each adds an event to what is known of the call and folds it (`call_histories.py`), so the switchboard's word and ours never
compete for a column.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crm.access.grants import Action
from crm.core.errors import Conflict, Forbidden, IllegalTransition, Invalid, Required
from crm.models import Activity, Call
from crm.rules.customers.call_states import CALL_FLOW, OPEN, CallState, CallVerb, Signal
from crm.services.customers.activities import party_of_contact
from crm.services.customers.call_histories import known, note, refold
from crm.services.customers.call_people import check_takes_calls
from crm.services.customers.call_rows import locked_call, locked_own
from crm.services.customers.contact_cycles import touch_party
from crm.services.deeds import Deed
from crm.services.owners import department_of
from crm.services.records import check_frozen, record_change, revise, trash, untrash
from crm.services.records import claim as claim_record
from crm.services.references import resolved, rule_of_table, visible_id


async def claim(deed: Deed, record_id: str) -> UUID:
    """The call is the viewer's; of several at once the first gets it. Whoever has it already may say so again."""
    call = await locked_call(deed, record_id)
    state = CallState(call.state)
    if call.claimed_by_id != deed.actor and not await _rang(deed, call):
        raise Forbidden("This call does not ring you.", ("id",))
    if state not in OPEN:
        raise IllegalTransition("Call", state, CallVerb.CLAIM)
    if call.claimed_by_id is not None and call.claimed_by_id != deed.actor and state is not CallState.TRANSFERRED:
        raise Conflict(f"Answered by {await _name(deed, call.claimed_by_id)}.", ("id",))
    if call.claimed_by_id is None or state is CallState.TRANSFERRED:
        # Whom a call was handed to holds it already: their claim is an answer. Until they give it, anybody it rang may take it
        # back: it may have been handed to somebody who cannot take it.
        signal = Signal.CLAIMED if call.claimed_by_id is None else Signal.ANSWERED
        heard = await note(deed, call, signal, agent=deed.actor)
        await refold(deed, call, heard, verb="call.claim")
    return UUID(str(call.id))


async def hold(deed: Deed, record_id: str) -> UUID:
    """The caller waits."""
    return await _step(deed, record_id, CallVerb.HOLD, Signal.HELD)


async def resume(deed: Deed, record_id: str) -> UUID:
    """The conversation goes on."""
    return await _step(deed, record_id, CallVerb.RESUME, Signal.RESUMED)


async def transfer(deed: Deed, record_id: str, to_id: str) -> UUID:
    """The call is another's from now on; they answer by claiming it, or by their telephone."""
    where = ("toId",)
    call = await held(deed, record_id)
    CALL_FLOW.after(CallState(call.state), CallVerb.TRANSFER)
    recipient = await visible_id(deed, rule_of_table("user_account"), to_id, where)
    await department_of(deed, recipient, where)
    if recipient == deed.actor:
        raise Invalid("You have this call already.", where)
    await check_takes_calls(deed, recipient, where)
    heard = await note(deed, call, Signal.TRANSFERRED, agent=recipient)
    await refold(deed, call, heard, verb="call.transfer")
    return UUID(str(call.id))


async def link(deed: Deed, record_id: str, given: Mapping[str, Any]) -> UUID:
    """Somebody says who it is; what was filed of the call follows."""
    check_frozen(deed, "call", list(given))
    values: dict[str, Any] = {"party_id": None, "contact_id": None}
    values |= await resolved(deed, Call, {name: given[name] for name in values if given.get(name) is not None})
    if values["contact_id"] is not None:
        values["party_id"] = await party_of_contact(
            deed, values["contact_id"], values["party_id"], chosen=values["party_id"] is not None
        )
    if values["party_id"] is None:
        raise Required("Name a party or a contact.", ("input", "partyId"))
    await deed.run("SELECT id FROM party WHERE id = $1 FOR NO KEY UPDATE", values["party_id"])
    call = await locked_call(deed, record_id)
    await check_hands(deed, call)
    if call.claimed_by_id is None and call.party_id is not None:
        # Whoever it only rang may say who it is where nobody knows, and not take it from somebody whom they perhaps cannot see.
        raise Forbidden("It is known whom this call is from; claim it to say otherwise.", ("id",))
    await link_to(deed, call, values)
    return UUID(str(call.id))


async def delete(deed: Deed, record_id: str) -> UUID:
    """Move a call to the recycle bin, once it is over: under whoever still talks, or is rung, it would vanish without a word."""
    call = await claim_record(deed, Call, record_id, Action.DELETE)
    if CallState(call.state) in OPEN:
        raise IllegalTransition("Call", call.state, "DELETE")
    await trash(deed, call, "call.delete")
    return call.id


async def restore(deed: Deed, record_id: str) -> UUID:
    """Take a call out of the recycle bin."""
    call = await claim_record(deed, Call, record_id, Action.DELETE, deleted=True)
    await untrash(deed, call, "call.restore")
    return call.id


async def held(deed: Deed, record_id: str) -> Any:
    """Lock a call that the viewer holds."""
    call = await locked_call(deed, record_id)
    if call.claimed_by_id is None or call.claimed_by_id != deed.actor:
        raise Forbidden("Only whoever has this call can do that.", ("id",))
    return call


async def check_hands(deed: Deed, call: Any) -> None:
    """Whoever holds the call says who it is; until somebody does, anybody it rang."""
    mine = call.claimed_by_id == deed.actor if call.claimed_by_id is not None else await _rang(deed, call)
    if not mine:
        raise Forbidden("This is for whoever has the call, or whom it rang while nobody has.", ("id",))


async def link_to(deed: Deed, call: Any, values: Mapping[str, Any]) -> None:
    """Write who it is into a locked call, and into the activities that came of it."""
    before = call.party_id
    await refold(deed, call, await known(deed, call.id), verb="call.link", values=values)
    for activity_id in (call.activity_id, call.call_back_id):
        activity = activity_id and await locked_own(deed, Activity, activity_id)
        if activity and activity.party_id not in (None, before):
            continue  # a task that other calls of this number gave to somebody else stays theirs
        if activity and (changes := await revise(deed, activity, values)):
            await record_change(deed, activity, "activity.update", changes)
            if activity.done_at is not None:
                await touch_party(deed, activity.party_id, activity.done_at)


async def _step(deed: Deed, record_id: str, verb: CallVerb, signal: Signal) -> UUID:
    call = await held(deed, record_id)
    CALL_FLOW.after(CallState(call.state), verb)
    await refold(deed, call, await note(deed, call, signal, agent=deed.actor), verb=f"call.{verb.lower()}")
    return UUID(str(call.id))


async def _rang(deed: Deed, call: Any) -> bool:
    rows = await deed.rows("SELECT 1 FROM call_candidate WHERE call_id = $1 AND user_id = $2", call.id, deed.actor)
    return bool(rows)


async def _name(deed: Deed, user_id: UUID) -> str:
    rows = await deed.rows("SELECT display_name FROM user_account WHERE id = $1", user_id)
    return str(rows[0]["display_name"])
