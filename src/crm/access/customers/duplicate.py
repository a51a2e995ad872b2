"""What is done about duplicates, for all staff to read; what looking for them disclosed, for those who are granted it."""

from crm.access.branches import Staff, visible
from crm.access.grants import Action
from crm.core.kinds import Kind

duplicate_policy = visible(
    "duplicate_policy",
    Staff(),
    kind=Kind.DUPLICATE_POLICY,
    gated=False,
    actions=frozenset({Action.READ, Action.UPDATE}),
    recycled=False,
)
duplicate_disclosure = visible(
    "duplicate_disclosure", Staff(), kind=Kind.DUPLICATE_DISCLOSURE, actions=frozenset({Action.READ}), recycled=False
)
