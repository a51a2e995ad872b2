"""Of several reasons the one that says what became of a call; and what a lost one is told with."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from crm.rules.customers.call_causes import telling_cause
from crm.rules.customers.call_states import CallEvent, CallState, Signal, folded
from crm.rules.customers.phone_numbers import dialled

NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("causes", "expected"),
    [
        ([], None), (["", " "], None), (["Normal Clearing", "Unknown"], "Unknown"), (["BUSY", "NOANSWER"], "NOANSWER"),
        (["BUSY", "CONGESTION", "x"], "BUSY"), (["NOANSWER", "CANCEL", "BUSY"], "CANCEL"), (["34", "Normal Clearing"], "34"),
        (["ORIGINATOR_CANCEL", "NO_ANSWER"], "ORIGINATOR_CANCEL"),
    ],
)  # fmt: skip
def test_which_cause_tells(causes: list[str], expected: str | None):
    assert telling_cause(causes) == expected


def test_a_lost_call_is_told_with_its_own_cause_until_a_better_end_is_known():
    rang = CallEvent("a", Signal.RINGING, NOON)
    lost = CallEvent("b", Signal.LOST, NOON + timedelta(seconds=5), cause="unconfirmed")
    ended = CallEvent("c", Signal.ENDED, NOON + timedelta(seconds=9))
    assert (folded([rang, lost]).state, folded([rang, lost]).cause) == (CallState.LOST, "unconfirmed")
    assert (folded([rang, lost, ended]).state, folded([rang, lost, ended]).cause) == (CallState.MISSED, None)


@pytest.mark.parametrize(
    ("e164", "written", "expected"),
    [
        ("+8657187654321", "0571-8765 4321", "057187654321"), ("+8613912345678", "86 139 1234 5678", "13912345678"),
        ("+16502530000", "+1 650 253 0000", "0016502530000"), (None, "95588", "95588"), (None, "１００２", "1002"),
        (None, "+12345678901234567890", "12345678901234567890"), (None, "12,34&Local/9@x\r\n", "12349"),
    ],
)  # fmt: skip
def test_what_a_switchboard_dials_is_digits(e164: str | None, written: str, expected: str):
    assert dialled(e164, written, region="CN") == expected
