"""The numbers of ring groups."""

from __future__ import annotations

from crm.graph.fields import column
from crm.graph.nouns import noun


@noun("ring_group_number", order="position", part_of="RingGroup", description="A number that reaches a ring group (号码).")
class RingGroupNumber:
    """号码."""

    number: str = column("As the switchboard writes it.")
    position: int = column("Its place in the list.", sort=True)
