"""Calendar feeds."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from crm.graph.fields import column
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.schema.system.record import Node


@noun(
    "calendar_feed",
    order="-created_at",
    description="An address by which a telephone or mail program reads one's calendar (日历订阅). Everybody sees only their own.",
)
class CalendarFeed(Node):
    """日历订阅."""

    name: str = column("What it is for, such as the device (名称).")
    created_at: datetime = column("When it was made.", sort=True)
    last_used_at: datetime | None = column("When it was last read, give or take five minutes; null where it never was.")
    revoked_at: datetime | None = column("When it was revoked; from then on nobody reads by it.")


def _path(root: Any) -> str | None:
    found: str | None = root.once.get("path")
    return found


CalendarFeedFilter = filter_of(CalendarFeed)
CalendarFeedOrder = order_of(CalendarFeed)


@strawberry.input(description="A new feed.")
class CalendarFeedCreateInput:
    """日历订阅."""

    name: str = strawberry.field(description="What it is for, such as the device (名称).")


CalendarFeedPayload = payload_of(
    CalendarFeed,
    path=strawberry.field(
        resolver=_path,
        description="The path of the feed, to be put behind the address of the server. Told this once: keep it like a password.",
    ),
)
