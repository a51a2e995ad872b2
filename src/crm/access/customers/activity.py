"""Activities: their own owner and shares, whoever of our people takes part, and wherever their party is visible."""

from crm.access.branches import OWNED_ACTIONS, Named, Owned, Shared, Via, visible
from crm.access.searched import Written, searched
from crm.core.kinds import Kind
from crm.core.search_tokens import Place

activity = visible(
    "activity",
    Owned(),
    Shared(),
    Named("activity_participant", "activity_id", "user_id"),
    Via("party_id", "party"),
    kind=Kind.ACTIVITY,
    actions=OWNED_ACTIONS,
)

activity_participant = visible("activity_participant", Via("activity_id", "activity"), recycled=False)

searched(
    "activity",
    Written("subject", Place.NAME),
    Written("content", Place.TEXT),
    Written("outcome", Place.TEXT),
    Written("next_step", Place.TEXT),
    state="status",
)
