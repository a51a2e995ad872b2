"""Service cases: their own owner and shares, and wherever their party is visible. What they are promised is for everybody."""

from crm.access.branches import CRUD, OWNED_ACTIONS, Owned, Shared, SignedIn, Via, visible
from crm.access.searched import Written, searched
from crm.core.kinds import Kind
from crm.core.search_tokens import Place

sla_policy = visible("sla_policy", SignedIn(), kind=Kind.SLA_POLICY, gated=False, actions=CRUD)
service_case = visible("service_case", Owned(), Shared(), Via("party_id", "party"), kind=Kind.SERVICE_CASE, actions=OWNED_ACTIONS)

searched(
    "service_case",
    Written("subject", Place.NAME),
    Written("number", Place.NAME),
    Written("product", Place.TEXT),
    Written("description", Place.TEXT),
    Written("resolution", Place.TEXT),
    state="status",
)
