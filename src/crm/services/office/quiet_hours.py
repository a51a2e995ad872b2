"""One's own quiet hours, in which reminders are held back."""

from __future__ import annotations

from uuid import UUID

from crm.core.errors import Invalid
from crm.models import User
from crm.rules.office.quiet_hours import read_quiet_hours
from crm.services.deeds import Deed
from crm.services.office.reminder_plans import release
from crm.services.records import record_change, revise


async def set_quiet_hours(deed: Deed, begins: str | None, ends: str | None) -> UUID:
    """From one time of the day to another, by one's own clocks; without both there are none."""
    user = await User.filter(id=deed.actor).using_db(deed.tx).select_for_update(no_key=True).get()
    if (begins is None) != (ends is None):
        raise Invalid("Quiet hours have a beginning and an end.", ("until" if ends is None else "from",))
    if begins is not None and ends is not None:
        try:
            read_quiet_hours(begins, ends)
        except ValueError as error:
            raise Invalid(str(error), ("from",)) from error
    if changes := await revise(deed, user, {"quiet_from": begins, "quiet_until": ends}):
        await record_change(deed, user, "user.setQuietHours", changes)
        await release(deed, user.id)
    return user.id
