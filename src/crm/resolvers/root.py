"""The whole schema: the rooms' Query and Mutation fields put together."""

from __future__ import annotations

from functools import cache

import strawberry
from strawberry.printer import print_schema
from strawberry.schema.config import StrawberryConfig

from crm.graph.rows import read_field
from crm.graph.scalars import SCALARS
from crm.resolvers.customers.activities import ActivityMutation, ActivityQuery
from crm.resolvers.customers.calls import CallMutation, CallQuery
from crm.resolvers.customers.channel_dealings import ChannelDealingsMutation, ChannelDealingsQuery
from crm.resolvers.customers.channel_organisation import ChannelOrganisationMutation, ChannelOrganisationQuery
from crm.resolvers.customers.channels import ChannelMutation, ChannelQuery
from crm.resolvers.customers.contacts import ContactMutation, ContactQuery
from crm.resolvers.customers.customers import CustomerMutation, CustomerQuery
from crm.resolvers.customers.marketing_tasks import MarketingTaskMutation, MarketingTaskQuery
from crm.resolvers.customers.opportunities import OpportunityMutation, OpportunityQuery
from crm.resolvers.customers.pipelines import PipelineMutation, PipelineQuery
from crm.resolvers.customers.ring_groups import RingGroupMutation, RingGroupQuery
from crm.resolvers.customers.suppliers import SupplierMutation, SupplierQuery
from crm.resolvers.marketing.contracts import ContractMutation, ContractQuery
from crm.resolvers.messaging.announcements import AnnouncementMutation, AnnouncementQuery
from crm.resolvers.news import Subscription
from crm.resolvers.office.reminders import ReminderMutation, ReminderQuery
from crm.resolvers.office.schedule_events import ScheduleEventMutation, ScheduleEventQuery
from crm.resolvers.system.comments import CommentMutation
from crm.resolvers.system.departments import DepartmentMutation, DepartmentQuery
from crm.resolvers.system.jobs import JobMutation, JobQuery
from crm.resolvers.system.notifications import NotificationMutation, NotificationQuery
from crm.resolvers.system.options import OptionMutation, OptionQuery
from crm.resolvers.system.records import RecordMutation, RecordQuery
from crm.resolvers.system.roles import RoleMutation, RoleQuery
from crm.resolvers.system.sessions import SessionMutation, SessionQuery
from crm.resolvers.system.users import UserMutation, UserQuery
from crm.resolvers.trade.deliveries import DeliveryMutation, DeliveryQuery


@strawberry.type(description="Everything that can be read.")
class Query(
    CustomerQuery, ChannelQuery, SupplierQuery, ContactQuery, ActivityQuery,
    CallQuery, RingGroupQuery,
    ChannelOrganisationQuery, ChannelDealingsQuery, MarketingTaskQuery,
    JobQuery,
    OpportunityQuery, PipelineQuery, ContractQuery, DeliveryQuery,
    AnnouncementQuery,
    ScheduleEventQuery, ReminderQuery,
    SessionQuery, UserQuery, DepartmentQuery, RoleQuery, OptionQuery, RecordQuery, NotificationQuery,
):  # fmt: skip
    """The root of reading."""


@strawberry.type(description="Everything that can be done. Each mutation is one transaction.")
class Mutation(
    CustomerMutation, ChannelMutation, SupplierMutation, ContactMutation, ActivityMutation,
    CallMutation, RingGroupMutation,
    ChannelOrganisationMutation, ChannelDealingsMutation, MarketingTaskMutation, CommentMutation,
    JobMutation,
    OpportunityMutation, PipelineMutation, ContractMutation, DeliveryMutation,
    AnnouncementMutation,
    ScheduleEventMutation, ReminderMutation,
    SessionMutation, UserMutation, DepartmentMutation, RoleMutation, OptionMutation, RecordMutation, NotificationMutation,
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
