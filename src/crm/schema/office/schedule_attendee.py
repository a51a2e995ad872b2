"""Who attends an event."""

from __future__ import annotations

from enum import Enum

import strawberry

from crm.graph.fields import column, related
from crm.graph.nouns import noun


@strawberry.enum(description="What somebody who is invited says (答复).")
class AttendeeAnswer(Enum):
    """答复."""

    PENDING = "PENDING"
    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
    TENTATIVE = "TENTATIVE"


@noun(
    "schedule_attendee",
    order="position",
    part_of="ScheduleEvent",
    description="Somebody who is invited to an event (参加人): a colleague or a contact.",
)
class ScheduleAttendee:
    """参加人."""

    user = related("system.User", "user_id", "The colleague.", card=True)
    contact = related("customers.Contact", "contact_id", "The contact, where the viewer may see them.")
    answer: AttendeeAnswer = column("What they say; contacts stay PENDING (答复).")
    position: int = column("The place in the list.", sort=True)
