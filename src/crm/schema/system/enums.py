"""The enums of rights and calendars, as GraphQL types over those of `access` and `rules`."""

from __future__ import annotations

import strawberry

from crm.access.grants import Action, Restriction, Scope
from crm.rules.system.working_time import CalendarDayKind

strawberry.enum(Action, description="What a role can let people do with an entity (动作).")
strawberry.enum(Scope, description="On whose records (范围), from narrow to wide; of several roles the widest wins.")
strawberry.enum(Restriction, description="HIDDEN: the field is not shown. FROZEN: it is shown and cannot be changed.")
strawberry.enum(CalendarDayKind, description="What is special about a day (特殊日期类型).")

__all__ = ["Action", "CalendarDayKind", "Restriction", "Scope"]
