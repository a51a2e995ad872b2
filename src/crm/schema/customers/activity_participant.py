"""Who takes part in an activity."""

from __future__ import annotations

import strawberry

from crm.graph.fields import column, related
from crm.graph.nouns import noun


@noun(
    "activity_participant",
    order="position",
    part_of="Activity",
    description="Somebody who takes part in an activity (参与人): a colleague or a contact.",
)
class ActivityParticipant:
    """参与人."""

    user = related("system.User", "user_id", "The colleague.", card=True)
    contact = related("customers.Contact", "contact_id", "The contact, where the viewer may see them.")
    position: int = column("The place in the list.", sort=True)


@strawberry.input(description="Somebody who takes part: a colleague or a contact, one of the two.")
class ActivityParticipantInput:
    """参与人."""

    user_id: strawberry.ID | None = strawberry.field(description="The colleague.", default=None)
    contact_id: strawberry.ID | None = strawberry.field(description="The contact.", default=None)
