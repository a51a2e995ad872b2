"""Projects: their own owner and shares, and wherever their party is visible."""

from crm.access.branches import OWNED_ACTIONS, Owned, Shared, Via, visible
from crm.access.searched import Written, searched
from crm.core.kinds import Kind
from crm.core.search_tokens import Place

project = visible("project", Owned(), Shared(), Via("party_id", "party"), kind=Kind.PROJECT, actions=OWNED_ACTIONS)

searched("project", Written("title", Place.NAME), Written("number", Place.NAME), Written("note", Place.TEXT), state="status")
