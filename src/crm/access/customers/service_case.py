"""Service cases: their own owner and shares, and wherever their party is visible. What they are promised is for everybody."""

from crm.access.branches import CRUD, OWNED_ACTIONS, Owned, Shared, SignedIn, Via, visible
from crm.core.kinds import Kind

sla_policy = visible("sla_policy", SignedIn(), kind=Kind.SLA_POLICY, gated=False, actions=CRUD)
service_case = visible("service_case", Owned(), Shared(), Via("party_id", "party"), kind=Kind.SERVICE_CASE, actions=OWNED_ACTIONS)
