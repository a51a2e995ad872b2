"""The life of a delivery."""

import pytest

from crm.core.errors import IllegalTransition
from crm.rules.trade.delivery_flow import ALWAYS_EDITABLE, DELIVERY_FLOW, EDITABLE, DeliveryStatus, DeliveryVerb, FreightPayer

STEPS = {
    ("DRAFT", "SHIP"): "SHIPPED",
    ("DRAFT", "CANCEL"): "CANCELLED",
    ("SHIPPED", "DELIVER"): "DELIVERED",
    ("SHIPPED", "RETURN"): "RETURNED",
    ("DELIVERED", "RETURN"): "RETURNED",
}


@pytest.mark.parametrize("state", DeliveryStatus)
@pytest.mark.parametrize("verb", DeliveryVerb)
def test_the_steps_are_these_and_no_others(state, verb):
    if (state, verb) in STEPS:
        assert DELIVERY_FLOW.after(state, verb) == STEPS[state, verb]
    else:
        with pytest.raises(IllegalTransition, match="Delivery"):
            DELIVERY_FLOW.after(state, verb)


def test_what_has_left_cannot_be_cancelled_nor_edited():
    assert [state for state in DELIVERY_FLOW.states if "CANCEL" in DELIVERY_FLOW.verbs(state)] == ["DRAFT"]
    assert {"DRAFT"} == EDITABLE
    assert {"waybill", "note"} == ALWAYS_EDITABLE


def test_payers():
    assert list(FreightPayer) == ["SENDER", "RECIPIENT", "THIRD_PARTY"]
