"""Calls."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry
from strawberry.types import Info

from crm.graph import reads
from crm.graph.fields import column, computed, owned_list, related, related_list, related_through
from crm.graph.filters import filter_of
from crm.graph.nouns import noun, noun_named, part
from crm.graph.orders import order_of
from crm.graph.payloads import USER_ERRORS, Done, UserError, payload_of
from crm.graph.rows import Row
from crm.rules.customers.call_states import verbs_of
from crm.schema.customers.duplicate import duplicates_field
from crm.schema.customers.enums import CallDirection, CallState, CallVerb
from crm.schema.system.custom_value import OwnedValues
from crm.schema.system.record import OwnedRecord

if TYPE_CHECKING:
    from crm.schema.customers.contact import Contact
    from crm.schema.customers.customer import Customer

CustomerType = Annotated["Customer", strawberry.lazy("crm.schema.customers.customer")]
ContactType = Annotated["Contact", strawberry.lazy("crm.schema.customers.contact")]


@part(of="Call", description="The number outside: who called, or who was called.")
class CallNumber:
    """号码."""

    e164: str | None = strawberry.field(description="In E.164 form; null for short codes, withheld ones and what is no number.")
    raw: str = strawberry.field(description="As the switchboard sent it.")
    display: str = strawberry.field(description="As people read it.")


@noun(
    "call",
    entity="call",
    label="ringing_at",
    order="-ringing_at",
    description="A telephone call (来电): whom it rang, who had it, whom it may be from, and what came of it.",
)
class Call(OwnedRecord):
    """来电."""

    state: CallState = column("Where it stands (通话状态).")
    direction: CallDirection = column("Who called whom (呼叫方向).")
    number_e164: str | None = column(
        "The number outside in E.164 form, for filters. Hiding it or `number` hides both.", hidden_with="number"
    )
    line: str | None = column("Our own end: the number that was dialled, or the extension that dialled (线路).")
    ring_group = related("customers.RingGroup", "ring_group_id", "The ring group that was dialled (振铃组).")
    ringing_at: datetime = column("When it began (振铃时间).", sort=True)
    expires_at: datetime = column("Until when a popup for it makes sense (弹屏过期时间).")
    answered_at: datetime | None = column("When it was first answered (接听时间).")
    ended_at: datetime | None = column("When it was over (结束时间).")
    ring_seconds: int | None = column("How long it rang, until it was answered or over (振铃秒数).")
    talk_seconds: int | None = column("How long was spoken, from the first answer to the end (通话秒数).", sort=True)
    blocked: bool = column("Whether its number stood on the block list when it came, so that it rang nobody here (已拦截).")
    candidates = related_through(
        "system.User", "call_candidate", "call_id", "user_id", "Whom it rang, at most 50 (振铃座席).", card=True
    )
    claimed_by = related("system.User", "claimed_by_id", "Who has it, or had it last (接听人).", card=True)
    claimed_at: datetime | None = column("Since when they have it (认领时间).")
    matches = owned_list("customers.CallMatch", "call_id", "Whom it may be from, best first (来电匹配).")
    party = related("customers.Party", "party_id", "Whom it is from or to (单位).")
    contact = related("customers.Contact", "contact_id", "The person there (联系人).")
    activity = related("customers.Activity", "activity_id", "The activity it was filed as (活动).")
    call_back = related("customers.Activity", "call_back_id", "The task to call back, where nobody answered (回电任务).")
    service_cases = related_list("customers.ServiceCase", "call_id", "The service cases that came of it (服务单).")
    call_back_entry = related("customers.CallBack", "call_back_entry_id", "Its place on the call-back list (回电).")
    disposition = related("system.DictionaryItem", "disposition_id", "Dictionary `call_disposition` (处理结果).", card=True)
    note: str | None = column("What was said (备注).", filterable=False)
    follow_up_at: datetime | None = column("When to come back to it (回访时间).")
    filed_at: datetime | None = column("When its outcome was entered (处理时间).")
    recording_url: str | None = column("Where the recording is (录音).", filterable=False)
    cause: str | None = column("Why it ended, in the switchboard's words (挂断原因).")

    @computed(
        "The number outside (号码); null where the switchboard sent none.",
        needs=("number_e164", "number_raw", "number_display"),
    )
    def number(root: Row) -> CallNumber | None:
        """Three ways of writing one number."""
        root.check("number")
        raw: str | None = root.record["number_raw"]
        if raw is None:
            return None
        return CallNumber(e164=root.record["number_e164"], raw=raw, display=root.record["number_display"] or raw)

    @computed("What can be done with it next; who may do it is judged on top.", needs=("state", "claimed_by_id", "filed_at"))
    def actions(root: Row) -> list[CallVerb]:
        """The verbs that the flow table allows from here."""
        record = root.record
        claimed, filed = record["claimed_by_id"] is not None, record["filed_at"] is not None
        return list(verbs_of(CallState(record["state"]), claimed=claimed, filed=filed))


CallFilter = filter_of(Call)
CallOrder = order_of(Call)
CallPayload = payload_of(Call)


@part(of="its mutation", description="The call, and the customer that was made of it.")
class CallCustomerPayload:
    """来电建客户结果."""

    user_errors: list[UserError] = strawberry.field(description=USER_ERRORS)
    duplicates = duplicates_field()

    @strawberry.field(description="The call, linked to its customer; null when nothing was changed.")
    async def call(root: Any, info: Info) -> Call | None:
        """Read back under the viewer's rights."""
        found: Any = None if root.id is None else await reads.shown(info, noun_named("Call"), root.id)
        return found  # type: ignore[no-any-return]

    @strawberry.field(description="The new customer, a lead; null when nothing was changed.")
    async def customer(root: Any, info: Info) -> CustomerType | None:
        """Read back under the viewer's rights."""
        return await _made(root, info, "Customer", "customer")  # type: ignore[no-any-return]

    @strawberry.field(description="The new contact with the number; null where none was asked for.")
    async def contact(root: Any, info: Info) -> ContactType | None:
        """Read back under the viewer's rights."""
        return await _made(root, info, "Contact", "contact")  # type: ignore[no-any-return]


async def _made(done: Done, info: Info, noun_name: str, key: str) -> Any:
    made = done.extra.get(key)
    return None if made is None else await reads.shown(info, noun_named(noun_name), UUID(made))


@strawberry.input(description="A number to dial, and whose it is.")
class CallDialInput:
    """点击拨号."""

    number: str = strawberry.field(description="As people write it; also an extension (号码).")
    party_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="The party that is called (单位).")
    contact_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="The contact, of that party (联系人).")


@strawberry.input(description="How a call went. Everything may be left out.")
class CallEndInput(OwnedValues):
    """处理结果."""

    disposition: strawberry.Maybe[str | None] = strawberry.field(
        description="The code or the id of an option of dictionary `call_disposition` (处理结果)."
    )
    note: strawberry.Maybe[str | None] = strawberry.field(description="What was said, at most 20,000 characters (备注).")
    follow_up_at: strawberry.Maybe[datetime | None] = strawberry.field(
        description="When to come back to it (回访时间): makes a planned activity. Within two years."
    )
    activity_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(
        description="The planned activity that this call was (计划活动), with the same party: it is done, and no other is made."
    )
    record_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(
        description="What it was about (关联业务): any record of the same party that activities can be about."
    )


@strawberry.input(description="What was filed of a call, put right. Absent fields stay as they are; null clears.")
class CallAmendInput:
    """补记."""

    disposition: strawberry.Maybe[str | None] = strawberry.field(
        description="The code or the id of an option of dictionary `call_disposition` (处理结果)."
    )
    note: strawberry.Maybe[str | None] = strawberry.field(description="What was said, at most 20,000 characters (备注).")


@strawberry.input(description="Who it is: a party, or a contact whose party follows from it.")
class CallLinkInput:
    """关联客户."""

    party_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="The party (单位).")
    contact_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="The contact, of that party (联系人).")


@strawberry.input(description="A customer made of an unknown caller. The number is filled in.")
class CallCustomerInput(OwnedValues):
    """新客户."""

    name: str = strawberry.field(description="The customer's full name (名称).")
    contact_name: strawberry.Maybe[str | None] = strawberry.field(
        description="Who called (联系人): makes a contact, who gets the number."
    )
    title: strawberry.Maybe[str | None] = strawberry.field(description="The contact's position (职务).")
    owner_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(
        description="Who will be responsible (负责人); without one, whoever does this."
    )
