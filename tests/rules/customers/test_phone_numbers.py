"""Phone numbers as people type them and exchanges send them."""

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.rules.customers.phone_numbers import PhoneNumber, is_withheld, mask, parse


def test_every_part_of_a_number():
    assert parse(" 0571-87654321　转 802 ") == PhoneNumber(
        raw="0571-87654321 转 802", e164="+8657187654321", extension="802", tail=87654321, display="0571 8765 4321-802"
    )


@pytest.mark.parametrize(
    ("raw", "e164"),
    [
        ("13812345678", "+8613812345678"),
        ("138 1234 5678", "+8613812345678"),
        ("138-1234-5678", "+8613812345678"),
        ("138.1234.5678", "+8613812345678"),
        ("138–1234—5678", "+8613812345678"),
        ("１３８１２３４５６７８", "+8613812345678"),
        ("\u202d138 1234 5678\u202c", "+8613812345678"),
        ("013812345678", "+8613812345678"),
        ("8613812345678", "+8613812345678"),
        ("+86 138 1234 5678", "+8613812345678"),
        ("（+86）138 1234 5678", "+8613812345678"),
        ("＋８６ 13812345678", "+8613812345678"),
        ("0086-571-87654321", "+8657187654321"),
        ("008613812345678", "+8613812345678"),
        ("17951 13812345678", "+8613812345678"),
        ("1795113812345678", "+8613812345678"),
        ("12593-13812345678", "+8613812345678"),
        ("12530 138 1234 5678", "+8613812345678"),
        ("17951057187654321", "+8657187654321"),
        ("17909 010-87654321", "+861087654321"),
        ("0571-87654321", "+8657187654321"),
        ("0571-8765-4321", "+8657187654321"),
        ("(0571)87654321", "+8657187654321"),
        ("（0571）8765 4321", "+8657187654321"),
        ("[0571] 87654321", "+8657187654321"),
        ("+86(0)571-87654321", "+8657187654321"),
        ("010-87654321", "+861087654321"),
        ("755-1234-5678", "+8675512345678"),
        ("tel:+86-571-87654321", "+8657187654321"),
        ("TEL:87654321;phone-context=+86571", "+8657187654321"),
        ("tel:13812345678;phone-context=example.com", "+8613812345678"),
        ("4008001234", "+864008001234"),
        ("400-800-1234", "+864008001234"),
        ("4008-001-234", "+864008001234"),
        ("800-810-1234", "+868008101234"),
        ("10105588", "+8610105588"),
        ("95105555", "+8695105555"),
        ("+852 2345 6789", "+85223456789"),
        ("00852-23456789", "+85223456789"),
        ("+853 2888 8888", "+85328888888"),
        ("+886 2 2345 6789", "+886223456789"),
        ("+1 (202) 555-0123", "+12025550123"),
        ("001-202-555-0123", "+12025550123"),
        ("+44 (0)20 7946 0958", "+442079460958"),
        ("+49 30 123456", "+4930123456"),
        ("٠٥٧١٨٧٦٥٤٣٢١", "+8657187654321"),
    ],
)
def test_world_wide_form(raw, e164):
    number = parse(raw)
    assert (number.e164, number.extension, number.tail) == (e164, None, int(e164[-8:]))


@pytest.mark.parametrize(
    "raw",
    [
        "0571-87654321-802",
        "0571-87654321 - 802",
        "(0571)87654321-802",
        "057187654321-802",
        "0571-8765-4321-802",
        "0571-87654321转802",
        "0571-87654321转分机802",
        "0571-87654321轉802",
        "0571-87654321转接802号",
        "0571-87654321（转802）",
        "0571-87654321分机802",
        "0571-87654321 分机：802",
        "0571-87654321 内线802",
        "0571-87654321#802",
        "0571-87654321＃802",
        "0571-87654321ext.802",
        "0571-87654321 ext 802",
        "0571-87654321;ext=802",
        "0571-87654321 extension 802",
        "0571-87654321 Extn: 802",
        "0571-87654321x802",
        "0571-87654321 X 802",
        "0571-87654321,802",
        "0571-87654321,,802",
        "0571-87654321，802",
        "tel:+86-571-87654321;ext=802",
        "+86 571 8765 4321-802",
    ],
)
def test_extensions(raw):
    number = parse(raw)
    assert (number.e164, number.extension, number.tail) == ("+8657187654321", "802", 87654321)
    assert number.display == "0571 8765 4321-802"


@pytest.mark.parametrize(
    ("raw", "e164", "extension"),
    [
        ("400-800-1234-5", "+864008001234", "5"),
        ("400-800-1234转5", "+864008001234", "5"),
        ("13812345678-2", "+8613812345678", "2"),
        ("+852 2345 6789-12", "+85223456789", "12"),
        ("+1-202-555-0123 x99", "+12025550123", "99"),
    ],
)
def test_extensions_of_other_numbers(raw, e164, extension):
    number = parse(raw)
    assert (number.e164, number.extension) == (e164, extension)


@pytest.mark.parametrize("area_code", ["0571", "571"])
@pytest.mark.parametrize(
    ("raw", "extension"),
    [
        ("87654321", None),
        ("8765-4321", None),
        ("+86 8765 4321", None),
        ("0086-87654321", None),
        ("87654321-802", "802"),
        ("8765-4321-802", "802"),
    ],
)
def test_the_area_code_completes_a_local_number(raw, extension, area_code):
    number = parse(raw, area_code=area_code)
    assert (number.e164, number.extension, number.tail) == ("+8657187654321", extension, 87654321)


def test_a_local_number_with_extension_is_not_taken_for_another_area():
    number = parse("75512345-678", area_code="021")
    assert (number.e164, number.extension) == ("+862175512345", "678")


@pytest.mark.parametrize(
    ("raw", "tail", "extension", "display"),
    [
        ("87654321", 87654321, None, "87654321"),
        ("8765 4321", 87654321, None, "8765 4321"),
        ("8765-4321-802", 87654321, "802", "8765-4321-802"),
        ("8765432", 8765432, None, "8765432"),
        ("+86 87654321", 87654321, None, "+86 87654321"),
    ],
)
def test_a_local_number_without_an_area_code_is_kept_by_its_tail(raw, tail, extension, display):
    number = parse(raw)
    assert (number.e164, number.tail, number.extension, number.display) == (None, tail, extension, display)


@pytest.mark.parametrize("raw", ["13812345678", "95105555", "4008001234", "10105588", "0571-87654321"])
def test_the_area_code_is_only_for_local_numbers(raw):
    assert parse(raw, area_code="021") == parse(raw)


@pytest.mark.parametrize("raw", ["110", "120", "802", "8001", "10086", "12345", "12530", "95588", "96110", "123456"])
def test_short_codes_stay_what_they_are(raw):
    assert parse(raw, area_code="0571") == PhoneNumber(raw, None, None, None, raw)


@pytest.mark.parametrize(
    ("raw", "e164"),
    [("12000000000", "+8612000000000"), ("+1 123 456 7890", "+11234567890"), ("10690123456", "+8610690123456")],
)
def test_possible_but_invalid_numbers_are_stored(raw, e164):
    assert parse(raw).e164 == e164


@pytest.mark.parametrize("raw", ["1069012345678901", "10690123456789012345", "+999123456789", "+86 00000", "057187654321802"])
def test_numbers_no_plan_knows_are_stored_without_e164(raw):
    number = parse(raw)
    digits = "".join(char for char in raw if char.isdigit())
    assert (number.raw, number.e164, number.display, number.tail) == (raw, None, raw, int(digits[-8:]))


@pytest.mark.parametrize(
    ("raw", "prefix", "e164", "display"),
    [
        ("913812345678", "9", "+8613812345678", "138 1234 5678"),
        ("9057187654321", "9", "+8657187654321", "0571 8765 4321"),
        ("9-0571-87654321-802", "9", "+8657187654321", "0571 8765 4321-802"),
        ("013812345678", "0", "+8613812345678", "138 1234 5678"),
        ("0057187654321", "0", "+8657187654321", "0571 8765 4321"),
        ("057187654321", "0", "+8657187654321", "0571 8765 4321"),
        ("13812345678", "9", "+8613812345678", "138 1234 5678"),
        ("+8613812345678", "9", "+8613812345678", "138 1234 5678"),
        ("987654321", "9", "+8657187654321", "0571 8765 4321"),
        ("995588", "9", None, "95588"),
        ("95588", "9", None, "95588"),
        ("9110", "9", None, "110"),
        ("9001", "9", None, "9001"),
        ("95105555", "9", "+8695105555", "9510 5555"),
        ("995105555", "9", "+8695105555", "9510 5555"),
    ],
)
def test_the_outside_line_prefix_of_an_exchange(raw, prefix, e164, display):
    number = parse(raw, outside_line_prefix=prefix, area_code="0571")
    assert (number.e164, number.display) == (e164, display)


@pytest.mark.parametrize(
    ("raw", "region", "area_code", "e164", "display"),
    [
        ("2345 6789", "HK", None, "+85223456789", "2345 6789"),
        ("(202) 555-0123", "US", None, "+12025550123", "(202) 555-0123"),
        ("202-555-0123-12", "US", None, "+12025550123", "(202) 555-0123-12"),
        ("555-0123", "US", "202", "+12025550123", "(202) 555-0123"),
        ("555-0123", "US", None, None, "555-0123"),
        ("+86 138 1234 5678", "US", None, "+8613812345678", "+86 138 1234 5678"),
    ],
)
def test_other_regions(raw, region, area_code, e164, display):
    number = parse(raw, region=region, area_code=area_code)
    assert (number.e164, number.display) == (e164, display)


@pytest.mark.parametrize(
    ("raw", "display"),
    [("+12025550123", "+1 202-555-0123"), ("+85223456789", "+852 2345 6789"), ("4008001234", "400 800 1234")],
)
def test_numbers_from_elsewhere_show_their_country(raw, display):
    assert parse(raw).display == display


@pytest.mark.parametrize(
    ("raw", "complaint"),
    [
        ("", "needs digits"),
        ("  　", "needs digits"),
        ("+", "needs digits"),
        ("()-", "needs digits"),
        ("转802", "needs digits"),
        ("1-800-FLOWERS", "letters"),
        ("anonymous", "letters"),
        ("<unknown>", "letters"),
        ("张三 13812345678", "letters"),
        ("13812345678（张三）", "letters"),
        ("138xxxx5678", "letters"),
        ("138****5678", "one at a time"),
        ("13812345678/13912345678", "one at a time"),
        ("13812345678, 13912345678", "one at a time"),
        ("13812345678、13912345678", "one at a time"),
        ("138+12345678", "one at a time"),
        ("*86", "one at a time"),
        ("138123\r\n45678;drop", "letters"),
        ("1" * 21, "at most 20"),
        ("1 " * 21, "at most 20"),
        ("(" * 65, "at most 64"),
    ],
)
def test_what_cannot_be_a_number_is_refused(raw, complaint):
    with pytest.raises(ValueError, match=complaint):
        parse(raw)


@pytest.mark.parametrize(
    "raw",
    ["", " ", "anonymous", "Anonymous", "<unknown>", "unknown", "Private", "withheld", "Restricted", "unavailable", "未知",
     "未知号码", "匿名", "隐藏号码", "-", "+", "s", "0", "0000", "138****5678", "138xxxx5678", "sip:anonymous@10.0.0.1"],
)  # fmt: skip
def test_withheld(raw):
    assert is_withheld(raw)


@pytest.mark.parametrize("raw", ["110", "802", "13812345678", "+86 571 87654321 x802", "１３８１２３４５６７８", "转802"])
def test_not_withheld(raw):
    assert not is_withheld(raw)


@pytest.mark.parametrize(
    ("display", "masked"),
    [
        ("138 1234 5678", "138 **** 5678"),
        ("0571 8765 4321", "0571 **** 4321"),
        ("+852 2345 6789", "+852 **** 6789"),
        ("+1 202-555-0123", "+1 20*-***-0123"),
        ("400 800 1234", "40* *** 1234"),
        ("8765 4321", "**** 4321"),
        ("8765432", "*****32"),
        ("95588", "***88"),
        ("12", "12"),
        ("", ""),
    ],
)
def test_masked_numbers(display, masked):
    assert mask(display) == masked


@given(st.from_regex(r"(13[0-9]|15[0-35-9]|18[0-9])[0-9]{8}", fullmatch=True), st.from_regex(r"[0-9]{1,6}", fullmatch=True))
@settings(max_examples=100)
def test_the_display_reads_back_as_the_same_number(mobile, extension):
    number = parse(f"{mobile} 转 {extension}")
    again = parse(number.display)
    assert (again.e164, again.extension, again.display) == (number.e164, extension, number.display)
    assert number.e164 == f"+86{mobile}"
    assert number.tail == int(mobile[-8:])


@given(st.text(alphabet=st.one_of(st.sampled_from("0123456789+-() ,;转#x*."), st.characters(codec="utf-8")), max_size=30))
@settings(max_examples=300)
def test_anything_is_a_number_or_a_refusal(raw):
    number = parsed_or_none(raw)
    if number is not None:
        assert number.display
        assert number.e164 is None or (number.e164[0] == "+" and number.e164[1:].isdecimal() and len(number.e164) <= 16)


def parsed_or_none(raw):
    """Anything but a ValueError is a failure of the test that calls this."""
    try:
        return parse(raw, area_code="0571", outside_line_prefix="9")
    except ValueError:
        return None


def test_importing_does_not_load_the_numbering_plans():
    code = "import sys, crm.rules.customers.phone_numbers; assert 'phonenumbers' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
