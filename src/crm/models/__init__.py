"""Every row of the product. Foreign keys name their model as a string, so rooms need not import each other."""

from crm.models.customers.activity import Activity, ActivityParticipant
from crm.models.customers.blocked_number import BlockedNumber
from crm.models.customers.call import Call, CallCandidate, CallDisclosure, CallEvent, CallMatch
from crm.models.customers.call_back import CallBack
from crm.models.customers.channel import ChannelGroup, Territory, TerritoryRegion
from crm.models.customers.channel_assignment import ChannelAssignment
from crm.models.customers.channel_submission import ChannelSubmission
from crm.models.customers.contact import Contact
from crm.models.customers.duplicate import DuplicateDisclosure, DuplicatePolicy
from crm.models.customers.forecast_snapshot import ForecastSnapshot
from crm.models.customers.maintenance import Maintenance
from crm.models.customers.marketing_task import ChannelTask, MarketingTask
from crm.models.customers.merge import Merge, MergeItem
from crm.models.customers.opportunity import Opportunity, Pipeline, Stage, StageChange
from crm.models.customers.party import Party
from crm.models.customers.pool import PoolLevel, PoolPolicy, PoolStay
from crm.models.customers.process_part import Competition, Competitor, ProcessTask, Stakeholder, TeamMember
from crm.models.customers.project import Project
from crm.models.customers.reach import Address, EmailAddress, PhoneNumber
from crm.models.customers.ring_group import AgentPresence, RingGroup, RingGroupMember, RingGroupNumber, ToldPresence
from crm.models.customers.segment import Segment, SegmentMember, SegmentUse
from crm.models.customers.service_case import ServiceCase, SlaPolicy
from crm.models.marketing.contract import Contract
from crm.models.messaging.announcement import Announcement, AnnouncementAudience, AnnouncementReceipt
from crm.models.messaging.email_account import (
    EmailAccount,
    EmailMember,
    EmailRule,
    EmailSuppression,
    EmailTemplate,
    EmailTemplateVariable,
)
from crm.models.messaging.email_message import (
    EmailAttachment,
    EmailBatch,
    EmailMessage,
    EmailRecipient,
    EmailSuggestion,
    EmailThread,
)
from crm.models.messaging.sms_account import SmsAccount, SmsOptOut, SmsTemplate, SmsTemplateVariable
from crm.models.messaging.sms_message import Outbound, SmsBatch, SmsMessage, SmsPart, SmsReport
from crm.models.office.calendar_feed import CalendarFeed
from crm.models.office.reminder import Reminder, ReminderSeries
from crm.models.office.schedule_event import ReminderRule, ScheduleAttendee, ScheduleEvent, ScheduleException
from crm.models.system.change import Change, IdempotencyKey
from crm.models.system.comment import Comment
from crm.models.system.custom_field import CustomField, CustomValue
from crm.models.system.department import Department, DepartmentClosure
from crm.models.system.dictionary import Dictionary, DictionaryItem
from crm.models.system.event import Event, EventHorizon, EventStream
from crm.models.system.job import Job
from crm.models.system.notification import Notification
from crm.models.system.number_series import NumberSeries
from crm.models.system.role import FieldGrant, RightsEpoch, Role, RoleGrant, RoleMember
from crm.models.system.search_entry import SearchEntry
from crm.models.system.session import Session, SignInAttempt
from crm.models.system.share import Principal, Share
from crm.models.system.stored_file import StoredFile
from crm.models.system.tag import RecordTag, Tag
from crm.models.system.user import ReportingClosure, User
from crm.models.system.work_calendar import CalendarDay, WorkCalendar, WorkingHours
from crm.models.trade.delivery import Delivery, DeliveryLine

__all__ = [
    "Activity",
    "ActivityParticipant",
    "Address",
    "AgentPresence",
    "Announcement",
    "AnnouncementAudience",
    "AnnouncementReceipt",
    "BlockedNumber",
    "CalendarDay",
    "CalendarFeed",
    "Call",
    "CallBack",
    "CallCandidate",
    "CallDisclosure",
    "CallEvent",
    "CallMatch",
    "Change",
    "ChannelAssignment",
    "ChannelGroup",
    "ChannelSubmission",
    "ChannelTask",
    "Comment",
    "Competition",
    "Competitor",
    "Contact",
    "Contract",
    "CustomField",
    "CustomValue",
    "Delivery",
    "DeliveryLine",
    "Department",
    "DepartmentClosure",
    "Dictionary",
    "DictionaryItem",
    "DuplicateDisclosure",
    "DuplicatePolicy",
    "EmailAccount",
    "EmailAddress",
    "EmailAttachment",
    "EmailBatch",
    "EmailMember",
    "EmailMessage",
    "EmailRecipient",
    "EmailRule",
    "EmailSuggestion",
    "EmailSuppression",
    "EmailTemplate",
    "EmailTemplateVariable",
    "EmailThread",
    "Event",
    "EventHorizon",
    "EventStream",
    "FieldGrant",
    "ForecastSnapshot",
    "IdempotencyKey",
    "Job",
    "Maintenance",
    "MarketingTask",
    "Merge",
    "MergeItem",
    "Notification",
    "NumberSeries",
    "Opportunity",
    "Outbound",
    "Party",
    "PhoneNumber",
    "Pipeline",
    "PoolLevel",
    "PoolPolicy",
    "PoolStay",
    "Principal",
    "ProcessTask",
    "Project",
    "RecordTag",
    "Reminder",
    "ReminderRule",
    "ReminderSeries",
    "ReportingClosure",
    "RightsEpoch",
    "RingGroup",
    "RingGroupMember",
    "RingGroupNumber",
    "Role",
    "RoleGrant",
    "RoleMember",
    "ScheduleAttendee",
    "ScheduleEvent",
    "ScheduleException",
    "SearchEntry",
    "Segment",
    "SegmentMember",
    "SegmentUse",
    "ServiceCase",
    "Session",
    "Share",
    "SignInAttempt",
    "SlaPolicy",
    "SmsAccount",
    "SmsBatch",
    "SmsMessage",
    "SmsOptOut",
    "SmsPart",
    "SmsReport",
    "SmsTemplate",
    "SmsTemplateVariable",
    "Stage",
    "StageChange",
    "Stakeholder",
    "StoredFile",
    "Tag",
    "TeamMember",
    "Territory",
    "TerritoryRegion",
    "ToldPresence",
    "User",
    "WorkCalendar",
    "WorkingHours",
]
