"""Tokens and what is looked for in them: every promise of the search centre that needs no database."""

from __future__ import annotations

import pytest

from crm.core.search_highlights import excerpt, in_utf16, ranges_in
from crm.core.search_queries import AllOf, OneOf, Query, Token, Wish, read_query
from crm.core.search_tokens import Place, tokens_of
from crm.core.simplified import simplified


def fulfils(wish: Wish, tokens: frozenset[str]) -> bool:
    """As PostgreSQL tells whether a `tsvector` fulfils a `tsquery`."""
    match wish:
        case Token(text=text, prefix=prefix):
            return text in tokens or (prefix and any(each.startswith(text) for each in tokens))
        case AllOf(parts=parts):
            return all(fulfils(part, tokens) for part in parts)
        case OneOf(parts=parts):
            return any(fulfils(part, tokens) for part in parts)


def finds(query: str, text: str, place: Place = Place.NAME, *, person: bool = False, closed: tuple[Place, ...] = ()) -> bool:
    return fulfils(read_query(query).anywhere(closed), tokens_of(place, text, person=person))


def worth(query: str, text: str) -> int:
    """The tier of a name."""
    return next((score for score, wish in read_query(query).tiers(()) if fulfils(wish, tokens_of(Place.NAME, text))), 0)


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("华为", "华为技术有限公司"),
        ("为技", "华为技术有限公司"),
        ("技术有限", "华为技术有限公司"),
        ("公司", "华为技术有限公司"),
        ("華為", "华为技术有限公司"),
        ("华为", "華為技術有限公司"),
        ("臺灣", "台湾积体电路"),
        ("ＡＣＭＥ", "Acme Ltd"),
        ("zgyd", "中国移动"),
        ("ZGYD", "中国移动通信集团有限公司"),
        ("ydtx", "中国移动通信集团有限公司"),
        ("gydtxjt", "中国移动通信集团"),
        ("zhongguo", "中国移动"),
        ("guoyi", "中国移动"),
        ("zhongguoyidong", "中国移动"),
        ("yidongtongx", "中国移动通信"),
        ("zhongqing", "重庆火锅"),
        ("chongqing", "重庆火锅"),
        ("zqhg", "重庆火锅"),
        ("lv", "吕布"),
        ("hua", "Huawei Technologies"),
        ("tech", "Huawei Technologies"),
        ("cafe", "Café Müller"),
        ("muller", "Café Müller"),
        ("技术深圳", "华为技术（深圳）有限公司"),
        ("华", "华为"),
        ("座", "A 座"),
        ("3m 中国", "3M中国"),
        ("3m中国", "3M中国"),
        ("123", "CT-2026-000123"),
        ("ct-2026", "CT-2026-000123"),
        ("a", "Acme"),
        ("z", "中国"),
        ("한국", "한국전력"),
        ("東京", "株式会社東京"),
    ],
)
def test_a_name_is_found(query, name):
    assert finds(query, name)


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("为华", "华为技术"),
        ("中移", "中国移动"),
        ("zgyx", "中国移动"),
        ("mobile", "中国移动"),
        ("为", "华为"),
        ("uawei", "Huawei"),
        ("yxgs", "华为有限公司"),
        ("华为 中兴", "华为技术"),
        ("c", "Acme"),
        ("00123", "CT-2026-000123"),
    ],
)
def test_another_name_is_not(query, name):
    assert not finds(query, name)


@pytest.mark.parametrize(
    ("query", "person"),
    [
        ("zeng", "曾勇"),
        ("ceng", "曾勇"),
        ("zy", "曾勇"),
        ("cy", "曾勇"),
        ("qiu", "仇和"),
        ("chou", "仇和"),
        ("xie", "解缙"),
        ("jie", "解缙"),
        ("zha", "查良镛"),
        ("cha", "查良镛"),
        ("shan", "单雄信"),
        ("dan", "单雄信"),
        ("yuchi", "尉迟恭"),
        ("ycg", "尉迟恭"),
    ],
)
def test_a_surname_is_found_by_every_reading(query, person):
    assert finds(query, person, person=True)


def test_a_phone_number_is_found_by_any_part_of_three_digits_and_more():
    number = "+8657187654321"
    for part in ("571", "4321", "321", "7654", "87654321", "57187654321", "8657187654321", "0086571", "8765-4321", "876 4321"):
        assert finds(part, number, Place.PHONE), part
    for part in ("21", "4322", "1357", "987654321", "87654322"):
        assert not finds(part, number, Place.PHONE), part


def test_a_field_that_is_closed_is_not_found_by():
    for place, text, query in [
        (Place.PHONE, "13800138000", "138001"), (Place.MAIL, "li@acme.test", "acme"), (Place.TEXT, "爱喝龙井", "龙井"),
        (Place.ALIAS, "移动", "yd"), (Place.CODE, "91330100MA", "9133"), (Place.ADDRESS, "文三路 1 号", "文三"),
    ]:  # fmt: skip
        assert finds(query, text, place), place
        assert not finds(query, text, place, closed=(place,)), place


def test_the_whole_name_comes_before_its_beginning_before_what_is_inside():
    assert [worth("华为", name) for name in ("华为", "华为技术", "新华为家", "中兴")] == [100, 80, 40, 0]
    assert [worth("华为技术", name) for name in ("华为技术", "华为技术有限公司", "深圳华为技术")] == [100, 80, 40]
    assert [worth("acme", name) for name in ("Acme Ltd", "The Acme", "The Acmeist")] == [80, 60, 40]
    assert [worth("zgyd", name) for name in ("中国移动", "新中国移动")] == [80, 40]
    assert [worth("华为 深圳", name) for name in ("华为深圳公司", "深圳华为")] == [80, 40]


@pytest.mark.parametrize("text", ["", " ", "%", "_", "';--", "&|!:*()<->", "😀", "。，！", "\u200f\u202e", "x" * 101])
def test_nothing_to_look_for_is_refused(text):
    with pytest.raises(ValueError, match="a search"):
        read_query(text)


def test_too_many_words_and_nul_are_refused():
    for text in ("a b c d e f g h i", "a\0b"):
        with pytest.raises(ValueError, match="a search takes"):
            read_query(text)


@pytest.mark.parametrize(
    "text", ["a'b", "a\\b", "a:*", "(a", "a & !b", 'a"b', "שלום", "مرحبا", "Привет", "ﬁn", "İstanbul", "a\u0301", "𠮷野家"]
)
def test_whatever_is_typed_is_a_tsquery_without_a_sign_of_its_own(text):
    wish = str(read_query(text).anywhere())
    assert "\\" not in wish
    assert "''" not in wish
    assert wish.count("'") % 2 == 0


def test_long_texts_give_a_bounded_number_of_tokens():
    assert len(tokens_of(Place.TEXT, "".join(chr(0x4E00 + n) for n in range(20_000)))) < 2_001
    assert max(map(len, tokens_of(Place.NAME, "x" * 200))) < 50


def test_simplified_characters_are_not_changed_further():
    assert simplified("華為技術有限公司") == "华为技术有限公司"
    assert simplified(simplified("後裏臺灣乾")) == simplified("後裏臺灣乾")
    assert simplified("plain ASCII") == "plain ASCII"


def marked(text: str, query: str, place: Place = Place.NAME) -> list[str]:
    return [text[start:end] for start, end in ranges_in(text, read_query(query), place)]


@pytest.mark.parametrize(
    ("text", "query", "wanted"),
    [
        ("中国移动通信", "移动", ["移动"]),
        ("中国移动通信", "zgyd", ["中国移动"]),
        ("中国移动通信", "yidong", ["移动"]),
        ("華為技術", "华为", ["華為"]),
        ("ＨＵＡＷＥＩ 华为", "huawei", ["ＨＵＡＷＥＩ"]),
        ("The Acme of Acme", "acme", ["Acme", "Acme"]),
        ("曾勇", "ceng", ["曾"]),
        ("华为技术（深圳）", "华为 深圳", ["华为", "深圳"]),
        ("ßß Straße", "strasse", ["Straße"]),
        ("中兴", "华为", []),
        ("华为", "为华", []),
    ],
)
def test_highlights_are_ranges_of_the_text_as_it_was_written(text, query, wanted):
    assert marked(text, query) == wanted


def test_digits_are_marked_across_the_spaces_of_a_number():
    assert marked("138 0013 8000", "00138", Place.PHONE) == ["0013 8"]
    assert marked("0571 8765 4321", "0086571", Place.PHONE) == []
    assert marked("+8657187654321", "008657187654321", Place.PHONE) == ["8657187654321"]


def test_of_a_long_text_the_part_around_the_first_word_is_shown():
    text = "a" * 500 + " 龙井 " + "b" * 500
    shown, ranges = excerpt(text, ranges_in(text, read_query("龙井"), Place.TEXT))
    assert len(shown) == 80
    assert [shown[start:end] for start, end in ranges] == ["龙井"]


def test_ranges_are_told_in_utf_16():
    text = "😀😀华为"
    assert in_utf16(text, ranges_in(text, Query("华为", read_query("华为").words), Place.NAME)) == [(4, 6)]
