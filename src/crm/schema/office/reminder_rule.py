"""How long before an event people are reminded."""

from __future__ import annotations

import strawberry

from crm.graph.fields import column
from crm.graph.nouns import noun
from crm.schema.office.enums import ReminderChannel


@noun(
    "reminder_rule",
    order="position",
    part_of="ScheduleEvent",
    description="A reminder before every occurrence of an event (提醒设置), for its owner and everybody who has not declined.",
)
class ReminderRule:
    """提醒设置."""

    channel: ReminderChannel = column("How.")
    minutes_before: int = column("How many minutes before the start (提前分钟数).")
    position: int = column("The place in the list.", sort=True)


@strawberry.input(description="A reminder before every occurrence.")
class ReminderRuleInput:
    """提醒设置."""

    channel: ReminderChannel = strawberry.field(description="How. Only POPUP is taken yet.", default=ReminderChannel.POPUP)
    minutes_before: int = strawberry.field(description="How many minutes before the start, 0 to 40,320 (four weeks).")
