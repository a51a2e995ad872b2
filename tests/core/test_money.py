"""Money: rounding, lines, totals, and what fits a column."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.core.money import LineAmount, currency_digits, document_total, exceeds, line_amount, round_money

CURRENCIES = st.sampled_from(["CNY", "USD", "JPY", "KWD"])
QUANTITIES = st.decimals(0, 10**8, places=4)
PRICES = st.decimals(0, 10**8, places=6)
PERCENTS = st.decimals(0, 100, places=4)


def D(text):  # noqa: N802 - short as the literal it stands for
    return Decimal(text)


@pytest.mark.parametrize(
    ("currency", "digits"), [("CNY", 2), ("cny", 2), ("JPY", 0), ("KRW", 0), ("KWD", 3), ("TWD", 2), ("XYZ", 2)]
)
def test_digits_of_currencies(currency, digits):
    assert currency_digits(currency) == digits


@pytest.mark.parametrize(
    ("amount", "currency", "rounded"),
    [
        ("1.005", "CNY", "1.01"),
        ("1.004999", "CNY", "1.00"),
        ("-1.005", "CNY", "-1.01"),
        ("0.5", "JPY", "1"),
        ("2.5", "JPY", "3"),
        ("1.0005", "KWD", "1.001"),
        ("7", "CNY", "7.00"),
        ("123456789012345678901234567890.125", "CNY", "123456789012345678901234567890.13"),
    ],
)
def test_half_up_in_the_currency(amount, currency, rounded):
    assert str(round_money(D(amount), currency)) == rounded


@pytest.mark.parametrize("amount", [1.5, "1.5", None, True])
def test_only_decimals_are_money(amount):
    with pytest.raises(TypeError, match="money is Decimal"):
        round_money(amount, "CNY")


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "-Infinity", "sNaN"])
def test_money_is_finite(amount):
    with pytest.raises(ValueError, match="finite"):
        round_money(D(amount), "CNY")


@pytest.mark.parametrize(
    ("quantity", "price", "extra", "amounts"),
    [
        ("3", "9.99", {}, ("29.97", "0.00", "29.97")),
        ("3", "9.99", {"tax_rate": D("13")}, ("29.97", "3.90", "33.87")),
        ("2", "100", {"discount_percent": D("12.5"), "tax_rate": D("6")}, ("175.00", "10.50", "185.50")),
        ("2", "100", {"discount_amount": D("0.5")}, ("199.50", "0.00", "199.50")),
        ("2", "100", {"discount_amount": D("200")}, ("0.00", "0.00", "0.00")),
        ("2", "100", {"discount_percent": D("100"), "tax_rate": D("13")}, ("0.00", "0.00", "0.00")),
        ("0.3333", "0.000001", {}, ("0.00", "0.00", "0.00")),
        ("-2", "100", {"discount_percent": D("10"), "tax_rate": D("13")}, ("-180.00", "-23.40", "-203.40")),
        ("1", "1.005", {"discount_amount": D(0)}, ("1.01", "0.00", "1.01")),
    ],
)
def test_line_amounts(quantity, price, extra, amounts):
    line = line_amount(D(quantity), D(price), currency="CNY", **extra)
    assert (str(line.net), str(line.tax), str(line.gross)) == amounts


def test_the_discount_is_not_rounded_before_the_line_is():
    assert line_amount(D("1"), D("0.99"), discount_percent=D("50"), currency="CNY").net == D("0.50")


@pytest.mark.parametrize(
    ("extra", "complaint"),
    [
        ({"discount_percent": D("1"), "discount_amount": D("1")}, "not both"),
        ({"discount_percent": D("100.01")}, "between 0 and 100"),
        ({"discount_percent": D("-1")}, "between 0 and 100"),
        ({"discount_amount": D("-0.01")}, "not negative"),
        ({"discount_amount": D("10.01")}, "not more than the line"),
        ({"tax_rate": D("-1")}, "tax rate"),
    ],
)
def test_wrong_lines(extra, complaint):
    with pytest.raises(ValueError, match=complaint):
        line_amount(D("1"), D("10"), currency="CNY", **extra)


@pytest.mark.parametrize("name", ["quantity", "unit_price", "discount_percent", "discount_amount", "tax_rate"])
@pytest.mark.parametrize("value", [1.0, 0.0])
def test_no_float_gets_into_a_line(name, value):
    given_values = {"quantity": D("1"), "unit_price": D("10"), name: value}
    with pytest.raises(TypeError, match="float"):
        line_amount(**given_values, currency="CNY")


def test_no_float_gets_into_a_total():
    with pytest.raises(TypeError, match="float"):
        document_total([LineAmount(1.0, D("0"), D("1"))])


@given(st.lists(st.tuples(QUANTITIES, PRICES, PERCENTS, PERCENTS), max_size=20), CURRENCIES)
@settings(max_examples=100)
def test_totals_equal_the_sum_of_the_lines(rows, currency):
    lines = [
        line_amount(quantity, price, discount_percent=percent, tax_rate=rate, currency=currency)
        for quantity, price, percent, rate in rows
    ]
    total = document_total(lines)
    assert Fraction(total.net) == sum(Fraction(line.net) for line in lines)
    assert Fraction(total.tax) == sum(Fraction(line.tax) for line in lines)
    assert Fraction(total.gross) == sum(Fraction(line.gross) for line in lines) == Fraction(total.net + total.tax)
    assert total == document_total(reversed(lines))


@given(QUANTITIES, PRICES, PERCENTS, PERCENTS, CURRENCIES)
@settings(max_examples=100)
def test_a_line_is_off_by_at_most_half_a_unit(quantity, price, percent, rate, currency):
    line = line_amount(quantity, price, discount_percent=percent, tax_rate=rate, currency=currency)
    half = Fraction(1, 2 * 10 ** currency_digits(currency))
    exact = Fraction(quantity) * Fraction(price) * (1 - Fraction(percent) / 100)
    assert abs(Fraction(line.net) - exact) <= half
    assert abs(Fraction(line.tax) - Fraction(line.net) * Fraction(rate) / 100) <= half
    assert line.gross == line.net + line.tax


@given(QUANTITIES, PRICES, PERCENTS, PERCENTS, CURRENCIES)
@settings(max_examples=50)
def test_a_return_is_the_negative_of_its_sale(quantity, price, percent, rate, currency):
    sale = line_amount(quantity, price, discount_percent=percent, tax_rate=rate, currency=currency)
    back = line_amount(-quantity, price, discount_percent=percent, tax_rate=rate, currency=currency)
    assert (back.net, back.tax, back.gross) == (-sale.net, -sale.tax, -sale.gross)


@pytest.mark.parametrize(
    ("value", "precision", "scale", "too_much"),
    [
        ("9999999999999999.9999", 20, 4, False),
        ("10000000000000000", 20, 4, True),
        ("-10000000000000000", 20, 4, True),
        ("0.00001", 20, 4, True),
        ("0.00010", 20, 4, False),
        ("1.50000000", 20, 4, False),
        ("1E+15", 20, 4, False),
        ("1E+16", 20, 4, True),
        ("1E+1000000", 20, 4, True),
        ("0E-50", 20, 4, False),
        ("0", 4, 4, False),
        ("0.9999", 4, 4, False),
        ("1", 4, 4, True),
        ("NaN", 20, 4, True),
        ("sNaN", 20, 4, True),
        ("-Infinity", 20, 4, True),
    ],
)
def test_what_a_column_holds(value, precision, scale, too_much):
    assert exceeds(D(value), precision, scale) is too_much


def test_a_float_is_not_asked_whether_it_fits():
    with pytest.raises(TypeError):
        exceeds(1.5, 20, 4)


@given(st.decimals(-(10**7), 10**7, places=5))
@settings(max_examples=200)
def test_what_fits_survives_the_column_unchanged(value):
    rounded = value.quantize(Decimal("0.001"))
    assert exceeds(value, 9, 3) is (rounded != value or abs(rounded) >= 10**6)
