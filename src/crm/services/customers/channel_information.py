"""Information for channels (渠道资讯): an announcement to the people of the channels that are meant.

There is no second notice board: who it was delivered to, who has read and confirmed it, how it is withdrawn and pushed is what
announcements have already.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crm.core.errors import Invalid
from crm.services.customers.channel_audiences import channels_of
from crm.services.customers.channel_people import people_of, require_ours
from crm.services.deeds import Deed
from crm.services.messaging import announcements

AUDIENCE = ("input", "audience")


async def publish(deed: Deed, given: Mapping[str, Any]) -> UUID:
    """Tell the channels that are meant now, by an announcement whose audience they are."""
    require_ours(deed)
    reached = await channels_of(deed, given["audience"], AUDIENCE)
    if not await people_of(deed, reached):
        raise Invalid("Nobody signs in for these channels.", AUDIENCE)
    audience = {"channel_ids": [str(each) for each in reached]}
    return await announcements.publish(deed, None, {**given, "audience": audience})
