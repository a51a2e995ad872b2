"""Bound parameters: every value is a parameter, numbered by what the text still holds, and marks in values stay values."""

from __future__ import annotations

from uuid import UUID

from crm.access.binds import Binds
from crm.access.viewer import ANONYMOUS, Viewer

VIEWER = Viewer(rights=ANONYMOUS.rights, id=UUID(int=7), staff=(UUID(int=7), UUID(int=8)))


def test_values_are_numbered_in_the_order_of_the_text():
    binds = Binds()
    first, second = binds.value("a"), binds.value("b")
    assert binds.statement(f"{second} {first} {second}", VIEWER) == ("$1 $2 $1", ["b", "a"])


def test_a_part_that_was_dropped_takes_its_values_along():
    binds = Binds()
    binds.value("dropped")
    assert binds.statement(f"x = {binds.value('kept')}", VIEWER) == ("x = $1", ["kept"])


def test_a_mark_inside_a_value_is_only_a_value():
    binds = Binds()
    text, values = binds.statement(f"x = {binds.value('⟦1⟧ ⟦0⟧ $1')} AND y = {binds.value('z')}", VIEWER)
    assert (text, values) == ("x = $1 AND y = $2", ["⟦1⟧ ⟦0⟧ $1", "z"])


def test_values_of_the_viewer_are_bound_once_and_by_name():
    binds = Binds()
    text = f"{binds.viewer('staff')} {binds.viewer('id')} {binds.viewer('staff')}"
    assert binds.statement(text, VIEWER) == ("$1 $2 $1", [[UUID(int=7), UUID(int=8)], UUID(int=7)])


def test_one_text_serves_every_viewer():
    binds = Binds()
    text = f"owner = {binds.viewer('id')}"
    other = Viewer(rights=ANONYMOUS.rights, id=UUID(int=9))
    assert binds.statement(text, VIEWER)[0] == binds.statement(text, other)[0]
    assert binds.statement(text, other)[1] == [UUID(int=9)]


def test_aliases_are_never_given_twice():
    binds = Binds()
    assert len({binds.alias() for _ in range(50)}) == 50
