"""The enums of customer management, as GraphQL types over those of `rules`."""

from __future__ import annotations

import strawberry

from crm.rules.customers.activity_flow import ActivityKind, ActivityStatus, ActivityVerb
from crm.rules.customers.assignment_flow import AssignmentStatus, AssignmentVerb
from crm.rules.customers.call_states import CallDirection, CallState, CallVerb
from crm.rules.customers.lifecycle import Lifecycle, PartyType
from crm.rules.customers.marketing_task_flow import ChannelTaskState, MarketingTaskStatus, MarketingTaskVerb
from crm.rules.customers.opportunity_flow import OpportunityStatus, OpportunityVerb
from crm.rules.customers.presence import AgentState, PresenceChoice
from crm.rules.customers.ring_strategy import RingStrategy
from crm.rules.customers.submission_flow import SubmissionStatus, SubmissionVerb

strawberry.enum(PartyType, description="Customer, channel or supplier (客户、渠道、供应商).")
strawberry.enum(Lifecycle, description="How far a relationship has come (生命周期).")
strawberry.enum(ActivityKind, description="What sort of activity it is (活动类型).")
strawberry.enum(ActivityStatus, description="PLANNED ones are the activities, DONE ones the history (活动状态).")
strawberry.enum(ActivityVerb, description="What can be done with an activity next.")
strawberry.enum(OpportunityStatus, description="Where an opportunity stands (机会状态).")
strawberry.enum(OpportunityVerb, description="What can be done with an opportunity next.")
strawberry.enum(AssignmentStatus, description="Where the offer of an opportunity to a channel stands (分配状态).")
strawberry.enum(AssignmentVerb, description="What can be done with an assignment next; it expires by the clock alone.")
strawberry.enum(SubmissionStatus, description="Where an opportunity that a channel submitted stands (报备状态).")
strawberry.enum(SubmissionVerb, description="What can be done with a submission next.")
strawberry.enum(MarketingTaskStatus, description="Where a marketing task stands (营销任务状态).")
strawberry.enum(MarketingTaskVerb, description="What can be done with a marketing task next.")
strawberry.enum(ChannelTaskState, description="How far a channel is with a marketing task (渠道任务状态).")
strawberry.enum(CallState, description="Where a call stands (通话状态).")
strawberry.enum(CallDirection, description="Who called whom (呼叫方向).")
strawberry.enum(CallVerb, description="What can be done with a call next.")
strawberry.enum(RingStrategy, description="Whose telephone of a ring group rings first (振铃策略).")
strawberry.enum(AgentState, description="How an agent is found (座席状态).")
strawberry.enum(PresenceChoice, description="What agents can say of themselves (座席状态).")

__all__ = [
    "ActivityKind",
    "ActivityStatus",
    "ActivityVerb",
    "AgentState",
    "AssignmentStatus",
    "AssignmentVerb",
    "CallDirection",
    "CallState",
    "CallVerb",
    "ChannelTaskState",
    "Lifecycle",
    "MarketingTaskStatus",
    "MarketingTaskVerb",
    "OpportunityStatus",
    "OpportunityVerb",
    "PartyType",
    "PresenceChoice",
    "RingStrategy",
    "SubmissionStatus",
    "SubmissionVerb",
]
