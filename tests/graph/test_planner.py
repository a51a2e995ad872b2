"""What a planner keeps, whom it serves with it, and what it leaves to graphql-core."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from graphql import ExecutionResult, parse
from tests.factories.api import Api, Office, kept, unknown

import crm.graph.plans
from crm.access.loading import load_by_token
from crm.core.kinds import Kind
from crm.graph.context import NotPlanned, Operation, Request
from crm.graph.plans.filling import Carried
from crm.graph.plans.kept import Kept
from crm.graph.plans.plan import MOST_STATEMENTS, Plan
from crm.graph.plans.planner import Planned, Planner
from crm.resolvers.root import build_schema

office = pytest.fixture(scope="module")(kept)

LIST = """query ($first: Int, $filter: CustomerFilter, $after: String) {
    customers(first: $first, filter: $filter, after: $after) { nodes { id } } }"""


@pytest.fixture
def planner() -> Planner:
    return Planner(build_schema())


@pytest.fixture
def ask(office: Office, planner: Planner) -> Callable[..., Any]:
    documents: dict[str, Any] = {}

    async def run(text: str, api: Api | None = None, **variables: Any) -> Planned | ExecutionResult | None:
        async with office.database.connection() as connection:
            viewer = await load_by_token(connection, (api or office.admin).token or "")
        assert viewer is not None
        operation = Operation(office.database, viewer, Request("r", "a"), lambda: None)  # type: ignore[arg-type, return-value]
        return await planner.answer(operation, documents.setdefault(text, parse(text)), variables, None)

    return run


def plans(planner: Planner) -> list[Plan]:
    return [plan for plan in planner._plans if isinstance(plan, Plan)]


async def test_other_values_share_a_statement_and_other_forms_do_not(ask, planner):
    for name in ("a", "b", "'; DROP TABLE party; --"):
        await ask(LIST, first=3, filter={"name": {"contains": name}})
    (plan,) = plans(planner)
    assert len(plan.statements) == 1
    for other in ({"name": {"startsWith": "a"}}, {"name": {"isNull": False}}, {"or": [{"name": {"contains": "a"}}]}):
        await ask(LIST, first=3, filter=other)
    await ask(LIST, first=4, filter={"name": {"contains": "a"}})
    assert (len(plans(planner)), len(plan.statements)) == (1, 5)


async def test_nothing_a_client_sends_is_part_of_a_text(ask, planner):
    mark = "a-value-of-a-client"
    await ask(LIST, filter={"name": {"in": [mark]}, "tags": [mark], "website": {"startsWith": mark}})
    (plan,) = plans(planner)
    assert [mark in statement.prepared.text for statement in plan.statements.values()] == [False]


async def test_viewers_with_equal_rights_share_a_plan_and_others_do_not(ask, planner, office: Office):
    grants = {"customer.READ": "OWN"}
    twins = [await office.hire(f"twin{number}", grants) for number in (1, 2)]
    for api in twins:
        await ask(LIST, api)
    assert len(plans(planner)) == 1
    await ask(LIST, await office.hire("wider", {"customer.READ": "ALL"}))
    await ask(LIST, await office.hire("blinder", grants, hidden=["customer.note"]))
    assert len(plans(planner)) == 3


async def test_forms_without_end_are_answered_and_not_kept(ask, planner):
    for number in range(MOST_STATEMENTS + 5):
        ors = [{"name": {"contains": "a"}}] * (number % 100)
        assert isinstance(await ask(LIST, first=number // 100 + 1, filter={"or": ors}), Planned)
    (plan,) = plans(planner)
    assert len(plan.statements) == MOST_STATEMENTS


def test_the_room_for_what_is_kept_is_bounded_by_bytes():
    kept: Kept[str] = Kept("test", 1000)
    for number in range(50):
        kept.put(number, "x", 100)
        kept.get(0)
    assert len(list(kept)) == 10
    assert kept.get(0) == "x", "what is used again stays"
    assert kept.get(1) is None
    kept.put("large", "x", 1001)
    assert kept.get("large") is None
    kept.put(0, "grown", 600)
    assert kept.get(0) == "grown"
    assert len(list(kept)) <= 5


SIXTY = " ".join(f"a{number}: name" for number in range(60))
LEFT = {
    "introspection": "{ __schema { queryType { name } } }",
    "a wrong argument": "{ customers(first: 0) { nodes { id } } }",
    "a wrong argument below": "{ customers { nodes { contacts(first: 101) { nodes { id } } } } }",
    "nothing from a table": "{ __typename }",
    "a long alias among many": f"{{ customers {{ nodes {{ {'x' * 64}: name {SIXTY} }} }} }}",
    "a mutation": "mutation { signOut { userErrors { code } } }",
}


@pytest.mark.parametrize("what", LEFT)
async def test_what_is_left_to_graphql_core(ask, what):
    assert await ask(LEFT[what]) is None


async def test_a_column_that_a_computed_field_forgot_to_name_costs_time_and_no_wrong_answer(
    ask, planner, office: Office, monkeypatch
):
    with pytest.raises(NotPlanned):
        Carried()["note"]
    await office.admin.do("activityCreate", "activity { id }", input={"kind": "NOTE", "subject": "s"})
    query = "{ activities { nodes { actions } } }"
    assert isinstance(await ask(query), ExecutionResult)
    (plan,) = plans(planner)
    island = plan.roots[0][1].parts[0][1].target.forms[0][1][0][1]  # type: ignore[union-attr]
    object.__setattr__(island, "columns", ("id",))
    plan.statements.clear()
    assert await ask(query) is None


def test_no_table_enters_a_statement_but_by_select():
    """The engine's own SQL has sub-queries behind every FROM and JOIN, and no name of a table anywhere."""
    texts = [path.read_text() for path in Path(crm.graph.plans.__path__[0]).glob("*.py")]
    followed = [match for text in texts for match in re.findall(r"\b(?:FROM|JOIN|LATERAL) (.{8})", text)]
    assert len(followed) >= 8
    assert [each for each in followed if not each.startswith(("({", "(VALUES", "LATERAL", "(SELECT"))] == []


async def test_a_payload_shows_its_record_by_one_statement(office: Office):
    """Whatever is nested under it, and with the rights as they are after the commit."""
    made = """mutation { customerCreate(input: {name: "宏图科技有限公司"}) {
        customer { name owner { username department { name } } contacts { totalCount nodes { name } } tags { name }
            changes { nodes { verb fields { field } } } }
        userErrors { code } } }"""
    async with office.counted() as count:
        answer = await office.admin.read(made)
    assert answer["customerCreate"]["customer"]["changes"]["nodes"][0]["verb"] == "customer.create"
    assert answer["customerCreate"]["customer"]["owner"]["username"] == "admin"
    after = count.statements[[text.startswith("COMMIT") for text in count.statements].index(True) + 1 :]
    assert len([text for text in after if "row_to_json" in text]) == 1
    assert len(after) <= 3


async def test_errors_beside_a_field_that_takes_the_answer_with_it_are_told_whoever_is_faster(office: Office):
    """`accessOf` cannot be null: its refusal leaves no data, and the other refusals stand beside it all the same."""
    nobody = unknown(Kind.PARTY)
    query = f'{{ a: customer(id: "{nobody}") {{ id }} accessOf(recordId: "x", userId: "y") {{ action }} b: me {{ id }} }}'
    for _ in range(5):
        answer = await office.admin.run(query)
        assert answer.data is None
        assert [error["path"] for error in answer.errors] == [["a"], ["accessOf"]]
