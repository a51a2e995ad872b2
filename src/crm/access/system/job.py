"""Background jobs: one's own, and all of them for whoever is granted that."""

from crm.access.branches import Granted, Myself, visible
from crm.access.grants import Action
from crm.core.kinds import Kind

job = visible(
    "job",
    Myself("starter_id"),
    Granted(),
    kind=Kind.JOB,
    gated=False,
    actions=frozenset({Action.READ, Action.ADMINISTER}),
    recycled=False,
)
