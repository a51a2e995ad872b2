"""The fixed table of record kinds. A kind's number stands inside every id (`core/ids.py`), so it is never changed or reused."""

from __future__ import annotations

from enum import IntEnum, unique


@unique
class Kind(IntEnum):
    """What sort of record an id belongs to. Customer, channel and supplier share `PARTY`."""

    USER = 1
    DEPARTMENT = 2
    ROLE = 3
    EVERYONE = 4
    SESSION = 5
    SHARE = 6
    CHANGE = 7
    DICTIONARY = 8
    DICTIONARY_ITEM = 9
    TAG = 10
    CUSTOM_FIELD = 11
    CUSTOM_VALUE = 12
    SEGMENT = 13
    PARTY = 20
    CONTACT = 21
    ACTIVITY = 22
    PHONE_NUMBER = 23
    EMAIL_ADDRESS = 24
    ADDRESS = 25
    CALL = 26
    CALL_CANDIDATE = 27
    CALL_MATCH = 28
    RING_GROUP = 29
    RING_GROUP_NUMBER = 30
    RING_GROUP_MEMBER = 31
    PIPELINE = 32
    STAGE = 33
    OPPORTUNITY = 34
    STAGE_CHANGE = 35
    CALL_DISCLOSURE = 36
    POOL_POLICY = 37
    POOL_LEVEL = 38
    POOL_STAY = 39
    NOTIFICATION = 40
    CHANNEL_GROUP = 41
    TERRITORY = 42
    CHANNEL_ASSIGNMENT = 43
    CHANNEL_SUBMISSION = 44
    JOB = 45
    STAKEHOLDER = 46
    TEAM_MEMBER = 47
    PROCESS_TASK = 48
    COMPETITOR = 49
    COMPETITION = 50
    FORECAST_SNAPSHOT = 51
    PROJECT = 52
    MAINTENANCE = 53
    SERVICE_CASE = 54
    SLA_POLICY = 55
    WORK_CALENDAR = 56
    WORKING_HOURS = 57
    CALENDAR_DAY = 58
    DELIVERY = 60
    DELIVERY_LINE = 61
    DUPLICATE_POLICY = 62
    DUPLICATE_DISCLOSURE = 63
    MERGE = 64
    BLOCKED_NUMBER = 73
    CALL_BACK = 74
    COMMENT = 65
    MARKETING_TASK = 66
    CHANNEL_TASK = 67
    CONTRACT = 100
    SCHEDULE_EVENT = 140
    SCHEDULE_ATTENDEE = 141
    SCHEDULE_EXCEPTION = 142
    REMINDER_RULE = 143
    REMINDER_SERIES = 144
    REMINDER = 145
    CALENDAR_FEED = 146
    ANNOUNCEMENT = 180
    ANNOUNCEMENT_AUDIENCE = 181
    ANNOUNCEMENT_RECEIPT = 182
