"""The enums of customer management, as GraphQL types over those of `rules`."""

from __future__ import annotations

import strawberry

from crm.rules.customers.activity_flow import ActivityKind, ActivityStatus, ActivityVerb
from crm.rules.customers.lifecycle import Lifecycle, PartyType

strawberry.enum(PartyType, description="Customer, channel or supplier (客户、渠道、供应商).")
strawberry.enum(Lifecycle, description="How far a relationship has come (生命周期).")
strawberry.enum(ActivityKind, description="What sort of activity it is (活动类型).")
strawberry.enum(ActivityStatus, description="PLANNED ones are the activities, DONE ones the history (活动状态).")
strawberry.enum(ActivityVerb, description="What can be done with an activity next.")

__all__ = ["ActivityKind", "ActivityStatus", "ActivityVerb", "Lifecycle", "PartyType"]
