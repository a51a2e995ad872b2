"""What can be asked of and done with reminders (提醒). Everybody has their own."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

import strawberry

from crm.access.grants import SIGNED_IN
from crm.resolvers.verbs import command, listing, single
from crm.schema.office.reminder import ReminderPayload
from crm.schema.system.user import UserPayload
from crm.services.deeds import Deed
from crm.services.office import quiet_hours, reminders

From = Annotated[str | None, strawberry.argument(name="from", description="A time of the day such as `22:00`.")]
Until = Annotated[str | None, strawberry.argument(description="Another, the next day where it is the earlier one.")]


@strawberry.type
class ReminderQuery:
    """Reading one's reminders."""

    reminder = single("office.Reminder", SIGNED_IN, "One of one's own reminders (提醒).")
    reminders = listing("office.Reminder", SIGNED_IN, "One's own reminders (提醒) that have fired, the latest first.")


@strawberry.type
class ReminderMutation:
    """Answering one's reminders."""

    @command(SIGNED_IN, ReminderPayload, "Remind me again in so many minutes (稍后提醒), 1 to 10,080.")
    async def reminder_snooze(deed: Deed, id: strawberry.ID, minutes: int) -> UUID:
        """From DUE and SNOOZED."""
        return await reminders.snooze(deed, id, minutes)

    @command(SIGNED_IN, ReminderPayload, "Do not remind me of this occurrence again (关闭提醒). There is no way back.")
    async def reminder_dismiss(deed: Deed, id: strawberry.ID) -> UUID:
        """From DUE and SNOOZED."""
        return await reminders.dismiss(deed, id)

    @command(
        SIGNED_IN,
        UserPayload,
        "One's own quiet hours (设置免打扰时段): reminders that fall due in them come at their end, one for each event, late."
        " Without both times there are none. What was snoozed rings when it was told to.",
    )
    async def quiet_hours_set(deed: Deed, begins: From = None, until: Until = None) -> UUID:
        """By the clocks of one's time zone."""
        return await quiet_hours.set_quiet_hours(deed, begins, until)
