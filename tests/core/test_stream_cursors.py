"""Cursors of pushed events: what goes out comes back, and nothing else does."""

from __future__ import annotations

import base64
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.stream_cursors import StreamCursor, read_stream_cursor

CURSOR = StreamCursor(2**61 + 12345, 3, 987654321)


@given(st.integers(0, 2**62 - 1), st.integers(0, 255), st.integers(0, 2**63 - 1))
def test_what_goes_out_comes_back(epoch: int, topic: int, seq: int):
    cursor = StreamCursor(epoch, topic, seq)
    assert read_stream_cursor(str(cursor)) == cursor


@pytest.mark.parametrize(
    "text",
    [
        "", "x", str(CURSOR)[:-1], f"{CURSOR}A", f"{CURSOR}=", str(CURSOR)[:-1] + "!", " " + str(CURSOR)[1:], "é" * 23, "\0" * 23,
        # The last character holds two bits of data and four that must be nothing.
        str(CURSOR)[:-1] + chr(ord(str(CURSOR)[-1]) + 1),
        base64.urlsafe_b64encode(bytes(9) + (2**63).to_bytes(8)).decode().rstrip("="),
    ],
)  # fmt: skip
def test_everything_else_is_refused(text: str):
    with pytest.raises(ValueError, match="not a cursor"):
        read_stream_cursor(text)


@given(st.text(max_size=30))
def test_no_text_crashes_it(text: str):
    with suppress(ValueError):
        assert str(read_stream_cursor(text)) == text
