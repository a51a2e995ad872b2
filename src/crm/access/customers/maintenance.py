"""Maintenance: its own owner and shares, and wherever its party is visible.

Not wherever its project is: what a project costs is told as one sum to whoever sees the project, as a party's last contact is
told whose activities are not.
"""

from crm.access.branches import OWNED_ACTIONS, Owned, Shared, Via, visible
from crm.access.searched import Written, searched
from crm.core.kinds import Kind
from crm.core.search_tokens import Place

maintenance = visible("maintenance", Owned(), Shared(), Via("party_id", "party"), kind=Kind.MAINTENANCE, actions=OWNED_ACTIONS)

searched(
    "maintenance",
    Written("title", Place.NAME),
    Written("product", Place.TEXT),
    Written("result", Place.TEXT),
    Written("note", Place.TEXT),
    state="status",
)
