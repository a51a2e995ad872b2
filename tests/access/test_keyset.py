"""Keyset: rows strictly beyond a row, in any mixture of directions and missing values, exactly as the order has them."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime

import pytest

from crm.access.binds import Binds
from crm.access.keyset import Term, beyond, order_by
from crm.access.viewer import ANONYMOUS
from crm.core.errors import BadUserInput

ROWS = [(a, b, n) for n, (a, b) in enumerate(itertools.product([None, 1, 2], [None, "x", "y"], repeat=1))] * 1
ROWS += [(a, b, n + 100) for a, b, n in ROWS]


@pytest.mark.parametrize("downs", list(itertools.product([False, True], repeat=3)))
async def test_beyond_a_row_are_the_rows_that_the_order_puts_there(database, downs):
    terms = [Term("a", downs[0], int, nullable=True), Term("b", downs[1], str, nullable=True), Term("n", downs[2], int)]
    table = "(SELECT * FROM unnest($1::int[], $2::text[], $3::int[]) AS t(a, b, n)) t"
    columns = [list(column) for column in zip(*ROWS, strict=True)]
    async with database.connection() as connection:
        ordered = await connection.fetch(f"SELECT * FROM {table} ORDER BY {order_by(terms, 't', backwards=False)}", *columns)
        whole = [tuple(row) for row in ordered]
        for place, row in enumerate(whole):
            for backwards, expected in ((False, whole[place + 1 :]), (True, whole[:place][::-1])):
                binds = Binds()
                given = [binds.value(column) for column in columns]
                casts = f"(SELECT * FROM unnest({given[0]}::int[], {given[1]}::text[], {given[2]}::int[]) AS t(a, b, n)) t"
                test = beyond(terms, row, "t", binds, backwards=backwards)
                text, values = binds.statement(
                    f"SELECT * FROM {casts} WHERE {test} ORDER BY {order_by(terms, 't', backwards=backwards)}", ANONYMOUS
                )
                assert [tuple(found) for found in await connection.fetch(text, *values)] == expected


def test_terms_of_one_direction_without_missing_values_are_one_comparison():
    terms = [Term("a", descending=True, type=int), Term("id", descending=True, type=int)]
    assert beyond(terms, [1, 2], "t", Binds(), backwards=False) == "(t.a, t.id) < (⟦0⟧, ⟦1⟧)"
    assert beyond(terms, [1, 2], "t", Binds(), backwards=True) == "(t.a, t.id) > (⟦0⟧, ⟦1⟧)"


ODD = [
    (int, "1"),
    (int, True),
    (int, 1.5),
    (int, 2**63),
    (int, None),
    (bool, 1),
    (str, 1),
    (str, "a\x00"),
    (datetime, 5),
    (datetime, "soon"),
    (datetime, "2030-01-01T00:00:00"),
    (datetime, "0001-01-01T00:00:00+23:59"),
]


@pytest.mark.parametrize(("kind", "value"), ODD)
def test_a_value_that_the_column_cannot_have_is_refused(kind, value):
    with pytest.raises(BadUserInput):
        beyond([Term("a", descending=False, type=kind)], [value], "t", Binds(), backwards=False)


def test_a_cursors_instant_is_read_to_the_microsecond():
    binds = Binds()
    text = beyond([Term("a", descending=False, type=datetime)], ["2030-01-01T08:00:00.000001+08:00"], "t", binds, backwards=False)
    assert binds.statement(text, ANONYMOUS)[1] == [datetime(2030, 1, 1, 0, 0, 0, 1, tzinfo=UTC)]
