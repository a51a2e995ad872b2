"""Phone numbers (电话号码): from what was typed, or what an exchange sent, to what is stored and matched.

`phonenumbers` knows the world's numbering plans; this module knows what it does not: Chinese extensions, numbers without
their area code, short codes, prefixes for an outside line, and what an exchange sends in place of a number. A number is
refused only when it cannot be one; whether it is assigned is never asked, because plans change faster than libraries.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from crm.core.text import clean

MAX_LENGTH = 64
MAX_DIGITS = 20
"""E.164 ends at 15; senders of service messages (106…) go up to 20 and are stored without E.164."""

SHORT_CODE_DIGITS = 6
"""Up to here a number is an extension or a service such as 110, 10086, 95588: the same digits mean others elsewhere."""

_TAIL_DIGITS = 8

_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−－", "-"))
_WORDED_EXTENSION = re.compile(
    r"[\s(,;-]*(?:(?:转接?|轉接?|分机号?|分機號?|内线|內線|extension|extn?|#|;ext=|,)[\s:.=]*)+(\d{1,7})[\s)号]*$"
    r"|\s*(?<!x)x\.?\s*(\d{1,7})$"
)
_DASHED_EXTENSION = re.compile(r"(.+[\d)])\s*-\s*(\d{1,6})")
_WRITTEN = re.compile(r"\(?\+?[\d\s().\[\]-]*")
_NO_DIGIT = re.compile(r"[^\d+]")
_MASKED = re.compile(r"[*x]{2,}")

_LOCAL_IN_CHINA = re.compile(r"[2-8]\d{6,7}")
_COUNTRY_BEFORE_LOCAL = re.compile(r"(?:\+|00)86(?=[2-8]\d{6,7}$)")
_SERVICE_IN_CHINA = re.compile(r"1[0-2]\d{1,3}|9[56]\d{3,6}|10(?:10|96)\d{3,4}")
_MOBILE_IN_CHINA = re.compile(r"\+861[3-9]\d{9}")
_IP_PREFIX_IN_CHINA = re.compile(r"1(?:[12]\d|79)\d\d(?=0\d{9,11}$|1[3-9]\d{9}$)")
"""Cheap-call prefixes such as 17951, 12593, 12530. phonenumbers drops them, but not where the trunk 0 follows."""


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """One number, ready to store.

    `raw` is what was written, `e164` the world-wide form where one is certain enough, `extension` (分机) its digits,
    `tail` the last eight digits as a number, by which a call is matched where the area code is doubtful, and `display` the
    form for people. Short codes have neither `e164` nor `tail`.
    """

    raw: str
    e164: str | None
    extension: str | None
    tail: int | None
    display: str


def parse(raw: str, *, region: str = "CN", area_code: str | None = None, outside_line_prefix: str | None = None) -> PhoneNumber:
    """The number in what was written.

    `region` is the country numbers without one belong to, `area_code` (区号) completes local ones, and
    `outside_line_prefix` is what an exchange puts before numbers of the outside. Raises ValueError, with a text for the
    user, for what is empty, too long, or holds letters or anything else that is not part of a number.
    """
    written = clean(raw)
    if len(written) > MAX_LENGTH:
        raise ValueError(f"A phone number has at most {MAX_LENGTH} characters.")
    body, extension = _split_worded(_plain(written))
    _refuse_impossible(body)
    body = _without_outside_prefix(body, outside_line_prefix)
    if extension is None:
        body, extension = _split_dashed(body, region, area_code)
    digits = _NO_DIGIT.sub("", body)
    e164 = None if len(digits) <= SHORT_CODE_DIGITS else _e164(digits, region, area_code)
    shown = _pretty(e164, region) if e164 else body.strip()
    return PhoneNumber(
        raw=written,
        e164=e164,
        extension=extension,
        tail=_tail(e164 or digits),
        display=f"{shown}-{extension}" if extension else shown,
    )


def is_withheld(raw: str) -> bool:
    """Whether an exchange sent this instead of a number (隐藏号码): nothing, words, zeros, or a number partly masked.

    `anonymous`, `<unknown>`, `未知号码`, `138****5678`: a call from there is stored, and nobody is looked up.
    """
    plain = _plain(clean(raw))
    digits = {char for char in plain if char.isdecimal()}
    return digits <= {"0"} or "anonymous" in plain or bool(_MASKED.search(plain))


class TextsTo(StrEnum):
    """Whether a number can be sent short messages (短信), and if not, why."""

    MOBILE = "MOBILE"
    LANDLINE = "LANDLINE"
    SHORT_CODE = "SHORT_CODE"


def texts_to(e164: str | None) -> TextsTo:
    """Mobile numbers, and those of plans that do not tell them from others (+1). Without E.164 it is a service or a local number.

    A range that the library does not know yet is taken for a mobile one where the number is as long as one of its country.
    """
    import phonenumbers

    if e164 is None:
        return TextsTo.SHORT_CODE
    number = phonenumbers.parse(e164)
    if number.country_code == 86:
        return TextsTo.MOBILE if _MOBILE_IN_CHINA.fullmatch(e164) else TextsTo.LANDLINE
    kind, mobile = phonenumbers.number_type(number), phonenumbers.PhoneNumberType
    taken = (mobile.MOBILE, mobile.FIXED_LINE_OR_MOBILE, mobile.PERSONAL_NUMBER, mobile.UNKNOWN)
    return TextsTo.MOBILE if kind in taken else TextsTo.LANDLINE


def first_mobile(numbers: Iterable[str]) -> str | None:
    """Of somebody's numbers in E.164 the first one that takes short messages."""
    return next((number for number in numbers if texts_to(number) is TextsTo.MOBILE), None)


def mask(display: str) -> str:
    """The number with four digits hidden, the last four readable (`138 **** 5678`): how the public pool (公海) shows it.

    Of fewer than eight digits only the last two stay, so that nobody can dial what is left.
    """
    positions = [index for index, char in enumerate(display) if char.isdecimal()]
    hidden = set(positions[-8:-4] if len(positions) >= 8 else positions[:-2])
    return "".join("*" if index in hidden else char for index, char in enumerate(display))


def dialled(e164: str | None, written: str, *, region: str) -> str:
    """The digits that a switchboard in the region dials for a number (拨号); of what has no E.164 form, those that were written.

    Nothing else is ever in it: whatever somebody typed, it is no command to a dialling plan.
    """
    if e164 is None:
        return _NO_DIGIT.sub("", _plain(written)).replace("+", "")
    import phonenumbers

    shown = phonenumbers.format_out_of_country_calling_number(phonenumbers.parse(e164), region)
    return "".join(char for char in shown if char.isdecimal())


def _plain(written: str) -> str:
    """Lower case, ASCII digits and dashes, without the frame of a `tel:` URI (RFC 3966) except its extension."""
    folded = unicodedata.normalize("NFKC", written).lower().translate(_DASHES)
    digits = "".join(str(int(char)) if char.isdecimal() else char for char in folded)
    if not digits.startswith("tel:"):
        return digits
    number, *parameters = digits.removeprefix("tel:").split(";")
    values = dict(parameter.partition("=")[::2] for parameter in parameters)
    context, extension = values.get("phone-context", ""), values.get("ext")
    number = f"{context}{number}" if context.startswith("+") else number
    return f"{number};ext={extension}" if extension else number


def _split_worded(plain: str) -> tuple[str, str | None]:
    """The number, and the extension a word or sign announces: `转802`, `分机802`, `ext. 802`, `x802`, `#802`, `,802`."""
    found = _WORDED_EXTENSION.search(plain)
    if not found:
        return plain, None
    return plain[: found.start()], found[1] or found[2]


def _refuse_impossible(body: str) -> None:
    """ValueError for what cannot be a phone number. Letters are refused because phonenumbers would dial them as digits."""
    if any(char.isalpha() for char in body):
        raise ValueError("A phone number holds no letters.")
    if not _WRITTEN.fullmatch(body):
        raise ValueError("A phone number is digits with spaces, dots, dashes, brackets or a plus in front; one at a time.")
    digits = sum(char.isdecimal() for char in body)
    if not digits:
        raise ValueError("A phone number needs digits.")
    if digits > MAX_DIGITS:
        raise ValueError(f"A phone number has at most {MAX_DIGITS} digits.")


def _without_outside_prefix(body: str, prefix: str | None) -> str:
    """The number without the outside-line prefix of its exchange, where it has it.

    With the prefix 9 both 995588 and 95588 arrive: a service number stays whole, and nothing shorter than one is made.
    """
    if not prefix or not body.startswith(prefix) or _SERVICE_IN_CHINA.fullmatch(body):
        return body
    rest = body.removeprefix(prefix).lstrip(" -")
    outside = len(_NO_DIGIT.sub("", rest)) > SHORT_CODE_DIGITS or _SERVICE_IN_CHINA.fullmatch(rest)
    return rest if outside else body


def _split_dashed(body: str, region: str, area_code: str | None) -> tuple[str, str | None]:
    """The number and the digits after its last dash, where these are an extension (`0571-87654321-802`) and no part of it.

    `0571-8765-4321` is valid as a whole and stays so. A local number comes first, because with three digits more it
    looks like one of another area: `75512345-678` is no number of Shenzhen.
    """
    found = _DASHED_EXTENSION.fullmatch(body.strip())
    if not found:
        return body, None
    head, extension = found.groups()
    if _is_local(head.strip(), region):
        return head, extension
    whole_digits, head_digits = _NO_DIGIT.sub("", body), _NO_DIGIT.sub("", head)
    if _is_valid(whole_digits, region, area_code):
        return body, None
    is_number = _is_local(head_digits, region) or _is_valid(head_digits, region, area_code)
    return (head, extension) if is_number else (body, None)


def _is_local(digits: str, region: str) -> bool:
    """Whether the digits are a number without its area code: in China seven or eight, the first neither 0, 1 nor 9."""
    import phonenumbers

    if region == "CN":
        return _LOCAL_IN_CHINA.fullmatch(digits) is not None
    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return False
    reason = phonenumbers.is_possible_number_with_reason(number)
    return bool(reason == phonenumbers.ValidationResult.IS_POSSIBLE_LOCAL_ONLY)


def _is_valid(digits: str, region: str, area_code: str | None) -> bool:
    """Whether the digits are a number of an assigned range. Only ever asked to choose between two readings."""
    import phonenumbers

    e164 = _e164(digits, region, area_code)
    return e164 is not None and phonenumbers.is_valid_number(phonenumbers.parse(e164))


def _e164(digits: str, region: str, area_code: str | None) -> str | None:
    """The world-wide form, or None where the area code is missing or the length is impossible."""
    import phonenumbers

    if region == "CN":
        # +86 87654321 is as local as 87654321, but phonenumbers finds it possible and would make it a number of nobody.
        digits = _COUNTRY_BEFORE_LOCAL.sub("", _IP_PREFIX_IN_CHINA.sub("", digits, count=1))
    if _is_local(digits, region):
        if not area_code:
            return None
        digits = f"0{area_code.lstrip('0')}{digits}" if region == "CN" else f"{area_code}{digits}"
    try:
        number = phonenumbers.parse(digits, region)
    except phonenumbers.NumberParseException:
        return None
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _pretty(e164: str, region: str) -> str:
    """The number as its country writes it, with the country code where that is not the region."""
    import phonenumbers

    number = phonenumbers.parse(e164)
    at_home = number.country_code == phonenumbers.country_code_for_region(region)
    style = phonenumbers.PhoneNumberFormat.NATIONAL if at_home else phonenumbers.PhoneNumberFormat.INTERNATIONAL
    return phonenumbers.format_number(number, style)


def _tail(digits: str) -> int | None:
    """The last eight digits as a number; None for a short code, which would match the ends of strangers' numbers."""
    plain = digits.lstrip("+")
    return int(plain[-_TAIL_DIGITS:]) if len(plain) > SHORT_CODE_DIGITS else None
