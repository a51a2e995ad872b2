"""Paging arguments and cursors: what they mean, and that a cursor belongs to one list and one order."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.errors import BadUserInput
from crm.core.paging import Page, decode_cursor, encode_cursor, order_signature, read_page

SIGNATURE = order_signature("Customer", ["name False"])
VALUES = st.lists(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(st.characters(exclude_categories=["Cs"])), min_size=1
)


@given(VALUES)
def test_a_cursor_gives_its_values_back(values):
    cursor = encode_cursor(SIGNATURE, values)
    assert decode_cursor("after", cursor, SIGNATURE, len(values)) == tuple(values)
    assert cursor.isascii()
    assert not set(cursor) & set("+/=")


@given(st.text())
def test_a_text_that_is_no_cursor_is_a_wrong_argument(text):
    with pytest.raises(BadUserInput, match="after"):
        decode_cursor("after", text, SIGNATURE, 2)


@pytest.mark.parametrize(
    "payload", [b"null", b"1", b"{}", b"[]", b'["x"]', b'["x", 1, 2]', b"[" * 2000, b"\xff", b'["x", {}, 1]', b'["x", [], 1]']
)
def test_other_content_is_a_wrong_argument(payload):
    cursor = base64.urlsafe_b64encode(
        payload.replace(b"x", SIGNATURE.encode() if b"{}, 1" in payload or b"[], 1" in payload else b"x")
    ).decode()
    with pytest.raises(BadUserInput):
        decode_cursor("before", cursor, SIGNATURE, 2)


def test_a_signature_belongs_to_one_list_and_one_order():
    signatures = {
        order_signature(noun, terms)
        for noun in ("Customer", "Channel")
        for terms in (["a False"], ["a True"], ["a False", "b False"])
    }
    assert len(signatures) == 6
    with pytest.raises(BadUserInput):
        decode_cursor("after", encode_cursor(order_signature("Channel", ["name False"]), ["x", "y"]), SIGNATURE, 2)


def test_pages_are_of_twenty_forwards_unless_asked_otherwise():
    assert read_page(None, None, None, None, SIGNATURE, 2) == Page(20, backwards=False, after=None, before=None)
    assert read_page(None, None, 5, None, SIGNATURE, 2) == Page(5, backwards=True, after=None, before=None)
    cursor = encode_cursor(SIGNATURE, ["x", "y"])
    assert read_page(1, cursor, None, cursor, SIGNATURE, 2) == Page(1, backwards=False, after=("x", "y"), before=("x", "y"))


@pytest.mark.parametrize(("first", "last"), [(0, None), (-1, None), (101, None), (None, 0), (None, 101), (1, 1)])
def test_a_size_out_of_range_is_a_wrong_argument(first, last):
    with pytest.raises(BadUserInput):
        read_page(first, None, last, None, SIGNATURE, 2)
