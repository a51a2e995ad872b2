"""When people work."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from crm.models.record import Record, reference


class WorkCalendar(Record):
    """工作日历. Its version counts the changes of its days too: what was reckoned by an older one is reckoned anew."""

    name = fields.CharField(max_length=60)
    name_key = fields.CharField(max_length=400)
    time_zone = fields.CharField(max_length=64)

    class Meta:
        table = "work_calendar"


class WorkingHours(Model):
    """工作时段. From one wall time to another, on one weekday (Monday is 1)."""

    id = fields.UUIDField(primary_key=True)
    work_calendar = reference("WorkCalendar", null=False, cascade=True)
    position = fields.IntField(default=0)
    weekday = fields.SmallIntField()
    begins = fields.CharField(max_length=5)
    ends = fields.CharField(max_length=5)

    class Meta:
        table = "working_hours"


class CalendarDay(Record):
    """特殊日期. A holiday, or a day on which people work by the hours of another weekday."""

    work_calendar = reference("WorkCalendar", null=False)
    falls_on = fields.DateField()
    kind = fields.CharField(max_length=10)
    name = fields.CharField(max_length=60, null=True)
    like_weekday = fields.SmallIntField(null=True)

    class Meta:
        table = "calendar_day"
