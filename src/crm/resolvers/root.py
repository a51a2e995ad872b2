"""The whole schema: the rooms' Query and Mutation fields put together."""

from __future__ import annotations

from functools import cache

import strawberry
from strawberry.printer import print_schema
from strawberry.schema.config import StrawberryConfig

from crm.graph.rows import read_field
from crm.graph.scalars import SCALARS
from crm.resolvers.customers.activities import ActivityMutation, ActivityQuery
from crm.resolvers.customers.blocked_numbers import BlockedNumberMutation, BlockedNumberQuery
from crm.resolvers.customers.call_backs import CallBackMutation, CallBackQuery
from crm.resolvers.customers.call_figures import CallFigureQuery
from crm.resolvers.customers.calls import CallMutation, CallQuery
from crm.resolvers.customers.channel_dealings import ChannelDealingsMutation, ChannelDealingsQuery
from crm.resolvers.customers.channel_organisation import ChannelOrganisationMutation, ChannelOrganisationQuery
from crm.resolvers.customers.channels import ChannelMutation, ChannelQuery
from crm.resolvers.customers.competitors import CompetitorMutation, CompetitorQuery
from crm.resolvers.customers.contact_plan import ContactPlanQuery
from crm.resolvers.customers.contacts import ContactMutation, ContactQuery
from crm.resolvers.customers.customers import CustomerMutation, CustomerQuery
from crm.resolvers.customers.duplicates import DuplicateMutation, DuplicateQuery
from crm.resolvers.customers.email_links import EmailLinkMutation
from crm.resolvers.customers.maintenances import MaintenanceMutation, MaintenanceQuery
from crm.resolvers.customers.marketing_tasks import MarketingTaskMutation, MarketingTaskQuery
from crm.resolvers.customers.merges import MergeMutation, MergeQuery
from crm.resolvers.customers.opportunities import OpportunityMutation, OpportunityQuery
from crm.resolvers.customers.parties import PartyMutation
from crm.resolvers.customers.pipelines import PipelineMutation, PipelineQuery
from crm.resolvers.customers.pool import PoolMutation, PoolQuery
from crm.resolvers.customers.process_tasks import ProcessTaskMutation, ProcessTaskQuery
from crm.resolvers.customers.projects import ProjectMutation, ProjectQuery
from crm.resolvers.customers.ring_groups import RingGroupMutation, RingGroupQuery
from crm.resolvers.customers.segments import SegmentMutation, SegmentQuery
from crm.resolvers.customers.service_cases import ServiceCaseMutation, ServiceCaseQuery
from crm.resolvers.customers.stakeholders import StakeholderMutation
from crm.resolvers.customers.suppliers import SupplierMutation, SupplierQuery
from crm.resolvers.marketing.contracts import ContractMutation, ContractQuery
from crm.resolvers.messaging.announcements import AnnouncementMutation, AnnouncementQuery
from crm.resolvers.messaging.email_accounts import EmailAccountMutation, EmailAccountQuery
from crm.resolvers.messaging.email_messages import EmailMessageMutation, EmailMessageQuery
from crm.resolvers.messaging.email_reading import EmailReadingMutation
from crm.resolvers.messaging.sms_accounts import SmsAccountMutation, SmsAccountQuery
from crm.resolvers.messaging.sms_messages import SmsMessageMutation, SmsMessageQuery
from crm.resolvers.news import Subscription
from crm.resolvers.office.calendar_feeds import CalendarFeedMutation, CalendarFeedQuery
from crm.resolvers.office.reminders import ReminderMutation, ReminderQuery
from crm.resolvers.office.schedule_events import ScheduleEventMutation, ScheduleEventQuery
from crm.resolvers.system.comments import CommentMutation
from crm.resolvers.system.custom_fields import CustomFieldMutation, CustomFieldQuery
from crm.resolvers.system.departments import DepartmentMutation, DepartmentQuery
from crm.resolvers.system.jobs import JobMutation, JobQuery
from crm.resolvers.system.notifications import NotificationMutation, NotificationQuery
from crm.resolvers.system.options import OptionMutation, OptionQuery
from crm.resolvers.system.records import RecordMutation, RecordQuery
from crm.resolvers.system.roles import RoleMutation, RoleQuery
from crm.resolvers.system.search import SearchQuery
from crm.resolvers.system.sessions import SessionMutation, SessionQuery
from crm.resolvers.system.stored_files import StoredFileMutation
from crm.resolvers.system.users import UserMutation, UserQuery
from crm.resolvers.system.work_calendars import WorkCalendarMutation, WorkCalendarQuery
from crm.resolvers.trade.deliveries import DeliveryMutation, DeliveryQuery


@strawberry.type(description="Everything that can be read.")
class Query(
    CustomerQuery, ChannelQuery, SupplierQuery, ContactQuery, ActivityQuery, SegmentQuery,
    CallQuery, CallFigureQuery, CallBackQuery, BlockedNumberQuery, RingGroupQuery,
    DuplicateQuery, MergeQuery, PoolQuery, ContactPlanQuery,
    ChannelOrganisationQuery, ChannelDealingsQuery, MarketingTaskQuery,
    JobQuery,
    OpportunityQuery, PipelineQuery, ContractQuery, DeliveryQuery,
    ProcessTaskQuery, CompetitorQuery,
    ProjectQuery, MaintenanceQuery, ServiceCaseQuery, WorkCalendarQuery,
    AnnouncementQuery, SmsAccountQuery, SmsMessageQuery, EmailAccountQuery, EmailMessageQuery,
    ScheduleEventQuery, ReminderQuery, CalendarFeedQuery,
    SessionQuery, UserQuery, DepartmentQuery, RoleQuery, OptionQuery, CustomFieldQuery, RecordQuery, NotificationQuery,
    SearchQuery,
):  # fmt: skip
    """The root of reading."""


@strawberry.type(description="Everything that can be done. Each mutation is one transaction.")
class Mutation(
    CustomerMutation, ChannelMutation, SupplierMutation, ContactMutation, ActivityMutation, SegmentMutation,
    CallMutation, CallBackMutation, BlockedNumberMutation, RingGroupMutation,
    DuplicateMutation, MergeMutation, PoolMutation, PartyMutation,
    ChannelOrganisationMutation, ChannelDealingsMutation, MarketingTaskMutation, CommentMutation,
    JobMutation,
    OpportunityMutation, PipelineMutation, ContractMutation, DeliveryMutation,
    StakeholderMutation, ProcessTaskMutation, CompetitorMutation,
    ProjectMutation, MaintenanceMutation, ServiceCaseMutation, WorkCalendarMutation,
    AnnouncementMutation, SmsAccountMutation, SmsMessageMutation, EmailAccountMutation, EmailMessageMutation,
    EmailReadingMutation, EmailLinkMutation,
    ScheduleEventMutation, ReminderMutation, CalendarFeedMutation,
    SessionMutation, UserMutation, DepartmentMutation, RoleMutation, OptionMutation,
    CustomFieldMutation, RecordMutation, NotificationMutation, StoredFileMutation,
):  # fmt: skip
    """The root of writing."""


@cache
def build_schema() -> strawberry.Schema:
    """The one schema of the product; built once in a process, and not at import."""
    config = StrawberryConfig(default_resolver=read_field, scalar_map=SCALARS, disable_field_suggestions=True)
    return strawberry.Schema(Query, Mutation, Subscription, config=config)


def schema_text() -> str:
    """What `schema.graphql` holds."""
    return print_schema(build_schema()) + "\n"
