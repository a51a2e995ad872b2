"""The enums of customer management, as GraphQL types over those of `rules`."""

from __future__ import annotations

from enum import Enum
from typing import Any

import strawberry

from crm.rules.customers.activity_flow import ActivityKind, ActivityStatus, ActivityVerb
from crm.rules.customers.call_states import CallDirection, CallState, CallVerb
from crm.rules.customers.duplicates import DuplicateAction, DuplicateCriterion, DuplicateSubject, EntryPoint
from crm.rules.customers.lifecycle import Lifecycle, PartyType
from crm.rules.customers.merging import CONTACT_FIELDS, PARTY_FIELDS, MergeSide
from crm.rules.customers.opportunity_flow import OpportunityStatus, OpportunityVerb
from crm.rules.customers.presence import AgentState, PresenceChoice
from crm.rules.customers.ring_strategy import RingStrategy

strawberry.enum(PartyType, description="Customer, channel or supplier (客户、渠道、供应商).")
strawberry.enum(Lifecycle, description="How far a relationship has come (生命周期).")
strawberry.enum(DuplicateSubject, description="Of what a policy for duplicates is (查重对象).")
strawberry.enum(DuplicateCriterion, description="In what two records are the same (查重依据).")
strawberry.enum(EntryPoint, description="By which way a record comes in (录入途径).")
strawberry.enum(DuplicateAction, description="What is done about a duplicate: refused, done and told, or done (查重处理).")
strawberry.enum(MergeSide, description="Of which of two merged records a value is (合并取值).")
strawberry.enum(ActivityKind, description="What sort of activity it is (活动类型).")
strawberry.enum(ActivityStatus, description="PLANNED ones are the activities, DONE ones the history (活动状态).")
strawberry.enum(ActivityVerb, description="What can be done with an activity next.")
strawberry.enum(OpportunityStatus, description="Where an opportunity stands (机会状态).")
strawberry.enum(OpportunityVerb, description="What can be done with an opportunity next.")
strawberry.enum(CallState, description="Where a call stands (通话状态).")
strawberry.enum(CallDirection, description="Who called whom (呼叫方向).")
strawberry.enum(CallVerb, description="What can be done with a call next.")
strawberry.enum(RingStrategy, description="Whose telephone of a ring group rings first (振铃策略).")
strawberry.enum(AgentState, description="How an agent is found (座席状态).")
strawberry.enum(PresenceChoice, description="What agents can say of themselves (座席状态).")


def _fields(name: str, columns: tuple[str, ...], description: str) -> Any:
    """The columns that can be chosen, as their fields are called; a value is the column itself."""
    made = Enum(name, {column.removesuffix("_id").upper(): column for column in columns})  # type: ignore[misc]
    return strawberry.enum(made, description=description)


PartyMergeField = _fields("PartyMergeField", PARTY_FIELDS, "What can be chosen when parties are merged (合并字段).")
ContactMergeField = _fields("ContactMergeField", CONTACT_FIELDS, "What can be chosen when contacts are merged (合并字段).")

__all__ = [
    "ActivityKind",
    "ActivityStatus",
    "ActivityVerb",
    "AgentState",
    "CallDirection",
    "CallState",
    "CallVerb",
    "ContactMergeField",
    "DuplicateAction",
    "DuplicateCriterion",
    "DuplicateSubject",
    "EntryPoint",
    "Lifecycle",
    "MergeSide",
    "OpportunityStatus",
    "OpportunityVerb",
    "PartyMergeField",
    "PartyType",
    "PresenceChoice",
    "RingStrategy",
]
