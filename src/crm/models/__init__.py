"""Every row of the product. Foreign keys name their model as a string, so rooms need not import each other."""

from crm.models.customers.activity import Activity, ActivityParticipant
from crm.models.customers.call import Call, CallCandidate, CallDisclosure, CallEvent, CallMatch
from crm.models.customers.channel import ChannelGroup, Territory, TerritoryRegion
from crm.models.customers.channel_assignment import ChannelAssignment
from crm.models.customers.channel_submission import ChannelSubmission
from crm.models.customers.contact import Contact
from crm.models.customers.marketing_task import ChannelTask, MarketingTask
from crm.models.customers.opportunity import Opportunity, Pipeline, Stage, StageChange
from crm.models.customers.party import Party
from crm.models.customers.reach import Address, EmailAddress, PhoneNumber
from crm.models.customers.ring_group import AgentPresence, RingGroup, RingGroupMember, RingGroupNumber, ToldPresence
from crm.models.marketing.contract import Contract
from crm.models.messaging.announcement import Announcement, AnnouncementAudience, AnnouncementReceipt
from crm.models.office.reminder import Reminder, ReminderSeries
from crm.models.office.schedule_event import ReminderRule, ScheduleAttendee, ScheduleEvent, ScheduleException
from crm.models.system.change import Change, IdempotencyKey
from crm.models.system.comment import Comment
from crm.models.system.department import Department, DepartmentClosure
from crm.models.system.dictionary import Dictionary, DictionaryItem
from crm.models.system.event import Event, EventHorizon, EventStream
from crm.models.system.job import Job
from crm.models.system.notification import Notification
from crm.models.system.number_series import NumberSeries
from crm.models.system.role import FieldGrant, RightsEpoch, Role, RoleGrant, RoleMember
from crm.models.system.session import Session, SignInAttempt
from crm.models.system.share import Principal, Share
from crm.models.system.tag import RecordTag, Tag
from crm.models.system.user import ReportingClosure, User
from crm.models.trade.delivery import Delivery, DeliveryLine

__all__ = [
    "Activity",
    "ActivityParticipant",
    "Address",
    "AgentPresence",
    "Announcement",
    "AnnouncementAudience",
    "AnnouncementReceipt",
    "Call",
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
    "Contact",
    "Contract",
    "Delivery",
    "DeliveryLine",
    "Department",
    "DepartmentClosure",
    "Dictionary",
    "DictionaryItem",
    "EmailAddress",
    "Event",
    "EventHorizon",
    "EventStream",
    "FieldGrant",
    "IdempotencyKey",
    "Job",
    "MarketingTask",
    "Notification",
    "NumberSeries",
    "Opportunity",
    "Party",
    "PhoneNumber",
    "Pipeline",
    "Principal",
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
    "Session",
    "Share",
    "SignInAttempt",
    "Stage",
    "StageChange",
    "Tag",
    "Territory",
    "TerritoryRegion",
    "ToldPresence",
    "User",
]
