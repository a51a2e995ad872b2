"""What is between us and our channels. A partner's people see what was offered to, or comes from, the channel they work for.

Our own people see it by owner, scope and share, and wherever they see the opportunity or the channel. Those two ways are theirs
alone: an opportunity that a partner sees does not show to whom else it was offered.
"""

from crm.access.branches import CRUD, OWNED_ACTIONS, Owned, Partner, Shared, Staff, Via, visible
from crm.access.grants import Action
from crm.access.searched import Written, searched
from crm.core.kinds import Kind
from crm.core.search_tokens import Place

channel_group = visible("channel_group", Staff(), kind=Kind.CHANNEL_GROUP, gated=False, actions=CRUD)
territory = visible("territory", Staff(), kind=Kind.TERRITORY, gated=False, actions=CRUD)
territory_region = visible("territory_region", Via("territory_id", "territory"), recycled=False)

_TRAIL = OWNED_ACTIONS - {Action.DELETE, Action.IMPORT, Action.ADMINISTER}
"""They are a history of who was asked what: nobody deletes them."""

channel_assignment = visible(
    "channel_assignment",
    Owned(),
    Shared(),
    Partner("channel_id"),
    Via("opportunity_id", "opportunity", staff=True),
    Via("channel_id", "party", staff=True),
    kind=Kind.CHANNEL_ASSIGNMENT,
    actions=_TRAIL,
)
channel_submission = visible(
    "channel_submission",
    Owned(),
    Shared(),
    Partner("channel_id"),
    Via("channel_id", "party", staff=True),
    kind=Kind.CHANNEL_SUBMISSION,
    actions=_TRAIL,
)

searched(
    "channel_assignment",
    Written("title", Place.NAME),
    Written("customer_name", Place.ALIAS),
    Written("brief", Place.TEXT),
    state="status",
    party=False,
)
searched(
    "channel_submission",
    Written("title", Place.NAME),
    Written("customer_name", Place.ALIAS),
    Written("contact_name", Place.ALIAS, person=True),
    Written("phone", Place.PHONE, ("phone", "phone_e164")),
    Written("description", Place.TEXT),
    state="status",
    party=False,
)
