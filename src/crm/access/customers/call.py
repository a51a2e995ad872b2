"""Calls: whoever holds them, everybody they rang, and wherever their party is visible.

A match is read with its call, by whoever may see the party it points at, or was told of it when the call rang them. An entry of
the call-back list is read with its latest call.
"""

from crm.access.branches import CRUD, OWNED_ACTIONS, Named, Owned, Shared, Staff, Told, Via, visible
from crm.access.grants import Action
from crm.access.searched import Written, searched
from crm.core.kinds import Kind
from crm.core.search_tokens import Place

call = visible(
    "call",
    Owned(),
    Shared(),
    Named("call_candidate", "call_id", "user_id"),
    Via("party_id", "party"),
    kind=Kind.CALL,
    actions=OWNED_ACTIONS,
)
call_candidate = visible("call_candidate", Via("call_id", "call"), recycled=False)
call_match = visible(
    "call_match",
    Via("party_id", "party"),
    Told("call_disclosure", ("call_id", "party_id"), "user_id"),
    kind=Kind.CALL_MATCH,
    recycled=False,
)
call_disclosure = visible("call_disclosure", Staff(), kind=Kind.CALL_DISCLOSURE, actions=frozenset({Action.READ}), recycled=False)

call_back = visible("call_back", Via("call_id", "call"), kind=Kind.CALL_BACK, recycled=False)
blocked_number = visible("blocked_number", Staff(), kind=Kind.BLOCKED_NUMBER, actions=CRUD)

ring_group = visible("ring_group", Staff(), kind=Kind.RING_GROUP, gated=False, actions=CRUD)
ring_group_number = visible("ring_group_number", Via("ring_group_id", "ring_group"), recycled=False)
ring_group_member = visible("ring_group_member", Via("ring_group_id", "ring_group"), recycled=False)

searched(
    "call",
    Written("number", Place.PHONE, ("number_display", "number_e164")),
    Written("note", Place.TEXT),
    title="number_display",
    state="state",
)
