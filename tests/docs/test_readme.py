"""The README is followed from top to bottom: its queries are sent in order, and the answers are those it shows.

Answers marked `demo` are those of the demo company, which is not made here.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
from tests.docs.blocks import blocks

from crm.services.system import accounts
from crm.store.database import Database

HOME = Path(__file__).parents[2]
ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def plain(answer: Any) -> Any:
    """The answer without what differs each time: ids and the token."""
    if isinstance(answer, dict):
        return {name: "…" if name == "token" else plain(value) for name, value in answer.items()}
    if isinstance(answer, list):
        return [plain(each) for each in answer]
    return ID.sub("…", answer) if isinstance(answer, str) else answer


async def test_the_readme_is_true(client: httpx.AsyncClient, database: Database):
    await accounts.create_user(database, "admin", accounts.DEMO_PASSWORD, "Administrator", None)
    steps = [block for block in blocks(HOME / "README.md") if block.language in ("graphql", "json")]
    headers: dict[str, str] = {}
    variables: dict[str, str] = {}
    compared = 0
    for place, block in enumerate(steps):
        if block.language != "graphql":
            continue
        wanted = {name: variables[name] for name in re.findall(r"\$(\w+): ", block.body)}
        answer = (await client.post("/graphql", json={"query": block.body, "variables": wanted}, headers=headers)).json()
        assert "errors" not in answer, f"{block}: {answer}"
        assert set(answer.pop("extensions")) == {"cost"}  # told everywhere, and left out of what the page prints
        if "signIn" in answer["data"]:
            headers = {"Authorization": f"Bearer {answer['data']['signIn']['token']}"}
        for payload in answer["data"].values():
            record = payload.get("customer") or {}
            variables |= {"customer": record["id"]} if "id" in record else {}
        following = steps[place + 1 : place + 2]
        if following and following[0].language == "json" and "demo" not in following[0].words:
            assert plain(answer) == plain(json.loads(following[0].body)), block
            compared += 1
    assert compared >= 5
