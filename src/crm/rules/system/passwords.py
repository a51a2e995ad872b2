"""Which passwords (密码) are good enough: length counts, composition does not (the idea of NIST SP 800-63B)."""

from __future__ import annotations

MIN_LENGTH = 10
MAX_LENGTH = 200

_LONG_ENOUGH = """
    0123456789 1234567890 0987654321 9876543210 1234554321 12345678910 123456789a a123456789 aa12345678 a1234567890
    123123123123 1111111111a 123456789q q123456789 qq123456789 abc123456789 1234567890a 1q2w3e4r5t 1q2w3e4r5t6y
    1qaz2wsx3edc 1qazxsw23edc q1w2e3r4t5 zxcvbnm123 qwertyuiop qwertyuiop123 qwerty12345 qwerty123456 asdfghjkl123
    asdfghjkl1 password01 password12 password123 password1234 password12345 passw0rd123 p@ssw0rd123 p@ssword123
    administrator admin12345 admin123456 admin@123456 changeme123 letmein123 welcome123 welcome1234 iloveyou123
    iloveyou1314 woaini1314 woaini1314520 woaini520520 woaini123456 5201314520 1314520520 5201314123 1314521521
"""
_TOP_PASSWORDS = frozenset(_LONG_ENOUGH.split())
"""The most used ones that are long enough to pass otherwise; all in lower case."""


def check_password(password: str, username: str) -> str | None:
    """What is wrong with the password, as a text for the user, or None. Length is counted in characters, not bytes."""
    if len(password) < MIN_LENGTH:
        return f"Use at least {MIN_LENGTH} characters."
    if len(password) > MAX_LENGTH:
        return f"Use at most {MAX_LENGTH} characters."
    if password.casefold() == username.casefold():
        return "Use something else than the username."
    if len(set(password)) == 1:
        return "Use more than one character."
    if password.casefold() in _TOP_PASSWORDS:
        return "This is one of the most used passwords: choose another."
    return None
