"""Contracts: their own owner and shares, and wherever their party is visible."""

from crm.access.branches import OWNED_ACTIONS, Owned, Shared, Via, visible
from crm.access.grants import Action
from crm.core.kinds import Kind

contract = visible(
    "contract",
    Owned(),
    Shared(),
    Via("party_id", "party"),
    kind=Kind.CONTRACT,
    actions=OWNED_ACTIONS | {Action.APPROVE},
)
