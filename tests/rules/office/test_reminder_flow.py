"""The life of a reminder that has fired."""

from __future__ import annotations

import pytest

from crm.core.errors import IllegalTransition
from crm.rules.office.reminder_flow import REMINDER_FLOW, ReminderState, ReminderVerb, pause_after

STEPS = {
    ("DUE", "SNOOZE"): "SNOOZED",
    ("DUE", "DISMISS"): "DISMISSED",
    ("SNOOZED", "SNOOZE"): "SNOOZED",
    ("SNOOZED", "RING"): "DUE",
    ("SNOOZED", "DISMISS"): "DISMISSED",
    ("QUEUED", "SEND"): "SENT",
    ("QUEUED", "GIVE_UP"): "FAILED",
}


@pytest.mark.parametrize("state", ReminderState)
@pytest.mark.parametrize("verb", ReminderVerb)
def test_the_table_takes_these_steps_and_no_other(state, verb):
    if (state, verb) in STEPS:
        assert REMINDER_FLOW.after(state, verb) == STEPS[state, verb]
    else:
        with pytest.raises(IllegalTransition, match="Reminder"):
            REMINDER_FLOW.after(state, verb)


def test_what_was_dismissed_or_went_out_or_did_not_is_final():
    final = [state for state in REMINDER_FLOW.states if REMINDER_FLOW.is_final(state)]
    assert final == [ReminderState.DISMISSED, ReminderState.SENT, ReminderState.FAILED]


def test_pauses_grow_and_stay_bearable():
    pauses = [pause_after(attempts).total_seconds() for attempts in range(1, 60)]
    assert pauses[:4] == [15, 60, 240, 960]
    assert pauses == sorted(pauses)
    assert pauses[-1] == 1800
