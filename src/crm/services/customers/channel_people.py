"""Who works for a channel."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from crm.access.grants import ViewerKind
from crm.core.errors import Forbidden
from crm.services.deeds import Deed

_PEOPLE = "SELECT id FROM user_account WHERE channel_id = ANY($1::uuid[]) AND active AND deleted_at IS NULL ORDER BY id"


async def people_of(deed: Deed, channels: Sequence[UUID]) -> list[UUID]:
    """The active people who sign in for these channels."""
    return [row["id"] for row in await deed.rows(_PEOPLE, list(channels))]


def require_theirs(deed: Deed, channel_id: UUID) -> None:
    """Only the channel's own people answer for it: nobody of ours does, nor another partner with whom its record was shared."""
    if deed.viewer.channel is None or deed.viewer.channel != channel_id:
        raise Forbidden("Only the people of this channel can do that.", ("id",))


def require_ours(deed: Deed) -> None:
    """A decision about partners is not for partners, whatever was shared with or handed to them."""
    if deed.viewer.rights.kind is ViewerKind.CHANNEL:
        raise Forbidden("Only our own people can do that.", ("id",))
