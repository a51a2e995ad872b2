"""The state of a call, folded from what switchboards and screens tell in any order."""

from datetime import UTC, datetime, timedelta
from itertools import permutations
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.core.errors import IllegalTransition
from crm.rules.customers.call_states import CALL_FLOW, OPEN, CallEvent, CallState, CallVerb, Signal, folded, verbs_of

START = datetime(2026, 7, 1, 9, tzinfo=UTC)
ANN, BEN, EVE = UUID(int=1), UUID(int=2), UUID(int=3)
AGENTS = {"ann": ANN, "ben": BEN, "eve": EVE}


def second(number: float) -> datetime:
    return START + timedelta(seconds=number)


def event(text: str, key: str = "") -> CallEvent:
    """`3 answered ann leg=a cause=busy screen`: an event three seconds after the start."""
    number, signal, *rest = text.split()
    named = dict(word.split("=") for word in rest if "=" in word)
    return CallEvent(
        key=key or text,
        signal=Signal(signal.upper()),
        at=second(float(number)),
        agent=next((AGENTS[word] for word in rest if word in AGENTS), None),
        leg=named.get("leg"),
        cause=named.get("cause"),
        screen="screen" in rest,
    )


def events(text: str) -> list[CallEvent]:
    return [event(part.strip()) for part in text.split(",")]


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ("0 ringing", "RINGING"),
        ("0 ringing, 1 ringing leg=b", "RINGING"),
        ("0 ringing, 2 claimed ann screen", "ANSWERED"),
        ("0 ringing, 2 answered ann", "ANSWERED"),
        ("2 answered ann", "ANSWERED"),
        ("0 ringing, 2 answered ann, 3 held", "HELD"),
        ("0 ringing, 2 answered ann, 3 held, 4 resumed", "ANSWERED"),
        ("0 ringing, 2 answered ann, 3 held, 4 answered ann", "ANSWERED"),
        ("0 ringing, 2 answered ann, 3 held, 4 answered", "ANSWERED"),
        ("0 ringing, 2 answered ann, 3 transferred ben", "TRANSFERRED"),
        ("0 ringing, 2 answered ann, 3 transferred ben, 4 answered ben", "ANSWERED"),
        ("0 ringing, 2 answered ann, 3 transferred ben, 4 answered", "ANSWERED"),
        ("0 ringing, 2 answered ann, 3 transferred ben, 4 resumed", "ANSWERED"),
        ("0 ringing, 2 answered ann, 3 held, 9 ringing", "HELD"),
        ("2 answered ann, 3 ended, 9 ringing", "ENDED"),
        ("2 answered ann, 3 held, 5 claimed ben screen", "HELD"),
        ("2 answered ann, 2 held", "HELD"),
    ],
)
def test_a_call_that_goes_on_stands_where_its_latest_step_put_it(told, state):
    assert folded(events(told)).state == state


def test_times():
    facts = folded(events("1 ringing, 4 answered ann, 3 claimed ann screen, 9 ended cause=normal_clearing, 0.5 ringing leg=b"))
    assert (facts.ringing_at, facts.answered_at, facts.ended_at) == (second(0.5), second(3), second(9))
    ringing = folded(events("1 ringing"))
    assert (ringing.answered_at, ringing.ended_at, ringing.holder, ringing.cause) == (None, None, None, None)
    assert not ringing.filed
    assert not ringing.overridden


def test_nothing_is_no_call():
    with pytest.raises(ValueError, match="at least one event"):
        folded([])


@pytest.mark.parametrize(
    ("told", "holder", "overridden"),
    [
        ("2 claimed ann screen", ANN, False),
        ("2 claimed ann screen, 3 claimed ben screen", ANN, False),
        ("2 claimed ann screen, 3 answered ann", ANN, False),
        ("2 claimed ann screen, 3 answered ben", BEN, True),
        ("2 claimed ann screen, 3 answered", ANN, False),
        ("2 answered ben, 3 claimed ann screen", BEN, True),
        ("2 answered ann, 3 claimed ann screen", ANN, False),
        ("2 answered, 3 claimed ann screen", ANN, False),
        ("2 answered, 3 answered ann, 4 answered", ANN, False),
        ("2 transferred ben, 3 claimed ann screen", BEN, False),
        ("2 claimed ann screen, 3 transferred ben screen", BEN, False),
        ("2 claimed ann screen, 3 transferred ben screen, 4 answered ben", BEN, False),
        ("2 claimed ann screen, 3 answered ann, 4 transferred ben, 5 answered ben", BEN, False),
        ("2 claimed ann screen, 3 answered ann, 5 answered ben", BEN, False),
        ("2 claimed ann screen, 3 answered ben, 4 transferred eve", EVE, True),
        ("2 claimed ann screen, 3 answered ben, 9 ended", BEN, True),
        ("2 claimed ann screen, 3 held ben, 4 resumed ben", ANN, False),
        ("2 answered ann, 3 transferred", ANN, False),
        ("0 ringing ann", None, False),
    ],
)
def test_who_has_the_call(told, holder, overridden):
    facts = folded(events(told))
    assert (facts.holder, facts.overridden) == (holder, overridden)


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ("0 ringing, 5 ended", "MISSED"),
        ("0 ringing, 5 missed", "MISSED"),
        ("5 missed cause=busy", "MISSED"),
        *[
            (f"0 ringing, 5 ended cause={cause}", "MISSED")
            for cause in ("normal_clearing", "16", "26", "127", "no_answer", "19", "odd")
        ],
        *[(f"0 ringing, 5 ended cause={cause}", "BUSY") for cause in ("busy", "USER_BUSY", "user-busy", "17", "486")],
        *[
            (f"0 ringing, 5 ended cause={cause}", "FAILED")
            for cause in (
                "failed",
                "Congestion",
                "NETWORK_OUT_OF_ORDER",
                "34",
                "38",
                "invalid-number-format",
                "unallocated_number",
                "1",
                "28",
            )
        ],
        *[
            (f"0 ringing, 5 ended cause={cause}", "ABANDONED")
            for cause in ("abandoned", "ORIGINATOR_CANCEL", "cancel", "caller-hangup", "487")
        ],
        ("0 ringing, 2 answered ann, 5 ended cause=busy", "ENDED"),
        ("0 ringing, 2 answered, 5 ended cause=failed", "ENDED"),
        ("0 ringing, 2 claimed ann screen, 5 missed", "ENDED"),
        ("0 ringing, 2 held, 5 ended", "ENDED"),
        ("0 ringing, 2 transferred ben, 5 missed", "MISSED"),
        ("0 ringing, 5 ended, 6 answered ann", "ENDED"),
        ("0 ringing, 5 lost", "LOST"),
        ("0 ringing, 2 answered ann, 5 lost", "LOST"),
        ("0 ringing, 5 lost, 7 answered ann, 8 held", "LOST"),
        ("0 ringing, 5 lost, 3 ended", "MISSED"),
        ("0 ringing, 5 lost, 7 ended cause=busy", "BUSY"),
        ("0 ringing, 2 answered ann, 5 lost, 7 filed ann screen", "ENDED"),
        ("0 ringing, 5 missed, 6 ended cause=busy", "BUSY"),
        ("0 ringing, 5 ended cause=cancel, 6 ended cause=failed", "FAILED"),
        ("0 ringing, 5 ended cause=failed, 6 ended cause=busy", "BUSY"),
        ("0 ringing, 5 missed, 6 ended cause=cancel", "ABANDONED"),
    ],
)
def test_how_a_call_ended(told, state):
    facts = folded(events(told))
    assert facts.state == state
    assert facts.ended_at is not None


def test_a_cause_may_have_spaces():
    facts = folded([event("0 ringing"), CallEvent("end", Signal.ENDED, second(5), cause=" User Busy ")])
    assert (facts.state, facts.cause) == ("BUSY", " User Busy ")


@pytest.mark.parametrize(
    ("told", "state", "ended"),
    [
        ("0 ringing leg=a, 5 ended leg=a", "MISSED", 5),
        ("0 ringing leg=a, 0 ringing leg=b, 5 ended leg=a", "RINGING", None),
        ("0 ringing leg=a, 0 ringing leg=b, 5 ended leg=a, 7 ended leg=b", "MISSED", 7),
        ("0 ringing leg=a, 0 ringing leg=b, 5 ended leg=a, 6 ended leg=a", "RINGING", None),
        ("0 ringing leg=a, 0 ringing leg=b, 5 missed leg=a, 5 ended leg=b cause=busy", "MISSED", 5),
        ("0 ringing leg=a, 0 ringing leg=b, 5 ended leg=a cause=busy, 6 ended leg=b cause=16", "BUSY", 6),
        ("0 ringing leg=a, 0 ringing leg=b, 5 ended leg=a cause=busy, 6 ended leg=b cause=cancel", "ABANDONED", 6),
        ("0 ringing leg=a, 0 ringing leg=b, 4 ended", "MISSED", 4),
        ("0 ringing leg=a, 4 ended leg=a cause=busy, 4 ended cause=cancel", "ABANDONED", 4),
        ("0 ringing leg=a, 3 answered ann leg=b, 5 ended leg=a", "ANSWERED", None),
        ("0 ringing leg=a, 3 answered ann leg=b, 5 ended leg=a, 6 ended leg=b", "ENDED", 6),
        ("0 ringing leg=a, 0 ringing leg=b, 5 ended leg=a, 8 lost", "LOST", 8),
        ("3 answered ann leg=a, 5 filed ann screen", "ENDED", 5),
        ("3 answered ann leg=a, 5 filed ann screen, 4 ended leg=a", "ENDED", 4),
        ("3 answered ann leg=a, 5 filed ann screen, 9 ended leg=a", "ENDED", 9),
        ("3 claimed ann screen, 5 filed ann screen, 9 ended", "ENDED", 9),
        ("3 claimed ann screen, 5 lost, 7 filed ann screen", "ENDED", 7),
        ("0 ringing, 5 ended, 6 ended", "MISSED", 5),
    ],
)
def test_legs_and_the_time_of_the_end(told, state, ended):
    facts = folded(events(told))
    assert (facts.state, facts.ended_at) == (state, None if ended is None else second(ended))


@pytest.mark.parametrize(
    ("told", "cause"),
    [
        ("0 ringing, 5 ended cause=16, 6 ended cause=busy", "busy"),
        ("2 answered ann, 5 ended cause=16", "16"),
        ("2 answered ann leg=a, 0 ringing leg=b, 3 ended leg=b cause=26, 9 ended leg=a cause=16", "16"),
        ("2 answered ann, 5 ended", None),
        ("0 ringing leg=a, 0 ringing leg=b, 3 ended leg=b cause=26", None),
    ],
)
def test_the_cause_told(told, cause):
    assert folded(events(told)).cause == cause


def test_filing_is_remembered():
    assert folded(events("2 claimed ann screen, 5 filed ann screen, 9 ended")).filed
    assert not folded(events("2 claimed ann screen, 9 ended")).filed


def test_an_event_sent_again_counts_once():
    first = event("2 answered ann", key="7")
    assert folded([first, event("9 answered ben", key="7")]).holder == ANN


def test_two_agents_ring_and_one_answers():
    """A queue that rings all, as a switchboard tells it: the loser's leg ends twice, then everything does."""
    told = [
        ("0 ringing leg=caller", "RINGING"),
        ("0.013 ringing ann leg=ann", "RINGING"),
        ("0.030 ringing ben leg=ben", "RINGING"),
        ("0.842 answered ann leg=ann", "ANSWERED"),
        ("0.842 ended leg=ben cause=26", "ANSWERED"),
        ("0.843 ended leg=ben cause=26", "ANSWERED"),
        ("2.371 ended leg=ann cause=16", "ANSWERED"),
        ("2.372 ended leg=caller cause=16", "ENDED"),
    ]
    known: list[CallEvent] = []
    for text, state in told:
        known.append(event(text))
        assert folded(known).state == state
    facts = folded(known)
    assert (facts.holder, facts.answered_at, facts.ended_at, facts.cause) == (ANN, second(0.842), second(2.372), "16")
    assert all(folded(order) == facts for order in permutations(known[:2] + known[3:], len(known) - 1))


def test_a_caller_who_gives_up():
    told = "0 ringing leg=caller, 0 ringing leg=ann, 5 ended leg=ann cause=cancel, 5 ended leg=caller cause=127"
    assert folded(events(told)).state == "ABANDONED"


CALL_EVENTS = st.builds(
    CallEvent,
    key=st.sampled_from("abcdefghijklmnop"),
    signal=st.sampled_from(Signal),
    at=st.integers(0, 6).map(second),
    agent=st.sampled_from([None, ANN, BEN, EVE]),
    leg=st.sampled_from([None, None, "x", "y", "z"]),
    cause=st.sampled_from([None, None, "busy", "16", "cancel", "failed", "no_answer"]),
    screen=st.booleans(),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(CALL_EVENTS, min_size=1, max_size=10), st.data())
def test_order_and_repetition_change_nothing(told, data):
    again = data.draw(st.permutations(told + data.draw(st.lists(st.sampled_from(told), max_size=6))))
    assert folded(again) == folded(told)


@settings(max_examples=400, deadline=None)
@given(st.lists(CALL_EVENTS, min_size=1, max_size=10, unique_by=lambda one: one.key), CALL_EVENTS, st.sampled_from(Signal))
def test_what_is_over_stays_over(told, late, signal):
    """Only the first word of a leg nobody had heard of can open a call again: it had not ended, it seemed so."""
    facts = folded(told)
    legs = {one.leg for one in told if one.signal is not Signal.LOST}
    late = CallEvent("late", signal, late.at, late.agent, late.leg if late.leg in legs else None, late.cause, late.screen)
    with_late = folded([*told, late])
    if facts.state not in OPEN:
        assert with_late.state not in OPEN
        assert with_late.ended_at is not None
    assert (with_late.ended_at is None) == (with_late.state in OPEN)
    if facts.state not in OPEN and facts.state != "LOST":
        assert with_late.state != "LOST"


@settings(max_examples=200, deadline=None)
@given(st.lists(CALL_EVENTS, min_size=1, max_size=10), st.integers(-9, 99))
def test_a_late_ring_moves_nothing_back(told, number):
    facts = folded(told)
    assert folded([*told, CallEvent("late", Signal.RINGING, second(number))]).state == facts.state


@pytest.mark.parametrize(
    ("state", "claimed", "filed", "verbs"),
    [
        ("RINGING", False, False, "CLAIM LINK"),
        ("ANSWERED", True, False, "HOLD TRANSFER END LINK"),
        ("HELD", True, False, "RESUME TRANSFER END LINK"),
        ("TRANSFERRED", True, False, "CLAIM END LINK"),
        ("TRANSFERRED", False, False, "CLAIM LINK"),
        ("ENDED", True, False, "END LINK"),
        ("ENDED", True, True, "AMEND LINK"),
        ("LOST", True, False, "END LINK"),
        ("LOST", False, False, "LINK"),
        ("ANSWERED", False, False, "CLAIM LINK"),
        ("ENDED", False, False, "LINK"),
        ("MISSED", False, False, "LINK"),
        ("BUSY", False, False, "LINK"),
        ("FAILED", False, False, "LINK"),
        ("ABANDONED", False, False, "LINK"),
    ],
)
def test_what_can_be_done_on_screen(state, claimed, filed, verbs):
    assert verbs_of(CallState(state), claimed=claimed, filed=filed) == tuple(verbs.split())


@pytest.mark.parametrize(
    ("state", "verb", "target"),
    [
        ("RINGING", "CLAIM", "ANSWERED"),
        ("ANSWERED", "HOLD", "HELD"),
        ("HELD", "RESUME", "ANSWERED"),
        ("ANSWERED", "TRANSFER", "TRANSFERRED"),
        ("HELD", "TRANSFER", "TRANSFERRED"),
        ("ANSWERED", "END", "ENDED"),
        ("HELD", "END", "ENDED"),
        ("TRANSFERRED", "END", "ENDED"),
        ("ENDED", "END", "ENDED"),
        ("LOST", "END", "ENDED"),
    ],
)
def test_legal_steps(state, verb, target):
    assert CALL_FLOW.after(CallState(state), CallVerb(verb)) == target


LEGAL = {"RINGING": "CLAIM", "ANSWERED": "HOLD TRANSFER END", "HELD": "RESUME TRANSFER END"} | dict.fromkeys(
    ["TRANSFERRED", "ENDED", "LOST"], "END"
)


@pytest.mark.parametrize("state", CallState)
@pytest.mark.parametrize("verb", CallVerb)
def test_every_other_step_is_illegal(state, verb):
    if verb in LEGAL.get(state, "").split():
        return
    with pytest.raises(IllegalTransition, match="Call"):
        CALL_FLOW.after(state, verb)


def test_what_goes_on():
    assert set(OPEN) == {"RINGING", "ANSWERED", "HELD", "TRANSFERRED"}
