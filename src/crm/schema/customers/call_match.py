"""Who a call may be from."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from strawberry.types import Info

from crm.graph import reads
from crm.graph.fields import column, computed, related
from crm.graph.nouns import noun, noun_named
from crm.graph.rows import Row

if TYPE_CHECKING:
    from crm.schema.customers.contact import Contact

ContactType = Annotated["Contact", strawberry.lazy("crm.schema.customers.contact")]


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

    @computed("The contact, where the viewer may see them and their party (联系人).", needs=("party_id", "contact_id"))
    async def contact(root: Row, info: Info) -> ContactType | None:
        """A contact who is shared while the party is not would tell whose number it is."""
        key = root.record["contact_id"]
        if key is None or await _party(root, info) is None:
            return None
        found: Any = await reads.one(info.context, noun_named("Contact"), key)
        return found  # type: ignore[no-any-return]

    @computed("Whether the viewer may not see whose number it is: then `party` and `contact` are null.", needs=("party_id",))
    async def restricted(root: Row, info: Info) -> bool:
        """Judged now, with the rights under which everything else is read."""
        return await _party(root, info) is None


async def _party(root: Row, info: Info) -> Row | None:
    return await reads.one(info.context, noun_named("Party"), root.record["party_id"], window=True)
