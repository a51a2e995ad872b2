"""What can stand on the block list, and which numbers it means."""

import pytest

from crm.rules.customers.blocked_numbers import BlockMatch, candidates, pattern_of

NUMBER, PREFIX = BlockMatch.NUMBER, BlockMatch.PREFIX
TOO_SHORT = ("", "1", "13", "0", "+8", "+86", "+861", "+8613", "+1", "00", "abc", "+", "9" * 30, "%", "1_")


@pytest.mark.parametrize(
    ("match", "written", "pattern"),
    [
        (NUMBER, "138 1234 5678", "+8613812345678"),
        (NUMBER, "0086-13812345678", "+8613812345678"),
        (NUMBER, "10086", "10086"),
        (PREFIX, "170", "+86170"),
        (PREFIX, "0571", "+86571"),
        (PREFIX, "+86 170-0", "+861700"),
        (PREFIX, "0086170", "+86170"),
        (PREFIX, "+234", "+234"),
        (PREFIX, "00234", "+234"),
        (PREFIX, "+1 (900)", "+1900"),
    ],
)
def test_patterns(match, written, pattern):
    assert pattern_of(match, written) == pattern


@pytest.mark.parametrize(
    ("match", "written"),
    [(NUMBER, "no number"), (NUMBER, "1" * 30), *((PREFIX, each) for each in TOO_SHORT)],
)
def test_what_is_no_number_or_blocks_too_much_is_refused(match, written):
    with pytest.raises(ValueError, match=r"prefix|number"):
        pattern_of(match, written)


def test_a_number_is_meant_by_itself_and_by_each_of_its_beginnings():
    found = candidates("+8613812345678", "138 1234 5678")
    assert pattern_of(NUMBER, "13812345678") == found[-1]
    assert {"+86138", "+861381", "+8613812345678"} <= set(found)
    assert "+86139" not in found
    assert candidates(None, "10086")[-1] == "10086"
    assert candidates(None, None) == []
