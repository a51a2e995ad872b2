"""How synthetic parties and people are reached: phone numbers, e-mail and postal addresses, credit codes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import NamedTuple
from uuid import UUID

from crm.cli.synthetic import words
from crm.cli.synthetic.dice import Dice
from crm.cli.synthetic.party_rows import AddressRow, EmailAddressRow, PhoneNumberRow
from crm.cli.synthetic.words import City
from crm.core.kinds import Kind
from crm.rules.customers.phone_numbers import parse

_CODE_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_CODE_WEIGHTS = tuple(pow(3, position, 31) for position in range(17))


@dataclass(frozen=True, slots=True)
class Block:
    """Numbers that differ in their last digits only. How they look is asked of `phone_numbers.parse` once: it takes its time."""

    line: str
    e164: str
    display: str

    def number(self, digits: str) -> tuple[str, str, int, str]:
        """What is written, the E.164 form, the tail and the display form of one number of the block."""
        e164 = self.e164 + digits
        return self.line + digits, e164, int(e164[-8:]), self.display.format(*digits)


class Whose(NamedTuple):
    """The party or contact that is reached (one of the two), and when it was made."""

    at: datetime
    party: UUID | None = None
    contact: UUID | None = None


@cache
def block(line: str, free: int) -> Block:
    """The block of a line: `0571-8` with seven digits behind it."""
    sample = parse(line + "2" * free)
    assert sample.e164 is not None
    shown, left = list(sample.display), free
    for place in range(len(shown) - 1, -1, -1):
        if left and shown[place].isdecimal():
            shown[place], left = "{}", left - 1
    return Block(line, sample.e164[:-free], "".join(shown))


def mobile(dice: Dice, whose: Whose, position: int, *, primary: bool) -> PhoneNumberRow:
    """A Chinese mobile number."""
    number = block(dice.pick(words.MOBILE_PREFIXES), 8).number(dice.digits(8))
    return _phone_row(dice, whose, position, "mobile", number, None, primary=primary)


def landline(dice: Dice, city: City, whose: Whose, position: int, *, primary: bool) -> PhoneNumberRow:
    """A number of that city; one in eight with an extension."""
    number = block(city.line, city.free).number(dice.digits(city.free))
    extension = str(dice.between(100, 899)) if city.country == "CN" and dice.chance(0.125) else None
    return _phone_row(dice, whose, position, "office", number, extension, primary=primary)


def email(dice: Dice, whose: Whose, address: str, label: str) -> EmailAddressRow:
    """The one e-mail address of somebody."""
    return EmailAddressRow(dice.id(Kind.EMAIL_ADDRESS, whose.at), whose.party, whose.contact, 0, label, True, address)


def address(dice: Dice, city: City, whose: Whose, region: UUID | None) -> AddressRow:
    """A street and number in that city."""
    if city.country == "CN":
        street = f"{dice.pick(city.districts)}{dice.pick(words.ROADS)}{dice.between(1, 999)}号"
        postal = f"{city.postal}{dice.between(0, 99):02d}"
    else:
        street = f"{dice.between(1, 999)} {dice.pick(words.STREETS)}"
        postal = (
            f"{city.postal}{dice.between(1, 99):02d}"
            if city.country == "US"
            else f"{city.postal} {dice.between(1, 9)}A{dice.between(1, 9)}"
        )
    name = city.zh if city.country != "CN" else f"{city.zh}市"
    return AddressRow(
        dice.id(Kind.ADDRESS, whose.at), whose.party, whose.contact, 0, "office", True, city.country, region, street, name, postal
    )


def credit_code(dice: Dice, city: City) -> str:
    """A unified social credit code of a company of that city, its check character right."""
    body = f"91{city.division}{dice.digits(8)}{dice.pick(_CODE_ALPHABET)}"
    total = sum(_CODE_ALPHABET.index(char) * weight for char, weight in zip(body, _CODE_WEIGHTS, strict=True))
    return body + _CODE_ALPHABET[-total % 31]


def _phone_row(
    dice: Dice,
    whose: Whose,
    position: int,
    label: str,
    number: tuple[str, str, int, str],
    extension: str | None,
    *,
    primary: bool,
) -> PhoneNumberRow:
    written, e164, tail, display = number
    if extension is not None:
        written, display = f"{written}转{extension}", f"{display}-{extension}"
    key = dice.id(Kind.PHONE_NUMBER, whose.at)
    return PhoneNumberRow(key, whose.party, whose.contact, position, label, primary, written, e164, extension, tail, display)
