"""Shares."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

import strawberry

from crm.graph.fields import column, computed, related
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.rows import Row
from crm.schema.system.principal import Principal, principal
from crm.schema.system.record import Node


@strawberry.enum(description="What a share allows. READ never implies EDIT; EDIT includes READ.")
class ShareAccess(Enum):
    """共享权限."""

    READ = "READ"
    EDIT = "EDIT"


@strawberry.enum(description="Why a share is there. Only MANUAL ones are edited by hand.")
class ShareCause(Enum):
    """共享来源."""

    MANUAL = "MANUAL"
    RULE = "RULE"
    TEAM = "TEAM"
    APPROVAL = "APPROVAL"
    INHERITED = "INHERITED"
    ASSIGNED = "ASSIGNED"


@noun("share", order="created_at", description="One record shared with somebody (共享).", extra=("principal_id", "record_id"))
class Share(Node):
    """共享."""

    access: ShareAccess = column("What it allows.")
    cause: ShareCause = column("Why it is there.")
    granted_by = related("system.User", "granted_by_id", "Who shared it (共享人).", card=True)
    created_at: datetime = column("Since when.", sort=True)
    expires_at: datetime | None = column("Until when; null is without end.")

    @computed("With whom.", needs=("principal_id",))
    def principal(root: Row) -> Principal:
        """The principal, by the kind in its id."""
        return principal(root.record["principal_id"])


ShareFilter = filter_of(Share)
ShareOrder = order_of(Share)
