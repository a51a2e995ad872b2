"""What tests of the sales process start from: a customer with people, an opportunity, and people who sell."""

from __future__ import annotations

from typing import Any

from tests.factories.api import Api, Office

SELLER = {"customer.*": "OWN", "contact.*": "OWN", "opportunity.*": "OWN"}
ADDED = {
    "stakeholderAdd": "stakeholder { id version }",
    "teamMemberAdd": "teamMember { id version }",
    "processTaskAdd": "processTask { id version }",
    "competitionAdd": "competition { id version }",
}


async def customer(who: Api, name: str = "华为") -> str:
    return str((await who.do("customerCreate", "customer { id }", input={"name": name}))["id"])


async def contact(who: Api, party: str, name: str = "王工") -> str:
    return str((await who.do("contactCreate", "contact { id }", input={"name": name, "partyId": party}))["id"])


async def opportunity(who: Api, party: str, **given: Any) -> str:
    whole = {"title": "5G 基站", "partyId": party, **given}
    return str((await who.do("opportunityCreate", "opportunity { id }", input=whole))["id"])


async def competitor(office: Office, name: str = "中兴") -> str:
    return str((await office.admin.do("competitorCreate", "competitor { id }", input={"name": name}))["id"])


async def added(who: Api, verb: str, **given: Any) -> dict:
    return dict(await who.do(verb, ADDED[verb], input=given))


async def log(who: Api, key: str) -> list[dict]:
    """The newest first."""
    found = await who.ask("opportunity", "changes { nodes { verb fields { field old new } } }", id=key)
    return list(found["changes"]["nodes"])
