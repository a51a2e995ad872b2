"""Announcements."""

from __future__ import annotations

from datetime import datetime

import strawberry
from strawberry.types import Info

from crm.core.paging import Page
from crm.graph import reads
from crm.graph.fields import column, computed, related_list
from crm.graph.filters import filter_of
from crm.graph.nouns import noun, noun_named
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.graph.rows import Row
from crm.rules.messaging.announcement_flow import offered
from crm.schema.messaging.announcement_audience import AnnouncementAudience, audience_of, figures_of
from crm.schema.messaging.announcement_receipt import AnnouncementReceipt, of
from crm.schema.messaging.announcement_topic import AnnouncementTopic
from crm.schema.messaging.enums import AnnouncementStatus, AnnouncementVerb
from crm.schema.system.custom_value import OwnedValues
from crm.schema.system.record import OwnedRecord

FIRST = Page(size=1, backwards=False, after=None, before=None)


@noun(
    "announcement",
    entity="announcement",
    label="title",
    order="-published_at",
    editors_only=("audience",),
    description="An announcement (公告). Reading needs no grant: whom it was published to sees it until it is withdrawn.",
)
class Announcement(OwnedRecord):
    """公告. Drafts first, then what was published last."""

    topic: AnnouncementTopic = column("A notice, or information about market, competitors or products (类别).")
    title: str = column("What it is about (标题).")
    body: str = column("What it says (正文).", filterable=False)
    status: AnnouncementStatus = column("Where it stands (状态).")
    pinned: bool = column("Whether it is to be shown above the others (置顶).")
    must_confirm: bool = column("Whether everybody has to confirm that they took note of it (需确认).")
    publish_at: datetime | None = column("For when it is scheduled (定时发布时间).")
    published_at: datetime | None = column("When it was published (发布时间).", sort=True)
    expires_at: datetime | None = column("Until when it matters (过期时间).")
    withdrawn_at: datetime | None = column("When it was withdrawn (撤回时间).")
    receipts = related_list(
        "messaging.AnnouncementReceipt",
        "announcement_id",
        "Who it was published to (回执): all of them for those who may change it, for others their own.",
    )

    @computed("Whom it is meant for (公告范围); null for those who may not change it.")
    async def audience(root: Row, info: Info) -> AnnouncementAudience | None:
        """As its author named them."""
        root.check("audience")
        return await audience_of(info.context, root.id)

    @computed("How many people it was published to (接收人数); null for those who may not change it.")
    async def recipient_count(root: Row, info: Info) -> int | None:
        """Settled when it was published."""
        return await _figure(root, info, "recipient_count", "recipients")

    @computed("How many of them have read it (已读人数); null for those who may not change it.")
    async def read_count(root: Row, info: Info) -> int | None:
        """Those who confirmed it have read it."""
        return await _figure(root, info, "read_count", "readers")

    @computed("How many of them have confirmed it (已确认人数); null for those who may not change it.")
    async def confirmed_count(root: Row, info: Info) -> int | None:
        """Only where it asks for that."""
        return await _figure(root, info, "confirmed_count", "confirmers")

    @computed("The viewer's own receipt (我的回执); null where it was not published to them.")
    async def my_receipt(root: Row, info: Info) -> AnnouncementReceipt | None:
        """One statement for all announcements of a list."""
        root.check("my_receipt")
        entry = noun_named("AnnouncementReceipt")
        mine = of(info.context.viewer)
        found = await reads.children(info.context, entry, "announcement_id", root.id, mine, entry.order, FIRST)
        return found[0] if found else None  # type: ignore[return-value]

    @computed("What can be done with it next; rights come on top.", needs=("status",))
    def actions(root: Row) -> list[AnnouncementVerb]:
        """The verbs that the flow table allows from here."""
        return list(offered(AnnouncementStatus(root.record["status"])))


async def _figure(root: Row, info: Info, field: str, figure: str) -> int | None:
    root.check(field)
    figures = await figures_of(info.context, root.id)
    return None if figures is None else figures[figure]


AnnouncementFilter = filter_of(Announcement)
AnnouncementOrder = order_of(Announcement)
AnnouncementPayload = payload_of(Announcement)


@strawberry.input(description="Whom an announcement is meant for: at most 50 entries, resolved to people when it is published.")
class AnnouncementAudienceInput:
    """公告范围. Replaces what is there."""

    everyone: bool | None = strawberry.field(description="All active staff.", default=None)
    department_ids: list[strawberry.ID] | None = strawberry.field(
        description="Departments, each with all below it.", default=None
    )
    role_ids: list[strawberry.ID] | None = strawberry.field(description="Roles: whoever has them.", default=None)
    user_ids: list[strawberry.ID] | None = strawberry.field(description="Single people.", default=None)
    channel_ids: list[strawberry.ID] | None = strawberry.field(
        description="Channels: the people who work for them.", default=None
    )


@strawberry.input(description="What creation and update of an announcement have in common.")
class AnnouncementValues(OwnedValues):
    """Everything but title and body."""

    audience: strawberry.Maybe[AnnouncementAudienceInput] = strawberry.field(
        description="Whom it is meant for, as a whole; replaces what is there."
    )
    topic: strawberry.Maybe[AnnouncementTopic] = strawberry.field(description="What sort of news it is; NOTICE at first (类别).")
    must_confirm: strawberry.Maybe[bool] = strawberry.field(description="Whether everybody has to confirm it.")
    pinned: strawberry.Maybe[bool] = strawberry.field(description="Whether it is to be shown above the others.")
    expires_at: strawberry.Maybe[datetime | None] = strawberry.field(description="Until when it matters; in the future.")


@strawberry.input(description="The values of an announcement. Absent fields stay as they are; null clears.")
class AnnouncementUpdateInput(AnnouncementValues):
    """What an update takes, before it is published."""

    title: strawberry.Maybe[str] = strawberry.field(description="What it is about (标题).")
    body: strawberry.Maybe[str] = strawberry.field(description="What it says (正文), at most 20,000 characters.")


@strawberry.input(
    description="What is published: with an id, in place of what the draft has; without one, title, body and audience are needed."
)
class AnnouncementPublishInput(AnnouncementUpdateInput):
    """What publishing takes."""


@strawberry.input(description="A new announcement, which nobody sees before it is published.")
class AnnouncementCreateInput(AnnouncementValues):
    """Title and body must be given; without an owner the record is the creator's."""

    title: str = strawberry.field(description="What it is about (标题).")
    body: str = strawberry.field(description="What it says (正文), at most 20,000 characters.")
    owner_id: strawberry.Maybe[strawberry.ID] = strawberry.field(description="Who is responsible for it (负责人).")
