"""How an agent is found: the strongest of what is known."""

from __future__ import annotations

import itertools

import pytest

from crm.rules.customers.presence import AgentState, PresenceChoice, agent_state

CHOICES = (None, *PresenceChoice)


@pytest.mark.parametrize(("chosen", "on_call", "unfiled"), list(itertools.product(CHOICES, (True, False), (True, False))))
def test_without_a_screen_nobody_is_there(chosen, on_call, unfiled):
    assert agent_state(chosen, online=False, on_call=on_call, unfiled=unfiled) is AgentState.OFFLINE


@pytest.mark.parametrize("chosen", CHOICES)
def test_a_call_outweighs_a_choice(chosen):
    assert agent_state(chosen, online=True, on_call=True, unfiled=True) is AgentState.BUSY
    assert agent_state(chosen, online=True, on_call=False, unfiled=True) is AgentState.WRAP_UP


def test_else_one_is_as_one_says_and_at_first_available():
    states = [agent_state(chosen, online=True, on_call=False, unfiled=False) for chosen in CHOICES]
    assert states == [AgentState.AVAILABLE, AgentState.AVAILABLE, AgentState.AWAY]
