"""Money (金额): rounding, the arithmetic of a document's lines, and what fits a numeric column. Decimals only.

Inside one document every amount is rounded once, on its line; totals are plain sums of those. So the promise
"totals equal the sum of the lines" needs no adjustment anywhere.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal

_WITHOUT_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF"
_WITH_THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"
_DIGITS = dict.fromkeys(_WITHOUT_DECIMALS.split(), 0) | dict.fromkeys(_WITH_THREE_DECIMALS.split(), 3)

_EXACT = Context(prec=120, rounding=ROUND_HALF_UP)
"""Wide enough for the product of any three columns: nothing is rounded before `round_money` does it."""

_ZERO = Decimal(0)
_HUNDRED = Decimal(100)


@dataclass(frozen=True, slots=True)
class LineAmount:
    """What one line, or a whole document, comes to: without tax (未税金额), the tax (税额), with tax (价税合计)."""

    net: Decimal
    tax: Decimal
    gross: Decimal


def currency_digits(currency: str) -> int:
    """Decimals of a currency (币种) by ISO 4217, two where the table is silent."""
    return _DIGITS.get(currency.upper(), 2)


def round_money(amount: Decimal, currency: str) -> Decimal:
    """The amount in the smallest unit of its currency, half up; halves of negative amounts go away from zero.

    So a credit note is exactly the negative of its invoice. Raises TypeError for anything but a Decimal or int, ValueError
    for NaN and infinity.
    """
    return _exact(amount).quantize(Decimal(1).scaleb(-currency_digits(currency)), context=_EXACT)


def line_amount(
    quantity: Decimal,
    unit_price: Decimal,
    *,
    currency: str,
    discount_percent: Decimal | None = None,
    discount_amount: Decimal | None = None,
    tax_rate: Decimal = _ZERO,
) -> LineAmount:
    """What a line (明细) comes to. The price is without tax; a discount amount is for the whole line.

    Discount and tax rate are per cent: 13 means 13 %. Raises ValueError for two discounts, a discount beyond the line or a
    negative tax rate, TypeError for a float.
    """
    listed = _EXACT.multiply(_exact(quantity), _exact(unit_price))
    discount = _discount(listed, discount_percent, discount_amount)
    if _exact(tax_rate) < 0:
        raise ValueError("a tax rate is not negative")
    net = round_money(_EXACT.subtract(listed, discount), currency)
    tax = round_money(_percent(net, tax_rate), currency)
    return LineAmount(net, tax, _EXACT.add(net, tax))


def document_total(lines: Iterable[LineAmount]) -> LineAmount:
    """The sum of a document's lines (合计), which are all in its one currency; nothing is rounded again."""
    net, tax, gross = _ZERO, _ZERO, _ZERO
    for line in lines:
        net = _EXACT.add(net, _exact(line.net))
        tax = _EXACT.add(tax, _exact(line.tax))
        gross = _EXACT.add(gross, _exact(line.gross))
    return LineAmount(net, tax, gross)


def exceeds(value: Decimal, precision: int, scale: int) -> bool:
    """Whether numeric(precision, scale) cannot hold the value as it is.

    Too many decimals count: PostgreSQL would round them away without a word. Zeros at the end do not.
    """
    if isinstance(value, Decimal) and not value.is_finite():
        return True
    exact = _exact(value)
    if exact.is_zero():
        return False
    _, digits, exponent = exact.as_tuple()
    written = "".join(map(str, digits))
    last_digit = int(exponent) + len(written) - len(written.rstrip("0"))
    return exact.adjusted() >= precision - scale or -last_digit > scale


def _discount(listed: Decimal, percent: Decimal | None, amount: Decimal | None) -> Decimal:
    """The discount of a line in money, unrounded. A discount may make a line free, never turn its sign."""
    if percent is not None and amount is not None:
        raise ValueError("a line has a discount in per cent or as an amount, not both")
    if percent is not None:
        if not 0 <= _exact(percent) <= _HUNDRED:
            raise ValueError("a discount is between 0 and 100 per cent")
        return _percent(listed, percent)
    discount = _ZERO if amount is None else _exact(amount)
    if discount and not 0 < discount <= listed:
        raise ValueError("a discount is not negative and not more than the line")
    return discount


def _percent(amount: Decimal, rate: Decimal) -> Decimal:
    """So many per cent of an amount, exactly: dividing by a hundred only moves the point."""
    return _EXACT.multiply(amount, _exact(rate)).scaleb(-2, context=_EXACT)


def _exact(value: object) -> Decimal:
    """The value as a finite Decimal. An int is exact and welcome; a float has lost its cents already, so TypeError."""
    if isinstance(value, bool) or not isinstance(value, Decimal | int):
        raise TypeError(f"money is Decimal, not {type(value).__name__}")
    number = Decimal(value)
    if not number.is_finite():
        raise ValueError("money is a finite number")
    return number
