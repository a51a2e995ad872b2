"""Which passwords pass."""

import pytest

from crm.rules.system.passwords import check_password


@pytest.mark.parametrize(
    "password", ["demo-password", "correct horse", "十个汉字就足够长的密码", "x" * 199 + "y", "aaaaaaaaab", "  spaces  are fine "]
)
def test_good_passwords(password):
    assert check_password(password, "admin") is None


@pytest.mark.parametrize(
    ("password", "complaint"),
    [
        ("", "at least 10"),
        ("ninechars", "at least 10"),
        ("九个汉字的密码不够", "at least 10"),
        ("x" * 200 + "y", "at most 200"),
        ("Long.UserName", "username"),
        ("aaaaaaaaaa", "more than one"),
        ("          ", "more than one"),
        ("1234567890", "most used"),
        ("Password123", "most used"),
        ("QWERTYUIOP", "most used"),
    ],
)
def test_bad_passwords(password, complaint):
    assert complaint in (check_password(password, "long.username") or "")


def test_both_limits_are_inside():
    assert check_password("abcdefghij", "u") is None
    assert check_password("ab" * 100, "u") is None
