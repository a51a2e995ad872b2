"""The look at a text before it is parsed: it sees what the parser would see, and stops early."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from graphql import GraphQLSyntaxError, get_introspection_query, parse
from hypothesis import given
from hypothesis import strategies as st
from tests.factories import bombs

from crm.core.errors import QueryTooComplex
from crm.endpoints.scanning import MOST_BYTES, MOST_DIRECTIVES, MOST_NESTING, MOST_TOKENS, check_size, scan


def refused(text: str) -> str:
    with pytest.raises(QueryTooComplex) as caught:
        scan(text)
    assert caught.value.extensions["code"] == "QUERY_TOO_COMPLEX"
    return str(caught.value.details["limit"])


@pytest.mark.parametrize(
    "text",
    [
        "{ me { id } }",
        get_introspection_query(),
        'query Q($a: [Int!]! = [1, -2, 3.5e-7]) @x(y: $a) { a: b(c: {d: [E, null, true]}) { ...F ... on G { h } } }',
        '{ a(b: "}{ # not a comment", c: """ { """, d: "\\"{", e: """ \\""" { """) }  # { { {\n',
        '{ a(b: "") c(d: """""") }',
        "\ufeff{,,,a,,,}",
        "{ a b c # é 你好\n d }",
    ],
)  # fmt: skip
def test_it_counts_the_tokens_the_parser_counts(text):
    assert scan(text) == parse(text).token_count


PIECES = st.sampled_from(["{", "}", "[", "(", '"', '"""', '\\"""', "\\", "#", "\n", " ", "a", "...", "1", "@", "$x", "é", ","])


@given(st.lists(PIECES, max_size=40).map("".join))
def test_it_never_counts_less_than_the_parser_takes(text):
    """A text the scan takes for short must be short for the parser too, and it stops where the scan would have."""
    tokens, told = scan(text), ""
    try:
        assert parse(text, max_tokens=tokens).token_count == tokens
    except GraphQLSyntaxError as error:
        told = str(error)
    assert "tokens" not in told


def test_each_limit_holds_exactly():
    assert scan("{ " + "a " * (MOST_TOKENS - 2) + "}") == MOST_TOKENS
    assert refused("{ " + "a " * (MOST_TOKENS - 1) + "}") == "tokens"
    assert scan("{ a" * MOST_NESTING + "}" * MOST_NESTING)
    assert refused("{ a" * (MOST_NESTING + 1)) == "nesting"
    assert scan("{ a" + " @b" * MOST_DIRECTIVES + "}")
    assert refused("{ a" + " @b" * (MOST_DIRECTIVES + 1) + "}") == "directives"
    check_size(b" " * MOST_BYTES)
    with pytest.raises(QueryTooComplex):
        check_size(b" " * (MOST_BYTES + 1))


def test_brackets_in_strings_and_comments_do_not_nest():
    many = "{[(" * 500
    assert scan(f'{{ a(b: "{many}", c: """{many}""") }} #{many}')


@pytest.mark.parametrize(
    "text",
    [
        bombs.braces(65_000), "[" * 65_000, "(" * 65_000, '"' * 65_001, '"""' * 21_000, '"""\\' * 16_000, '"\\"' * 20_000,
        '"""' + '\\"""' * 16_000, "#" * 65_000, "#\n" * 32_000, "a" * 65_000, "a " * 32_000, "..." * 21_000, "9" * 65_000,
        "-" * 65_000, " " * 65_000, '"' + "\\" * 65_000, "\ufeff" * 20_000, "{a" * 32_000, "@" * 65_000, "“" * 20_000,
    ],
    ids=lambda text: text[:6],
)  # fmt: skip
def test_no_text_takes_long(text):
    started = time.process_time()
    with suppress(QueryTooComplex):
        scan(text)
    assert time.process_time() - started < 0.1
