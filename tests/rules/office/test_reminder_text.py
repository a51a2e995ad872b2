"""What a reminder says when it goes out as a message."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from crm.rules.office.reminder_text import LONGEST_SUBJECT, LONGEST_TITLE, Subject, short_words, words

STARTS = datetime(2026, 3, 1, 1, 0, tzinfo=UTC)


def about(title: str, **more: object) -> Subject:
    values = {"starts_at": STARTS, "duration": timedelta(hours=1), "all_day": False, "time_zone": "Asia/Shanghai", **more}
    return Subject(title, **values)  # type: ignore[arg-type]


def test_a_short_message_is_one_line_that_signs_nothing():
    """A signature says who writes, and stands in these brackets: nobody's title may be one."""
    said = short_words(about("【招商银行】预算\r\n会", location="三楼\n左"), chinese=True)
    assert said == "日程提醒：[招商银行]预算 会，2026-03-01 09:00 – 10:00（Asia/Shanghai），三楼 左"
    assert short_words(about("Budget", time_zone="UTC"), chinese=False) == "Reminder: Budget, 2026-03-01 01:00 – 02:00 (UTC)"
    assert len(short_words(about("长" * 5000, location="远" * 5000), chinese=True)) < 2 * LONGEST_TITLE + 60


def test_a_subject_is_one_line_of_bounded_length():
    subject, text = words(about("预算\r\nBcc: x@y.test" + "长" * 5000), chinese=True)
    assert "\n" not in subject
    assert len(subject) == LONGEST_SUBJECT
    assert text.count("\n") == 2
