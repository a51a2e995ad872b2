"""`accessOf`: who may do what with a record, and why."""

from __future__ import annotations

from enum import Enum

import strawberry

from crm.graph.nouns import part
from crm.schema.system.enums import Action, Scope
from crm.schema.system.principal import Principal


@strawberry.enum(description="By which way somebody may do something.")
class AccessCause(Enum):
    """依据."""

    OWNER = "OWNER"
    REPORTING_LINE = "REPORTING_LINE"
    SCOPE = "SCOPE"
    SHARE = "SHARE"
    PARTY = "PARTY"
    NAMED = "NAMED"
    POOL = "POOL"
    CHANNEL = "CHANNEL"


@part(of="the record", description="One reason why somebody may do something.")
class AccessReason:
    """依据."""

    cause: AccessCause = strawberry.field(description="The way.")
    scope: Scope | None = strawberry.field(description="With SCOPE: the scope that reaches the record.", default=None)
    principal: Principal | None = strawberry.field(description="With SHARE: with whom it is shared.", default=None)


@part(of="the record", description="Whether somebody may do one thing with a record, and why.")
class AccessAnswer:
    """权限说明."""

    action: Action = strawberry.field(description="The action.")
    gate: bool = strawberry.field(description="Whether a role of theirs grants the action on this entity at all.")
    allowed: bool = strawberry.field(description="Whether they may do it to this record.")
    reasons: list[AccessReason] = strawberry.field(description="All ways by which they may; empty where they may not.")
