"""Examples are valid, links lead somewhere, and the glossary knows every name of the schema."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from graphql import GraphQLSchema, build_schema, parse, validate
from graphql.type import is_enum_type, is_interface_type, is_object_type
from tests.docs.blocks import Block, blocks, pages

HOME = Path(__file__).parents[2]
BLOCKS = [block for page in pages(HOME) for block in blocks(page)]
LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^)\s]+)\)")
DERIVED = re.compile(r"(Connection|Edge|Payload|OrderField)$")
"""Names that the glossary explains once, by their endings."""


@pytest.fixture(scope="session")
def schema() -> GraphQLSchema:
    return build_schema((HOME / "schema.graphql").read_text(encoding="utf-8"))


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language == "graphql"], ids=str)
def test_every_query_fits_the_schema(block: Block, schema: GraphQLSchema):
    """A block marked `refused` is one that the schema turns down."""
    errors = validate(schema, parse(block.body))
    assert bool(errors) == ("refused" in block.words), errors


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language == "json"], ids=str)
def test_every_answer_is_json(block: Block):
    json.loads(block.body)


@pytest.mark.parametrize("block", [block for block in BLOCKS if block.language == "python"], ids=str)
def test_every_piece_of_python_compiles(block: Block):
    compile(block.body, str(block), "exec", dont_inherit=True)


@pytest.mark.parametrize("page", pages(HOME), ids=lambda page: str(page.relative_to(HOME)))
def test_links_lead_somewhere(page: Path):
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    broken = []
    for link in LINK.findall(text):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


def anchors(page: Path) -> set[str]:
    """The names of a page's headings, as links write them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def test_every_page_is_in_the_index():
    listed = (HOME / "docs/index.md").read_text(encoding="utf-8")
    missing = [page for page in (HOME / "docs").glob("**/*.md") if page.name != "index.md" and page.name not in listed]
    assert missing == []


def test_the_glossary_names_every_type_and_enum(schema: GraphQLSchema):
    words = set(re.findall(r"`(\w+)`", (HOME / "docs/glossary.md").read_text(encoding="utf-8")))
    named = [
        name
        for name, kind in schema.type_map.items()
        if (is_object_type(kind) or is_interface_type(kind) or is_enum_type(kind)) and not name.startswith("__")
    ]
    missing = [name for name in named if name not in words and DERIVED.sub("", name) not in words]
    assert missing == []


def test_the_glossary_names_nothing_that_is_gone(schema: GraphQLSchema):
    """The last column of its tables is the schema's."""
    rows = re.findall(r"^\|.*\| ([^|]+) \|$", (HOME / "docs/glossary.md").read_text(encoding="utf-8"), re.MULTILINE)
    named = [name for row in rows for name in re.findall(r"`([A-Z]\w+)`", row)]
    assert len(named) > 40
    assert [name for name in named if name not in schema.type_map] == []
