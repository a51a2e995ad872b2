"""The public pool: what is seen of it, who takes and gives back, and what is written down of it."""

from __future__ import annotations

import asyncio

import pytest
from tests.factories.api import Api, Office, opened

office = pytest.fixture(opened)

SALES = {
    **{f"{entity}.{action}": "OWN" for entity in ("customer", "contact", "activity") for action in ("CREATE", "READ", "UPDATE")},
    "pool.READ": "ALL", "pool.UPDATE": "ALL",
}  # fmt: skip
LEADER = SALES | {"customer.READ": "OWN_AND_SUBORDINATES", "customer.TRANSFER": "OWN_AND_SUBORDINATES", "pool.TRANSFER": "ALL"}
NUMBERS = "phoneNumbers { raw e164 extension display label } emailAddresses { address }"
HIDDEN = "contacts { totalCount nodes { name } } activities { totalCount } shares { totalCount } changes { totalCount }"
REACHED = {"phoneNumbers": [{"raw": "138 1234 5678 转 66", "label": "mobile"}, {"raw": "0571-87654321"}]} | {
    "emailAddresses": [{"address": "wang@example.com"}],
    "addresses": [{"street": "文三路 1 号"}],
}
MASKED = [
    {"raw": "138 **** 5678", "e164": None, "extension": None, "display": "138 **** 5678", "label": "mobile"},
    {"raw": "0571 **** 4321", "e164": None, "extension": None, "display": "0571 **** 4321", "label": None},
]


async def made(who: Api, name: str = "杭州西湖茶叶有限公司", **values: object) -> str:
    customer = await who.do("customerCreate", "customer { id }", input={"name": name, **REACHED, **values})
    return str(customer["id"])


async def pooled(who: Api, name: str = "杭州西湖茶叶有限公司", **values: object) -> str:
    customer = await made(who, name, **values)
    await who.do("customerRelease", "customer { id }", id=customer, reason="没有跟进")
    return customer


async def rules(office: Office, **values: object) -> None:
    policy = await office.admin.ask("poolPolicy", "version")
    await office.admin.do("poolPolicyUpdate", "poolPolicy { id }", version=policy["version"], input=values)


async def levels_of(office: Office) -> dict[str, str]:
    """Code → id of the levels of customers."""
    wanted = {"dictionary": {"code": {"eq": "customer_level"}}}
    found = await office.admin.ask("dictionaryItems", "nodes { id code }", filter=wanted)
    return {each["code"]: each["id"] for each in found["nodes"]}


async def test_the_pool_shows_a_card_with_masked_numbers_and_nothing_behind_it(office: Office):
    seller, other = await office.hire("seller", SALES), await office.hire("other", SALES)
    stranger = await office.hire("stranger", {"customer.READ": "OWN"})
    customer = await made(seller)
    contact = await seller.do("contactCreate", "contact { id }", input={"partyId": customer, "name": "王芳", **REACHED})
    await seller.do("activityCreate", "activity { id }", input={"kind": "CALL", "subject": "打电话", "partyId": customer})
    assert (await other.asked("customer", "id", id=customer)).codes == ["NOT_FOUND"]
    released = await seller.do("customerRelease", f"customer {{ owner {{ id }} {NUMBERS} }}", id=customer, reason="没有需求")
    assert (released["owner"], released["phoneNumbers"]) == (None, MASKED)

    selection = (
        f"name {NUMBERS} addresses {{ street }} {HIDDEN} poolStays {{ nodes {{ cause reason formerOwner {{ username }} }} }}"
    )
    for who in (seller, other):
        for found in (
            (await who.ask("poolCustomers", f"totalCount nodes {{ {selection} }}"))["nodes"][0],
            await who.ask("customer", selection, id=customer),
            await who.ask("node", f"... on Customer {{ {selection} }}", id=customer),
        ):
            assert found["phoneNumbers"] == MASKED
            assert found["emailAddresses"] == [{"address": "w***@example.com"}]
            assert found["addresses"] == []
            assert found["contacts"] == {"totalCount": 0, "nodes": []}
            assert [found[name]["totalCount"] for name in ("activities", "shares", "changes")] == [0, 0, 0]
            assert found["poolStays"]["nodes"] == [
                {"cause": "RELEASED", "reason": "没有需求", "formerOwner": {"username": "seller"}}
            ]
        assert (await who.ask("customers", "totalCount"))["totalCount"] == 0
        assert (await who.ask("contacts", "totalCount"))["totalCount"] == 0
        assert (await who.ask("changes", "nodes { record { id } }", filter={"verb": {"startsWith": "customer"}}))["nodes"] == []
        assert (await who.asked("contact", "id", id=contact["id"])).codes == ["NOT_FOUND"]
    assert (await stranger.asked("poolCustomers", "totalCount")).codes == ["FORBIDDEN"]
    assert (await stranger.asked("customer", "id", id=customer)).codes == ["NOT_FOUND"]
    whole = await office.admin.ask("customer", selection, id=customer)
    assert [number["raw"] for number in whole["phoneNumbers"]] == ["138 1234 5678 转 66", "0571-87654321"]
    assert whole["contacts"]["totalCount"] == 1
    async with office.unchanged():  # seen, and not theirs to change; nor can anything be hung on it
        assert await other.refusals("customerUpdate", id=customer, version=2, input={"note": "mine"}) == [("FORBIDDEN", ["id"])]
        given = {"partyId": customer, "name": "李明"}
        assert await other.refusals("contactCreate", input=given) == [("NOT_FOUND", ["input", "partyId"])]


async def test_who_claims_a_customer_has_it_with_what_belongs_to_nobody(office: Office):
    seller, other = await office.hire("seller", SALES), await office.hire("other", SALES)
    customer = await made(seller)
    contact = await seller.do("contactCreate", "contact { id }", input={"partyId": customer, "name": "王芳"})
    for subject, done in (("要做", {}), ("做过", {"doneAt": "2026-01-02T03:00:00Z"})):
        given = {"kind": "VISIT", "subject": subject, "partyId": customer, **done}
        await seller.do("activityCreate", "activity { id }", input=given)
    share = {"ids": [customer], "principalIds": [seller.id], "access": "EDIT"}
    await office.admin.do("recordsShare", "results { id }", input=share)  # a share must not outlast the giving up
    await seller.do("customerRelease", "customer { id }", id=customer, reason="转岗")
    assert await seller.refusals("customerRelease", id=customer, reason="again") == [("FORBIDDEN", ["id"])]
    assert (await seller.asked("contact", "id", id=contact["id"])).codes == ["NOT_FOUND"]

    claimed = await other.do("customerClaim", "customer { owner { username } phoneNumbers { e164 } ownerSince }", id=customer)
    assert (claimed["owner"], claimed["phoneNumbers"][0]) == ({"username": "other"}, {"e164": "+8613812345678"})
    view = (
        "contacts { nodes { owner { username } } } activities { nodes { subject owner { username } } }"
        " poolStays { nodes { cause exit owner { username } handedBy { username } } }"
        " changes { nodes { verb actor { username } fields { field old new } } }"
    )
    found = await other.ask("customer", view, id=customer)
    assert found["contacts"]["nodes"] == [{"owner": {"username": "other"}}]
    owners = {each["subject"]: each["owner"]["username"] for each in found["activities"]["nodes"]}
    assert owners == {"要做": "other", "做过": "seller"}  # history stays whose it was
    assert found["poolStays"]["nodes"] == [
        {"cause": "RELEASED", "exit": "CLAIMED", "owner": {"username": "other"}, "handedBy": {"username": "other"}}
    ]
    told = {each["verb"]: (each["actor"]["username"], each["fields"]) for each in found["changes"]["nodes"]}
    assert told["customer.claim"] == ("other", [{"field": "owner", "old": None, "new": other.id}])
    assert told["customer.release"][0] == "seller"
    assert [each["field"] for each in told["customer.release"][1]] == ["owner", "shares"]
    async with office.unchanged():
        assert await other.refusals("customerClaim", id=customer) == [("CONFLICT", ["id"])]
        assert await seller.refusals("customerClaim", id=customer) == [("NOT_FOUND", ["id"])]  # it is not theirs to see any more


async def test_of_two_who_claim_at_once_one_has_it_and_the_other_is_told(office: Office):
    people = [await office.hire(f"seller{number}", SALES) for number in range(4)]
    customers = [await pooled(office.admin, f"公海客户 {number}") for number in range(3)]
    for customer in customers:
        outcomes = await asyncio.gather(*(who.tried("customerClaim", "customer { id }", id=customer) for who in people))
        codes = sorted(error["code"] for each in outcomes for error in each["userErrors"])
        assert len(codes) == 3
        assert set(codes) <= {"CONFLICT", "NOT_FOUND"}  # who came when it was over no longer saw it
    assert await office.value("SELECT count(*) FROM pool_stay WHERE left_at IS NOT NULL AND exit = 'CLAIMED'") == 3
    assert await office.value("SELECT count(*) FROM change WHERE verb = 'customer.claim'") == 3


async def test_a_loser_of_a_race_gets_a_conflict(office: Office):
    """The row is held by the winner while the loser, who saw it in the pool, waits for it."""
    seller = await office.hire("seller", SALES)
    customer = await pooled(office.admin)
    async with office.database.connection() as winner, winner.transaction():
        await winner.execute("UPDATE party SET owner_id = $1 WHERE id = $2", office.admin.id, customer)
        losing = asyncio.create_task(seller.refusals("customerClaim", id=customer))
        while not await office.value("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"):
            await asyncio.sleep(0.01)
    assert await losing == [("CONFLICT", ["id"])]


async def test_claims_are_limited(office: Office):
    seller, other = await office.hire("seller", SALES), await office.hire("other", SALES)
    first, second, third = [await pooled(office.admin, f"公海客户 {number}") for number in range(3)]
    await rules(office, claimsPerDay=1, mostOwned=2, reclaimDays=7)
    # Two at once of one person count each other.
    outcomes = await asyncio.gather(*(seller.tried("customerClaim", "customer { id }", id=each) for each in (first, second)))
    assert sorted(error["code"] for each in outcomes for error in each["userErrors"]) == ["LIMIT_REACHED"]
    mine = next(each["customer"]["id"] for each in outcomes if each["customer"])
    async with office.unchanged():
        assert await seller.refusals("customerClaim", id=third) == [("LIMIT_REACHED", ["id"])]
    await rules(office, claimsPerDay=None, mostOwned=1)
    async with office.unchanged():
        assert await seller.refusals("customerClaim", id=third) == [("LIMIT_REACHED", ["id"])]
    await seller.do("customerRelease", "customer { id }", id=mine, reason="不合适")
    async with office.unchanged():  # nobody walks around the recycling by giving back and taking again
        assert await seller.refusals("customerClaim", id=mine) == [("LIMIT_REACHED", ["id"])]
    assert (await other.do("customerClaim", "customer { owner { username } }", id=mine))["owner"] == {"username": "other"}


async def test_a_leader_hands_customers_out_and_takes_them_from_their_people(office: Office):
    leader = await office.hire("leader", LEADER)
    seller = await office.hire("seller", SALES, manager_id=leader.id)
    stranger = await office.hire("stranger", SALES)
    customers = [await pooled(office.admin, f"公海客户 {number}") for number in range(2)]
    taken = await made(stranger)
    given = {"ids": [*customers, taken], "toId": seller.id}
    results = await leader.do("customersAssign", "results { record { id } userErrors { code field } }", input=given)
    assert [[error["code"] for error in each["userErrors"]] for each in results] == [[], [], ["NOT_FOUND"]]
    assert (await seller.ask("customers", "totalCount"))["totalCount"] == 2
    told = await seller.ask("notifications", "nodes { kind record { id } }")
    assert sorted(each["record"]["id"] for each in told["nodes"]) == sorted(customers)
    async with office.unchanged():
        assert await leader.refusals("customersAssign", input={"ids": customers, "toId": stranger.id}) == [
            ("FORBIDDEN", ["input", "toId"])
        ]
        again = {"ids": [customers[0]], "toId": seller.id}
        results = await leader.do("customersAssign", "results { userErrors { code } }", input=again)
        assert results == [{"userErrors": [{"code": "CONFLICT"}]}]
        text = "mutation ($i: CustomersAssignInput!) { customersAssign(input: $i) { userErrors { code } } }"
        assert (await seller.run(text, i=again)).codes == ["FORBIDDEN"]
        text = "mutation { poolPolicyUpdate(version: 1, input: {}) { userErrors { code } } }"
        assert (await leader.run(text)).codes == ["FORBIDDEN"]
        assert await stranger.refusals("customerRelease", id=customers[0], reason="mine") == [("NOT_FOUND", ["id"])]
    await leader.do("customerRelease", "customer { id }", id=customers[0], reason="重新分配")
    assert (await seller.ask("notifications", "nodes { kind }"))["nodes"][0] == {"kind": "TAKEN_OVER"}


async def test_what_is_not_given_back(office: Office):
    """Without a reason, with a share alone, with an opportunity still open: nothing happens."""
    seller, friend = await office.hire("seller", SALES | {"opportunity.CREATE": "OWN"}), await office.hire("friend", SALES)
    customer = await made(seller)
    await office.admin.do(
        "recordsShare", "results { id }", input={"ids": [customer], "principalIds": [friend.id], "access": "EDIT"}
    )
    opportunity = {"title": "大单", "partyId": customer, "amount": "1000"}
    async with office.unchanged():
        assert await seller.refusals("customerRelease", id=customer, reason="  ") == [("REQUIRED", ["reason"])]
        assert await friend.refusals("customerRelease", id=customer, reason="不是我的") == [("FORBIDDEN", ["id"])]
    await seller.do("opportunityCreate", "opportunity { id }", input=opportunity)
    async with office.unchanged():
        assert await seller.refusals("customerRelease", id=customer, reason="没空") == [("INVALID", ["id"])]


async def test_protection_is_limited_and_ends_with_the_owner(office: Office):
    seller = await office.hire("seller", SALES)
    first, second = await made(seller, "一"), await made(seller, "二")
    await rules(office, protectDays=10, mostProtected=1)
    protected = await seller.do("customerProtect", "customer { protectedUntil }", id=first, days=10)
    assert protected["protectedUntil"] is not None
    lying = await pooled(office.admin, "公海客户")
    async with office.unchanged():
        for days in (-1, 0, 11):
            assert await seller.refusals("customerProtect", id=first, days=days) == [("INVALID", ["days"])]
        assert await seller.refusals("customerProtect", id=second, days=1) == [("LIMIT_REACHED", ["id"])]
        assert await seller.refusals("customerProtect", id=lying, days=1) == [("FORBIDDEN", ["id"])]
        assert await office.admin.refusals("customerProtect", id=lying, days=1) == [("INVALID", ["id"])]
    await seller.do("customerUnprotect", "customer { id }", id=first)
    await seller.do("customerProtect", "customer { id }", id=second, days=1)
    await seller.do("customerRelease", "customer { id }", id=second, reason="关门了")
    await seller.do("customerProtect", "customer { id }", id=first, days=5)  # there is room again
    fields = "changes { nodes { verb fields { field new } } }"
    told = (await office.admin.ask("customer", fields, id=second))["changes"]["nodes"]
    assert {"field": "protectedUntil", "new": None} in next(each for each in told if each["verb"] == "customer.release")["fields"]


async def test_the_rules_are_edited_by_administrators_and_logged(office: Office):
    levels = await levels_of(office)
    key, small = levels["a"], levels["d"]
    given = {"recycleDays": 30, "levels": [{"levelId": key, "recycleDays": 90}, {"levelId": small}]}
    selection = "poolPolicy { id version recycleDays warnDays levels { level { code } recycleDays } }"
    policy = await office.admin.do("poolPolicyUpdate", selection, version=1, input=given)
    assert policy | {"id": ""} == {
        "id": "", "version": 2, "recycleDays": 30, "warnDays": 3,
        "levels": [{"level": {"code": "a"}, "recycleDays": 90}, {"level": {"code": "d"}, "recycleDays": None}],
    }  # fmt: skip
    log = await office.admin.ask("changes", "nodes { record { id } fields { field } }", filter={"verb": {"eq": "pool.update"}})
    assert log["nodes"] == [{"record": {"id": policy["id"]}, "fields": [{"field": "recycleDays"}, {"field": "levels"}]}]
    wrong = (
        ({"recycleDays": 0}, "INVALID", "recycleDays"), ({"warnDays": -1}, "INVALID", "warnDays"),
        ({"claimsPerDay": -1}, "INVALID", "claimsPerDay"), ({"protectDays": 99_999}, "INVALID", "protectDays"),
        ({"levels": [{"levelId": key, "recycleDays": -3}]}, "INVALID", "levels"),
        ({"levels": [{"levelId": key}, {"levelId": key}]}, "DUPLICATE", "levels"),
        ({"levels": [{"levelId": policy["id"]}]}, "NOT_FOUND", "levels"),
    )  # fmt: skip
    async with office.unchanged():
        assert await office.admin.refusals("poolPolicyUpdate", version=1, input={}) == [("CONFLICT", ["version"])]
        for values, code, field in wrong:
            ((found, path),) = await office.admin.refusals("poolPolicyUpdate", version=2, input=values)
            assert (found, path[1]) == (code, field), values
