"""Text: what is stored, and what is compared."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.core.text import clean, escape_like, fold, has_nul, is_chinese


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("  杭州　西湖\t区 ", "杭州 西湖 区"),
        ("Acme\r\n Ltd", "Acme Ltd"),
        ("中\u200b国\ufeff移动", "中国移动"),
        ("\u202d138 1234 5678\u202c", "138 1234 5678"),
        ("\u200b \u3000", ""),
        ("ＡＣＭＥ㈱", "ＡＣＭＥ㈱"),
    ],
)
def test_clean_trims_collapses_and_drops_what_nobody_sees(typed, stored):
    assert clean(typed) == stored


@given(st.text(max_size=30))
@settings(max_examples=100)
def test_cleaning_twice_changes_nothing(text):
    assert clean(clean(text)) == clean(text)


def test_nul_is_found():
    assert has_nul("a\0b")
    assert not has_nul("ab")


@pytest.mark.parametrize("char", ["中", "〇", "㐀", "\U00020000", "\U0003134f", "\uf900", "樂"])
def test_chinese_characters(char):
    assert is_chinese(char)


@pytest.mark.parametrize("char", ["a", "1", "，", "あ", "한", " ", "　", "é", "😀"])
def test_other_characters_are_not_chinese(char):
    assert not is_chinese(char)


def test_like_wildcards_become_literal():
    assert escape_like(r"50%_a\b") == r"50\%\_a\\b"


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("ACME", "acme"),
        ("Café Zürich", "cafe zurich"),
        ("ＡＢＣ１２３", "abc123"),
        ("Łódź Ørsted Straße Ǿ", "lodz orsted strasse o"),
        ("（中国）", "(中国)"),
        ("Ａ\u0301", "a"),
        ("İ", "i"),
        ("a\u0e48\u0300", "a"),
        ("è。が", "e。が"),
        ("が", "が"),
        ("Йод", "йод"),
        ("한국", "한국"),
        ("㈱", "(株)"),
    ],
)
def test_fold(text, folded):
    assert fold(text) == folded


@given(st.text(max_size=30))
@settings(max_examples=300)
def test_folding_twice_changes_nothing(text):
    assert fold(fold(text)) == fold(text)
