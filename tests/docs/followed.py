"""A page of the documentation that tells a story: its blocks are done in their order.

`json hook` is sent by the switchboard, GraphQL with `as=` by the person named, `json answer` is compared with what came last.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
from tests.customers.calling import signed
from tests.docs.blocks import blocks
from tests.factories.api import Api

PEOPLE = re.compile(r"as=(\w+)")


async def follow(page: Path, client: httpx.AsyncClient, people: Mapping[str, Api], known: dict[str, Any], secret: str) -> int:
    """Do what the page says; how many answers were compared. `known` are the variables, to which ids are added as they come."""
    answer: Any = None
    compared = 0
    for block in blocks(page):
        who = next(iter(PEOPLE.findall(" ".join(block.words))), None)
        if block.language == "json" and "hook" in block.words:
            body = block.body.encode()
            told = await client.post("/hooks/calls/demo", content=body, headers=signed(body, secret=secret))
            answer = told.json()
            assert told.status_code == 200, answer
        elif block.language == "graphql" and who is not None:
            wanted = {name: known[name] for name in re.findall(r"\$(\w+): ", block.body)}
            found = await people[who].run(block.body, **wanted)
            answer = {"data": found.data}
            assert found.codes == [], f"{block}: {found.codes}"
            known |= named(answer)
        elif block.language == "json" and "answer" in block.words:
            assert blurred(answer) == blurred(json.loads(block.body)), block
            compared += 1
    return compared


LISTED = {"calls": "call", "callBacks": "callBack"}
"""List → what later steps call the first row of it."""


def named(answer: Any) -> dict[str, Any]:
    """The ids and versions that later steps refer to, by the name of the field they stood under."""
    found: dict[str, Any] = {}
    if isinstance(answer, dict):
        for name, value in answer.items():
            if isinstance(value, dict) and isinstance(value.get("id"), str):
                found[name] = value["id"]
            if isinstance(value, dict) and isinstance(value.get("version"), int):
                found["version"] = value["version"]
            if name in LISTED and value.get("nodes") and "id" in value["nodes"][0]:
                found[LISTED[name]] = value["nodes"][0]["id"]
            found |= named(value)
    elif isinstance(answer, list):
        for each in answer:
            found |= named(each)
    return found


def blurred(answer: Any) -> Any:
    """Without what differs each time: ids and instants."""
    text = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "…", json.dumps(answer, ensure_ascii=False))
    return json.loads(re.sub(r"\d{4}-\d\d-\d\dT[^\"]+", "…", text))
