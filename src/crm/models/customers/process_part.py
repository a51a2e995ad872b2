"""What the records of the sales process share: stakeholders, team, tasks, competitors.

A row hangs on one record. Each sort of record has a column of its own, so that foreign keys hold, and a check of the database
says that one of them is filled (`rules/customers/sales_processes.py` has the list).
"""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from crm.models.record import Record, reference


class ProcessPart(Model):
    """A row that is part of a record of the sales process, with its author and an optimistic lock of its own."""

    id = fields.UUIDField(primary_key=True)
    created_at = fields.DatetimeField()
    created_by = reference("User")
    updated_at = fields.DatetimeField()
    updated_by = reference("User")
    version = fields.IntField(default=1)
    opportunity = reference("Opportunity", cascade=True)
    project = reference("Project", cascade=True)
    maintenance = reference("Maintenance", cascade=True)
    service_case = reference("ServiceCase", cascade=True)

    class Meta:
        abstract = True


class Stakeholder(ProcessPart):
    """影响者. A contact who has a say in it."""

    contact = reference("Contact", null=False)
    role = fields.CharField(max_length=20)
    attitude = fields.CharField(max_length=12)
    influence_note = fields.TextField(null=True)

    class Meta:
        table = "stakeholder"


class TeamMember(ProcessPart):
    """团队成员. One of our people who works on it; a share of cause TEAM stands beside it."""

    user = reference("User", null=False)
    role = fields.CharField(max_length=12)
    access = fields.CharField(max_length=4)

    class Meta:
        table = "team_member"


class ProcessTask(ProcessPart):
    """任务. Something to be done for it."""

    title = fields.CharField(max_length=200)
    description = fields.TextField(null=True)
    status = fields.CharField(max_length=10)
    assignee = reference("User")
    due_on = fields.DateField(null=True)
    done_at = fields.DatetimeField(null=True)
    position = fields.IntField(default=0)

    class Meta:
        table = "process_task"


class Competitor(Record):
    """竞争对手. Somebody who sells what we sell."""

    name = fields.CharField(max_length=200)
    name_key = fields.CharField(max_length=400)
    website = fields.CharField(max_length=200, null=True)
    strengths = fields.TextField(null=True)
    weaknesses = fields.TextField(null=True)
    note = fields.TextField(null=True)

    class Meta:
        table = "competitor"


class Competition(ProcessPart):
    """竞争情况. A competitor who wants the same business, and what they bring to it."""

    competitor = reference("Competitor", null=False)
    state = fields.CharField(max_length=10)
    strengths = fields.TextField(null=True)
    weaknesses = fields.TextField(null=True)
    price = fields.DecimalField(max_digits=20, decimal_places=4, null=True)

    class Meta:
        table = "competition"
