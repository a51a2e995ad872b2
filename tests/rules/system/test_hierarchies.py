"""Closure tables of departments and reporting lines."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crm.rules.system.hierarchies import closure, would_cycle

COMPANY = {"head": None, "sales": "head", "north": "sales", "service": "head"}


def test_closure_holds_every_ancestor_and_oneself():
    assert closure({"head": None, "sales": "head", "north": "sales"}) == {
        ("head", "head", 0),
        ("sales", "sales", 0),
        ("north", "north", 0),
        ("head", "sales", 1),
        ("sales", "north", 1),
        ("head", "north", 2),
    }


def test_a_root_may_stand_only_as_a_parent():
    assert closure({"sales": "head"}) == {("head", "head", 0), ("sales", "sales", 0), ("head", "sales", 1)}
    assert closure({}) == set()


@pytest.mark.parametrize("parents", [{"a": "a"}, {"a": "b", "b": "a"}, {"x": "a", "a": "b", "b": "a"}])
def test_a_cycle_is_refused(parents):
    with pytest.raises(ValueError, match="own ancestor"):
        closure(parents)


@pytest.mark.parametrize(
    ("node", "parent", "cycles"),
    [
        ("sales", "sales", True),
        ("sales", "north", True),
        ("head", "north", True),
        ("north", "service", False),
        ("north", "head", False),
        ("north", None, False),
        ("new", "north", False),
        ("new", "new", True),
    ],
)
def test_would_cycle(node, parent, cycles):
    assert would_cycle(COMPANY, node, parent) is cycles


@st.composite
def forests(draw):
    """Node n hangs under a smaller one or under nothing, so there is no cycle."""
    size = draw(st.integers(1, 12))
    return {n: draw(st.one_of(st.none(), st.integers(0, n - 1))) if n else None for n in range(size)}


@given(forests(), st.data())
@settings(max_examples=100)
def test_would_cycle_says_what_the_closure_would_find(parents, data):
    node, parent = data.draw(st.sampled_from(sorted(parents))), data.draw(st.sampled_from(sorted(parents)))
    below = {descendant for ancestor, descendant, _ in closure(parents) if ancestor == node}
    assert would_cycle(parents, node, parent) is (parent in below)
    if not would_cycle(parents, node, parent):
        assert (parent, node, 1) in closure({**parents, node: parent})


@given(forests())
@settings(max_examples=100)
def test_depths_add_up(parents):
    rows = closure(parents)
    for ancestor, descendant, depth in rows:
        above = parents[descendant]
        if depth:
            assert (ancestor, above, depth - 1) in rows
        else:
            assert ancestor == descendant
