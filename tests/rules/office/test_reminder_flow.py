"""The life of a reminder that has fired."""

from __future__ import annotations

import pytest

from crm.core.errors import IllegalTransition
from crm.rules.office.reminder_flow import REMINDER_FLOW, SENT, ReminderChannel, ReminderState, ReminderVerb

STEPS = {
    ("DUE", "SNOOZE"): "SNOOZED",
    ("DUE", "DISMISS"): "DISMISSED",
    ("SNOOZED", "SNOOZE"): "SNOOZED",
    ("SNOOZED", "RING"): "DUE",
    ("SNOOZED", "DISMISS"): "DISMISSED",
}


@pytest.mark.parametrize("state", ReminderState)
@pytest.mark.parametrize("verb", ReminderVerb)
def test_the_table_takes_these_steps_and_no_other(state, verb):
    if (state, verb) in STEPS:
        assert REMINDER_FLOW.after(state, verb) == STEPS[state, verb]
    else:
        with pytest.raises(IllegalTransition, match="Reminder"):
            REMINDER_FLOW.after(state, verb)


def test_only_what_was_dismissed_is_final():
    assert [state for state in REMINDER_FLOW.states if REMINDER_FLOW.is_final(state)] == [ReminderState.DISMISSED]


def test_only_popups_go_out_today():
    assert set(ReminderChannel) - SENT == {ReminderChannel.SMS, ReminderChannel.EMAIL}
