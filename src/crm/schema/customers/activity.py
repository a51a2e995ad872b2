"""Activities."""

from __future__ import annotations

from datetime import UTC, datetime

import strawberry

from crm.graph.fields import column, computed, owned_list, related, related_list
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.graph.rows import Row
from crm.rules.customers.activity_flow import ACTIVITY_FLOW, is_overdue
from crm.schema.customers.activity_participant import ActivityParticipantInput
from crm.schema.customers.enums import ActivityKind, ActivityStatus, ActivityVerb
from crm.schema.system.custom_value import OwnedValues
from crm.schema.system.record import OwnedRecord


@noun(
    "activity",
    entity="activity",
    label="subject",
    order="-created_at",
    description="A call, visit, meeting, e-mail, SMS, note or task (活动).",
)
class Activity(OwnedRecord):
    """活动."""

    kind: ActivityKind = column("What sort it is (类型).")
    subject: str = column("What it is about (主题).")
    content: str | None = column("Details (内容).", filterable=False)
    status: ActivityStatus = column("Planned, done or cancelled (状态).")
    planned_at: datetime | None = column("When it is to happen (计划时间).", sort=True)
    done_at: datetime | None = column("When it was done (完成时间).", sort=True)
    outcome: str | None = column("What came of it (结果).", filterable=False)
    outcome_option = related("system.DictionaryItem", "outcome_option_id", "Dictionary `activity_outcome` (结果分类).", card=True)
    next_step: str | None = column("What follows from it (下一步).", filterable=False)
    previous = related("customers.Activity", "previous_id", "The activity that it follows from (上一活动).")
    follow_ups = related_list("customers.Activity", "previous_id", "What was planned as its next step (后续活动).")
    party = related("customers.Party", "party_id", "With which party (单位).")
    contact = related("customers.Contact", "contact_id", "With whom there (联系人).")
    opportunity = related("customers.Opportunity", "opportunity_id", "The opportunity it is about (销售机会).")
    contract = related("marketing.Contract", "contract_id", "The contract it is about (合同).")
    delivery = related("trade.Delivery", "delivery_id", "The delivery it is about (发货单).")
    project = related("customers.Project", "project_id", "The project it is about (项目).")
    maintenance = related("customers.Maintenance", "maintenance_id", "The maintenance it is about: a visit (后期维护).")
    service_case = related("customers.ServiceCase", "service_case_id", "The service case it is about (服务单).")
    calls = related_list("customers.Call", "activity_id", "The telephone calls it was made of (来电).")
    call_backs = related_list("customers.Call", "call_back_id", "The missed calls that it is to answer (未接来电).")
    email_messages = related_list("messaging.EmailMessage", "activity_id", "The message by e-mail that it was made of (邮件).")
    sms_messages = related_list("messaging.SmsMessage", "activity_id", "The short message that it was made of (短信).")
    participants = owned_list("customers.ActivityParticipant", "activity_id", "Who takes part (参与人).")

    @computed("What can be done with it next; rights come on top.", needs=("status",))
    def actions(root: Row) -> list[ActivityVerb]:
        """The verbs that the flow table allows from here."""
        return [ActivityVerb(verb) for verb in ACTIVITY_FLOW.verbs(ActivityStatus(root.record["status"]))]

    @computed("Whether it was to happen by now and is neither done nor cancelled (已逾期).", needs=("status", "planned_at"))
    def overdue(root: Row) -> bool | None:
        """Looked at when it is read."""
        return is_overdue(ActivityStatus(root.record["status"]), root.record["planned_at"], datetime.now(UTC))


ActivityFilter = filter_of(Activity)
ActivityOrder = order_of(Activity)
ActivityPayload = payload_of(Activity)


@strawberry.input(description="What creation and update of an activity have in common.")
class ActivityValues(OwnedValues):
    """Everything but the status, which the verbs change."""

    content: strawberry.Maybe[str | None] = strawberry.field(description="Details, at most 20,000 characters.")
    planned_at: strawberry.Maybe[datetime | None] = strawberry.field(description="When it is to happen.")
    party_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="With which party.")
    contact_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="With whom there; of that party.")
    record_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(
        description="What it is about, whose party it is with then: an opportunity, contract, delivery, project, maintenance or "
        "service case."
    )
    outcome: strawberry.Maybe[str | None] = strawberry.field(description="What came of it.")
    outcome_option_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(
        description="The same as an option of dictionary `activity_outcome`."
    )
    next_step: strawberry.Maybe[str | None] = strawberry.field(description="What follows from it.")
    participants: strawberry.Maybe[list[ActivityParticipantInput]] = strawberry.field(
        description="The whole list of participants, at most 50; replaces what is there."
    )


@strawberry.input(description="The values of an activity. Absent fields stay as they are; null clears.")
class ActivityUpdateInput(ActivityValues):
    """What an update takes."""

    kind: strawberry.Maybe[ActivityKind] = strawberry.field(description="What sort it is.")
    subject: strawberry.Maybe[str] = strawberry.field(description="What it is about (主题).")


@strawberry.input(description="A new activity, planned unless `doneAt` is given.")
class ActivityCreateInput(ActivityValues):
    """Kind and subject must be given; without an owner the record is the creator's."""

    kind: ActivityKind = strawberry.field(description="What sort it is.")
    subject: str = strawberry.field(description="What it is about (主题).")
    done_at: strawberry.Maybe[datetime] = strawberry.field(description="When it was done, to record something past.")
    owner_id: strawberry.Maybe[strawberry.ID] = strawberry.field(description="Who is to do it (负责人).")


@strawberry.input(description="The next step (下一步): planned with the same party and contact, about the same record.")
class ActivityNextInput(OwnedValues):
    """Kind and time must be given."""

    kind: ActivityKind = strawberry.field(description="What sort it is.")
    planned_at: datetime = strawberry.field(description="When it is to happen; not before this one was done.")
    subject: strawberry.Maybe[str] = strawberry.field(description="What it is about; the same as this one, if absent.")
    content: strawberry.Maybe[str | None] = strawberry.field(description="Details, at most 20,000 characters.")
    owner_id: strawberry.Maybe[strawberry.ID] = strawberry.field(description="Who is to do it; whoever plans it, if absent.")
    participants: strawberry.Maybe[list[ActivityParticipantInput]] = strawberry.field(description="Who takes part, at most 50.")


@strawberry.input(description="How an activity ended.")
class ActivityCompleteInput:
    """Absent fields stay as they are."""

    done_at: strawberry.Maybe[datetime] = strawberry.field(description="When it was done; now, if absent.")
    outcome: strawberry.Maybe[str | None] = strawberry.field(description="What came of it.")
    outcome_option_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(
        description="The same as an option of dictionary `activity_outcome`."
    )
    next_step: strawberry.Maybe[str | None] = strawberry.field(description="What follows from it, in words.")
    next: strawberry.Maybe[ActivityNextInput] = strawberry.field(description="What follows from it, planned at once.")
