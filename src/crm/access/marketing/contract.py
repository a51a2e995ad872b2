"""Contracts: their own owner and shares, and wherever their party is visible."""

from crm.access.branches import OWNED_ACTIONS, Owned, Shared, Via, visible
from crm.access.grants import Action
from crm.access.searched import Written, searched
from crm.core.kinds import Kind
from crm.core.search_tokens import Place

contract = visible(
    "contract",
    Owned(),
    Shared(),
    Via("party_id", "party"),
    kind=Kind.CONTRACT,
    actions=OWNED_ACTIONS | {Action.APPROVE},
)

searched(
    "contract",
    Written("title", Place.NAME),
    Written("number", Place.NAME),
    Written("their_signer", Place.TEXT),
    Written("note", Place.TEXT),
    state="status",
)
