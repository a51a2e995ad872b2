"""What can be listened to: one field for each stream of `services/topics.py`."""

from __future__ import annotations

import inspect
from typing import Annotated

import strawberry

from crm.resolvers.verbs import watch
from crm.schema.customers.incoming_call import IncomingCall
from crm.schema.messaging.announcement_published import AnnouncementNews
from crm.schema.messaging.mail_received import MailNews
from crm.schema.office.reminder_due import ReminderNews
from crm.schema.system.event_news import EventNews, EventTopic
from crm.services.topics import Stream

TOPICS = Annotated[list[EventTopic], strawberry.argument(description="What to be told of; at least one.")]
RECORDS = Annotated[
    list[strawberry.ID] | None,
    strawberry.argument(description="The records that RECORD_CHANGES is to tell of, which needs them; at most 100."),
]


@strawberry.type(description="Everything that is pushed. Each event carries the cursor to go on from.")
class Subscription:
    """The root of listening."""

    incoming_calls = watch(
        Stream.INCOMING_CALLS,
        IncomingCall,
        "Calls (来电) that ring the viewer, and every change of their state: for the popup."
        " Without `after`, those that go on come first.",
    )
    announcements = watch(Stream.ANNOUNCEMENTS, AnnouncementNews, "Announcements (公告) as they are published to the viewer.")
    reminders = watch(Stream.REMINDERS, ReminderNews, "The viewer's reminders (日程提醒) as they fall due.")
    mail_received = watch(Stream.MAIL_RECEIVED, MailNews, "Messages (邮件) as they come into the mailboxes that the viewer sees.")
    events = watch(
        Stream.EVENTS,
        EventNews,
        "Everything else that is pushed (事件), by topic.",
        inspect.Parameter("topics", inspect.Parameter.KEYWORD_ONLY, annotation=TOPICS),
        inspect.Parameter("records", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=RECORDS),
    )
