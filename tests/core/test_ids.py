"""Ids: the kind is inside, only the canonical spelling counts, and what is not ours is nobody's."""

from __future__ import annotations

import time
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.ids import EVERYONE_ID, kind_of, make_id, new_id, parse_id
from crm.core.kinds import Kind


@pytest.mark.parametrize("kind", Kind)
def test_an_id_tells_its_kind_and_its_instant(kind):
    key = new_id(kind)
    assert (key.version, key.variant, kind_of(key)) == (8, "specified in RFC 4122", kind)
    assert abs((key.int >> 80) - time.time_ns() // 1_000_000) < 5_000


@given(st.sampled_from(Kind), st.integers(0, 2**48 - 1), st.integers(0, 2**62 - 1))
def test_every_part_survives(kind, milliseconds, bits):
    key = make_id(kind, milliseconds, bits)
    assert (key.int >> 80, kind_of(key), key.int & (2**62 - 1)) == (milliseconds, kind, bits)
    assert parse_id(str(key)) == parse_id(str(key).upper()) == parse_id(str(key), kind) == key
    assert parse_id(str(key), *(other for other in Kind if other is not kind)) is None


def test_ids_sort_by_their_millisecond_and_never_repeat():
    assert new_id(Kind.TAG, milliseconds=1) < new_id(Kind.USER, milliseconds=2)
    assert len({new_id(Kind.PARTY, milliseconds=5) for _ in range(1000)}) == 1000


@pytest.mark.parametrize(
    "spell",
    [
        lambda text: text.replace("-", ""),
        lambda text: f"{{{text}}}",
        lambda text: f"urn:uuid:{text}",
        lambda text: f" {text}",
        lambda text: f"{text}\n",
        lambda text: text[:-1],
        lambda text: text.replace("0", "٠", 1),
        lambda text: text.replace("-", "_"),
        lambda text: text.replace("-", "0"),
        lambda text: "\x00" * 36,
        lambda text: "-" * 36,
        lambda text: "",
    ],
)
def test_no_other_spelling_counts(spell):
    assert parse_id(spell("00000000-0000-8014-8000-000000000001")) is None


def test_what_is_not_ours_has_no_kind():
    assert kind_of(uuid4()) is None
    assert parse_id(str(uuid4())) is None
    assert parse_id(str(UUID(int=0))) is None
    unknown = UUID(int=EVERYONE_ID.int | 0xFFF << 64)
    assert (unknown.version, kind_of(unknown)) == (8, None)


def test_everyone_is_always_the_same():
    assert (str(EVERYONE_ID), kind_of(EVERYONE_ID)) == ("00000000-0000-8004-8000-000000000001", Kind.EVERYONE)
