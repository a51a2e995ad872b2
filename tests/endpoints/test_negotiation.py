"""Which media type an Accept header gets, and which bodies are JSON."""

from __future__ import annotations

import pytest

from crm.endpoints.negotiation import GRAPHQL_JSON, JSON, is_json, media_type


@pytest.mark.parametrize(
    ("accept", "answered"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("text/html, */*;q=0.1", JSON),
        ("application/json", JSON),
        ("Application/JSON; charset=utf-8", JSON),
        ("application/graphql-response+json", GRAPHQL_JSON),
        ("application/graphql-response+json, application/json", GRAPHQL_JSON),
        ("application/json, application/graphql-response+json", GRAPHQL_JSON),
        ("application/graphql-response+json, application/json;q=0.9", GRAPHQL_JSON),
        ("application/graphql-response+json;q=0.5, application/json", JSON),
        ("application/graphql-response+json;q=0.5, */*;q=0.9", JSON),
        ("application/graphql-response+json;q=0, application/json;q=0.1", JSON),
        ("application/json;q=0, */*", None),
        ("application/graphql-response+json; q = 1", GRAPHQL_JSON),
        (",, application/json ,", JSON),
        ("text/html", None),
        ("text/event-stream", None),
        ("application/json;q=0", None),
        ("application/json;q=nan", None),
        ("application/json;q=-1", None),
        ("application/json;q=much", None),
        ("nonsense", None),
    ],
)
def test_the_answers_media_type(accept, answered):
    assert media_type(accept) == answered


@pytest.mark.parametrize(
    ("kind", "taken"),
    [
        ("application/json", True),
        ("APPLICATION/JSON", True),
        ("application/json; charset=utf-8", True),
        ('application/json; charset="UTF-8"', True),
        ("application/json;charset=utf8;x=y", True),
        ("application/json; charset=utf-16", False),
        ("application/json; charset=latin-1", False),
        ("application/json; charset=", False),
        ("application/jsonp", False),
        ("text/json", False),
        ("", False),
        (None, False),
    ],
)
def test_a_body_is_json_in_utf_8(kind, taken):
    assert is_json(kind) is taken
