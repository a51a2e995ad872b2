"""Deliveries on their way: shipped, delivered, returned or cancelled; what has left stays as it left."""

from __future__ import annotations

import asyncio

import pytest
from tests.factories.api import Office, opened, unknown

from crm.core.kinds import Kind

office = pytest.fixture(opened)
DELIVERY = """delivery { id version status shippedOn deliveredAt returnedAt returnReason cancelledAt cancelReason courier waybill
    freight freightPayer recipient note actions lines { product quantity } }"""
PATHS: dict[str, list[str]] = {
    "DRAFT": [],
    "SHIPPED": ["Ship"],
    "DELIVERED": ["Ship", "Deliver"],
    "RETURNED": ["Ship", "Return"],
    "CANCELLED": ["Cancel"],
}
STEPS = {
    ("DRAFT", "Ship"): "SHIPPED",
    ("DRAFT", "Cancel"): "CANCELLED",
    ("SHIPPED", "Deliver"): "DELIVERED",
    ("SHIPPED", "Return"): "RETURNED",
    ("DELIVERED", "Return"): "RETURNED",
}
VERBS = ["Ship", "Deliver", "Return", "Cancel"]


def arguments(verb: str) -> dict[str, str]:
    return {"reason": "拒收"} if verb in ("Return", "Cancel") else {}


async def taken(office: Office, key: str, verb: str, **more: object) -> dict:
    return await office.admin.do(f"delivery{verb}", DELIVERY, id=key, **{**arguments(verb), **more})


async def created(office: Office, state: str = "DRAFT", lines: int = 1) -> dict:
    party = await office.admin.do("customerCreate", "customer { id }", input={"name": "华为"})
    given = {"partyId": party["id"], "lines": [{"product": "网线", "quantity": "3"}] * lines}
    made: dict = await office.admin.do("deliveryCreate", DELIVERY, input=given)
    for verb in PATHS[state]:
        made = await taken(office, made["id"], verb)
    return made


@pytest.mark.parametrize("state", PATHS)
@pytest.mark.parametrize("verb", VERBS)
async def test_the_flow_takes_the_steps_of_its_table_and_no_other(office: Office, state, verb):
    made = await created(office, state)
    assert (made["status"], verb.upper() in made["actions"]) == (state, (state, verb) in STEPS)
    if (state, verb) in STEPS:
        after = await taken(office, made["id"], verb)
        assert (after["status"], after["version"]) == (STEPS[state, verb], made["version"] + 1)
        log = (await office.admin.ask("changes", "nodes { verb }", first=1))["nodes"]
        assert log == [{"verb": f"delivery.{verb.lower()}"}]
    else:
        async with office.unchanged():
            refused = await office.admin.refusals(f"delivery{verb}", id=made["id"], **arguments(verb))
            assert refused == [("ILLEGAL_TRANSITION", None)]


async def test_what_each_step_writes(office: Office):
    made = await created(office)
    way = {"shippedOn": "2026-03-01", "courier": "顺丰", "waybill": "SF1", "freight": "8.0000", "freightPayer": "SENDER"}
    shipped = await taken(office, made["id"], "Ship", input=way)
    assert shipped == made | way | {"version": 2, "status": "SHIPPED", "actions": ["DELIVER", "RETURN"]}
    arrived = await taken(office, made["id"], "Deliver", deliveredAt="2026-03-01T08:00:00+08:00")
    assert arrived["deliveredAt"] == "2026-03-01T00:00:00+00:00"
    returned = await taken(office, made["id"], "Return", reason=" 破损 ")
    assert (returned["returnReason"], returned["returnedAt"] is not None) == ("破损", True)
    cancelled = await created(office, "CANCELLED")
    assert (cancelled["cancelReason"], cancelled["cancelledAt"] is not None) == ("拒收", True)


async def test_it_leaves_today_unless_another_day_is_given(office: Office):
    made = await created(office, "DELIVERED")
    assert made["shippedOn"] == await office.value("SELECT ((now() AT TIME ZONE 'Asia/Shanghai')::date)::text")
    assert made["deliveredAt"] is not None


async def test_there_must_be_something_to_ship(office: Office):
    made = await created(office, lines=0)
    async with office.unchanged():
        assert await office.admin.refusals("deliveryShip", id=made["id"]) == [("INVALID", ["id"])]


@pytest.mark.parametrize(
    ("given", "field"),
    [({"freight": "-1"}, "freight"), ({"waybill": "x" * 61}, "waybill"), ({"note": "x" * 20_001}, "note")],
)
async def test_a_bad_way_is_refused_and_nothing_is_written(office: Office, given, field):
    made = await created(office)
    async with office.unchanged():
        assert await office.admin.refusals("deliveryShip", id=made["id"], input=given) == [("INVALID", ["input", field])]


async def test_it_does_not_arrive_before_it_left(office: Office):
    made = await created(office)
    await taken(office, made["id"], "Ship", input={"shippedOn": "2026-03-02"})
    async with office.unchanged():
        # The second of March begins at four in the afternoon of the first, in UTC.
        refused = await office.admin.refusals("deliveryDeliver", id=made["id"], deliveredAt="2026-03-01T15:59:59Z")
        assert refused == [("INVALID", ["deliveredAt"])]
    assert (await taken(office, made["id"], "Deliver", deliveredAt="2026-03-01T16:00:00Z"))["status"] == "DELIVERED"


@pytest.mark.parametrize("state", PATHS)
async def test_of_what_has_left_only_waybill_and_note_are_open(office: Office, state):
    made = await created(office, state)
    open_ = {"waybill": "SF2", "note": "改单"}
    changed = await office.admin.do("deliveryUpdate", DELIVERY, id=made["id"], version=made["version"], input=open_)
    assert changed == made | open_ | {"version": made["version"] + 1}
    for field, value in {
        "recipient": "李",
        "freight": "1",
        "lines": [{"product": "别的", "quantity": "1"}],
        "currency": "USD",
    }.items():
        if state == "DRAFT":
            break
        async with office.unchanged():
            given = {field: value, "note": "再改"}
            refused = await office.admin.refusals("deliveryUpdate", id=made["id"], version=changed["version"], input=given)
            assert refused == [("INVALID", ["input", field])]
    same = {"recipient": None, "lines": [{"product": "网线", "quantity": "3"}], **open_}
    async with office.unchanged():
        again = await office.admin.do("deliveryUpdate", DELIVERY, id=made["id"], version=changed["version"], input=same)
        assert again == changed


@pytest.mark.parametrize(("verb", "state"), [("Return", "SHIPPED"), ("Cancel", "DRAFT")])
@pytest.mark.parametrize(("reason", "code"), [(" ", "REQUIRED"), ("x" * 20_001, "INVALID"), ("\x00", "INVALID")])
async def test_a_reason_says_something(office: Office, verb, state, reason, code):
    made = await created(office, state)
    async with office.unchanged():
        assert await office.admin.refusals(f"delivery{verb}", id=made["id"], reason=reason) == [(code, ["reason"])]


async def test_shipped_once_by_two_at_once(office: Office):
    made = await created(office)
    payloads = await asyncio.gather(*(office.admin.tried("deliveryShip", DELIVERY, id=made["id"]) for _ in range(3)))
    codes = [error["code"] for payload in payloads for error in payload["userErrors"]]
    assert codes == ["ILLEGAL_TRANSITION"] * 2


ODD = ["", "\x00", "' OR 1=1", unknown(Kind.DELIVERY), unknown(Kind.PARTY)]


@pytest.mark.parametrize("verb", ["Update", *VERBS, "Delete", "Restore"])
async def test_an_odd_id_is_not_found(office: Office, verb):
    more: dict = {"version": 1, "input": {"note": "x"}} if verb == "Update" else dict(arguments(verb))
    async with office.unchanged():
        for odd in ODD:
            assert await office.admin.refusals(f"delivery{verb}", id=odd, **more) == [("NOT_FOUND", ["id"])]
