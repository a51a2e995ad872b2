"""Maintenance: its own owner and shares, and wherever its party is visible.

Not wherever its project is: what a project costs is told as one sum to whoever sees the project, as a party's last contact is
told whose activities are not.
"""

from crm.access.branches import OWNED_ACTIONS, Owned, Shared, Via, visible
from crm.core.kinds import Kind

maintenance = visible("maintenance", Owned(), Shared(), Via("party_id", "party"), kind=Kind.MAINTENANCE, actions=OWNED_ACTIONS)
