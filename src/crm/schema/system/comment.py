"""Comments."""

from __future__ import annotations

from datetime import datetime

import strawberry

from crm.graph.fields import column, related
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.schema.system.record import Node


@noun(
    "comment",
    order="created_at",
    label="body",
    description="What somebody said of a record (评论). Whoever sees the record sees it; an internal one only our own people.",
)
class Comment(Node):
    """评论. In the order in which it was said."""

    body: str = column("What was said (内容).", filterable=False)
    internal: bool = column("Whether it is for our own people alone (内部).")
    created_at: datetime = column("When (时间).", sort=True)
    author = related("system.User", "author_id", "Who said it (评论人).", card=True)


CommentFilter = filter_of(Comment)
CommentOrder = order_of(Comment)
CommentPayload = payload_of(Comment)


@strawberry.input(description="What is said of a record.")
class CommentInput:
    """评论."""

    record_id: strawberry.ID = strawberry.field(description="Of which record: an assignment or a submission.")
    body: str = strawberry.field(description="What is said, at most 20,000 characters.")
    internal: strawberry.Maybe[bool] = strawberry.field(description="For our own people alone; partners may not say so (内部).")
