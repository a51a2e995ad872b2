"""The life of an opportunity, and what it is worth by its probability."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as some

from crm.core.errors import IllegalTransition
from crm.rules.customers.opportunity_flow import CLOSED, OPPORTUNITY_FLOW, OpportunityStatus, OpportunityVerb
from crm.rules.customers.opportunity_weight import weighted_amount

STEPS = {
    ("OPEN", "MOVE"): "OPEN",
    ("OPEN", "WIN"): "WON",
    ("OPEN", "LOSE"): "LOST",
    ("OPEN", "HOLD"): "ON_HOLD",
    ("ON_HOLD", "LOSE"): "LOST",
    ("ON_HOLD", "REOPEN"): "OPEN",
    ("WON", "REOPEN"): "OPEN",
    ("LOST", "REOPEN"): "OPEN",
}


@pytest.mark.parametrize("state", OpportunityStatus)
@pytest.mark.parametrize("verb", OpportunityVerb)
def test_the_steps_are_these_and_no_others(state, verb):
    if (state, verb) in STEPS:
        assert OPPORTUNITY_FLOW.after(state, verb) == STEPS[state, verb]
    else:
        with pytest.raises(IllegalTransition, match="Opportunity"):
            OPPORTUNITY_FLOW.after(state, verb)


def test_nothing_is_final_and_only_the_open_is_moved():
    assert not any(OPPORTUNITY_FLOW.is_final(state) for state in OPPORTUNITY_FLOW.states)
    assert [state for state in OPPORTUNITY_FLOW.states if "MOVE" in OPPORTUNITY_FLOW.verbs(state)] == ["OPEN"]
    assert {"WON", "LOST"} == CLOSED


@pytest.mark.parametrize(
    ("amount", "probability", "currency", "weighted"),
    [
        ("1000", 30, "CNY", "300.00"),
        ("0.05", 10, "CNY", "0.01"),  # half up
        ("0.0499", 10, "CNY", "0.00"),
        ("999", 50, "JPY", "500"),
        ("0.0055", 50, "KWD", "0.003"),
        ("12345.67", 0, "CNY", "0.00"),
        ("12345.67", 100, "CNY", "12345.67"),
        ("9999999999999999.9999", 99, "CNY", "9900000000000000.00"),
    ],
)
def test_an_amount_is_weighted_in_its_currency(amount, probability, currency, weighted):
    assert str(weighted_amount(Decimal(amount), probability, currency)) == weighted


@given(some.decimals(0, 10**15, places=4), some.integers(0, 100))
def test_the_weight_is_off_by_half_a_cent_at_most(amount, probability):
    exact = Decimal(amount) * probability / 100
    assert abs(weighted_amount(amount, probability, "CNY") - exact) <= Decimal("0.005")
