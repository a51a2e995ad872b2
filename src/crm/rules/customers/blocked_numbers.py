"""The block list (黑名单): what can stand on it, and with which of its patterns a number is compared."""

from __future__ import annotations

import re
from enum import StrEnum

from crm.core.text import clean
from crm.rules.customers.phone_numbers import parse

FEWEST_AT_HOME = 3
"""Digits of a prefix behind the own country's code: 1 or 2 of them would block half of all callers."""
FEWEST = 2
LONGEST = 20
_PREFIX = re.compile(r"\+?[\d\s().\-]+")
_NO_DIGIT = re.compile(r"\D")


class BlockMatch(StrEnum):
    """What an entry stands for (匹配方式)."""

    NUMBER = "NUMBER"  # 号码
    PREFIX = "PREFIX"  # 号段
    WITHHELD = "WITHHELD"  # 匿名来电


def pattern_of(match: BlockMatch, written: str, *, region: str = "CN", area_code: str | None = None) -> str:
    """What calls are compared with. Raises ValueError, with a text for people, for what is no number or would block too much."""
    if match is BlockMatch.NUMBER:
        number = parse(written, region=region, area_code=area_code)
        return number.e164 or _bare(number.display)
    return _prefix(clean(written), region)


def _prefix(written: str, region: str) -> str:
    import phonenumbers

    if not _PREFIX.fullmatch(written):
        raise ValueError("A prefix is digits, with a plus in front where it is another country's.")
    digits, home = _bare(written), str(phonenumbers.country_code_for_region(region))
    if written.startswith("+") or digits.startswith("00"):
        full = digits.removeprefix("00") if digits.startswith("00") else digits
    else:
        full = home + digits.removeprefix("0")
    if len(full) > LONGEST:
        raise ValueError(f"A prefix has at most {LONGEST} digits.")
    at_home = full.startswith(home) or home.startswith(full)
    if len(full) < (len(home) + FEWEST_AT_HOME if at_home else FEWEST):
        raise ValueError("A prefix this short would block too many callers.")
    return f"+{full}"


def _bare(written: str) -> str:
    return _NO_DIGIT.sub("", written)


def candidates(e164: str | None, display: str | None) -> list[str]:
    """Every pattern that could mean this number: itself, and each of its beginnings."""
    known = e164 or (_bare(display) if display else "")
    return [known[:length] for length in range(1, len(known) + 1)]
