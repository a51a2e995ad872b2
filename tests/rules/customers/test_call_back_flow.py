"""How an entry of the call-back list is taken and closed."""

from datetime import UTC, datetime, timedelta

import pytest

from crm.core.errors import IllegalTransition
from crm.rules.customers.call_back_flow import CALL_BACK_FLOW, WITHIN, CallBackStatus, CallBackVerb, due_at, is_overdue

LEGAL = {("OPEN", "CLAIM"): "CLAIMED", ("CLAIMED", "RELEASE"): "OPEN", ("CLAIMED", "COMPLETE"): "DONE",
         ("CLAIMED", "CANCEL"): "CANCELLED"}  # fmt: skip


@pytest.mark.parametrize("state", CallBackStatus)
@pytest.mark.parametrize("verb", CallBackVerb)
def test_every_step(state, verb):
    if (state, verb) in LEGAL:
        assert CALL_BACK_FLOW.after(state, verb) == LEGAL[state, verb]
    else:
        with pytest.raises(IllegalTransition, match="Call-back"):
            CALL_BACK_FLOW.after(state, verb)


def test_overdue_while_somebody_waits():
    missed = datetime(2026, 3, 6, tzinfo=UTC)
    late = missed + WITHIN + timedelta(seconds=1)
    assert is_overdue(CallBackStatus.OPEN, due_at(missed), late)
    assert is_overdue(CallBackStatus.CLAIMED, due_at(missed), late)
    assert not is_overdue(CallBackStatus.OPEN, due_at(missed), missed)
    assert not is_overdue(CallBackStatus.DONE, due_at(missed), late)
