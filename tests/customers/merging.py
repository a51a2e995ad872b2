"""What tests of merging share."""

from __future__ import annotations

from typing import Any

from tests.factories.api import Api

MERGED = "party { id version } merge { id }"
UNDONE = "record { id } leftFields leftRecords { id }"
GRANTS = {"customer.*": "OWN", "contact.*": "OWN", "activity.*": "OWN", "opportunity.*": "OWN"}


async def customer(who: Api, name: str, entity: str = "customer", **given: Any) -> str:
    made = await who.do(f"{entity}Create", f"{entity} {{ id }}", input={"name": name, **given})
    return str(made["id"])


async def contact(who: Api, name: str, party: str, **given: Any) -> str:
    made = await who.do("contactCreate", "contact { id }", input={"name": name, "partyId": party, **given})
    return str(made["id"])


async def merge(who: Api, survivor: str, merged: str, **given: Any) -> dict[str, Any]:
    """The payload of a merge that must be done."""
    found: dict[str, Any] = await who.do("partyMerge", MERGED, input={"survivorId": survivor, "mergedId": merged, **given})
    return found


async def undo(who: Api, made: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = await who.do("mergeUndo", UNDONE, id=made["merge"]["id"])
    return found


def into(survivor: str, merged: str, **given: Any) -> dict[str, Any]:
    return {"input": {"survivorId": survivor, "mergedId": merged, **given}}
