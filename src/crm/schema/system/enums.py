"""The enums of rights, as GraphQL types over those of `access`."""

from __future__ import annotations

import strawberry

from crm.access.grants import Action, Restriction, Scope

strawberry.enum(Action, description="What a role can let people do with an entity (动作).")
strawberry.enum(Scope, description="On whose records (范围), from narrow to wide; of several roles the widest wins.")
strawberry.enum(Restriction, description="HIDDEN: the field is not shown. FROZEN: it is shown and cannot be changed.")

__all__ = ["Action", "Restriction", "Scope"]
