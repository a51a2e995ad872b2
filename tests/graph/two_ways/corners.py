"""Questions that chance would meet too seldom: wrong inputs, empty pages, names that collide, variables in odd places."""

# ruff: noqa: E501 -- documents read better unbroken

from __future__ import annotations

from typing import Any

from tests.factories.documents import LONG
from tests.factories.documents_values import Values

Corner = tuple[str, dict[str, Any], str | None]
PARTS = (
    "totalCount", "__typename", "pageInfo { hasPreviousPage }", "pageInfo { __typename }", "edges { cursor }", "nodes { __typename }",
    "pageInfo { hasNextPage endCursor } totalCount", "nodes @skip(if: true) { id } totalCount", "edges { __typename } a: totalCount",
)  # fmt: skip
"""What can be selected of a connection besides its rows."""


def corners(values: Values) -> dict[str, Corner]:
    """Name → document, variables, operation name."""
    found: dict[str, Corner] = {}
    for name, text in {**_pages(), **_names(), **_wrong(values)}.items():
        found[name] = (text, {}, None)
    return found | _variables(values) | _operations()


def _pages() -> dict[str, str]:
    """Pages that are empty or one row long, read from either end, with as little of them selected as may be."""
    found = {}
    for way in ("first: 1", "last: 1", "first: 100", "last: 100"):
        for part in PARTS:
            nobody = 'filter: {name: {eq: "nobody is called so"}}'
            found[f"{way} {part}"] = f"{{ a: customers({way}) {{ {part} }} b: customers({way}, {nobody}) {{ {part} }} }}"
        inner = " ".join(f"p{place}: contacts({way}) {{ {part} }}" for place, part in enumerate(PARTS))
        found[f"{way} under rows"] = f"{{ customers(first: 4) {{ nodes {{ {inner} }} }} }}"
    return found


def _names() -> dict[str, str]:
    """Response keys that PostgreSQL would cut, quote or fold, and fields that merge."""
    fields = f"{LONG}1: name {LONG}2: note {LONG}1: name"
    clashes = "_epoch: name _live: note _parent: id c0: version x: name X: note y0: id q: name order: note select: name"
    return {
        "long aliases": f"{{ customers(first: 3) {{ nodes {{ {fields} }} edges {{ {LONG}1: cursor {LONG}2: cursor }} }} }}",
        "long aliases of lists": f"{{ {LONG}1: customers(first: 2) {{ nodes {{ id }} }} {LONG}2: contacts(last: 2) {{ totalCount }} }}",
        "names of our own": f"{{ _epoch: customers(first: 3) {{ nodes {{ {clashes} }} _place: totalCount _seen: totalCount }} }}",
        "one field twice": "{ customers(first: 2) { nodes { a: contacts(first: 1) { nodes { id } } b: contacts(last: 1) { nodes { id } } } } }",
        "swapped": "{ customers(first: 3) { nodes { id: name name: id version: note note: version } } }",
        "merged": """{ customers(first: 3) { ...A nodes { owner { username } } ...B } } fragment A on CustomerConnection {
            nodes { owner { id } ...C } } fragment B on CustomerConnection { totalCount nodes { name ...C } }
            fragment C on Party { owner { displayName department { name } } name }""",
        "types of a party": """{ contacts(first: 40) { nodes { party { ... on Node { id } ... on Supplier { name s: note } __typename
            ... on Customer { name: shortName } } } } }""",
        "types of a node": """{ changes(first: 60) { nodes { record { ... on Contract { status } ... on Call { k: state } ... on OwnedRecord {
            owner { id } tags { name } } ... on Record { createdBy { id } } } } } }""",
        "nothing left": "{ customers(first: 2) @skip(if: true) { nodes { id } } contacts(first: 1) { nodes { ... @include(if: false) { id } } } }",
    }


def _wrong(values: Values) -> dict[str, str]:
    sizes = (
        "first: 0",
        "first: -1",
        "first: 101",
        "last: 0",
        "last: 101",
        "first: 1, last: 1",
        "first: null, last: null",
        "last: null",
    )
    found = {f"{size} at the root": f"{{ contacts({size}) {{ nodes {{ id }} }} tags {{ totalCount }} }}" for size in sizes}
    found |= {
        f"{size} inside": f"{{ customers(first: 2) {{ nodes {{ contacts({size}) {{ totalCount }} }} }} }}" for size in sizes
    }
    theirs = values.cursors["Contact", ()][0]
    for cursor in ("", "x", "!!", theirs, f"{theirs}=", theirs[:-3]):
        found[f"cursor {cursor}"] = (
            f'{{ customers(first: 2, after: "{cursor}") {{ nodes {{ id }} }} c: contacts(before: "{cursor}") {{ totalCount }} }}'
        )
    many = ", ".join([f'"{values.live("Customer")[0]}"'] * 101)
    deep = "{not: " * 7 + "{id: {isNull: true}}" + "}" * 7
    for name, asked in {
        "101 values": f"{{id: {{in: [{many}]}}}}", "null": "{name: null}", "null operand": "{name: {eq: null}}", "deep": deep,
        "empty": "{}", "empty and": "{and: []}", "empty or": "{or: []}", "not nothing": "{not: {}}", "no operator": "{name: {}}",
        "no values": "{id: {in: []}}", "unknown ids": '{id: {in: ["x", ""]}}', "wildcards": '{name: {contains: "%_"}}',
        "no tags": "{tags: []}", "lists": "{contacts: {}}", "both": "{contacts: {some: {}, none: {}}}", "single": "{or: {name: {isNull: false}}}",
    }.items():  # fmt: skip
        found[f"filter {name}"] = f"{{ customers(first: 3, filter: {asked}) {{ nodes {{ id }} totalCount }} }}"
    for each in ("", "x", "00000000-0000-0000-0000-000000000000", values.live("Tag")[0], values.live("Customer")[0].upper()):
        found[f"id {each}"] = (
            f'{{ customer(id: "{each}") {{ id }} contact(id: "{each}") {{ name }} node(id: "{each}") {{ id __typename }} }}'
        )
    terms = (
        "[]",
        "{field: NAME}",
        "[{field: NAME}, {field: NAME}]",
        "[{field: NAME}, {field: CREATED_AT}, {field: UPDATED_AT}, {field: LAST_CONTACT_AT}]",
    )
    found |= {f"order {each}": f"{{ customers(first: 3, orderBy: {each}) {{ nodes {{ id }} }} }}" for each in terms}
    return found


def _variables(values: Values) -> dict[str, Corner]:
    page = "{ nodes { id name } totalCount }"
    first, second = values.live("Customer")[:2]
    return {
        "absent": (f"query ($n: Int, $f: CustomerFilter) {{ customers(first: $n, filter: $f) {page} }}", {}, None),
        "null": (f"query ($n: Int, $f: CustomerFilter) {{ customers(first: $n, filter: $f) {page} }}", {"n": None, "f": None}, None),
        "default": (f"query ($n: Int = 2) {{ a: customers(first: $n) {page} b: contacts(first: $n) {{ totalCount }} }}", {}, None),
        "null over a default": (f"query ($n: Int = 2) {{ customers(first: $n) {page} }}", {"n": None}, None),
        "nested": (
            f"query ($a: ID!, $b: [ID!], $t: String) {{ customers(filter: {{or: [{{id: {{eq: $a}}}}, {{id: {{in: $b}}}}, {{name: {{startsWith: $t}}}}]}}) {page} }}",
            {"a": first, "b": [second, "x"]},
            None,
        ),
        "in a list": (f"query ($a: ID!, $b: ID = \"{second}\") {{ customers(filter: {{id: {{in: [$a, $b]}}}}) {page} }}", {"a": first}, None),
        "null in a list": (f"query ($b: [ID!]) {{ customers(filter: {{id: {{in: $b}}}}) {page} }}", {"b": [first, None]}, None),
        "one for a list": (f"query ($o: [CustomerOrder!]) {{ customers(first: 3, orderBy: $o) {page} }}", {"o": {"field": "NAME"}}, None),
        "wrong type": (f"query ($n: Int) {{ customers(first: $n) {page} }}", {"n": "two"}, None),
        "missing": (f"query ($n: Int!) {{ customers(first: $n) {page} }}", {}, None),
        "directives": (
            "query ($y: Boolean!, $n: Boolean = false) { customers(first: 2) @include(if: $y) { nodes { id @skip(if: $y) name @include(if: $n) ... @skip(if: $n) { version } } } }",
            {"y": True},
            None,
        ),
    }  # fmt: skip


def _operations() -> dict[str, Corner]:
    text = "query A { tags(first: 1) { nodes { id } } } query B { roles(first: 1) { totalCount } }"
    return {f"operation {name}": (text, {}, name) for name in ("A", "B", "C", None)}
