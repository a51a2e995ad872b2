"""The enums of customer management, as GraphQL types over those of `rules`."""

from __future__ import annotations

import strawberry

from crm.rules.customers.activity_flow import ActivityKind, ActivityStatus, ActivityVerb
from crm.rules.customers.blocked_numbers import BlockMatch
from crm.rules.customers.call_back_flow import CallBackStatus, CallBackVerb
from crm.rules.customers.call_states import CallDirection, CallState, CallVerb
from crm.rules.customers.lifecycle import Lifecycle, PartyType
from crm.rules.customers.opportunity_flow import OpportunityStatus, OpportunityVerb
from crm.rules.customers.presence import AgentState, PresenceChoice
from crm.rules.customers.ring_strategy import RingStrategy

strawberry.enum(PartyType, description="Customer, channel or supplier (客户、渠道、供应商).")
strawberry.enum(Lifecycle, description="How far a relationship has come (生命周期).")
strawberry.enum(ActivityKind, description="What sort of activity it is (活动类型).")
strawberry.enum(ActivityStatus, description="PLANNED ones are the activities, DONE ones the history (活动状态).")
strawberry.enum(ActivityVerb, description="What can be done with an activity next.")
strawberry.enum(OpportunityStatus, description="Where an opportunity stands (机会状态).")
strawberry.enum(OpportunityVerb, description="What can be done with an opportunity next.")
strawberry.enum(CallState, description="Where a call stands (通话状态).")
strawberry.enum(CallDirection, description="Who called whom (呼叫方向).")
strawberry.enum(CallVerb, description="What can be done with a call next.")
strawberry.enum(CallBackStatus, description="Where an entry of the call-back list stands (回电状态).")
strawberry.enum(CallBackVerb, description="What can be done with an entry of the call-back list next.")
strawberry.enum(BlockMatch, description="What an entry of the block list stands for (匹配方式).")
strawberry.enum(RingStrategy, description="Whose telephone of a ring group rings first (振铃策略).")
strawberry.enum(AgentState, description="How an agent is found (座席状态).")
strawberry.enum(PresenceChoice, description="What agents can say of themselves (座席状态).")

__all__ = [
    "ActivityKind",
    "ActivityStatus",
    "ActivityVerb",
    "AgentState",
    "BlockMatch",
    "CallBackStatus",
    "CallBackVerb",
    "CallDirection",
    "CallState",
    "CallVerb",
    "Lifecycle",
    "OpportunityStatus",
    "OpportunityVerb",
    "PartyType",
    "PresenceChoice",
    "RingStrategy",
]
