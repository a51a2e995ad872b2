"""Conditions as SQL: everything bound, what is unknown is not so, related rows count only when seen."""

from __future__ import annotations

import pytest

from crm.access.binds import Binds
from crm.access.branches import named
from crm.access.conditions import Compare, Every, NameStarts, Not, Operator, Related, Some, Tagged, render_condition
from crm.access.grants import Action, Rights, Scope, ViewerKind
from crm.access.predicates import FALSE, TRUE
from crm.access.viewer import ANONYMOUS

ALL = Rights(ViewerKind.STAFF, {("contact", Action.READ): Scope.ALL, ("customer", Action.READ): Scope.ALL})
NOBODY = Rights(ViewerKind.STAFF, {})
A, B = Compare("a", Operator.EQ, 1), Compare("b", Operator.LT, 2)


def rendered(condition, rights=ALL) -> tuple[str, list[object]]:
    binds = Binds()
    return binds.statement(render_condition(condition, "r", rights, binds), ANONYMOUS)


@pytest.mark.parametrize(
    ("condition", "text", "values"),
    [
        (A, "r.a = $1", [1]),
        (Every((A, B)), "(r.a = $1 AND r.b < $2)", [1, 2]),
        (Some((A, B)), "(r.a = $1 OR r.b < $2)", [1, 2]),
        (Not(A), "(r.a = $1) IS NOT TRUE", [1]),
        (Every(()), TRUE, []),
        (Some(()), FALSE, []),
        (Not(Every(())), FALSE, []),
        (Not(Some(())), TRUE, []),
        (Some((A, Every(()))), TRUE, []),
        (Every((A, Some(()))), FALSE, []),
        (Every((A, Not(Some(())))), "r.a = $1", [1]),
        (Compare("a", Operator.IS_NULL, True), "r.a IS NULL", []),
        (Compare("a", Operator.IS_NULL, False), "r.a IS NOT NULL", []),
        (NameStarts("a", "b"), "(r.name_key >= $1 AND r.name_key < $2)", ["a", "b"]),
        (Tagged((1, 2)), None, [[1, 2]]),
    ],
)
def test_every_value_is_bound_and_what_is_decided_is_reduced(condition, text, values):
    got, bound = rendered(condition)
    assert bound == values
    assert text is None or got == text


@pytest.mark.parametrize("odd", ["' OR 1=1 --", "⟦0⟧", "$1", "{0}", "{column}", "%s"])
@pytest.mark.parametrize("operator", [each for each in Operator if each not in (Operator.IN, Operator.IS_NULL)])
def test_no_value_becomes_part_of_the_text(operator, odd):
    text, values = rendered(Compare("a", operator, odd))
    assert (odd in text.replace("$1", ""), values, text.count("$")) == (False, [odd], 1)


def related(card: bool = False) -> Related:
    return Related(named("contact"), "id", "party_id", A, card)


def test_a_related_row_counts_only_when_it_is_seen():
    assert rendered(related(), NOBODY) == (FALSE, [])
    assert rendered(Not(related()), NOBODY) == (TRUE, [])
    text, _ = rendered(related())
    assert text == "EXISTS (SELECT FROM contact t1 WHERE (t1.party_id = r.id AND t1.deleted_at IS NULL AND t1.a = $1))"


def test_a_card_is_asked_about_without_its_own_rule():
    text, _ = rendered(related(card=True), NOBODY)
    assert text == "EXISTS (SELECT FROM contact t1 WHERE (t1.party_id = r.id AND t1.a = $1))"


def test_nested_relations_have_aliases_of_their_own():
    inner = Related(named("party"), "party_id", "id", A)
    text, _ = rendered(Related(named("contact"), "id", "party_id", inner))
    assert "t2.id = t1.party_id" in text
    assert "t2.a = $1" in text


VALUES = [None, 1, 2]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (A, [1]),
        (Not(A), [None, 2]),
        (Not(Not(A)), [1]),
        (Compare("a", Operator.NE, 1), [None, 2]),
        (Not(Compare("a", Operator.NE, 1)), [1]),
        (Not(Compare("a", Operator.LT, 2)), [None, 2]),
        (Not(Compare("a", Operator.IN, [1])), [None, 2]),
        (Compare("a", Operator.IN, []), []),
        (Not(Compare("a", Operator.IN, [])), [None, 1, 2]),
        (Not(Compare("a", Operator.IS_NULL, True)), [1, 2]),
        (Not(Every((A, Compare("a", Operator.GT, 0)))), [None, 2]),
        (Not(Some((A, Compare("a", Operator.GT, 1)))), [None]),
        (Every((Not(A), Compare("a", Operator.IS_NULL, False))), [2]),
    ],
)
async def test_a_row_without_the_value_is_one_that_does_not_have_it(database, condition, expected):
    binds = Binds()
    rows = f"(SELECT * FROM unnest({binds.value(VALUES)}::int[]) AS u(a)) r"
    where = render_condition(condition, "r", ALL, binds)
    text, values = binds.statement(f"SELECT a FROM {rows} WHERE {where} ORDER BY a NULLS FIRST", ANONYMOUS)
    async with database.connection() as connection:
        assert [row["a"] for row in await connection.fetch(text, *values)] == expected
