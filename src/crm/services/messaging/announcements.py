"""What happens to announcements: written, scheduled, published, withdrawn.

Publishing is the only moment at which anything is pushed. A withdrawal is not: whoever received the announcement may no longer
read it then, and nothing is pushed to people who may not read what it is about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from crm.access.grants import Action
from crm.core.errors import IllegalTransition, Invalid
from crm.core.kinds import Kind
from crm.models import Announcement
from crm.rules.messaging.announcement_flow import (
    ANNOUNCEMENT_FLOW,
    EDITABLE,
    AnnouncementStatus,
    AnnouncementVerb,
    wrong_end,
    wrong_time,
)
from crm.services import custom_values, events
from crm.services.deeds import Deed
from crm.services.messaging import audiences, receipts
from crm.services.owners import owned_by
from crm.services.records import (
    FieldChange,
    check_frozen,
    check_version,
    claim,
    insert,
    record_change,
    refuse_blank,
    revise,
    trash,
    untrash,
)
from crm.services.references import resolved
from crm.services.topics import Topic
from crm.services.values import columns

NOBODY = "This audience reaches nobody."


async def create(deed: Deed, given: Mapping[str, Any]) -> UUID:
    """A draft; it may still be without an audience."""
    announcement, changes = await _written(deed, given, status=AnnouncementStatus.DRAFT.value)
    await record_change(deed, announcement, "announcement.create", changes)
    return announcement.id


async def update(deed: Deed, record_id: str, version: int, given: Mapping[str, Any]) -> UUID:
    """New values, as long as nobody has read it."""
    announcement: Any = await claim(deed, Announcement, record_id, Action.UPDATE)
    check_version(announcement, version)
    check_frozen(deed, "announcement", list(given))
    if AnnouncementStatus(announcement.status) not in EDITABLE:
        raise IllegalTransition("Announcement", announcement.status, "UPDATE")
    values, _ = columns(Announcement, given, ("audience",))
    if "expires_at" in values and values["expires_at"] != announcement.expires_at:
        _check_end(deed, values["expires_at"], announcement.publish_at)
    changes = [*await audiences.replace(deed, announcement.id, given)]
    if changes and announcement.status == AnnouncementStatus.SCHEDULED and not await audiences.people(deed, announcement.id):
        raise Invalid(NOBODY, audiences.AUDIENCE)
    changes += await custom_values.write(deed, announcement, given)
    if changes := await revise(deed, announcement, values, changes):
        await record_change(deed, announcement, "announcement.update", changes)
    return UUID(str(announcement.id))


async def publish(deed: Deed, record_id: str | None, given: Mapping[str, Any]) -> UUID:
    """Publish a draft with what is given in place of what it has; without an id, write it and publish it at once."""
    if record_id is None:
        return await _publish_new(deed, given)
    announcement: Any = await claim(deed, Announcement, record_id, Action.UPDATE)
    check_frozen(deed, "announcement", list(given))
    # Asked before the audience is replaced: whom a published one reached is not to be touched.
    ANNOUNCEMENT_FLOW.after(AnnouncementStatus(announcement.status), AnnouncementVerb.PUBLISH)
    values, _ = columns(Announcement, given, ("audience",))
    _check_end(deed, values.get("expires_at", announcement.expires_at), None)
    changes = [*await audiences.replace(deed, announcement.id, given), *await custom_values.write(deed, announcement, given)]
    reached = await _reached(deed, announcement.id)
    await release(deed, announcement, reached, {**values, "publish_at": None}, changes)
    return UUID(str(announcement.id))


async def release(
    deed: Deed, announcement: Any, reached: Sequence[UUID], values: Mapping[str, Any], changes: Sequence[FieldChange] = ()
) -> None:
    """Publish a claimed announcement to these people; `values` and `changes` are what is written with it."""
    status = ANNOUNCEMENT_FLOW.after(AnnouncementStatus(announcement.status), AnnouncementVerb.PUBLISH)
    stamps = {"status": status.value, "published_at": deed.at}
    told = await revise(deed, announcement, {**values, **stamps}, changes)
    await record_change(deed, announcement, "announcement.publish", told)
    await _announce(deed, announcement.id, reached)


async def schedule(deed: Deed, record_id: str, publish_at: datetime) -> UUID:
    """It is to be published at this time; again, to choose another one. Who is reached is settled then, not now."""
    announcement: Any = await claim(deed, Announcement, record_id, Action.UPDATE)
    check_frozen(deed, "announcement", ["publish_at"], ())
    status = ANNOUNCEMENT_FLOW.after(AnnouncementStatus(announcement.status), AnnouncementVerb.SCHEDULE)
    if (wrong := wrong_time(publish_at, deed.at)) is not None:
        raise Invalid(wrong, ("publishAt",))
    if (wrong := wrong_end(announcement.expires_at, publish_at, deed.at)) is not None:
        raise Invalid(wrong, ("publishAt",))
    if not await audiences.people(deed, announcement.id):
        raise Invalid(NOBODY, ("id",))
    changes = await revise(deed, announcement, {"status": status.value, "publish_at": publish_at})
    if changes:
        await record_change(deed, announcement, "announcement.schedule", changes)
    return UUID(str(announcement.id))


async def unschedule(deed: Deed, record_id: str) -> UUID:
    """Back to a draft."""
    announcement = await claim(deed, Announcement, record_id, Action.UPDATE)
    await take_back(deed, announcement)
    return announcement.id


async def take_back(deed: Deed, announcement: Any) -> None:
    """Make a claimed scheduled announcement a draft again."""
    status = ANNOUNCEMENT_FLOW.after(AnnouncementStatus(announcement.status), AnnouncementVerb.UNSCHEDULE)
    changes = await revise(deed, announcement, {"status": status.value, "publish_at": None})
    await record_change(deed, announcement, "announcement.unschedule", changes)


async def withdraw(deed: Deed, record_id: str) -> UUID:
    """Its recipients no longer see it, from the commit on; their receipts are kept."""
    announcement = await claim(deed, Announcement, record_id, Action.UPDATE)
    status = ANNOUNCEMENT_FLOW.after(AnnouncementStatus(announcement.status), AnnouncementVerb.WITHDRAW)
    changes = await revise(deed, announcement, {"status": status.value, "withdrawn_at": deed.at})
    await record_change(deed, announcement, "announcement.withdraw", changes)
    return announcement.id


async def delete(deed: Deed, record_id: str) -> UUID:
    """Move an announcement to the recycle bin; nobody sees it there, its recipients included."""
    announcement = await claim(deed, Announcement, record_id, Action.DELETE)
    await trash(deed, announcement, "announcement.delete")
    return announcement.id


async def restore(deed: Deed, record_id: str) -> UUID:
    """Take an announcement out of the recycle bin. Restoring publishes nothing: one whose time has come is a draft again."""
    announcement: Any = await claim(deed, Announcement, record_id, Action.DELETE, deleted=True)
    await untrash(deed, announcement, "announcement.restore")
    if announcement.status == AnnouncementStatus.SCHEDULED and announcement.publish_at <= deed.at:
        await take_back(deed, announcement)
    return UUID(str(announcement.id))


async def _publish_new(deed: Deed, given: Mapping[str, Any]) -> UUID:
    stamps = {"status": AnnouncementStatus.PUBLISHED.value, "published_at": deed.at}
    announcement, changes = await _written(deed, given, **stamps)
    reached = await _reached(deed, announcement.id)
    await record_change(deed, announcement, "announcement.publish", changes)
    await _announce(deed, announcement.id, reached)
    return announcement.id


async def _written(deed: Deed, given: Mapping[str, Any], **stamps: Any) -> tuple[Announcement, list[FieldChange]]:
    """The row of a new announcement with its audience."""
    refuse_blank(given, ["title", "body"])
    check_frozen(deed, "announcement", list(given))
    values, references = columns(Announcement, given, ("audience",))
    _check_end(deed, values.get("expires_at"), None)
    values |= await resolved(deed, Announcement, references)
    values = await owned_by(deed, "announcement", values | stamps)
    announcement, changes = await insert(deed, Announcement, Kind.ANNOUNCEMENT, values)
    changes += await custom_values.write(deed, announcement, given, new=True)
    return announcement, [*changes, *await audiences.replace(deed, announcement.id, given)]


async def _reached(deed: Deed, announcement_id: UUID) -> list[UUID]:
    if not (reached := await audiences.people(deed, announcement_id)):
        raise Invalid(NOBODY, audiences.AUDIENCE)
    return reached


async def _announce(deed: Deed, announcement_id: UUID, reached: Sequence[UUID]) -> None:
    """Receipts for everybody it reaches, and the event that tells them."""
    await receipts.hand_out(deed, announcement_id, reached)
    await events.record(deed, Topic.ANNOUNCEMENTS, announcement_id, audience=reached)


def _check_end(deed: Deed, expires_at: datetime | None, publish_at: datetime | None) -> None:
    if (wrong := wrong_end(expires_at, publish_at, deed.at)) is not None:
        raise Invalid(wrong, ("input", "expiresAt"))
