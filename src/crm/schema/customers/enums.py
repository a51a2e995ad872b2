"""The enums of customer management, as GraphQL types over those of `rules`."""

from __future__ import annotations

from enum import Enum
from typing import Any

import strawberry

from crm.rules.customers.activity_flow import ActivityKind, ActivityStatus, ActivityVerb
from crm.rules.customers.assignment_flow import AssignmentStatus, AssignmentVerb
from crm.rules.customers.blocked_numbers import BlockMatch
from crm.rules.customers.call_back_flow import CallBackStatus, CallBackVerb
from crm.rules.customers.call_states import CallDirection, CallState, CallVerb
from crm.rules.customers.competition import CompetitionState
from crm.rules.customers.duplicates import DuplicateAction, DuplicateCriterion, DuplicateSubject, EntryPoint
from crm.rules.customers.lifecycle import Lifecycle, PartyType
from crm.rules.customers.maintenance_flow import MaintenanceStatus, MaintenanceVerb
from crm.rules.customers.marketing_task_flow import ChannelTaskState, MarketingTaskStatus, MarketingTaskVerb
from crm.rules.customers.merging import CONTACT_FIELDS, PARTY_FIELDS, MergeSide
from crm.rules.customers.opportunity_flow import OpportunityStatus, OpportunityVerb
from crm.rules.customers.presence import AgentState, PresenceChoice
from crm.rules.customers.process_task_flow import ProcessTaskStatus, ProcessTaskVerb
from crm.rules.customers.project_flow import ProjectStatus, ProjectVerb
from crm.rules.customers.ring_strategy import RingStrategy
from crm.rules.customers.service_case_flow import CasePriority, CaseStatus, CaseVerb
from crm.rules.customers.stakeholders import Attitude, StakeholderRole
from crm.rules.customers.submission_flow import SubmissionStatus, SubmissionVerb
from crm.rules.customers.team_roles import TeamRole

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
strawberry.enum(StakeholderRole, description="What part somebody plays in a decision (影响者角色).")
strawberry.enum(Attitude, description="How somebody is disposed towards us (态度).")
strawberry.enum(TeamRole, description="What somebody does on a team (团队角色).")
strawberry.enum(ProcessTaskStatus, description="Where a task stands (任务状态).")
strawberry.enum(ProcessTaskVerb, description="What can be done with a task next.")
strawberry.enum(CompetitionState, description="Where a competitor stands (竞争状态).")
strawberry.enum(ProjectStatus, description="Where a project stands (项目状态).")
strawberry.enum(ProjectVerb, description="What can be done with a project next.")
strawberry.enum(MaintenanceStatus, description="Where a maintenance stands (维护状态).")
strawberry.enum(MaintenanceVerb, description="What can be done with a maintenance next.")
strawberry.enum(CasePriority, description="How urgent a service case is (优先级).")
strawberry.enum(CaseStatus, description="Where a service case stands (服务单状态); PENDING ones wait for the customer.")
strawberry.enum(CaseVerb, description="What can be done with a service case next.")
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
strawberry.enum(CallBackStatus, description="Where an entry of the call-back list stands (回电状态).")
strawberry.enum(CallBackVerb, description="What can be done with an entry of the call-back list next.")
strawberry.enum(BlockMatch, description="What an entry of the block list stands for (匹配方式).")
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
    "AssignmentStatus",
    "AssignmentVerb",
    "Attitude",
    "BlockMatch",
    "CallBackStatus",
    "CallBackVerb",
    "CallDirection",
    "CallState",
    "CallVerb",
    "CasePriority",
    "CaseStatus",
    "CaseVerb",
    "ChannelTaskState",
    "CompetitionState",
    "ContactMergeField",
    "DuplicateAction",
    "DuplicateCriterion",
    "DuplicateSubject",
    "EntryPoint",
    "Lifecycle",
    "MaintenanceStatus",
    "MaintenanceVerb",
    "MarketingTaskStatus",
    "MarketingTaskVerb",
    "MergeSide",
    "OpportunityStatus",
    "OpportunityVerb",
    "PartyMergeField",
    "PartyType",
    "PresenceChoice",
    "ProcessTaskStatus",
    "ProcessTaskVerb",
    "ProjectStatus",
    "ProjectVerb",
    "RingStrategy",
    "StakeholderRole",
    "SubmissionStatus",
    "SubmissionVerb",
    "TeamRole",
]
