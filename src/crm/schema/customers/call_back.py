"""The call-back list."""

from __future__ import annotations

from datetime import UTC, datetime

from crm.graph.fields import column, computed, related, related_list
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.graph.rows import Row
from crm.rules.customers.call_back_flow import CALL_BACK_FLOW, is_overdue
from crm.schema.customers.enums import CallBackStatus, CallBackVerb
from crm.schema.system.record import Node


@noun(
    "call_back",
    order="-last_missed_at",
    part_of="Call",
    label="last_missed_at",
    description="A number that called and reached nobody (回电), once however often it rang. Seen with its latest call.",
)
class CallBack(Node):
    """回电."""

    status: CallBackStatus = column("Where it stands (回电状态).")
    missed_count: int = column("How often it was missed (未接次数).")
    first_missed_at: datetime = column("When it was missed first (首次未接).")
    last_missed_at: datetime = column("When it was missed last (最近未接).", sort=True)
    due_at: datetime = column("By when to call back (回电时限).", sort=True)
    call = related("customers.Call", "call_id", "Its latest missed call, with the number (最近来电).")
    calls = related_list("customers.Call", "call_back_entry_id", "The calls that were missed (未接来电).")
    task = related("customers.Activity", "activity_id", "The task of calling back (回电任务).")
    claimed_by = related("system.User", "claimed_by_id", "Who will call back (认领人).", card=True)
    claimed_at: datetime | None = column("Since when they have it (认领时间).")
    closed_at: datetime | None = column("When it was closed (关闭时间).")
    closed_by = related("system.User", "closed_by_id", "Who reached them, or closed it (关闭人).", card=True)
    answer = related("customers.Call", "answer_id", "The call by which they were reached (接通来电).")
    note: str | None = column("What was said when it was closed (备注).", filterable=False)

    @computed("What can be done with it next; who may do it is judged on top.", needs=("status",))
    def actions(root: Row) -> list[CallBackVerb]:
        """The verbs that the flow table allows from here."""
        return [CallBackVerb(verb) for verb in CALL_BACK_FLOW.verbs(CallBackStatus(root.record["status"]))]

    @computed("Whether they wait longer than they should (已逾期).", needs=("status", "due_at"))
    def overdue(root: Row) -> bool:
        """Looked at when it is read."""
        return is_overdue(CallBackStatus(root.record["status"]), root.record["due_at"], datetime.now(UTC))


CallBackFilter = filter_of(CallBack)
CallBackOrder = order_of(CallBack)
CallBackPayload = payload_of(CallBack)
