"""What can be listened to: one field for each stream of `services/topics.py`."""

from __future__ import annotations

import strawberry

from crm.resolvers.verbs import watch
from crm.schema.customers.incoming_call import IncomingCall
from crm.schema.messaging.announcement_published import AnnouncementNews
from crm.schema.office.reminder_due import ReminderNews
from crm.services.topics import Stream


@strawberry.type(description="Everything that is pushed. Each event carries the cursor to go on from.")
class Subscription:
    """The root of listening."""

    incoming_calls = watch(
        Stream.INCOMING_CALLS,
        IncomingCall,
        "Calls (来电) that ring the viewer, and every change of their state: for the popup.",
    )
    announcements = watch(Stream.ANNOUNCEMENTS, AnnouncementNews, "Announcements (公告) as they are published to the viewer.")
    reminders = watch(Stream.REMINDERS, ReminderNews, "The viewer's reminders (日程提醒) as they fall due.")
