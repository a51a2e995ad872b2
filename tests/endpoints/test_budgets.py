"""What an operation costs is told with its answer, and what a role lets people spend holds over HTTP and on sockets."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.conftest import BUDGET
from tests.factories.api import Api
from tests.factories.sockets import kept_connected

office = pytest.fixture(scope="module")(kept_connected)

LIST = "query ($n: Int) { tags(first: $n) { nodes { id name } } }"
USERS = "users(first: 100) { nodes { id username } }"
PACKED = f"{{ tags(first: 100) {{ nodes {{ id name version }} }} a: {USERS} b: {USERS} }}"


def budget(size: int | None) -> dict[str, Any]:
    return {"name": f"spends {size}", "grants": [], "costBudget": size}


async def spender(office, name: str, *sizes: int | None) -> Api:
    roles = [
        await office.admin.do("roleCreate", "role { id }", input=budget(size) | {"name": f"{name} {size}"}) for size in sizes
    ]
    return await office.hire(name, role_ids=[role["id"] for role in roles])


async def refusal(api: Api, query: str, **variables: Any) -> dict[str, Any]:
    answer = await api.run(query, **variables)
    assert (answer.status, answer.data, answer.codes) == (200, None, ["QUERY_TOO_COMPLEX"]), answer.body
    return dict(answer.errors[0]["extensions"])


async def test_the_cost_is_told_with_every_answer(office):
    answer = await office.admin.run(LIST, n=10)
    assert answer.body["extensions"] == {"cost": {"requested": 1 + 1 + 10 * 3, "budget": BUDGET}}
    anonymous = await office.anonymous.run("{ __typename }")
    assert anonymous.body["extensions"] == {"cost": {"requested": 1, "budget": BUDGET}}
    described = await office.admin.run("{ __schema { queryType { name } } }")
    assert described.body["extensions"]["cost"]["requested"] >= 1
    failed = await office.admin.run('{ customer(id: "x") { id } }')
    assert (failed.codes, failed.body["extensions"]["cost"]["requested"]) == (["NOT_FOUND"], 2)


async def test_what_does_not_run_costs_nothing(office):
    for query in ("{", "{ nope }"):
        assert "extensions" not in (await office.admin.run(query)).body


async def test_the_cost_is_told_on_a_socket_and_not_with_a_push(office):
    async with office.line(office.admin.token) as line:
        message = await (await line.subscribe(LIST, n=3)).message()
        assert message["payload"]["extensions"] == {"cost": {"requested": 11, "budget": BUDGET}}
    async with office.listens(office.admin, "subscription { announcements { cursor announcement { id } } }") as feed:
        given = {"title": "x", "body": "y", "audience": {"everyone": True}, "mustConfirm": False}
        await office.admin.do("announcementPublish", "announcement { id }", input=given)
        message = await feed.message()
        assert set(message["payload"]) == {"data"}
    async with asyncio.timeout(10):  # that it was delivered is written a moment later, under whoever looks whether rows change
        while await office.value("SELECT count(*) = 0 FROM announcement_receipt WHERE delivered_at IS NOT NULL"):
            await asyncio.sleep(0.01)


async def test_a_role_bounds_what_one_operation_may_cost(office):
    api = await spender(office, "small", 1_000)
    assert await refusal(api, PACKED) == {"code": "QUERY_TOO_COMPLEX", "limit": "cost", "found": 1006, "allowed": 1_000}
    assert (await api.run(LIST, n=100)).body["extensions"] == {"cost": {"requested": 302, "budget": 1_000}}
    assert (await office.admin.run(PACKED)).codes == []


async def test_nothing_of_what_is_too_dear_runs(office):
    api = await spender(office, "dear", 1_000)
    await api.read("{ me { id } }")  # a session's first sight is written down
    many = " ".join(f'a{n}: presenceSet(state: AWAY) {{ userErrors {{ code }} }}' for n in range(20))  # fmt: skip
    async with office.unchanged(), office.counted() as count:
        assert (await refusal(api, f"mutation {{ {many} }}"))["limit"] == "cost"
        sent = [text for text in count.queries if "FROM tag" in text or text.lstrip().startswith(("UPDATE", "INSERT"))]
    assert sent == []


@pytest.mark.parametrize(
    ("sizes", "told"),
    [((1_000, 5_000), 5_000), ((1_000, None), BUDGET), ((None,), BUDGET), ((20_000_000, None), 20_000_000), ((), BUDGET)],
)
async def test_of_several_roles_the_largest_counts(office, sizes, told):
    api = await spender(office, f"of {sizes}".translate(dict.fromkeys(map(ord, "(), "), "_")), *sizes)
    assert (await api.run("{ me { id } }")).body["extensions"]["cost"]["budget"] == told


async def test_a_change_holds_from_the_next_request_on(office):
    role = await office.admin.do("roleCreate", "role { id version costBudget }", input=budget(1_000))
    assert role["costBudget"] == 1_000
    api = await office.hire("changed", role_ids=[role["id"]])
    assert (await refusal(api, PACKED))["allowed"] == 1_000
    role = await office.admin.do(
        "roleUpdate", "role { version costBudget }", id=role["id"], version=role["version"], input={"costBudget": None}
    )
    assert role["costBudget"] is None
    assert (await api.run(PACKED)).codes == []


@pytest.mark.parametrize("size", [0, -1, 999, 1_000_000_001, 2_147_483_647])
async def test_a_budget_out_of_range_is_refused(office, size):
    async with office.unchanged():
        assert await office.admin.refusals("roleCreate", input=budget(size)) == [("INVALID", ["input", "costBudget"])]


async def test_a_budget_holds_on_a_socket_and_for_subscriptions(office):
    api = await spender(office, "socket", 1_000)
    wide = "subscription { announcements { cursor announcement { " + " ".join(
        f"a{n}: receipts(first: 100) {{ nodes {{ id readAt user {{ id displayName }} }} }}" for n in range(3)
    ) + " } } }"  # fmt: skip
    async with office.line(api.token) as line:
        for query in (PACKED, wide):
            error = await (await line.subscribe(query)).error()
            assert (error["code"], error["limit"], error["allowed"]) == ("QUERY_TOO_COMPLEX", "cost", 1_000)
        assert (await (await line.subscribe("{ me { username } }")).message())["type"] == "next"


async def test_limits_hold_on_a_socket(office):
    async with office.line(office.admin.token) as line:
        for query, limit in (
            ("{ " + "me { id } " * 490 + "}", "comparisons"),
            ("{" * 60_000, "nesting"),
            ("{ a" * 30, "nesting"),
        ):
            message = await (await line.subscribe(query)).message()
            codes = {error["extensions"]["code"] for error in message["payload"]}
            assert message["type"] == "error"
            if limit != "nesting" or len(query) > 1000:
                assert codes == {"QUERY_TOO_COMPLEX"}, message
                assert message["payload"][0]["extensions"]["limit"] == limit
        assert (await (await line.subscribe("{ me { username } }")).message())["type"] == "next"


async def test_the_schema_is_told_to_whom_it_is_told(office):
    asked = "{ __schema { types { name fields { name } } } __typename }"
    answer = await office.admin.run(asked)
    assert (answer.status, answer.codes, answer.data["__typename"]) == (200, [], "Query")
    person = await office.hire("curious")
    await office.rows("UPDATE session SET revoked_at = now() WHERE user_id = $1::text::uuid", person.id)
    assert (await person.run(asked)).status == 401
