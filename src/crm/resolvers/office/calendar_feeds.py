"""What can be asked of and done with calendar feeds (日历订阅). Everybody has their own."""

from __future__ import annotations

from uuid import UUID

import strawberry

from crm.access.grants import SIGNED_IN
from crm.graph.payloads import Done
from crm.resolvers.verbs import command, listing, plain_input, single
from crm.schema.office.calendar_feed import CalendarFeedCreateInput, CalendarFeedPayload
from crm.services.deeds import Deed
from crm.services.office import calendar_feeds


@strawberry.type
class CalendarFeedQuery:
    """Reading one's feeds."""

    calendar_feed = single("office.CalendarFeed", SIGNED_IN, "One of one's own calendar feeds (日历订阅).")
    calendar_feeds = listing("office.CalendarFeed", SIGNED_IN, "One's own calendar feeds (日历订阅), the newest first.")


@strawberry.type
class CalendarFeedMutation:
    """Opening and closing feeds."""

    @command(
        SIGNED_IN,
        CalendarFeedPayload,
        "A feed of one's calendar (订阅日历) for a telephone or mail program: what one owns and attends, by one's rights when it"
        " is read. `path` is told now and never again.",
    )
    async def calendar_feed_create(deed: Deed, input: CalendarFeedCreateInput) -> Done:
        """At most 20 at a time. With an idempotency key the repeated answer has no path: it is not kept anywhere."""
        key, token = await calendar_feeds.create(deed, plain_input(input))
        return Done(id=key, once={"path": f"/calendar/{token}.ics"})

    @command(SIGNED_IN, CalendarFeedPayload, "End one of one's feeds (取消订阅): whoever reads by it gets 404 from now on.")
    async def calendar_feed_revoke(deed: Deed, id: strawberry.ID) -> UUID:
        """Another's answers NOT_FOUND, one that was revoked already INVALID."""
        return await calendar_feeds.revoke(deed, id)
