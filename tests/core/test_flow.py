"""The flow table: legal steps, refusals, and tables that are refused."""

from enum import StrEnum
from itertools import product

import pytest

from crm.core.errors import IllegalTransition
from crm.core.flow import Flow


class Light(StrEnum):
    RED = "RED"
    GREEN = "GREEN"
    BROKEN = "BROKEN"


class Push(StrEnum):
    SWITCH = "SWITCH"
    SMASH = "SMASH"


class Other(StrEnum):
    BLUE = "BLUE"


TABLE = {
    (Light.RED, Push.SWITCH): Light.GREEN,
    (Light.RED, Push.SMASH): Light.BROKEN,
    (Light.GREEN, Push.SWITCH): Light.RED,
}


@pytest.fixture
def flow():
    return Flow("Light", Light, Push, TABLE)


def test_every_pair_is_either_in_the_table_or_refused(flow):
    for state, verb in product(Light, Push):
        if (state, verb) in TABLE:
            assert flow.after(state, verb) is TABLE[state, verb]
        else:
            with pytest.raises(IllegalTransition, match=f"Light in state {state} .* {verb}"):
                flow.after(state, verb)


def test_verbs_come_in_table_order_and_final_states_have_none(flow):
    assert flow.verbs(Light.RED) == ("SWITCH", "SMASH")
    assert flow.verbs(Light.BROKEN) == ()
    assert [state for state in flow.states if flow.is_final(state)] == [Light.BROKEN]
    assert flow.states == (Light.RED, Light.GREEN, Light.BROKEN)


def test_a_state_read_from_a_row_as_plain_text_works(flow):
    assert flow.after("RED", "SWITCH") is Light.GREEN
    assert flow.verbs("GREEN") == ("SWITCH",)


@pytest.mark.parametrize(
    "row",
    [
        {(Light.RED, Push.SWITCH): Other.BLUE},
        {(Light.RED, Push.SWITCH): "GREEN"},
        {(Other.BLUE, Push.SWITCH): Light.RED},
        {(Light.RED, Other.BLUE): Light.GREEN},
    ],
)
def test_a_table_with_a_foreign_name_is_refused(row):
    with pytest.raises(ValueError, match="Light: "):
        Flow("Light", Light, Push, row)


def test_the_table_cannot_be_changed_afterwards(flow):
    with pytest.raises(TypeError):
        flow.table[Light.BROKEN, Push.SWITCH] = Light.RED
    own = dict(TABLE)
    copied = Flow("Light", Light, Push, own)
    own.clear()
    assert copied.verbs(Light.RED) == ("SWITCH", "SMASH")
