"""Short messages without a database: parts, templates, quiet hours, replies that opt out, tries and receipts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.core.vault import CLOSED, Vault, VaultError
from crm.rules.customers.phone_numbers import TextsTo, parse, texts_to
from crm.rules.messaging.sending import MOST_DOUBTS, Next, Outcome, Result, backoff, verdict
from crm.rules.messaging.sms_flow import SmsVerb
from crm.rules.messaging.sms_hours import allowed_at, is_clock
from crm.rules.messaging.sms_receipts import Reported, folded
from crm.rules.messaging.sms_replies import opts_out
from crm.rules.messaging.sms_template import BadValue, filled, placeholders, refuse_signature
from crm.rules.messaging.sms_text import GSM7, UCS2, SmsEncoding, alphabet_of, encoded, parts_of


@pytest.mark.parametrize(
    ("text", "encoding", "parts"),
    [
        ("a" * 160, "GSM7", 1), ("a" * 161, "GSM7", 2), ("a" * 306, "GSM7", 2), ("a" * 307, "GSM7", 3), ("", "GSM7", 1),
        ("€" * 80, "GSM7", 1), ("€" * 81, "GSM7", 2), ("a" * 152 + "€" * 2 + "a" * 10, "GSM7", 2), ("ñ£¥Ω\n", "GSM7", 1),
        ("中" * 70, "UCS2", 1), ("中" * 71, "UCS2", 2), ("中" * 134, "UCS2", 2), ("中" * 135, "UCS2", 3), ("a中", "UCS2", 1),
        ("😀" * 35, "UCS2", 1), ("😀" * 36, "UCS2", 2), ("中" * 66 + "😀" * 10, "UCS2", 2), ("`", "UCS2", 1), ("“", "UCS2", 1),
    ],
)  # fmt: skip
def test_parts_are_counted_as_telephones_count_them(text: str, encoding: str, parts: int):
    assert (alphabet_of(text).encoding, len(parts_of(text))) == (encoding, parts)


@given(st.text(alphabet=st.sampled_from("ab€[~中文😀\n"), max_size=400))
def test_nothing_is_lost_or_cut_between_parts(text: str):
    alphabet, parts = alphabet_of(text), parts_of(text)
    assert "".join(parts) == text
    room = alphabet.alone if len(parts) == 1 else alphabet.joined
    for part in parts:
        assert sum(map(alphabet.width, part)) <= room
        assert len(encoded(part, alphabet.encoding)) == sum(map(alphabet.width, part)) * (2 if alphabet is UCS2 else 1)


def test_septets_are_those_of_the_standard():
    assert encoded("@A€{a", SmsEncoding.GSM7) == bytes((0, 0x41, 0x1B, 0x65, 0x1B, 0x28, 0x61))
    assert alphabet_of("Ä") is GSM7


def test_placeholders_are_filled_once_and_never_read_again():
    assert placeholders("{name}，您好，{金额}元 {name}") == ["name", "金额"]
    assert filled("{name}欠{金额}元", {"name": "王芳", "金额": "100"}) == "王芳欠100元"
    for wrong in ("{", "a}b", "{a b}", "{}", "{1a}", "{a{b}}", "{" + "x" * 31 + "}"):
        with pytest.raises(ValueError, match="placeholder|brace"):
            placeholders(wrong)


@pytest.mark.parametrize(
    "value", ["", "  ", "{name}", "【假冒银行】", "<b>", "a\nb", "a\u200bb", "a\u202eb", "a\x00b", "a\x07b", "x" * 21]
)
def test_values_that_are_missing_or_hold_markup_are_refused_by_name(value: str):
    with pytest.raises(BadValue) as refused:
        filled("{x} {name}", {"x": "1", "name": value}, {"name": 20})
    assert refused.value.variable == "name"
    with pytest.raises(BadValue):
        filled("{name}", {})


def test_a_text_brings_no_signature_of_its_own():
    with pytest.raises(ValueError, match="signature"):
        refuse_signature("【假冒】您好")


ZONE = "Asia/Shanghai"


@pytest.mark.parametrize(
    ("at", "begins", "ends", "then"),
    [
        ("2026-03-01T20:59:00+08:00", "21:00", "08:00", "2026-03-01T20:59:00+08:00"),
        ("2026-03-01T21:00:00+08:00", "21:00", "08:00", "2026-03-02T08:00:00+08:00"),
        ("2026-03-01T03:00:00+08:00", "21:00", "08:00", "2026-03-01T08:00:00+08:00"),
        ("2026-03-01T08:00:00+08:00", "21:00", "08:00", "2026-03-01T08:00:00+08:00"),
        ("2026-03-01T13:00:00+08:00", "12:00", "14:00", "2026-03-01T14:00:00+08:00"),
        ("2026-03-01T14:00:00+08:00", "12:00", "14:00", "2026-03-01T14:00:00+08:00"),
        ("2026-03-01T13:00:00+08:00", "12:00", "12:00", "2026-03-01T13:00:00+08:00"),
        ("2026-03-01T13:00:00+08:00", None, "14:00", "2026-03-01T13:00:00+08:00"),
    ],
)
def test_quiet_hours_end_at_the_hour_they_say(at: str, begins: str | None, ends: str, then: str):
    assert allowed_at(datetime.fromisoformat(at), ZONE, begins, ends) == datetime.fromisoformat(then)


def test_quiet_hours_end_by_the_clock_on_the_day_it_changes():
    at = datetime(2026, 3, 28, 22, tzinfo=UTC)
    assert allowed_at(at, "Europe/Berlin", "21:00", "08:00") == datetime(2026, 3, 29, 6, tzinfo=UTC)
    assert [is_clock(text) for text in ("00:00", "23:59", "24:00", "9:00", "09:60", "０9:00")] == [True, True, *[False] * 4]


def test_who_says_no_more_than_that_opts_out():
    yes = ("TD", "t", " T ", "退订", "退订。", "回T", "回复TD", "ＴＤ", "T退订", "stop", "STOP!", "【R】")
    no = ("", "请问退订怎么办理？", "不退", "TDX", "OK", "tomorrow", "好的 T", "1")
    assert [text for text in yes if not opts_out(text)] == []
    assert [text for text in no if opts_out(text)] == []


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("13800138000", "MOBILE"), ("+86 199 1234 5678", "MOBILE"), ("0571-87654321", "LANDLINE"), ("400-800-1234", "LANDLINE"),
        ("10086", "SHORT_CODE"), ("95588", "SHORT_CODE"), ("8765 4321", "SHORT_CODE"), ("+44 7400 123456", "MOBILE"),
        ("+44 20 7946 0000", "LANDLINE"), ("+1 650 253 0000", "MOBILE"), ("106575258192", "LANDLINE"),
    ],
)  # fmt: skip
def test_short_codes_and_landlines_take_no_messages(number: str, kind: str):
    assert texts_to(parse(number).e164) is TextsTo(kind)


def test_what_follows_from_a_try():
    again, doubtful = Outcome(Result.NOT_SENT), Outcome(Result.DOUBTFUL)
    assert verdict(Outcome(Result.ACCEPTED), 1, 0).next is Next.DONE
    assert verdict(again, 50, 0).next is Next.AGAIN
    assert not verdict(again, 50, 0).doubtful
    assert [verdict(doubtful, 1, doubts).next for doubts in (0, MOST_DOUBTS - 2, MOST_DOUBTS - 1)] == [
        Next.AGAIN, Next.AGAIN, Next.GIVEN_UP,
    ]  # fmt: skip
    assert verdict(doubtful, 1, 0).doubtful
    assert verdict(Outcome(Result.THROTTLED, after=timedelta(seconds=7)), 1, 0).wait == timedelta(seconds=7)
    assert [backoff(n).total_seconds() for n in (1, 2, 3, 99)] == [1, 2, 4, 300]


def test_a_message_is_delivered_with_its_last_part_and_fails_with_the_first():
    assert folded(Reported.DELIVERED, ["DELIVERED", "SUBMITTED"]) is None
    assert folded(Reported.DELIVERED, ["DELIVERED", "DELIVERED"]) is SmsVerb.DELIVER
    assert folded(Reported.DELIVERED, ["FAILED", "DELIVERED"]) is SmsVerb.FAIL
    assert folded(Reported.EXPIRED, ["EXPIRED", "SUBMITTED"]) is SmsVerb.EXPIRE
    assert folded(Reported.DELIVERED, []) is SmsVerb.DELIVER
    assert folded(Reported.UNKNOWN, ["SUBMITTED"]) is SmsVerb.LOSE


def test_a_vault_opens_what_it_sealed_and_only_in_its_place():
    vault = Vault(b"k" * 32)
    sealed = vault.seal("geheim 密钥", "sms_account.secret 1")
    assert "geheim" not in sealed
    assert sealed != vault.seal("geheim 密钥", "sms_account.secret 1")
    assert vault.open(sealed, "sms_account.secret 1") == "geheim 密钥"
    with pytest.raises(VaultError, match="not what was sealed"):
        vault.open(sealed, "sms_account.secret 2")
    with pytest.raises(VaultError, match="another CRM_SECRET_KEY"):
        Vault(b"l" * 32).open(sealed, "sms_account.secret 1")
    with pytest.raises(VaultError, match="no CRM_SECRET_KEY"):
        CLOSED.seal("x", "y")
