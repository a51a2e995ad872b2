"""What can be asked of and done with announcements (公告)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry

from crm.access.grants import SIGNED_IN
from crm.graph import reads
from crm.graph.context import Operation
from crm.graph.nouns import noun_named
from crm.resolvers.verbs import command, listing, plain_input, query, single
from crm.schema.messaging.announcement import (
    AnnouncementCreateInput,
    AnnouncementPayload,
    AnnouncementPublishInput,
    AnnouncementUpdateInput,
)
from crm.schema.messaging.announcement_receipt import unread_by
from crm.services.deeds import Deed
from crm.services.messaging import announcements, receipts


@strawberry.type
class AnnouncementQuery:
    """Reading announcements; it needs no grant."""

    announcement = single("messaging.Announcement", SIGNED_IN, "One announcement (公告).")
    announcements = listing("messaging.Announcement", SIGNED_IN, "The announcements (公告) that the viewer may see.")

    @query(SIGNED_IN, "How many announcements the viewer has yet to read (未读公告数): published to them, and still out.")
    async def unread_announcement_count(operation: Operation) -> int:
        """Withdrawn, expired and deleted ones do not count."""
        return await reads.total(operation, noun_named("AnnouncementReceipt"), None, None, unread_by(operation.viewer))


@strawberry.type
class AnnouncementMutation:
    """Writing announcements, and saying that one has read them."""

    @command("announcement.create", AnnouncementPayload, "A draft (新建公告), which nobody is told of.")
    async def announcement_create(deed: Deed, input: AnnouncementCreateInput) -> UUID:
        """It may still be without an audience."""
        return await announcements.create(deed, plain_input(input))

    @command(
        "announcement.update",
        AnnouncementPayload,
        "New values of an announcement that is not published yet (修改公告); `version` is the one that was read.",
    )
    async def announcement_update(deed: Deed, id: strawberry.ID, version: int, input: AnnouncementUpdateInput) -> UUID:
        """An old version answers CONFLICT with the current one."""
        return await announcements.update(deed, id, version, plain_input(input))

    @command(
        "announcement.create",
        AnnouncementPayload,
        "Publish (发布公告): with an `id` this draft, which takes the right to change it; without one a new announcement."
        " The audience is resolved to people, who are told; an audience that reaches nobody is INVALID.",
    )
    async def announcement_publish(
        deed: Deed, id: strawberry.ID | None = None, input: AnnouncementPublishInput | None = None
    ) -> UUID:
        """From DRAFT or SCHEDULED."""
        return await announcements.publish(deed, id, plain_input(input) if input else {})

    @command(
        "announcement.create",
        AnnouncementPayload,
        "Have it published at this time (定时发布), within a year; again, to choose another. The audience is resolved then.",
    )
    async def announcement_schedule(deed: Deed, id: strawberry.ID, publish_at: datetime) -> UUID:
        """From DRAFT or SCHEDULED; it takes what publishing takes."""
        return await announcements.schedule(deed, id, publish_at)

    @command("announcement.update", AnnouncementPayload, "Make it a draft again (取消定时).")
    async def announcement_unschedule(deed: Deed, id: strawberry.ID) -> UUID:
        """From SCHEDULED."""
        return await announcements.unschedule(deed, id)

    @command(
        "announcement.update",
        AnnouncementPayload,
        "Take it back (撤回公告): its recipients no longer see it, and are not told of what they may not read any more.",
    )
    async def announcement_withdraw(deed: Deed, id: strawberry.ID) -> UUID:
        """From PUBLISHED or EXPIRED."""
        return await announcements.withdraw(deed, id)

    @command(SIGNED_IN, AnnouncementPayload, "One has read an announcement that was published to one (标为已读).")
    async def announcement_read(deed: Deed, id: strawberry.ID) -> UUID:
        """As often as one likes; the first time counts."""
        return await receipts.read(deed, id)

    @command(SIGNED_IN, AnnouncementPayload, "One confirms an announcement that asks for it (确认公告), and so has read it.")
    async def announcement_confirm(deed: Deed, id: strawberry.ID) -> UUID:
        """As often as one likes; the first time counts."""
        return await receipts.confirm(deed, id)

    @command("announcement.delete", AnnouncementPayload, "Move an announcement to the recycle bin (删除公告).")
    async def announcement_delete(deed: Deed, id: strawberry.ID) -> UUID:
        """The payload's record is null: deleted records are not read."""
        return await announcements.delete(deed, id)

    @command("announcement.delete", AnnouncementPayload, "Take an announcement out of the recycle bin (恢复公告).")
    async def announcement_restore(deed: Deed, id: strawberry.ID) -> UUID:
        """A scheduled one whose time has come meanwhile is a draft again."""
        return await announcements.restore(deed, id)
