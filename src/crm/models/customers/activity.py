"""Activities: planned ones and history."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model

from crm.models.record import OwnedRecord, reference


class Activity(OwnedRecord):
    """活动. A call, visit, meeting, e-mail, SMS, note or task with a party or contact.

    It may be about one record of the party: a reference to each kind there is, of which at most one is set
    (`services/customers/activity_links.py`). `previous` is the activity that it follows from.
    """

    kind = fields.CharField(max_length=10)
    subject = fields.CharField(max_length=200)
    content = fields.TextField(null=True)
    party = reference("Party")
    contact = reference("Contact")
    planned_at = fields.DatetimeField(null=True)
    done_at = fields.DatetimeField(null=True)
    status = fields.CharField(max_length=10, default="PLANNED")
    outcome = fields.TextField(null=True)
    outcome_option = reference("DictionaryItem")
    next_step = fields.TextField(null=True)
    previous = reference("Activity")
    opportunity = reference("Opportunity")
    contract = reference("Contract")
    delivery = reference("Delivery")
    project = reference("Project")
    maintenance = reference("Maintenance")
    service_case = reference("ServiceCase")

    class Meta:
        table = "activity"


class ActivityParticipant(Model):
    """Somebody who takes part: one of our people, or a contact."""

    id = fields.UUIDField(primary_key=True)
    activity = reference("Activity", null=False, cascade=True)
    user = reference("User")
    contact = reference("Contact")
    position = fields.IntField(default=0)

    class Meta:
        table = "activity_participant"
