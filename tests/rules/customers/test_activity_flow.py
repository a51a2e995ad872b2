"""The life of an activity."""

import pytest

from crm.core.errors import IllegalTransition
from crm.rules.customers.activity_flow import ACTIVITY_FLOW, ActivityKind, ActivityStatus, ActivityVerb


@pytest.mark.parametrize(
    ("state", "verb", "target"),
    [
        ("PLANNED", "COMPLETE", "DONE"),
        ("PLANNED", "CANCEL", "CANCELLED"),
        ("PLANNED", "RESCHEDULE", "PLANNED"),
        ("DONE", "REOPEN", "PLANNED"),
        ("CANCELLED", "REOPEN", "PLANNED"),
    ],
)
def test_legal_steps(state, verb, target):
    assert ACTIVITY_FLOW.after(ActivityStatus(state), ActivityVerb(verb)) == target


@pytest.mark.parametrize(
    ("state", "verb"),
    [
        ("PLANNED", "REOPEN"),
        ("DONE", "COMPLETE"),
        ("DONE", "CANCEL"),
        ("CANCELLED", "COMPLETE"),
        ("CANCELLED", "CANCEL"),
        ("DONE", "RESCHEDULE"),
        ("CANCELLED", "RESCHEDULE"),
    ],
)
def test_illegal_steps(state, verb):
    with pytest.raises(IllegalTransition, match="Activity"):
        ACTIVITY_FLOW.after(ActivityStatus(state), ActivityVerb(verb))


def test_actions_in_table_order():
    assert ACTIVITY_FLOW.verbs(ActivityStatus.PLANNED) == ("COMPLETE", "CANCEL", "RESCHEDULE")
    assert not any(ACTIVITY_FLOW.is_final(state) for state in ACTIVITY_FLOW.states)


def test_kinds():
    assert list(ActivityKind) == ["CALL", "VISIT", "MEETING", "EMAIL", "SMS", "NOTE", "TASK"]
