"""Documents are kept: found again without work, wrong ones too, within bounds of memory."""

from __future__ import annotations

import gc
import tracemalloc

import pytest
from graphql import DocumentNode, get_introspection_query, parse
from tests.factories import bombs

from crm import metrics
from crm.endpoints import documents as kept
from crm.endpoints.documents import Documents
from crm.resolvers.root import build_schema


@pytest.fixture
def documents() -> Documents:
    return Documents(build_schema()._schema, hide_suggestions=True)


@pytest.fixture
def work(monkeypatch) -> list[str]:
    """Every text that was parsed."""
    done: list[str] = []

    def noted(text: str, **options: int) -> DocumentNode:
        done.append(text)
        return parse(text, **options)

    monkeypatch.setattr(kept, "parse", noted)
    return done


def outcomes() -> dict[tuple[str, str], float]:
    return {
        (sample.labels["store"], sample.labels["outcome"]): sample.value
        for sample in metrics.kept_lookups.collect()[0].samples
        if sample.name.endswith("_total") and "documents" in sample.labels["store"]
    }


@pytest.mark.parametrize("text", ["{ me { id } }", "{ nope }", "{", bombs.aliases(300)])
def test_a_text_is_worked_on_once(documents, work, text):
    first, second = documents.read(text), documents.read(text)
    assert first is second
    assert work == [text]


def test_a_text_that_is_too_long_is_not_even_looked_at(documents, work):
    assert documents.read("#" * 70_000).errors
    assert (work, len(documents._refused)) == ([], 0)


def test_what_is_wrong_is_told_the_same_the_second_time(documents):
    told = [[(error.message, error.locations) for error in documents.read("{ nope also { id } }").errors] for _ in range(2)]
    assert told[0] == told[1]
    assert [places[0].column for _, places in told[0]] == [3, 8]


def test_a_wrong_document_keeps_no_tree_and_no_text(documents):
    document = documents.read("{ nope }")
    assert document.node.definitions == ()
    (error,) = document.errors
    assert (error.nodes, error.source, error.__traceback__) == (None, None, None)
    assert document.roots[""].fields == {"nope"}, "who may not ask at all is told so first"


def test_what_is_told_is_short_and_a_clients_mistake(documents):
    for literal in ("9" * 10_000, '"' + "x" * 60_000 + '"'):
        (error,) = documents.read(f"{{ customers(first: {literal}) {{ nodes {{ id }} }} }}").errors
        assert len(error.message) < 600
        assert error.original_error is None


def test_wrong_documents_take_no_room_from_right_ones(monkeypatch, work):
    monkeypatch.setattr(kept, "MOST_REFUSED_BYTES", 50_000)
    documents = Documents(build_schema()._schema, hide_suggestions=True)
    documents.read("{ me { id } }")
    for number in range(200):
        documents.read(f"{{ nope{number} }}")
    assert documents._refused.bytes <= kept.MOST_REFUSED_BYTES
    work.clear()
    documents.read("{ me { id } }")
    assert work == []


def test_documents_that_come_once_do_not_drive_out_those_in_use(monkeypatch, work):
    monkeypatch.setattr(kept, "MOST_BYTES", 200_000)
    documents = Documents(build_schema()._schema, hide_suggestions=True)
    ours = [f"{{ me {{ a{number}: id }} }}" for number in range(10)]
    for text in ours * 2:
        documents.read(text)
    for number in range(300):
        documents.read(f"{{ me {{ b{number}: id }} }}")
        documents.read(ours[0])
    work.clear()
    for text in ours:
        documents.read(text)
    assert work == []
    assert documents._kept.bytes <= 200_000


def test_the_memory_is_estimated_and_never_too_low(documents):
    texts = [
        get_introspection_query(),
        "{ " + "__typename " * 900 + "}",
        "query ($id: ID!) { customer(id: $id) { id name contacts { nodes { id name } } } }",
        *(f"{{ me {{ a{number}: id }} }}" for number in range(50)),
    ]
    documents.read("{ me { id } }")  # what is made once for all
    gc.collect()
    before = documents._kept.bytes
    tracemalloc.start()
    for text in texts:
        documents.read(text)
    gc.collect()
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert 0.3 < taken / (documents._kept.bytes - before) < 1


def test_it_is_counted(documents):
    before = outcomes()
    for text in ("{ me { username } }", "{ me { username } }", "{ nope }", "{ nope }", "{ nope }"):
        documents.read(text)
    after = outcomes()
    assert {name: after[name] - before.get(name, 0) for name in after} == {
        ("documents", "hit"): 1, ("documents", "miss"): 1, ("refused documents", "miss"): 1, ("refused documents", "hit"): 2,
    }  # fmt: skip
    assert metrics.kept_bytes.labels("documents")._value.get() > 0
