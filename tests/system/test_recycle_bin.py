"""The recycle bin: pages of what one may restore, and what leaves it for good."""

from __future__ import annotations

import pytest
from tests.factories.api import Api, Office, opened, unknown

from crm.core.kinds import Kind

office = pytest.fixture(opened)
PAGE = "nodes { id name entity } totalCount pageInfo { hasNextPage hasPreviousPage startCursor endCursor }"


async def thrown(api: Api, *names: str, entity: str = "customer", **given: object) -> list[str]:
    """Deleted records, in the order of their deletion."""
    keys = []
    for name in names:
        made = await api.do(f"{entity}Create", f"{entity} {{ id }}", input={"name": name, **given})
        await api.do(f"{entity}Delete", f"{entity} {{ id }}", id=made["id"])
        keys.append(str(made["id"]))
    return keys


async def test_the_last_deleted_comes_first_and_pages_meet_both_ways(office: Office):
    keys = await thrown(office.admin, *"一二三四五")
    forwards = [page async for page in office.admin.pages("deletedRecords", 2, entity="customer")]
    assert forwards == [[keys[4], keys[3]], [keys[2], keys[1]], [keys[0]]]
    backwards = [page async for page in office.admin.pages("deletedRecords", 2, backwards=True, entity="customer")]
    assert backwards == [[keys[1], keys[0]], [keys[3], keys[2]], [keys[4]]]


async def test_records_deleted_at_one_instant_are_paged_once_each(office: Office):
    keys = await thrown(office.admin, *"一二三四五")
    await office.rows("UPDATE party SET deleted_at = date_trunc('hour', deleted_at)")
    pages = [page async for page in office.admin.pages("deletedRecords", 2, entity="customer")]
    assert [key for page in pages for key in page] == sorted(keys, reverse=True)


async def test_the_total_is_of_the_whole_bin_of_one_entity(office: Office):
    await thrown(office.admin, "一", "二", "三")
    await thrown(office.admin, "渠道", entity="channel")
    await thrown(office.admin, "标签", entity="tag")
    await office.admin.do("customerCreate", "customer { id }", input={"name": "在"})
    page = await office.admin.ask("deletedRecords", PAGE, entity="customer", first=1)
    assert (page["totalCount"], [each["name"] for each in page["nodes"]]) == (3, ["三"])
    for entity, name in (("channel", "渠道"), ("tag", "标签")):
        page = await office.admin.ask("deletedRecords", PAGE, entity=entity)
        assert (page["totalCount"], [(each["name"], each["entity"]) for each in page["nodes"]]) == (1, [(name, entity)])
    assert (await office.admin.ask("deletedRecords", PAGE, entity="supplier"))["totalCount"] == 0


@pytest.mark.parametrize("entity", ["", "ghost", "party", "Customer", "session", "share", "change", "dictionary", "user", "\x00"])
async def test_an_entity_without_a_bin_is_a_wrong_request(office: Office, entity):
    assert (await office.admin.asked("deletedRecords", "totalCount", entity=entity)).codes == ["BAD_USER_INPUT"]


async def test_a_cursor_of_another_bin_or_list_is_a_wrong_request(office: Office):
    await thrown(office.admin, "一")
    await office.admin.do("customerCreate", "customer { id }", input={"name": "在"})
    own = (await office.admin.ask("deletedRecords", PAGE, entity="customer"))["pageInfo"]["endCursor"]
    other = (await office.admin.ask("customers", "pageInfo { endCursor }"))["pageInfo"]["endCursor"]
    asked = [("supplier", own), ("customer", other), ("customer", "x"), ("customer", own[:-3])]
    for entity, cursor in asked:
        assert (await office.admin.asked("deletedRecords", PAGE, entity=entity, after=cursor)).codes == ["BAD_USER_INPUT"]


async def test_one_sees_in_it_what_one_may_restore(office: Office):
    boss = await office.hire("boss", {"customer.READ": "OWN", "customer.DELETE": "OWN_AND_SUBORDINATES"})
    agent = await office.hire("agent", {"customer.*": "OWN"}, manager_id=boss.id)
    reader = await office.hire("reader", {"customer.READ": "ALL"})
    (theirs,), (hidden,) = await thrown(agent, "其"), await thrown(office.admin, "隐")
    for person, keys in ((office.admin, [hidden, theirs]), (boss, [theirs]), (agent, [theirs])):
        page = await person.ask("deletedRecords", PAGE, entity="customer")
        assert ([each["id"] for each in page["nodes"]], page["totalCount"]) == (keys, len(keys))
    assert (await reader.asked("deletedRecords", PAGE, entity="customer")).codes == ["FORBIDDEN"]
    assert (await office.anonymous.asked("deletedRecords", PAGE, entity="customer")).codes == ["UNAUTHENTICATED"]
    async with office.unchanged():
        assert await agent.refusals("customerRestore", id=hidden) == [("NOT_FOUND", ["id"])]
    await boss.do("customerRestore", "customer { id }", id=theirs)


async def test_a_share_does_not_reach_into_the_bin(office: Office):
    agent = await office.hire("agent", {"customer.*": "OWN"})
    key = (await office.admin.do("customerCreate", "customer { id }", input={"name": "华为"}))["id"]
    given = {"ids": [key], "principalIds": [agent.id], "access": "EDIT"}
    await office.admin.do("recordsShare", "results { id }", input=given)
    await office.admin.do("customerDelete", "customer { id }", id=key)
    assert (await agent.ask("deletedRecords", PAGE, entity="customer"))["nodes"] == []


async def test_a_purge_takes_value_rows_shares_and_tags_and_leaves_the_log(office: Office):
    admin = office.admin
    agent = await office.hire("agent", {"customer.*": "OWN"})
    tag = (await admin.do("tagCreate", "tag { id }", input={"name": "x"}))["id"]
    given = {
        "name": "华为", "phoneNumbers": [{"raw": "13800138000"}], "emailAddresses": [{"address": "a@b.test"}],
        "addresses": [{"street": "坂田"}],
    }  # fmt: skip
    keys = [(await admin.do("customerCreate", "customer { id }", input=given))["id"] for _ in range(2)]
    await admin.do("recordsTag", "results { id }", input={"ids": keys, "addIds": [tag]})
    await admin.do("recordsShare", "results { id }", input={"ids": keys, "principalIds": [agent.id], "access": "READ"})
    await admin.do("customerDelete", "customer { id }", id=keys[0])
    assert await admin.tried("recordPurge", id=keys[0]) == {"userErrors": []}
    tables = ("party", "phone_number", "email_address", "address", "share", "record_tag")
    assert [await office.value(f"SELECT count(*) FROM {table}") for table in tables] == [1] * len(tables)
    verbs = [row[0] for row in await office.rows("SELECT verb FROM change WHERE record_id = $1 ORDER BY at, id", keys[0])]
    assert verbs == ["customer.create", "customer.tag", "customer.share", "customer.delete", "customer.purge"]
    async with office.unchanged():
        assert await admin.refusals("recordPurge", id=keys[0]) == [("NOT_FOUND", ["id"])]
        assert await admin.refusals("customerRestore", id=keys[0]) == [("NOT_FOUND", ["id"])]


@pytest.mark.parametrize("kind", ["contact", "activity", "customer below"])
async def test_what_others_refer_to_is_not_purged(office: Office, kind):
    admin = office.admin
    key = (await admin.do("customerCreate", "customer { id }", input={"name": "华为"}))["id"]
    verb, given = {
        "contact": ("contact", {"name": "王芳", "partyId": key}),
        "activity": ("activity", {"kind": "CALL", "subject": "回访", "partyId": key, "plannedAt": "2090-01-01T00:00:00Z"}),
        "customer below": ("customer", {"name": "分公司", "parentId": key}),
    }[kind]
    other = (await admin.do(f"{verb}Create", f"{verb} {{ id }}", input=given))["id"]
    await admin.do("customerDelete", "customer { id }", id=key)
    async with office.unchanged():
        assert await admin.refusals("recordPurge", id=key) == [("INVALID", ["id"])]
    await office.rows(f"UPDATE {'party' if verb == 'customer' else verb} SET deleted_at = now() WHERE id = $1", other)
    async with office.unchanged():  # in the bin it still refers
        assert await admin.refusals("recordPurge", id=key) == [("INVALID", ["id"])]
    assert await admin.tried("recordPurge", id=other) == {"userErrors": []}
    assert await admin.tried("recordPurge", id=key) == {"userErrors": []}


async def test_only_deleted_records_with_an_owner_are_purged_by_who_administers_them(office: Office):
    admin = office.admin
    (key,) = await thrown(admin, "华为")
    (tag,) = await thrown(admin, "x", entity="tag")
    live = (await admin.do("customerCreate", "customer { id }", input={"name": "在"}))["id"]
    deleter = await office.hire("deleter", {"customer.READ": "ALL", "customer.DELETE": "ALL", "customer.ADMINISTER": "OWN"})
    async with office.unchanged():
        for odd in (live, tag, "", "x", unknown(Kind.PARTY), unknown(Kind.USER), admin.id):
            assert await admin.refusals("recordPurge", id=odd) == [("NOT_FOUND", ["id"])]
        assert await deleter.refusals("recordPurge", id=key) == [("NOT_FOUND", ["id"])]
