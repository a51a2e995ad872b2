"""The search centre finds, shows and counts what the oracle says, for every viewer (S1).

The oracle matches words in plain Python, over the fields that a viewer may read of the rows that they see.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from tests.factories.clients import Client, look_narrow, serving
from tests.factories.company import VIEWERS, Company, Fact, build, user_id
from tests.factories.oracle import TABLES, Oracle
from tests.factories.tally import Tally

from crm.access.branches import Via
from crm.access.searched import Listed, Searched, searched_kinds
from crm.core.naming import camel_case
from crm.core.search_tokens import Place
from crm.graph import search_wishes
from crm.resolvers.root import build_schema

SEARCH = """query ($q: String!, $first: Int, $after: String, $entities: [String!], $owners: [ID!]) {
  search(query: $q, first: $first, after: $after, entities: $entities, ownerIds: $owners) {
    totalCount partial pageInfo { hasNextPage endCursor }
    nodes { id entity title matches { field ranges { length } } }
    facets { entities { entity count } states { entity state count } owners { owner { id } count } } } }"""
DIGITS = re.compile(r"\D")
BEHIND = {Place.PHONE, Place.MAIL, Place.ADDRESS, Place.TEXT}
"""Where nothing is found of a customer in the public pool for whoever sees it there and no other way."""


@pytest.fixture(scope="module", params=["rows", "ids"])
async def served(request, databases, tmp_path_factory) -> AsyncIterator[tuple[Client, Company]]:
    build_schema()
    company = build()
    with pytest.MonkeyPatch.context() as patch:
        look_narrow(patch, narrow=request.param == "ids")
        if request.param == "ids":  # what viewers of little get where a word is in more entries than are looked at
            patch.setattr(search_wishes, "MOST_AMONG", -1)
        async with serving(databases, company, tmp_path_factory.mktemp("search")) as client:
            yield client, company


def test_entries_know_the_party_by_which_their_records_are_seen():
    """Whoever sees few is shown what hangs on their parties by the entries' own column."""
    build_schema()
    for searched in searched_kinds():
        hangs = any(isinstance(branch, Via) and branch.column == "party_id" for branch in searched.rule.branches)
        assert searched.party or not hangs, searched.rule.name


def texts(company: Company, searched: Searched, row: Fact, closed: set[Place]) -> Iterator[tuple[Place, str]]:
    """What a record can be found by, where nobody closes it."""
    for each in searched.fields:
        rows = [row]
        columns: tuple[str, ...] = each.columns if isinstance(each, Listed) else each.columns or (each.field,)
        if isinstance(each, Listed):
            rows = [value for value in company.of(each.table) if value[each.column] == row.id]
        if each.place not in closed:
            yield from ((each.place, str(value[name])) for value in rows for name in columns if value.values.get(name))


def has(place: Place, text: str, word: str) -> bool:
    if place is Place.PHONE:
        return len(word) > 2 and word.isdecimal() and word in DIGITS.sub("", text)
    words = re.findall(r"[^\W_]+", text.lower())
    return word in words if len(word) == 1 else any(each.startswith(word) or each.lstrip("0") == word for each in words)


def found(oracle: Oracle, query: str) -> dict[str, str]:
    """Id → entity of every visible record that has each word in itself or, of the others, in its visible party's name."""
    company, hits = oracle.company, {}
    number = any(len(each) > 4 for each in re.findall(r"\d+", query))
    for searched in searched_kinds():
        for row in company.of(searched.rule.table):
            behind = not oracle.reads(row)
            if behind and (number or not oracle.sees(row)):
                continue
            entity = oracle.entity(row)
            kind = entity.title().replace("_", "")
            closed = {each.place for each in searched.fields if oracle.hidden(kind, camel_case(each.field))}
            mine = list(texts(company, searched, row, closed | (BEHIND if behind else set())))
            party = company.find("party", row.values.get("party_id")) if searched.party else None
            theirs = [(Place.NAME, str(party["name"]))] if party is not None and oracle.reads(party) else []
            own = [any(has(place, text, word) for place, text in mine) for word in query.split()]
            with_party = [
                a or any(has(place, text, word) for place, text in theirs) for a, word in zip(own, query.split(), strict=True)
            ]
            if all(own) or (any(own) and all(with_party)):
                hits[str(row.id)] = entity
    return hits


def queries(company: Company) -> list[str]:
    number = DIGITS.sub("", str(company.of("phone_number")[0]["e164"]))
    contract = str(company.of("contract")[0]["number"]).lower().replace("-", " ")
    return [
        "agent",
        "customer of",
        "outsider",
        "mail",
        number[4:9],
        number[-4:],
        contract,
        "outsider contact",
        "road",
        "nothing-of-it",
    ]


async def pages(client: Client, viewer: str, query: str, **more: Any) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """All hits of all pages, and the first page."""
    nodes: list[dict[str, Any]] = []
    first: dict[str, Any] | None = None
    after = None
    while True:
        answer = await client.ask(viewer, SEARCH, {"q": query, "first": 100, "after": after, **more})
        assert not answer.errors, (viewer, query, answer.errors)
        page = answer.data["search"]
        first = first or page
        nodes += page["nodes"]
        if not page["pageInfo"]["hasNextPage"]:
            return nodes, first
        after = page["pageInfo"]["endCursor"]


async def test_everybody_finds_what_they_may_see(served):
    client, company = served
    tally = Tally()
    for viewer in VIEWERS:
        oracle = Oracle(company, viewer)
        if oracle.anonymous:
            answer = await client.ask(viewer, SEARCH, {"q": "agent"})
            assert [error["extensions"]["code"] for error in answer.errors] == ["UNAUTHENTICATED"]
            continue
        for query in queries(company):
            wanted = found(oracle, query.replace("-", " "))
            nodes, page = await pages(client, viewer, query)
            got = {node["id"]: node["entity"] for node in nodes}
            tally.expect((viewer, query, "hits"), got, wanted)
            tally.expect((viewer, query, "each once"), len(nodes), len(wanted))
            tally.expect((viewer, query, "total"), (page["totalCount"], page["partial"]), (len(wanted), False))
            counted = {each["entity"]: each["count"] for each in page["facets"]["entities"]}
            tally.expect((viewer, query, "entities"), counted, dict(Counter(wanted.values())))
            tally.expect((viewer, query, "owners"), _owners(page), _owners_wanted(oracle, wanted))
            shown = {(node["entity"], match["field"]) for node in nodes for match in node["matches"] if match["ranges"]}
            hidden = [place for place in shown if oracle.hidden(place[0].title().replace("_", ""), place[1])]
            tally.expect((viewer, query, "fields that match"), hidden, [])
            tally.expect((viewer, query, "some match"), bool(shown), bool(wanted))
            tally.expect((viewer, query, "masked"), [node["id"] for node in nodes if _tells_masked(oracle, node)], [])
    tally.settle(400)


def _tells_masked(oracle: Oracle, node: dict[str, Any]) -> bool:
    """A hit of the pool shows a text that is masked there, or not shown at all."""
    row = next(iter(row for row in oracle.company.of("party") if str(row.id) == node["id"]), None)
    told = {match["field"] for match in node["matches"]} - {"name", "shortName", "creditCode"}
    return row is not None and not oracle.reads(row) and bool(told)


def _owners(page: dict[str, Any]) -> dict[str, int]:
    return {each["owner"]["id"]: each["count"] for each in page["facets"]["owners"]}


def _owners_wanted(oracle: Oracle, wanted: dict[str, str]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for key, entity in wanted.items():
        row = next(row for row in oracle.company.of(TABLES[entity.title().replace("_", "")]) if str(row.id) == key)
        owner = row.values.get("owner_id")
        if owner is not None and not oracle.hidden(entity.title().replace("_", ""), "owner"):
            counts[str(owner)] += 1
    assert len(counts) <= 20, "the facet shows no more"
    return dict(counts)


async def test_narrowed_by_entities_and_owners(served):
    client, company = served
    oracle = Oracle(company, "admin")
    everything = found(oracle, "agent")
    nodes, _ = await pages(client, "admin", "agent", entities=["contact", "supplier"])
    assert {node["id"] for node in nodes} == {key for key, of in everything.items() if of in ("contact", "supplier")}
    mine = str(user_id("agent"))
    nodes, page = await pages(client, "admin", "agent", owners=[mine])
    assert nodes
    assert _owners(page) == {mine: len(nodes)}
    hider = Oracle(company, "hider")
    closed = [each for each in search_wishes.searched_entities() if hider.hidden(each.title().replace("_", ""), "owner")]
    for entity in closed:
        answer = await client.ask("hider", SEARCH, {"q": "agent", "owners": [mine], "entities": [entity]})
        assert answer.code("search") == ("FORBIDDEN" if hider.gate(entity, "READ") else None)
