"""The change log: one entry for each verb and record, with every field before and after, read under today's rights."""

from __future__ import annotations

import pytest
from tests.factories.api import Office, opened

office = pytest.fixture(opened)
ENTRY = "verb channel actor { username } record { id } fields { field old new }"


async def log_of(office: Office, key: str) -> list[dict[str, object]]:
    """The entries of a customer, oldest first."""
    selection = f"changes(orderBy: [{{field: AT}}]) {{ nodes {{ {ENTRY} }} }}"
    return (await office.admin.ask("customer", selection, id=key))["changes"]["nodes"]


def told(entry: dict[str, object]) -> dict[str, tuple[object, object]]:
    return {each["field"]: (each["old"], each["new"]) for each in entry["fields"]}  # type: ignore[union-attr]


async def test_an_update_tells_every_field_before_and_after_lists_included(office: Office):
    level = await office.value(
        "SELECT i.id FROM dictionary_item i JOIN dictionary d ON d.id = i.dictionary_id"
        " WHERE d.code = 'customer_level' AND i.code = 'a'"
    )
    given = {"name": "华为", "creditLimit": "5", "note": "旧", "phoneNumbers": [{"raw": "13800138000"}]}
    made = await office.admin.do("customerCreate", "customer { id }", input=given)
    change = {
        "name": "中兴",
        "creditLimit": "6.5",
        "note": None,
        "levelId": str(level),
        "nextContactAt": "2030-01-01T08:00:00+08:00",
        "lifecycle": "ACTIVE",
        "phoneNumbers": [{"raw": "13800138000"}, {"raw": "13900139000"}],
    }
    await office.admin.do("customerUpdate", "customer { id }", id=made["id"], version=1, input=change)
    created, updated = await log_of(office, made["id"])
    assert (created["verb"], created["channel"], created["actor"], created["record"]) == (
        "customer.create",
        "API",
        {"username": "admin"},
        {"id": made["id"]},
    )
    assert told(created)["name"] == (None, "华为")
    assert told(created)["owner"] == (None, office.admin.id)
    fields = told(updated)
    numbers = fields.pop("phoneNumbers")
    assert [[row["e164"] for row in side] for side in numbers] == [["+8613800138000"], ["+8613800138000", "+8613900139000"]]
    assert fields == {
        "name": ("华为", "中兴"),
        "creditLimit": ("5.0000", "6.5"),
        "note": ("旧", None),
        "level": (None, str(level)),
        "nextContactAt": (None, "2030-01-01T00:00:00+00:00"),
        "lifecycle": ("LEAD", "ACTIVE"),
    }


async def test_each_verb_has_one_entry(office: Office):
    admin = office.admin
    key = {"id": (await admin.do("customerCreate", "customer { id }", input={"name": "华为"}))["id"]}
    tag = await admin.do("tagCreate", "tag { id }", input={"name": "标"})
    await admin.do("customerDelete", "customer { id }", **key)
    await admin.do("customerRestore", "customer { id }", **key)
    agent = await office.hire("agent", {"customer.READ": "OWN"})
    for verb, more in {
        "recordsShare": {"principalIds": [agent.id], "access": "READ"}, "recordsUnshare": {"principalIds": [agent.id]},
        "recordsTag": {"addIds": [tag["id"]]}, "recordsTransfer": {"toId": agent.id},
    }.items():  # fmt: skip
        await admin.do(verb, "results { userErrors { code message field currentVersion } }", input={"ids": [key["id"]], **more})
    log = await log_of(office, key["id"])
    assert [entry["verb"] for entry in log] == [
        f"customer.{verb}" for verb in ("create", "delete", "restore", "share", "unshare", "tag", "transfer")
    ]
    assert told(log[5]) == {"tags": ([], [tag["id"]])}
    assert told(log[6])["owner"] == (admin.id, agent.id)


async def test_a_new_end_of_a_share_is_told(office: Office):
    key = (await office.admin.do("customerCreate", "customer { id }", input={"name": "华为"}))["id"]
    given = {"ids": [key], "principalIds": [office.admin.id], "access": "READ"}
    for end in ("2090-01-01T00:00:00Z", "2091-01-01T00:00:00Z"):
        await office.admin.do(
            "recordsShare", "results { userErrors { code message field currentVersion } }", input=given | {"expiresAt": end}
        )
    old, new = told((await log_of(office, key))[-1])["shares"]
    assert old != new


async def test_hidden_fields_are_left_out_when_the_log_is_read(office: Office):
    given = {"name": "华为", "creditLimit": "5", "phoneNumbers": [{"raw": "13800138000"}]}
    made = await office.admin.do("customerCreate", "customer { id }", input=given)
    hidden = ["customer.creditLimit", "customer.phoneNumbers", "customer.owner"]
    agent = await office.hire("agent", {"customer.READ": "ALL"}, hidden=hidden)
    for name, arguments in {"customer": {"id": made["id"]}}.items():
        for edge in ("changes", "trail"):
            entries = (await agent.ask(name, f"{edge} {{ nodes {{ fields {{ field }} }} }}", **arguments))[edge]["nodes"]
            assert {each["field"] for entry in entries for each in entry["fields"]}.isdisjoint(
                {"creditLimit", "phoneNumbers", "owner"}
            )
    root = (await agent.ask("changes", "nodes { verb fields { field } }"))["nodes"]
    assert [entry["verb"] for entry in root] == ["customer.create"]
    assert {each["field"] for each in root[0]["fields"]} >= {"name", "type"}
    assert {each["field"] for each in root[0]["fields"]}.isdisjoint({"creditLimit", "phoneNumbers", "owner"})


async def test_fields_that_ask_for_more_are_left_out_of_the_log_too(office: Office):
    role = await office.role("agents", {"customer.READ": "OWN"})
    await office.hire("zhang", role_ids=[str(role)])
    clerk = await office.hire("clerk", {"user.READ": "ALL"})
    entries = (await clerk.ask("changes", "nodes { verb fields { field } }", filter={"verb": {"eq": "user.create"}}))["nodes"]
    assert entries
    assert "roles" not in {each["field"] for entry in entries for each in entry["fields"]}


async def test_passwords_never_reach_the_log(office: Office):
    agent = await office.hire("agent")
    await office.admin.do("userResetPassword", "user { id }", id=agent.id, password="another right long one")
    logged = await office.value("SELECT string_agg(c::text, ' ') FROM change c")
    stored = await office.value("SELECT password_hash FROM user_account WHERE username = 'agent'")
    assert "right long one" not in logged
    assert stored not in logged


async def test_a_party_has_the_trail_of_all_its_records(office: Office):
    party = (await office.admin.do("customerCreate", "customer { id }", input={"name": "华为"}))["id"]
    await office.admin.do("contactCreate", "contact { id }", input={"name": "王", "partyId": party})
    await office.admin.do("activityCreate", "activity { id }", input={"kind": "NOTE", "subject": "s", "partyId": party})
    trail = await office.admin.ask("customer", "trail(orderBy: [{field: AT}]) { nodes { verb } }", id=party)
    assert [entry["verb"] for entry in trail["trail"]["nodes"]] == ["customer.create", "contact.create", "activity.create"]


async def test_what_one_does_not_see_one_does_not_read_in_the_log(office: Office):
    await office.admin.do("customerCreate", "customer { id }", input={"name": "华为"})
    agent = await office.hire("agent", {"customer.*": "OWN"})
    assert (await agent.ask("changes", "nodes { id } totalCount")) == {"nodes": [], "totalCount": 0}
    await agent.do("customerCreate", "customer { id }", input={"name": "中兴"})
    assert (await agent.ask("changes", "totalCount nodes { verb }")) == {"totalCount": 1, "nodes": [{"verb": "customer.create"}]}
