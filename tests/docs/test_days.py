"""An agent's and a team leader's day are as the guides tell them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.conftest import make_settings
from tests.customers.calling import AGENT
from tests.docs.followed import follow
from tests.factories.api import PASSWORD, Api, Office, opened

from crm.core.clock import now, print_instant

GUIDES = Path(__file__).parents[2] / "docs/guides"
SECRET = "a secret of the switchboard"
MANAGER = {
    **{f"{entity}.{action}": "OWN_AND_SUBORDINATES" for entity in ("customer", "activity") for action in ("CREATE", "READ")},
    "call.READ": "ALL", "blocked_number.READ": "ALL", "blocked_number.CREATE": "ALL",
}  # fmt: skip
office = pytest.fixture(opened)


@pytest.fixture
def settings(database, tmp_path):
    return make_settings(database, tmp_path, hook_secrets={"demo": SECRET})


@pytest.fixture
async def people(office: Office) -> dict[str, Api]:
    """The people whom the guides name, and the hotline."""
    manager = await office.hire("manager", MANAGER, display_name="Manager")
    found = {"anonymous": office.anonymous, "admin": office.admin, "manager": manager}
    for number in (1, 2):
        name, told = f"agent{number}", {"extension": f"100{number}", "display_name": f"Agent {number}"}
        found[name] = await office.hire(name, AGENT, manager_id=manager.id, **told)
    given = {"name": "hotline", "numbers": ["4000"], "memberIds": [found["agent1"].id, found["agent2"].id]}
    await office.admin.do("ringGroupCreate", "ringGroup { id }", input=given)
    return found


def clock() -> dict[str, Any]:
    """What a screen knows of the time."""
    today = now().replace(hour=0, minute=0, second=0, microsecond=0)
    told = {"today": today, "tomorrow": today + timedelta(days=1), "now": now(), "later": now() + timedelta(days=3)}
    return {name: print_instant(at) for name, at in told.items()}


@pytest.mark.parametrize(("guide", "answers"), [("an-agents-day.md", 5), ("a-team-leaders-day.md", 3)])
async def test_a_day_is_as_the_guide_tells_it(office: Office, people: dict[str, Api], guide: str, answers: int):
    known = {**clock(), "password": PASSWORD}
    assert await follow(GUIDES / guide, office.client, people, known, SECRET) >= answers
