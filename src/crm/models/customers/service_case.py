"""Service cases, and what is promised about them."""

from __future__ import annotations

from tortoise import fields

from crm.models.record import OwnedRecord, Record, reference


class SlaPolicy(Record):
    """服务时限. What cases of one priority are promised, in minutes of a calendar's working time."""

    name = fields.CharField(max_length=60)
    name_key = fields.CharField(max_length=400)
    priority = fields.CharField(max_length=10)
    work_calendar = reference("WorkCalendar", null=False)
    response_minutes = fields.IntField()
    resolution_minutes = fields.IntField()
    near_percent = fields.SmallIntField(default=80)

    class Meta:
        table = "sla_policy"


class ServiceCase(OwnedRecord):
    """服务单. What a party wants of us, and by when it was promised an answer and a solution.

    From `clock_started_at` on the columns follow from the clock (`services/customers/case_clock.py`). The versions are those of
    the policy and the calendar by which the dues were reckoned: where they differ, the case is reckoned anew.
    """

    number = fields.CharField(max_length=40, unique=True)
    subject = fields.CharField(max_length=200)
    description = fields.TextField(null=True)
    status = fields.CharField(max_length=10, default="NEW")
    priority = fields.CharField(max_length=10)
    type = reference("DictionaryItem")
    product = fields.CharField(max_length=500, null=True)
    party = reference("Party", null=False)
    contact = reference("Contact")
    project = reference("Project")
    maintenance = reference("Maintenance")
    call = reference("Call")
    pending_reason = fields.TextField(null=True)
    resolution = fields.TextField(null=True)
    resolved_at = fields.DatetimeField(null=True)
    closed_at = fields.DatetimeField(null=True)
    reject_reason = fields.TextField(null=True)
    reopen_reason = fields.TextField(null=True)
    reopened_count = fields.IntField(default=0)
    satisfaction = fields.SmallIntField(null=True)
    satisfaction_note = fields.TextField(null=True)
    clock_started_at = fields.DatetimeField()
    first_responded_at = fields.DatetimeField(null=True)
    pending_at = fields.DatetimeField(null=True)
    paused_seconds = fields.IntField(default=0)
    sla_policy = reference("SlaPolicy")
    policy_version = fields.IntField(null=True)
    calendar_version = fields.IntField(null=True)
    response_due_at = fields.DatetimeField(null=True)
    resolution_due_at = fields.DatetimeField(null=True)
    response_breached = fields.BooleanField(default=False)
    resolution_breached = fields.BooleanField(default=False)
    escalation_level = fields.SmallIntField(default=0)
    escalate_at = fields.DatetimeField(null=True)

    class Meta:
        table = "service_case"
