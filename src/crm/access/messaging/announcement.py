"""Announcements: their authors, and the people they were published to, until they are withdrawn."""

from crm.access.branches import OWNED_ACTIONS, Myself, Named, Owned, Shared, ViaEditable, visible
from crm.access.searched import Written, searched
from crm.core.kinds import Kind
from crm.core.search_tokens import Place

announcement = visible(
    "announcement",
    # Most who see one were told of it: asked first, the others are not asked for thousands of listeners at once.
    Named("announcement_receipt", "announcement_id", "user_id", only=("status", ("PUBLISHED", "EXPIRED"))),
    Owned(),
    Shared(),
    kind=Kind.ANNOUNCEMENT,
    gated=False,
    actions=OWNED_ACTIONS,
)
announcement_audience = visible("announcement_audience", ViaEditable("announcement_id", "announcement"), recycled=False)
announcement_receipt = visible(
    "announcement_receipt",
    Myself("user_id"),
    ViaEditable("announcement_id", "announcement"),
    kind=Kind.ANNOUNCEMENT_RECEIPT,
    recycled=False,
)

searched("announcement", Written("title", Place.NAME), Written("body", Place.TEXT), state="status", party=False)
