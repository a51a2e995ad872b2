"""The life of a contract."""

import pytest

from crm.core.errors import IllegalTransition
from crm.rules.marketing.contract_flow import CONTRACT_FLOW, EDITABLE, ContractKind, ContractStatus, ContractVerb

STEPS = {
    ("DRAFT", "SUBMIT"): "IN_REVIEW",
    ("IN_REVIEW", "APPROVE"): "APPROVED",
    ("IN_REVIEW", "REJECT"): "REJECTED",
    ("IN_REVIEW", "WITHDRAW"): "DRAFT",
    ("REJECTED", "SUBMIT"): "IN_REVIEW",
    ("APPROVED", "SIGN"): "SIGNED",
    ("SIGNED", "ACTIVATE"): "ACTIVE",
    ("SIGNED", "TERMINATE"): "TERMINATED",
    ("SIGNED", "EXPIRE"): "EXPIRED",
    ("ACTIVE", "COMPLETE"): "COMPLETED",
    ("ACTIVE", "TERMINATE"): "TERMINATED",
    ("ACTIVE", "EXPIRE"): "EXPIRED",
}


@pytest.mark.parametrize("state", ContractStatus)
@pytest.mark.parametrize("verb", ContractVerb)
def test_the_steps_are_these_and_no_others(state, verb):
    if (state, verb) in STEPS:
        assert CONTRACT_FLOW.after(state, verb) == STEPS[state, verb]
    else:
        with pytest.raises(IllegalTransition, match="Contract"):
            CONTRACT_FLOW.after(state, verb)


def test_what_has_ended_stays_ended():
    assert [state for state in CONTRACT_FLOW.states if CONTRACT_FLOW.is_final(state)] == ["COMPLETED", "TERMINATED", "EXPIRED"]


def test_only_what_nobody_relies_on_is_edited():
    """What can be edited is what can still be submitted."""
    assert {"DRAFT", "REJECTED"} == EDITABLE
    assert [state for state in CONTRACT_FLOW.states if "SUBMIT" in CONTRACT_FLOW.verbs(state)] == ["DRAFT", "REJECTED"]


def test_kinds():
    assert list(ContractKind) == ["SALES", "PURCHASE", "SERVICE", "FRAMEWORK", "OTHER"]
