"""What the subscription to reminders delivers."""

from __future__ import annotations

from typing import Any

import strawberry
from strawberry.types import Info

from crm.graph.nouns import noun_named, part
from crm.graph.reads import shown
from crm.schema.office.reminder import Reminder


@part(of="Reminder", description="A reminder that fired just now, or, after a reconnect, since the cursor (提醒推送).")
class ReminderNews:
    """Made from an event of the stream: its cursor, and the record as it is at delivery."""

    cursor: str = strawberry.field(description="Subscribe with `after` this to get everything that came later.")

    @strawberry.field(description="The reminder (提醒).")
    async def reminder(root: Any, info: Info) -> Reminder:
        """Read under the receiver's own rights."""
        return await shown(info, noun_named("Reminder"), root.row.id, root.row)  # type: ignore[no-any-return]
