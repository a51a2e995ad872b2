"""The public pool: READ lets people look into it, UPDATE claim and give back, TRANSFER hand out, ADMINISTER edit its rules.

Each is granted on all of it or not at all, so a partner's people, who never reach beyond their own, do not come near it.
"""

from crm.access.branches import Granted, Via, visible
from crm.access.grants import Action
from crm.core.kinds import Kind

pool = visible(
    "pool",
    Granted(),
    table="pool_policy",
    kind=Kind.POOL_POLICY,
    actions=frozenset({Action.READ, Action.UPDATE, Action.TRANSFER, Action.ADMINISTER}),
)
pool_level = visible("pool_level", Via("policy_id", "pool"), recycled=False)
pool_stay = visible("pool_stay", Via("party_id", "party", window=True), kind=Kind.POOL_STAY, recycled=False)
