"""Costs as formulas: numbers where no variable has a say, short programs where one has."""

from __future__ import annotations

import pytest

from crm.endpoints.formulas import CEILING, Formula, Line, page_size


def test_without_variables_it_is_a_number():
    formula = Formula()
    assert formula.sum(1, [(10, 3), (1, 4)]) == 35
    assert formula.lines == []


def test_variables_are_worked_out_later():
    formula = Formula()
    inner = formula.sum(2, [(("n",), 3)])
    outer = formula.sum(1, [(50, inner), (1, inner)])
    assert isinstance(outer, Line)
    assert formula.worth(outer, {"n": 10}) == 1 + 51 * (2 + 30)
    assert formula.worth(outer, {"n": 1}) == 1 + 51 * (2 + 3)
    assert formula.worth(inner, {"n": 10}) == 32


@pytest.mark.parametrize(
    ("choices", "variables", "rows"),
    [
        ([], {}, 20), ([7], {}, 7), ([0], {}, 1), ([-5], {}, 1), ([101], {}, 100), ([999_999_999], {}, 100),
        (["n"], {"n": 3}, 3), (["n"], {}, 20), (["n"], {"n": None}, 20), (["n"], {"n": 10**30}, 100), (["n"], {"n": "x"}, 20),
        (["n"], {"n": 1.5}, 20), (["n"], {"n": [1]}, 20), (["last", "first"], {"first": 5}, 5),
        (["last", "first"], {"last": 6, "first": 5}, 6), (["last", 30], {"last": None}, 30), ([4, "first"], {"first": 9}, 4),
    ],
)  # fmt: skip
def test_the_size_of_a_page(choices, variables, rows):
    formula = Formula()
    assert formula.worth(formula.sum(0, [(page_size(choices), 1)]), variables) == rows


def test_doubling_stays_small():
    formula = Formula()
    cost = formula.sum(1, [(("n",), 1)])
    constant = 1
    for _ in range(200):
        cost = formula.sum(0, [(("n",), cost), (("n",), cost)])
        constant = formula.sum(0, [(1, constant), (1, constant)])
    assert constant == CEILING
    assert formula.worth(cost, {"n": 100}) == CEILING
    assert len(formula.lines) == 201
