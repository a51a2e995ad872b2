"""An office with two channels, whose people sign in, and an opportunity to be sold through one of them."""

from __future__ import annotations

from typing import Any

import httpx
from tests.factories.api import Api, Office, staffed

from crm.rules.system.user_kinds import UserKind
from crm.store.database import Database

PARTNERS_MAY = {
    "channel_assignment.READ": "ALL", "channel_assignment.UPDATE": "ALL", "channel_submission.READ": "ALL",
    "channel_submission.CREATE": "ALL", "channel_submission.UPDATE": "ALL", "opportunity.READ": "ALL",
    "marketing_task.READ": "ALL",
}  # fmt: skip
"""What a role for partners grants; whatever its scopes say, they reach their own alone."""
ASSIGNMENT = "channelAssignment { id status title brief customerName protectedUntil reason actions }"


class Trade(Office):
    """`east` and `west` work for two channels, `seller` for us: channels, opportunities and what comes of them."""

    seller: Api
    east: Api
    west: Api
    channels: dict[str, str]

    async def channel(self, name: str, **given: Any) -> str:
        made = await self.seller.do("channelCreate", "channel { id }", input={"name": name, **given})
        return str(made["id"])

    async def partner(self, username: str, channel: str) -> Api:
        return await self.hire(username, PARTNERS_MAY, kind=UserKind.CHANNEL.value, channel_id=channel)

    async def opportunity(self, title: str = "机房扩容", **given: Any) -> str:
        customer = await self.seller.do("customerCreate", "customer { id }", input={"name": f"客户 {title}"})
        whole = {"title": title, "partyId": customer["id"], "amount": "1000", **given}
        return str((await self.seller.do("opportunityCreate", "opportunity { id }", input=whole))["id"])

    async def offer(self, opportunity: str, channel: str = "east", **given: Any) -> dict[str, Any]:
        wanted = {"channelId": self.channels[channel], "brief": "三期, 年底前", **given}
        made: dict[str, Any] = await self.seller.do("opportunityOffer", ASSIGNMENT, id=opportunity, input=wanted)
        return made

    async def accepted(self, title: str = "机房扩容") -> tuple[str, str]:
        """An opportunity that `east` has taken up: its id and the assignment's."""
        opportunity = await self.opportunity(title)
        assignment = (await self.offer(opportunity))["id"]
        await self.east.do("channelAssignmentAccept", ASSIGNMENT, id=assignment)
        return opportunity, assignment

    async def sees(self, who: Api, opportunity: str) -> bool:
        answer = await who.asked("opportunity", "id", id=opportunity)
        return answer.codes == []

    async def told(self, who: Api) -> list[str]:
        """What they were notified of, the first things first."""
        page = await who.ask("notifications", "nodes { kind }", orderBy=[{"field": "CREATED_AT", "direction": "ASC"}])
        return [each["kind"] for each in page["nodes"]]


_OWN = ("CREATE", "READ", "UPDATE")
SELLS = {
    **{f"{entity}.*": "OWN" for entity in ("customer", "channel", "opportunity", "announcement", "marketing_task")},
    **{f"{entity}.{action}": "OWN" for entity in ("channel_assignment", "channel_submission") for action in _OWN},
}


async def open_trade(trade: Trade) -> Trade:
    """Hire everybody, for an office that has its administrator."""
    trade.seller = await trade.hire("seller", SELLS)
    trade.channels = {"east": await trade.channel("华东渠道"), "west": await trade.channel("西部渠道")}
    trade.east, trade.west = [await trade.partner(name, channel) for name, channel in trade.channels.items()]
    return trade


async def trading(client: httpx.AsyncClient, database: Database) -> Trade:
    """Fixture: a trade of the test's own."""
    trade = Trade(client, database)
    trade.admin = (await staffed(client, database)).admin
    return await open_trade(trade)
