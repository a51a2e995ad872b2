"""Verbs over many records: share, take back, hand over, tag, purge. One refusal does not stop the others."""

from __future__ import annotations

import pytest
from tests.factories.api import Api, Office, opened, unknown

from crm.core.ids import EVERYONE_ID
from crm.core.kinds import Kind

office = pytest.fixture(opened)
RESULTS = "results { id record { __typename ... on Customer { name } } userErrors { code message field currentVersion } }"
AGENT = {"customer.*": "OWN", "contact.*": "OWN", "activity.*": "OWN"}


async def customer(api: Api, name: str = "华为", **given: object) -> str:
    made = await api.do("customerCreate", "customer { id }", input={"name": name, **given})
    return str(made["id"])


async def codes(api: Api, verb: str, **given: object) -> list[list[str]]:
    payload = await api.do(verb, RESULTS, input=given)
    return [[error["code"] for error in each["userErrors"]] for each in payload]


async def sees(api: Api, key: str) -> bool:
    return (await api.asked("customer", "id", id=key)).errors == []


@pytest.mark.parametrize("principal", ["user", "department", "department above", "role", "everyone"])
async def test_a_share_lets_its_principal_read_and_no_more(office: Office, principal):
    top = await office.department("top")
    low = await office.department("low", top)
    agent = await office.hire("agent", AGENT, department_id=str(low))
    outsider = await office.hire("outsider", AGENT)
    role = await office.value("SELECT id FROM role WHERE name = 'role of agent'")
    key = await customer(office.admin)
    shared = {"user": agent.id, "department": low, "department above": top, "role": role, "everyone": EVERYONE_ID}[principal]
    assert not await sees(agent, key)
    payload = await office.admin.do(
        "recordsShare", RESULTS, input={"ids": [key], "principalIds": [str(shared)], "access": "READ"}
    )
    assert payload == [{"id": key, "record": {"__typename": "Customer", "name": "华为"}, "userErrors": []}]
    assert await sees(agent, key)
    assert await sees(outsider, key) is (principal == "everyone")
    async with office.unchanged():
        assert await agent.refusals("customerUpdate", id=key, version=1, input={"name": "x"}) == [("FORBIDDEN", ["id"])]
    assert await codes(office.admin, "recordsShare", ids=[key], principalIds=[str(shared)], access="EDIT") == [[]]
    assert (await agent.do("customerUpdate", "customer { name }", id=key, version=1, input={"name": "x"})) == {"name": "x"}
    async with office.unchanged():
        assert await agent.refusals("customerDelete", id=key) == [("FORBIDDEN", ["id"])]
    assert await codes(office.admin, "recordsUnshare", ids=[key], principalIds=[str(shared)]) == [[]]
    assert not await sees(agent, key)
    assert await codes(office.admin, "recordsUnshare", ids=[key], principalIds=[str(shared)]) == [["NOT_FOUND"]]


async def test_a_share_ends_at_its_end(office: Office):
    agent, key = await office.hire("agent", AGENT), await customer(office.admin)
    given = {"ids": [key], "principalIds": [agent.id], "access": "EDIT"}
    async with office.unchanged():
        assert await codes(office.admin, "recordsShare", **given, expiresAt="2020-01-01T00:00:00Z") == [["INVALID"]]
    await office.admin.do("recordsShare", RESULTS, input=given | {"expiresAt": "2090-01-01T00:00:00Z"})
    assert await sees(agent, key)
    await office.rows("UPDATE share SET expires_at = now() - interval '1 second'")
    assert not await sees(agent, key)
    async with office.unchanged():
        assert await agent.refusals("customerUpdate", id=key, version=1, input={"name": "x"}) == [("NOT_FOUND", ["id"])]


async def test_shares_are_listed_with_their_principal(office: Office):
    agent, key = await office.hire("agent", AGENT), await customer(office.admin)
    given = {"ids": [key], "principalIds": [agent.id, str(EVERYONE_ID)], "access": "READ"}
    await office.admin.do("recordsShare", RESULTS, input=given)
    selection = """shares(orderBy: [{field: CREATED_AT}])
        { totalCount nodes { access cause grantedBy { username } principal { kind name } } }"""
    shares = (await office.admin.ask("customer", selection, id=key))["shares"]
    common = {"access": "READ", "cause": "MANUAL", "grantedBy": {"username": "admin"}}
    assert shares["totalCount"] == 2
    found = {each["principal"]["kind"]: each for each in shares["nodes"]}  # of one instant, in no order
    assert found["USER"] == {**common, "principal": {"kind": "USER", "name": "agent"}}


@pytest.mark.parametrize("verb", ["recordsShare", "recordsUnshare", "recordsTransfer", "recordsTag"])
async def test_each_record_has_its_own_result_in_the_order_of_the_ids(office: Office, verb):
    agent = await office.hire("agent", AGENT)
    mine, theirs, seen = await customer(agent), await customer(office.admin), await customer(office.admin)
    await office.admin.do("recordsShare", RESULTS, input={"ids": [seen], "principalIds": [agent.id], "access": "READ"})
    if verb == "recordsUnshare":
        await agent.do("recordsShare", RESULTS, input={"ids": [mine], "principalIds": [office.admin.id], "access": "READ"})
    tag = (await office.admin.do("tagCreate", "tag { id }", input={"name": "x"}))["id"]
    more = {
        "recordsShare": {"principalIds": [office.admin.id], "access": "READ"},
        "recordsUnshare": {"principalIds": [office.admin.id]},
        "recordsTransfer": {"toId": agent.id},
        "recordsTag": {"addIds": [tag]},
    }[verb]
    ids = [seen, "x", mine, theirs, unknown(Kind.PARTY), unknown(Kind.TAG), mine, "\x00"]
    payload = await agent.do(verb, RESULTS, input={"ids": ids, **more})
    assert [each["id"] for each in payload] == ids
    expected = [["FORBIDDEN"], ["NOT_FOUND"], [], ["NOT_FOUND"], ["NOT_FOUND"], ["NOT_FOUND"], [], ["NOT_FOUND"]]
    assert [[error["code"] for error in each["userErrors"]] for each in payload] == expected
    texts = {error["message"] for each in payload for error in each["userErrors"] if error["code"] == "NOT_FOUND"}
    assert len(texts) == 1
    assert [each["record"] is None for each in payload] == [bool(errors) for errors in expected]


@pytest.mark.parametrize("count", [0, 501])
@pytest.mark.parametrize("verb", ["recordsShare", "recordsUnshare", "recordsTransfer", "recordsTag"])
async def test_between_one_and_five_hundred_records(office: Office, verb, count):
    more = {"recordsShare": {"principalIds": [office.admin.id], "access": "READ"}, "recordsUnshare": {"principalIds": []},
            "recordsTransfer": {"toId": office.admin.id}, "recordsTag": {}}[verb]  # fmt: skip
    async with office.unchanged():
        assert await office.admin.refusals(verb, input={"ids": [unknown(Kind.PARTY)] * count, **more}) == [
            ("INVALID", ["input", "ids"])
        ]


BAD_PRINCIPALS = [
    [],
    ["x"],
    [unknown(Kind.USER)],
    [unknown(Kind.DEPARTMENT)],
    [unknown(Kind.ROLE)],
    [unknown(Kind.PARTY)],
    [unknown(Kind.EVERYONE)],
]


@pytest.mark.parametrize("principals", BAD_PRINCIPALS)
async def test_a_share_with_nobody_we_know_is_refused_as_a_whole(office: Office, principals):
    key = await customer(office.admin)
    async with office.unchanged():
        refused = await office.admin.refusals("recordsShare", input={"ids": [key], "principalIds": principals, "access": "READ"})
    assert [code for code, _ in refused] == ["NOT_FOUND" if principals else "INVALID"]


async def test_a_transfer_takes_the_open_children_along_or_leaves_them(office: Office):
    sales = await office.department("销售部")
    agent = await office.hire("agent", AGENT, department_id=str(sales))
    for with_children in (False, True):
        key = await customer(office.admin)
        made = {}
        for name in ("contact", "other contact"):
            owner = {"ownerId": agent.id} if name.startswith("other") else {}
            made[name] = (
                "contact",
                await office.admin.do("contactCreate", "contact { id }", input={"name": name, "partyId": key, **owner}),
            )
        for name, more in {"planned": {}, "done": {"doneAt": "2026-01-01T00:00:00Z"}}.items():
            given = {"kind": "CALL", "subject": name, "partyId": key, **more}
            made[name] = ("activity", await office.admin.do("activityCreate", "activity { id }", input=given))
        given = {"ids": [key], "toId": agent.id, "withChildren": with_children}
        assert await codes(office.admin, "recordsTransfer", **given) == [[]]
        party = await office.admin.ask("customer", "owner { username } department { name } version", id=key)
        assert party == {"owner": {"username": "agent"}, "department": {"name": "销售部"}, "version": 2}
        owners = {
            name: (await office.admin.ask(kind, "owner { username }", id=row["id"]))["owner"]["username"]
            for name, (kind, row) in made.items()
        }
        moved = "agent" if with_children else "admin"
        assert owners == {"contact": moved, "other contact": "agent", "planned": moved, "done": "admin"}


async def test_a_transfer_goes_to_somebody_who_is_still_here(office: Office):
    agent, other = await office.hire("agent", AGENT), await office.hire("other", AGENT)
    await office.hire("left", active=False)
    left = str(await office.value("SELECT id FROM user_account WHERE username = 'left'"))
    key = await customer(agent)
    async with office.unchanged():
        for odd, code in {
            left: "INVALID",
            "x": "NOT_FOUND",
            unknown(Kind.USER): "NOT_FOUND",
            unknown(Kind.ROLE): "NOT_FOUND",
        }.items():
            refused = await office.admin.refusals("recordsTransfer", input={"ids": [key], "toId": odd})
            assert refused == [(code, ["input", "toId"])]
    assert await codes(agent, "recordsTransfer", ids=[key], toId=other.id) == [[]]
    assert (await sees(agent, key), await sees(other, key)) == (False, True)


async def test_tags_are_put_on_and_taken_off(office: Office):
    key = await customer(office.admin)
    ids = [(await office.admin.do("tagCreate", "tag { id }", input={"name": f"标{n}"}))["id"] for n in range(3)]
    assert await codes(office.admin, "recordsTag", ids=[key], addIds=ids[:2]) == [[]]
    assert await codes(office.admin, "recordsTag", ids=[key], addIds=[ids[2], ids[0]], removeIds=[ids[1]]) == [[]]
    tagged = await office.admin.ask("customer", "version tags { name }", id=key)
    assert (tagged["version"], sorted(tag["name"] for tag in tagged["tags"])) == (3, ["标0", "标2"])
    async with office.unchanged():
        assert await codes(office.admin, "recordsTag", ids=[key], addIds=ids[:1]) == [[]]
        assert await codes(office.admin, "recordsTag", ids=[key], addIds=["x"]) == [["NOT_FOUND"]]
    await office.admin.do("tagDelete", "tag { id }", id=ids[0])
    assert (await office.admin.ask("customer", "tags { name }", id=key))["tags"] == [{"name": "标2"}]
    await office.admin.do("tagRestore", "tag { id }", id=ids[0])
    assert len((await office.admin.ask("customer", "tags { name }", id=key))["tags"]) == 2


async def test_frozen_tags_stay(office: Office):
    agent = await office.hire("agent", {"customer.*": "ALL"}, frozen=["customer.tags"])
    key, tag = await customer(agent), (await office.admin.do("tagCreate", "tag { id }", input={"name": "x"}))["id"]
    async with office.unchanged():
        assert await codes(agent, "recordsTag", ids=[key], addIds=[tag]) == [["FORBIDDEN"]]


async def test_a_purged_record_is_gone_for_good_and_its_log_stays(office: Office):
    key = await customer(office.admin, phoneNumbers=[{"raw": "13800138000"}])
    await office.admin.do("recordsShare", RESULTS, input={"ids": [key], "principalIds": [str(EVERYONE_ID)], "access": "READ"})
    async with office.unchanged():
        assert await office.admin.refusals("recordPurge", id=key) == [("NOT_FOUND", ["id"])]
    await office.admin.do("customerDelete", "customer { id }", id=key)
    await office.admin.tried("recordPurge", id=key)
    assert await office.admin.refusals("customerRestore", id=key) == [("NOT_FOUND", ["id"])]
    for table in ("party", "phone_number", "share"):
        assert await office.value(f"SELECT count(*) FROM {table}") == 0
    assert [row[0] for row in await office.rows("SELECT verb FROM change WHERE record_id = $1::uuid ORDER BY at", key)] == [
        "customer.create", "customer.share", "customer.delete", "customer.purge",
    ]  # fmt: skip


async def test_a_record_that_others_refer_to_is_not_purged(office: Office):
    key = await customer(office.admin)
    await office.admin.do("contactCreate", "contact { id }", input={"name": "王", "partyId": key})
    await office.admin.do("customerDelete", "customer { id }", id=key)
    async with office.unchanged():
        assert await office.admin.refusals("recordPurge", id=key) == [("INVALID", ["id"])]


async def test_the_bin_shows_only_what_one_may_restore(office: Office):
    agent = await office.hire("agent", AGENT)
    mine, theirs = await customer(agent, "我的"), await customer(office.admin, "他的")
    for api, key in ((agent, mine), (office.admin, theirs)):
        await api.do("customerDelete", "customer { id }", id=key)
    assert (await agent.ask("deletedRecords", "nodes { name } totalCount", entity="customer")) == {
        "nodes": [{"name": "我的"}],
        "totalCount": 1,
    }
    both = await office.admin.ask("deletedRecords", "nodes { name }", entity="customer")
    assert [node["name"] for node in both["nodes"]] == ["他的", "我的"]
    async with office.unchanged():
        assert await agent.refusals("customerRestore", id=theirs) == [("NOT_FOUND", ["id"])]
    assert (await agent.asked("deletedRecords", "nodes { id }", entity="tag")).codes == ["FORBIDDEN"]
    for odd in ("", "party", "user", "nope", "\x00"):
        assert (await office.admin.asked("deletedRecords", "nodes { id }", entity=odd)).codes == ["BAD_USER_INPUT"]
