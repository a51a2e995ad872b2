"""Telephone calls, who they rang, whom they may be from, and everything a switchboard said about them."""

from __future__ import annotations

from typing import Any

from tortoise import fields
from tortoise.models import Model

from crm.models.record import OwnedRecord, reference


class Call(OwnedRecord):
    """来电. One conversation. Its state is folded from its events (`rules/customers/call_states.py`) and never set by hand.

    `owner` is whoever holds the call; nobody before it is claimed. `source` and `external_id` are the switchboard's name for it.
    `call_back` is the task of calling back, `call_back_entry` its place on the list. `blocked`: its number stood on the block
    list when it arrived, so it rang nobody here.
    """

    source = fields.CharField(max_length=40)
    external_id = fields.CharField(max_length=128)
    direction = fields.CharField(max_length=10)
    state = fields.CharField(max_length=12)
    number_raw = fields.CharField(max_length=64, null=True)
    number_e164 = fields.CharField(max_length=16, null=True)
    number_extension = fields.CharField(max_length=16, null=True)
    number_tail = fields.BigIntField(null=True)
    number_display = fields.CharField(max_length=64, null=True)
    line = fields.CharField(max_length=64, null=True)
    ring_group = reference("RingGroup")
    ringing_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    answered_at = fields.DatetimeField(null=True)
    ended_at = fields.DatetimeField(null=True)
    claimed_by = reference("User")
    claimed_at = fields.DatetimeField(null=True)
    party = reference("Party")
    contact = reference("Contact")
    activity = reference("Activity")
    call_back = reference("Activity")
    disposition = reference("DictionaryItem")
    note = fields.TextField(null=True)
    follow_up_at = fields.DatetimeField(null=True)
    filed_at = fields.DatetimeField(null=True)
    recording_url = fields.CharField(max_length=500, null=True)
    cause = fields.CharField(max_length=60, null=True)
    ring_seconds = fields.IntField(null=True)
    talk_seconds = fields.IntField(null=True)
    blocked = fields.BooleanField(default=False, db_default=False)
    call_back_entry = reference("CallBack")

    class Meta:
        table = "call"
        unique_together = (("source", "external_id"),)


class CallCandidate(Model):
    """Somebody whose telephone the call rang, or who was given it later."""

    id = fields.UUIDField(primary_key=True)
    call = reference("Call", null=False, cascade=True)
    user = reference("User", null=False)
    position = fields.IntField(default=0)

    class Meta:
        table = "call_candidate"
        unique_together = (("call_id", "user_id"),)


class CallMatch(Model):
    """Somebody the call may be from, as it was found when the call arrived. Goes with the record it points at."""

    id = fields.UUIDField(primary_key=True)
    call = reference("Call", null=False, cascade=True)
    position = fields.IntField(default=0)
    score = fields.IntField()
    reason = fields.CharField(max_length=20)
    party = reference("Party", null=False, cascade=True)
    contact: Any = reference("Contact", cascade=True)
    owner = reference("User")

    class Meta:
        table = "call_match"


class CallDisclosure(Model):
    """来电披露. Somebody whom a call rang was told that it may be from a party which they may not see, and who owns it.

    `withheld`: they were not, because it was too many in an hour. `call_id`, `party_id` and `owner_id` have no foreign key: the
    log outlives a purged record.
    """

    id = fields.UUIDField(primary_key=True)
    at = fields.DatetimeField()
    user = reference("User", null=False)
    call_id = fields.UUIDField()
    party_id = fields.UUIDField()
    owner_id = fields.UUIDField(null=True)
    withheld = fields.BooleanField(default=False)

    class Meta:
        table = "call_disclosure"
        unique_together = (("call_id", "user_id", "party_id"),)
        indexes = (("user_id", "at", "id"), ("at", "id"), ("party_id", "at", "id"))


class CallEvent(Model):
    """One thing known of a call: what the switchboard reported, or what was done on a screen (`screen`)."""

    id = fields.BigIntField(primary_key=True)
    call = reference("Call", null=False, cascade=True)
    source = fields.CharField(max_length=40)
    key = fields.CharField(max_length=128)
    signal = fields.CharField(max_length=12)
    at = fields.DatetimeField()
    agent = reference("User")
    leg = fields.CharField(max_length=128, null=True)
    cause = fields.CharField(max_length=60, null=True)
    screen = fields.BooleanField(default=False)
    received_at = fields.DatetimeField()

    class Meta:
        table = "call_event"
        unique_together = (("source", "key"),)
