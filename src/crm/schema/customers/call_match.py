"""Who a call may be from."""

from __future__ import annotations

from enum import Enum

import strawberry

from crm.graph.fields import column, lacking, related
from crm.graph.nouns import noun


@strawberry.enum(description="Why somebody may be the caller (匹配依据).")
class CallMatchReason(Enum):
    """匹配依据."""

    EXACT_NUMBER = "EXACT_NUMBER"
    EXACT_EXTENSION = "EXACT_EXTENSION"
    SAME_TAIL = "SAME_TAIL"
    RECENT_CALLER = "RECENT_CALLER"


@noun(
    "call_match",
    order="position",
    part_of="Call",
    description="Somebody the call may be from (来电匹配), best first. Of what they may not see, those whom the call rings are"
    " told the owner and nothing else; that is kept in `callDisclosures`.",
)
class CallMatch:
    """来电匹配."""

    score: int = column("How good the match is, at most 100 (匹配度).")
    reason: CallMatchReason = column("What it rests on (匹配依据).")
    position: int = column("The place in the list.", sort=True)
    owner = related("system.User", "owner_id", "Who is responsible for the party (负责人); for all who see the call.", card=True)
    party = related("customers.Party", "party_id", "The party, where the viewer may see it (单位), in the pool too.", window=True)
    # A contact who is shared while the party is not would tell whose number it is.
    contact = related(
        "customers.Contact", "contact_id", "The contact, where the viewer may see them and their party (联系人).", along="party"
    )
    restricted: bool = lacking("party", "Whether the viewer may not see whose number it is: then `party` and `contact` are null.")
