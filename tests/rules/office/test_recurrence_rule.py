"""The text of a recurrence rule: what is taken, what is refused, and the one spelling."""

import time
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.rules.office.recurrence import normal_rule, zone_named
from crm.rules.office.recurrence_rule import read_rule

STARTS = datetime.fromisoformat("2026-03-02 09:00")
"""A Monday."""


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("FREQ=DAILY", "FREQ=DAILY"),
        ("RRULE:FREQ=DAILY", "FREQ=DAILY"),
        (" rrule:freq=weekly;byday=we,mo,mo ", "FREQ=WEEKLY;BYDAY=MO,WE"),
        ("INTERVAL=1;FREQ=DAILY;WKST=MO", "FREQ=DAILY"),
        ("COUNT=010;INTERVAL=02;FREQ=DAILY", "FREQ=DAILY;INTERVAL=2;COUNT=10"),
        ("FREQ=MONTHLY;BYDAY=+2MO,-1FR", "FREQ=MONTHLY;BYDAY=-1FR,2MO"),
        ("FREQ=MONTHLY;BYMONTHDAY=31,-1,1", "FREQ=MONTHLY;BYMONTHDAY=-1,1,31"),
        ("FREQ=YEARLY;BYMONTH=12,01;BYDAY=SU;BYSETPOS=-1;WKST=SU", "FREQ=YEARLY;BYMONTH=1,12;BYDAY=SU;BYSETPOS=-1;WKST=SU"),
        ("FREQ=YEARLY;BYDAY=20MO", "FREQ=YEARLY;BYDAY=20MO"),
        ("FREQ=DAILY;UNTIL=20260310", "FREQ=DAILY;UNTIL=20260310T235959"),
        ("FREQ=DAILY;UNTIL=20260310T090000", "FREQ=DAILY;UNTIL=20260310T090000"),
        ("FREQ=DAILY;UNTIL=20260310t010000z", "FREQ=DAILY;UNTIL=20260310T010000Z"),
        ("FREQ=DAILY;UNTIL=20260302", "FREQ=DAILY;UNTIL=20260302T235959"),
        ("FREQ=DAILY;UNTIL=20360302", "FREQ=DAILY;UNTIL=20360302T235959"),
    ],
)
def test_one_spelling(text, normal):
    assert normal_rule(text, STARTS) == normal
    assert normal_rule(normal, STARTS) == normal


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Unknown part"),
        ("FREQ", "FREQ is one of"),
        ("INTERVAL=2", "needs FREQ"),
        ("FREQ=HOURLY", "FREQ is one of"),
        ("FREQ=SECONDLY", "FREQ is one of"),
        ("FREQ=DAILY;", "Unknown part of a recurrence rule: (empty)"),
        ("FREQ=DAILY;X-MINE=1", "Unknown part of a recurrence rule: X-MINE"),
        ("FREQ=DAILY;BYEASTER=1", "Unknown part"),
        ("FREQ=DAILY;FREQ=WEEKLY", "only once"),
        ("FREQ=DAILY;COUNT=1;count=1", "only once"),
        ("FREQ=DAILY;INTERVAL=0", "INTERVAL is a number from 1 to 999"),
        ("FREQ=DAILY;INTERVAL=1000", "INTERVAL"),
        ("FREQ=DAILY;INTERVAL=-1", "INTERVAL"),
        ("FREQ=DAILY;INTERVAL=", "INTERVAL"),
        ("FREQ=DAILY;INTERVAL=1.5", "INTERVAL"),
        ("FREQ=DAILY;INTERVAL=1=1", "INTERVAL"),
        ("FREQ=DAILY;COUNT=0", "COUNT is a number from 1 to 1000"),
        ("FREQ=DAILY;COUNT=1001", "COUNT"),
        ("FREQ=DAILY;COUNT=99999999999999999999", "COUNT"),
        ("FREQ=DAILY;COUNT=2;UNTIL=20260310", "not both"),
        ("FREQ=DAILY;UNTIL=20260301", "before the start"),
        ("FREQ=DAILY;UNTIL=20260302T085959", "before the start"),
        ("FREQ=DAILY;UNTIL=20260228T000000Z", "before the start"),
        ("FREQ=DAILY;UNTIL=20360303", "more than 10 years"),
        ("FREQ=DAILY;UNTIL=20360304T000000Z", "more than 10 years"),
        ("FREQ=DAILY;UNTIL=20260231", "UNTIL is a date or time"),
        ("FREQ=DAILY;UNTIL=20260310T250000", "UNTIL is a date or time"),
        ("FREQ=DAILY;UNTIL=20260310T235960Z", "UNTIL is a date or time"),
        ("FREQ=DAILY;UNTIL=00000310", "UNTIL is a date or time"),
        ("FREQ=DAILY;UNTIL=2026-03-10", "UNTIL is a date or time"),
        ("FREQ=DAILY;UNTIL=20260310Z", "UNTIL is a date or time"),
        ("FREQ=WEEKLY;BYDAY=XX", "BYDAY takes"),
        ("FREQ=WEEKLY;BYDAY=", "BYDAY takes"),
        ("FREQ=WEEKLY;BYDAY=MO,", "BYDAY takes"),
        ("FREQ=MONTHLY;BYDAY=0MO", "BYDAY takes"),
        ("FREQ=YEARLY;BYDAY=54MO", "BYDAY takes"),
        ("FREQ=WEEKLY;BYDAY=1MO", "only where FREQ is MONTHLY or YEARLY"),
        ("FREQ=DAILY;BYDAY=-1MO", "only where FREQ is MONTHLY or YEARLY"),
        ("FREQ=MONTHLY;BYDAY=6MO", "at most five"),
        ("FREQ=YEARLY;BYMONTH=1;BYDAY=-6MO", "at most five"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY takes numbers from 1 to 31 or -31 to -1"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY"),
        ("FREQ=MONTHLY;BYMONTHDAY=-32", "BYMONTHDAY"),
        ("FREQ=WEEKLY;BYMONTHDAY=1", "does not go with FREQ=WEEKLY"),
        ("FREQ=YEARLY;BYMONTH=0", "BYMONTH takes numbers from 1 to 12"),
        ("FREQ=YEARLY;BYMONTH=13", "BYMONTH"),
        ("FREQ=YEARLY;BYMONTH=-1", "BYMONTH"),
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=0", "BYSETPOS"),
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=367", "BYSETPOS"),
        ("FREQ=MONTHLY;BYSETPOS=1", "chooses among days"),
        ("FREQ=DAILY;BYDAY=MO;BYSETPOS=1", "does not go with FREQ=DAILY"),
        ("FREQ=WEEKLY;WKST=1MO", "WKST is one of"),
        ("FREQ=DAILY;BYHOUR=9", "BYHOUR is not taken"),
        ("FREQ=DAILY;BYMINUTE=9", "BYMINUTE is not taken"),
        ("FREQ=DAILY;BYSECOND=9", "BYSECOND is not taken"),
        ("FREQ=YEARLY;BYWEEKNO=9", "BYWEEKNO is not taken"),
        ("FREQ=YEARLY;BYYEARDAY=9", "BYYEARDAY is not taken"),
        ("FREQ=DAILY\nINTERVAL=2", "one line"),
        ("FREQ=DAILY\n", "one line"),
        ("FREQ=DAILY\0", "one line"),
        ("FREQ=DAILY;INTERVAL=２", "one line of ASCII"),
        ("FREQ=DAILY;BYMONTH=" + ",".join(["1"] * 300), "at most 500 characters"),
    ],
)
def test_refused_with_a_line_for_the_user(text, message):
    with pytest.raises(ValueError, match=".") as refusal:
        normal_rule(text, STARTS)
    assert message in str(refusal.value)
    assert len(str(refusal.value).splitlines()) == 1


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=MONTHLY;BYMONTHDAY=31;BYMONTH=2",
        "FREQ=YEARLY;BYMONTHDAY=30,31,-30;BYMONTH=2",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30;COUNT=3",
        "FREQ=DAILY;INTERVAL=7;BYDAY=TU",
        "FREQ=DAILY;INTERVAL=7;BYDAY=TU;COUNT=3",
        "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6",
        "FREQ=YEARLY;BYDAY=-53MO;BYMONTHDAY=9;COUNT=3",
        "FREQ=YEARLY;BYMONTH=1;BYDAY=FR;BYSETPOS=300;COUNT=3",
        "FREQ=YEARLY;INTERVAL=2;BYMONTH=2;BYMONTHDAY=29;UNTIL=20270101",
        "FREQ=WEEKLY;BYDAY=TU;UNTIL=20260302",
    ],
)
def test_a_rule_without_occurrences_is_refused_quickly(text):
    read_rule.cache_clear()
    begun = time.process_time()
    with pytest.raises(ValueError, match="never occurs"):
        normal_rule(text, STARTS)
    assert time.process_time() - begun < 0.1


def test_an_instant_is_checked_in_the_zone_where_it_is_known():
    shanghai, text = ZoneInfo("Asia/Shanghai"), "FREQ=DAILY;UNTIL=20260302T{}Z"
    assert normal_rule(text.format("010000"), STARTS, zone=shanghai) == "FREQ=DAILY;UNTIL=20260302T010000Z"
    with pytest.raises(ValueError, match="before the start"):
        normal_rule(text.format("005959"), STARTS, zone=shanghai)
    assert normal_rule(text.format("005959"), STARTS) == "FREQ=DAILY;UNTIL=20260302T005959Z"


def test_a_rule_that_leaves_its_days_to_the_start_may_never_occur_either():
    with pytest.raises(ValueError, match="never occurs"):
        normal_rule("FREQ=MONTHLY;BYMONTH=2", datetime.fromisoformat("2026-01-31 09:00"))
    assert normal_rule("FREQ=MONTHLY;BYMONTH=2", datetime.fromisoformat("2026-01-29 09:00")) == "FREQ=MONTHLY;BYMONTH=2"


PARTS = st.sampled_from(
    ["FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTH", "BYMONTHDAY", "BYSETPOS", "WKST", "BYHOUR", "X"]
)
VALUES = st.sampled_from(
    ["DAILY", "WEEKLY", "MONTHLY", "YEARLY", "MO", "1MO,-1SU", "TU,FR", "2", "-1", "30,31", "20300101", "1000", ""]
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(PARTS, VALUES), max_size=5))
def test_any_text_is_refused_or_has_one_spelling(parts):
    text = ";".join(["FREQ=MONTHLY", *(f"{name}={value}" for name, value in parts)])
    try:
        normal = normal_rule(text, STARTS)
    except ValueError:
        return
    assert normal_rule(f"rrule:{normal.lower()}", STARTS) == normal


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=40))
def test_no_text_breaks_the_reader(text):
    with pytest.raises(ValueError, match="recurrence rule"):
        normal_rule(text, STARTS)


@pytest.mark.parametrize(
    "name", ["Asia/Shanghai", "America/Argentina/Buenos_Aires", "UTC", "Etc/GMT+5", "America/Port-au-Prince"]
)
def test_zones_by_name(name):
    assert zone_named(name).key == name


@pytest.mark.parametrize(
    "name",
    [
        "../UTC",
        "/etc/localtime",
        "Asia/../UTC",
        "Asia",
        "Asia/",
        "Mars/Base",
        "asia/shanghai",
        "posix/UTC",
        "right/UTC",
        "posixrules",
        "localtime",
        "zone.tab",
        "UTC\0",
        "UTC\n",
        " UTC",
        "+08:00",
        "时区",
        "A" * 5000,
        "",
    ],
)
def test_no_zones(name):
    with pytest.raises(ValueError, match="There is no time zone"):
        zone_named(name)
