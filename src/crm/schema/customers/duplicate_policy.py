"""Policies for duplicates."""

from __future__ import annotations

import strawberry

from crm.graph.fields import column
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.schema.customers.enums import DuplicateAction, DuplicateSubject, EntryPoint
from crm.schema.system.record import Record


@noun(
    "duplicate_policy",
    entity="duplicate_policy",
    label="entry_point",
    order="created_at",
    description="What is done about duplicates among what comes in by one way (查重策略).",
)
class DuplicatePolicy(Record):
    """查重策略."""

    subject: DuplicateSubject = column("Of parties or of contacts (查重对象).")
    entry_point: EntryPoint = column("Of what comes in by this way (录入途径).")
    name: DuplicateAction = column("Where the name is the same: of parties without legal form, of contacts at one party (名称).")
    credit_code: DuplicateAction = column("Where the unified social credit code is the same (统一社会信用代码).")
    phone: DuplicateAction = column("Where a phone number is the same (电话).")
    email: DuplicateAction = column("Where an e-mail address is the same (电子邮件).")


DuplicatePolicyFilter = filter_of(DuplicatePolicy)
DuplicatePolicyOrder = order_of(DuplicatePolicy)
DuplicatePolicyPayload = payload_of(DuplicatePolicy)


@strawberry.input(description="What is to be done from now on. Absent fields stay as they are.")
class DuplicatePolicyUpdateInput:
    """查重策略."""

    name: strawberry.Maybe[DuplicateAction] = strawberry.field(description="Where the name is the same.")
    credit_code: strawberry.Maybe[DuplicateAction] = strawberry.field(description="Where the credit code is; not of contacts.")
    phone: strawberry.Maybe[DuplicateAction] = strawberry.field(description="Where a phone number is the same.")
    email: strawberry.Maybe[DuplicateAction] = strawberry.field(description="Where an e-mail address is the same.")
