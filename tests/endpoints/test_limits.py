"""Limits of documents and what they cost, looked at without a server: what is refused, what passes, and how long it takes."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest
from graphql import SelectionSetNode, get_introspection_query
from tests.factories import bombs
from tests.factories.bombs import BOMBS

from crm.config import Settings
from crm.core.errors import QueryTooComplex
from crm.endpoints import limits, scanning
from crm.endpoints.console.documents import console_documents
from crm.endpoints.documents import Document, Documents
from crm.endpoints.formulas import CEILING
from crm.endpoints.prices import COUNT, INTROSPECTION, MUTATION, OWNED, ROOT_LIST
from crm.endpoints.validation import MOST_COMPARISONS
from crm.resolvers.root import build_schema

DEFAULT = Settings(_env_file=None).cost_budget
ROOT = Path(__file__).parents[2]


@pytest.fixture
def documents() -> Documents:
    return Documents(build_schema()._schema, hide_suggestions=True)


def limit_of(document: Document) -> str | None:
    """The limit a document is beyond."""
    causes = [error.original_error for error in document.errors]
    return next((str(cause.details["limit"]) for cause in causes if isinstance(cause, QueryTooComplex)), None)


def right(document: Document) -> Document:
    assert [error.message for error in document.errors] == []
    return document


@pytest.mark.parametrize("name", BOMBS)
def test_no_bomb_passes_and_none_takes_long(name):
    make, size = BOMBS[name]
    text = make(size)
    spent = []
    for _ in range(3):  # the best of three: the machine may be busy with other things
        documents = Documents(build_schema()._schema, hide_suggestions=True)
        started = time.process_time()
        document = documents.read(text)
        spent.append(time.process_time() - started)
        if spent[-1] < 0.5:
            break
    assert document.errors or document.cost(None, None) > DEFAULT, "it would run"
    assert min(spent) < 0.5
    if document.errors and limit_of(document) is None:  # refused by the language or the schema itself
        assert name in ("a circle of fragments", "a number of ten thousand digits")


@pytest.mark.parametrize(
    ("limit", "passes", "refused"),
    [
        ("aliases", bombs.aliases(limits.MOST_ALIASES), bombs.aliases(limits.MOST_ALIASES + 1)),
        ("fields", bombs.fields(limits.MOST_FIELDS), bombs.fields(limits.MOST_FIELDS + 1)),
        ("levels of fields", bombs.deep(0), bombs.deep(limits.MOST_DEPTH)),
        ("fragments", bombs.many_fragments(limits.MOST_FRAGMENTS), bombs.many_fragments(limits.MOST_FRAGMENTS + 1)),
        ("operations", bombs.many_operations(limits.MOST_OPERATIONS), bombs.many_operations(limits.MOST_OPERATIONS + 1)),
        (
            "spreads",
            "{ " + "...f " * limits.MOST_SPREADS + "} fragment f on Query { __typename }",
            "{ " + "...f " * (limits.MOST_SPREADS + 1) + "} fragment f on Query { __typename }",
        ),
    ],
)
def test_each_limit_holds_exactly(documents, limit, passes, refused):
    assert limit_of(documents.read(passes)) is None
    assert limit_of(documents.read(refused)) == limit


def test_a_refusal_says_which_limit_what_was_found_and_what_is_allowed(documents):
    (error,) = documents.read(bombs.aliases(250)).errors
    assert error.message == f"The document has 250 aliases; {limits.MOST_ALIASES} are allowed."
    assert isinstance(error.original_error, QueryTooComplex)
    assert error.original_error.extensions == {
        "code": "QUERY_TOO_COMPLEX", "limit": "aliases", "found": 250, "allowed": limits.MOST_ALIASES,
    }  # fmt: skip


def test_depth_counts_through_fragments(documents):
    links = " ".join(f"fragment f{n} on User {{ superior {{ ...f{n + 1} }} }}" for n in range(30))
    document = documents.read("{ me { user { ...f0 } } } " + links + " fragment f30 on User { id }")
    assert limit_of(document) == "levels of fields"


@pytest.mark.parametrize("size", [10, 48])  # one that is right, and the longest that the walk goes down to its end
def test_a_fragment_is_looked_at_once(documents, monkeypatch, size):
    """Looks are counted, no time is taken. Who looked again at each spread would look 2**48 times, so the second look ends it."""
    looked_at: list[SelectionSetNode] = []
    look = limits._Walk.selections

    def counted(self: Any, node: SelectionSetNode, *more: Any) -> limits.Weight:
        assert not any(node is each for each in looked_at), "a second look"
        looked_at.append(node)
        return look(self, node, *more)

    monkeypatch.setattr(limits._Walk, "selections", counted)
    documents.read(bombs.doubling(size))
    assert len(looked_at) == 3 + 3 * size + 1  # the operation, `me` and `user`; each fragment with its two fields; the last one


COSTS = [
    ("{ __typename }", 1),
    ("{ me { id } }", 2),
    ("{ me { user { id } } }", 3),
    ("{ me { ...m } } fragment m on Me { user { id } }", 3),
    ("{ me { ... { user { id } } } }", 3),
    ("{ a: me { id } b: me { id } }", 4),
    ("{ customers { nodes { id } } }", 1 + 1 + 20 * 2),
    ("{ customers(first: 50) { nodes { id } } }", 1 + 1 + 50 * 2),
    ("{ customers(last: 50) { nodes { id } } }", 1 + 1 + 50 * 2),
    ("{ customers(first: 10, last: 50) { nodes { id } } }", 1 + 1 + 50 * 2),
    ("{ customers(first: 10) { edges { cursor node { id } } } }", 1 + 1 + 10 * 4),
    ("{ customers(first: 10) { nodes { id } edges { cursor } } }", 1 + 2 + 10 * 4),
    ("{ customers(first: 10) { ...p } } fragment p on CustomerConnection { nodes { id } }", 1 + 1 + 10 * 2),
    ("{ customers(first: 10) { totalCount } }", 1 + 1 + COUNT),
    ("{ customers(first: 10) { pageInfo { endCursor } } }", 1 + 2),
    ("{ customers(first: 10) { nodes { contacts(first: 5) { nodes { id } } } } }", 2 + 10 * (1 + 2 + 5 * 2)),
    ("{ customers(first: 10) { nodes { tags { id } } } }", 2 + 10 * (1 + 1 + OWNED)),
    ("{ customers(first: 10) { nodes { contacts { totalCount } } } }", 2 + 10 * (1 + 2 + COUNT)),
    ("{ agents { state } }", 1 + ROOT_LIST),
    ('mutation { tagCreate(input: {name: "x"}) { tag { id } } }', 1 + MUTATION + 2),
    (
        "{ customers(first: 100) { nodes { contacts(first: 100) { nodes { activities(first: 100) { nodes { id } } } } } } }",
        2030302,
    ),
]


@pytest.mark.parametrize(("text", "cost"), COSTS)
def test_what_documents_cost(documents, text, cost):
    assert right(documents.read(text)).cost(None, None) == cost


@pytest.mark.parametrize(
    ("variables", "rows"),
    [(None, 30), ({}, 30), ({"n": 10}, 10), ({"n": None}, 20), ({"n": 1000}, 100), ({"n": "x"}, 20), ({"n": {"a": 1}}, 20)],
)
def test_variables_say_how_many_rows(documents, variables, rows):
    text = "query ($n: Int = 30) { customers(first: $n) { nodes { contacts(first: $n) { nodes { id } } } } }"
    assert right(documents.read(text)).cost(None, variables) == 2 + rows * (1 + 2 + rows * 2)


def test_a_fragment_costs_where_it_is_spread_with_the_variables_of_the_operation(documents):
    text = """
        query few($n: Int = 5) { ...f } query many($n: Int = 50) { ...f }
        fragment f on Query { customers(first: $n) { nodes { id } } }
    """
    document = right(documents.read(text))
    assert (document.cost("few", {}), document.cost("many", {})) == (12, 102)
    assert (document.cost(None, {}), document.cost("other", {})) == (0, 0)


def test_costs_stop_growing(documents):
    assert limit_of(documents.read(bombs.doubling(18))) == "levels of fields"
    text = "fragment f{0} on Query {{ ...f{1} ...f{1} }}"
    links = " ".join(text.format(n, n + 1) for n in range(40))
    asked = "customers(first: $n) { nodes { id } }"
    document = right(documents.read("query ($n: Int) { ...f0 } " + links + f" fragment f40 on Query {{ {asked} }}"))
    assert document.cost(None, {"n": 1}) == CEILING
    assert limit_of(documents.read("{ ...f0 } " + links + " fragment f40 on Query { me { id } }")) == "cost"


def test_what_honest_clients_ask_is_far_from_every_limit(documents):
    examples = [
        block
        for path in (ROOT / "README.md", *(ROOT / "docs").rglob("*.md"))
        for block in re.findall(r"```graphql\n(.*?)```", path.read_text(encoding="utf-8"), re.DOTALL)
    ]
    assert len(examples) > 10
    for text in (*console_documents(), *examples):
        document = right(documents.read(text))
        for name in document.roots:
            assert document.cost(name or None, {}) < DEFAULT / 10


def test_fifty_customers_with_everything_pass(documents):
    party = next(text for text in console_documents() if text.startswith("query PartyView"))
    fields = party.partition("... on Party {")[2].rstrip(" }\n")
    selection = fields + " }" * (fields.count("{") - fields.count("}"))
    text = f"query ($n: Int) {{ customers(first: $n) {{ nodes {{ {selection} }} }} }}"
    document = right(documents.read(text))
    assert 5_000 < document.cost(None, {"n": 50}) < DEFAULT


def test_what_tools_ask_the_schema_passes(documents):
    text = get_introspection_query(specified_by_url=True, input_value_deprecation=True, schema_description=True)
    assert right(documents.read(text)).cost(None, None) < DEFAULT
    assert right(documents.read(get_introspection_query(descriptions=False))).cost(None, None) < DEFAULT


def test_the_documentation_counts_right(documents):
    page = (ROOT / "docs" / "limits.md").read_text(encoding="utf-8")
    told, text = re.findall(r"So this costs [^=]+ = ([0-9,]+):\n\n```graphql\n(.*?)```", page, re.DOTALL)[0]
    assert right(documents.read(text)).cost(None, None) == int(told.replace(",", ""))
    for name in ("MOST_BYTES", "MOST_TOKENS", "MOST_NESTING", "MOST_DIRECTIVES"):
        assert shown(getattr(scanning, name)) in page, name
    for name in ("MOST_DEPTH", "MOST_LEVELS", "MOST_FIELDS", "MOST_ALIASES", "MOST_FRAGMENTS", "MOST_SPREADS", "MOST_OPERATIONS"):
        assert shown(getattr(limits, name)) in page, name
    for price in (1 + COUNT, 1 + MUTATION, INTROSPECTION, MOST_COMPARISONS, DEFAULT):
        assert shown(price) in page, price


def shown(number: int) -> str:
    return "64 KiB" if number == 64 * 1024 else f"{number:,}"
