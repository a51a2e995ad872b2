"""Plans answer as graphql-core does: the same bytes, for every shape of selection."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
import orjson
import pytest
from tests.conftest import make_settings
from tests.factories.api import Office, staffed
from tests.factories.company import VIEWERS, build
from tests.servers import cloned

from crm import metrics
from crm.app import create_app


@pytest.fixture(scope="module")
async def ways(databases):
    """The planned way and the reference way over one company."""
    with TemporaryDirectory() as folder:
        async with cloned(databases) as database:
            apps = [
                create_app(make_settings(database, Path(folder), plans=plans), database, background=False)
                for plans in (True, False)
            ]
            transports = [httpx.ASGITransport(app, raise_app_exceptions=False) for app in apps]
            async with (
                apps[0].router.lifespan_context(apps[0]),
                apps[1].router.lifespan_context(apps[1]),
                httpx.AsyncClient(transport=transports[0], base_url="http://crm.test") as planned,
                httpx.AsyncClient(transport=transports[1], base_url="http://crm.test") as reference,
            ):
                office = await staffed(planned, database)
                await build().write(database)
                yield Ways(office, planned, reference)


class Ways:
    def __init__(self, office: Office, planned: httpx.AsyncClient, reference: httpx.AsyncClient) -> None:
        self.office, self.planned, self.reference = office, planned, reference
        self.tokens: dict[str, str] = {}

    async def token(self, username: str) -> str:
        if username not in self.tokens:
            self.tokens[username] = (await self.office.signed_in(username)).token or ""
        return self.tokens[username]

    async def both(self, username: str, query: str, **variables):
        """The answer that both give, to the byte; and whether a plan gave it."""
        headers = {"Authorization": f"Bearer {await self.token(username)}"}
        body = {"query": query, "variables": variables}
        before = plans()
        fast = await self.planned.post("/graphql", json=body, headers=headers)
        ran = plans() > before
        slow = await self.reference.post("/graphql", json=body, headers=headers)
        assert fast.status_code == slow.status_code
        one, other = orjson.loads(fast.content), orjson.loads(slow.content)
        assert one == other
        assert orjson.dumps(one) == orjson.dumps(other)
        return one, ran


def plans() -> float:
    return metrics.graphql_plans.labels("planned")._value.get()


ALIAS = "a" * 70
"""Longer than PostgreSQL's names, which it cuts without a word."""

SHAPES = {
    "columns": "customers(first: 3) { nodes { id name creditLimit lastContactAt lifecycle version createdAt } }",
    "one": "customers(first: 5) { nodes { owner { displayName department { name } } level { labelZh } parent { name } } }",
    "lists": "customers(first: 4) { nodes { contacts(first: 2) { nodes { name phoneNumbers { e164 } } } tags { name } } }",
    "edges": "customers(first: 3) { edges { cursor node { name } } pageInfo { hasNextPage endCursor startCursor } totalCount }",
    "last": "customers(last: 3) { edges { cursor node { name } } nodes { id } pageInfo { hasPreviousPage endCursor } }",
    "nested edges": """customers(first: 3) { nodes {
        contacts { edges { cursor node { name } } totalCount pageInfo { hasNextPage } } } }""",
    "computed": "activities(first: 5) { nodes { subject actions party { __typename name } } }",
    "interface": """contacts(first: 9) { nodes {
        party { __typename id ... on Customer { creditLimit } ... on Supplier { name } } } }""",
    "calls": """calls { nodes { number { display } candidates { username }
        matches { restricted owner { displayName } party { name } contact { name } } } }""",
    "changes": "changes(first: 9) { nodes { verb record { id __typename } fields { field old new } } }",
    "long aliases": f"customers(first: 2) {{ nodes {{ {ALIAS}1: name {ALIAS}2: shortName }} }}",
    "root": "me { username } __typename customers(first: 1) { __typename nodes { __typename } }",
    "nothing": 'customer(id: "019fa000-0000-8000-8000-000000000000") { name }',
    "skipped": "customers(first: 2) { nodes { id @skip(if: true) } }",
    "twice": "customers(first: 2) { nodes { id } nodes { name } a: nodes { version } }",
    "shares": """customers(first: 6) { nodes {
        shares { nodes { principal { kind name } access expiresAt } } changes { totalCount } } }""",
    "sales": """opportunities(first: 5) { nodes { amount weightedAmount stage { name }
        stageHistory { nodes { amount durationSeconds } } contracts { nodes { amount } } } }""",
    "calendar": """scheduleEvents(first: 9) { nodes {
        title nextOccurrenceAt exceptions { startsAt } attendees { user { username } } } }""",
    "news": "announcements { nodes { title audience { everyone } recipientCount myReceipt { readAt } actions } }",
    "roles": "roles { nodes { name grants { entity action scope } members { username } } }",
}


@pytest.mark.parametrize("shape", SHAPES)
async def test_every_shape_is_answered_alike(ways, shape):
    ran = 0
    for username in (person for person in VIEWERS if person != "anonymous"):
        _, planned = await ways.both(username, f"{{ {SHAPES[shape]} }}")
        ran += planned
    assert ran, "no plan ran"
