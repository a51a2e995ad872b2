"""How long before an event people are reminded."""

from __future__ import annotations

import strawberry

from crm.graph.fields import column
from crm.graph.nouns import noun
from crm.schema.office.enums import ReminderChannel, ReminderRecipients


@noun(
    "reminder_rule",
    order="position",
    part_of="ScheduleEvent",
    description="A reminder before every occurrence of an event (提醒设置), for whoever has not declined.",
)
class ReminderRule:
    """提醒设置."""

    channel: ReminderChannel = column("How.")
    minutes_before: int = column("How many minutes before the start (提前分钟数).")
    recipients: ReminderRecipients = column("For whom (提醒对象).")
    position: int = column("The place in the list.", sort=True)


@strawberry.input(description="A reminder before every occurrence.")
class ReminderRuleInput:
    """提醒设置."""

    channel: ReminderChannel = strawberry.field(description="How.", default=ReminderChannel.POPUP)
    minutes_before: int = strawberry.field(description="How many minutes before the start, 0 to 40,320 (four weeks).")
    recipients: ReminderRecipients = strawberry.field(
        description="For whom. CONTACTS are reminded by a message, in the owner's name.", default=ReminderRecipients.STAFF
    )
