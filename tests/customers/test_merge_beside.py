"""What a merge does with what stands beside records: custom values, members of segments, entries of the search centre."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.customers.merging import contact, customer, merge, undo
from tests.factories.api import Api, Office, opened
from tests.factories.entries import check_entries
from tests.factories.mailroom import Mailroom, letter
from tests.system.test_custom_fields import define

office = pytest.fixture(opened)
VALUES = "customFields { field { key } text number record { id } }"


async def values(who: Api, key: str) -> dict[str, Any]:
    """Key → the value a customer has of a custom field."""
    found = await who.ask("customer", VALUES, id=key)
    return {
        each["field"]["key"]: each["text"] or each["number"] or (each["record"] or {}).get("id") for each in found["customFields"]
    }


async def search(who: Api, query: str) -> list[str]:
    found = await who.read("query ($q: String!) { search(query: $q) { nodes { title } } }", q=query)
    return sorted(hit["title"] for hit in found["search"]["nodes"])


async def fields(office: Office) -> None:
    await define(office.admin, "size", type="NUMBER")
    await define(office.admin, "colour", type="TEXT")
    await define(office.admin, "badge", type="TEXT", unique=True)
    await define(office.admin, "friend", type="RECORD", target="customer")


def given(**by_key: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, **value} for key, value in by_key.items()]


async def test_the_survivor_gets_the_values_it_lacks_and_an_undo_takes_them_away(office: Office):
    admin = office.admin
    await fields(office)
    stays = await customer(admin, "一", customFields=given(size={"number": "1"}))
    goes = await customer(
        admin, "二", customFields=given(size={"number": "2"}, colour={"text": "红"}, badge={"text": "B-7"})
    )  # fmt: skip
    third = await customer(admin, "三", customFields=given(friend={"recordId": goes}))
    before = [await values(admin, key) for key in (stays, goes, third)]
    made = await merge(admin, stays, goes)
    assert await values(admin, stays) == {"size": "1.0000", "colour": "红", "badge": "B-7"}
    assert await values(admin, third) == {"friend": stays}
    log = (await admin.ask("customer", "changes { nodes { verb fields { field old new } } }", id=stays))["changes"]["nodes"][0]
    told = {each["field"]: (each["old"], each["new"]) for each in log["fields"]}
    assert (told["custom.colour"], told["custom.badge"]) == ((None, "红"), (None, "B-7"))
    assert "custom.size" not in told
    async with office.unchanged():  # nobody else may have the badge, which is the survivor's now
        refused = {"name": "四", "customFields": given(badge={"text": "b-7"})}
        assert await admin.refusals("customerCreate", input=refused) == [("DUPLICATE", ["input", "customFields", "0"])]
    assert (await undo(admin, made))["leftFields"] == []
    assert [await values(admin, key) for key in (stays, goes, third)] == before
    async with office.unchanged():
        assert await admin.refusals("customerCreate", input=refused) == [("DUPLICATE", ["input", "customFields", "0"])]
    # What somebody has changed since stays with the survivor, and is named.
    made = await merge(admin, stays, goes)
    version = made["party"]["version"]
    changed = {"customFields": given(colour={"text": "蓝"})}
    await admin.do("customerUpdate", "customer { id }", id=stays, version=version, input=changed)
    assert (await undo(admin, made))["leftFields"] == ["custom.colour"]
    assert await values(admin, stays) == {"size": "1.0000", "colour": "蓝"}
    assert await values(admin, goes) == before[1]


async def test_what_whoever_merges_may_not_change_stays_as_it_is(office: Office):
    await fields(office)
    stays = await customer(office.admin, "一")
    goes = await customer(office.admin, "二", customFields=given(size={"number": "2"}, colour={"text": "红"}))
    clerk = await office.hire("clerk", {"customer.*": "ALL"}, frozen=["customer.custom.colour"])
    await merge(clerk, stays, goes)
    assert await values(office.admin, stays) == {"size": "2.0000"}


async def test_a_segment_holds_the_survivor_once_and_gets_both_back(office: Office):
    admin = office.admin
    stays, goes = await customer(admin, "一"), await customer(admin, "二")
    segments = {}
    for name, ids in {"both": [stays, goes], "one": [goes], "none": []}.items():
        segments[name] = (await admin.do("segmentCreate", "segment { id }", input={"name": name, "holds": "CUSTOMER"}))["id"]
        if ids:
            await admin.do("segmentAdd", "segment { id }", id=segments[name], input={"recordIds": ids})

    async def held() -> list[list[str]]:
        asked = [await admin.ask("customers", "nodes { id }", filter={"inSegment": key}) for key in segments.values()]
        return [sorted(node["id"] for node in found["nodes"]) for found in asked]

    before = await held()
    made = await merge(admin, stays, goes)
    assert await held() == [[stays], [stays], []]
    assert await office.value("SELECT count(*) FROM segment_member") == 2
    await undo(admin, made)
    assert await held() == before == [sorted([stays, goes]), [goes], []]


async def test_whoever_moves_is_found_by_the_name_of_its_party_now(office: Office):
    admin = office.admin
    stays, goes = await customer(admin, "龙井茶庄"), await customer(admin, "碧螺春行", phoneNumbers=[{"raw": "13800138000"}])
    await contact(admin, "曾勇", goes)
    await admin.do("activityCreate", "activity { id }", input={"kind": "VISIT", "subject": "拜访", "partyId": goes})
    made = await merge(admin, stays, goes)
    assert [await search(admin, query) for query in ("龙井 曾", "碧螺春 曾", "碧螺春", "138001", "龙井 拜访")] == [
        ["曾勇"], [], [], ["龙井茶庄"], ["拜访"],
    ]  # fmt: skip
    await check_entries(office.database)
    await undo(admin, made)
    assert [await search(admin, query) for query in ("龙井 曾", "碧螺春 曾", "碧螺春", "138001", "碧螺春 拜访")] == [
        [], ["曾勇"], ["碧螺春行"], ["碧螺春行"], ["拜访"],
    ]  # fmt: skip
    await check_entries(office.database)


async def test_mail_goes_along_and_its_conversation_and_whom_it_may_be_from(office: Office, tmp_path: Path):
    """What came in by name, what went out, and a likeness of both parties, which is one suggestion afterwards."""
    admin, mailroom = office.admin, Mailroom(office, tmp_path / "files")
    box = await mailroom.account("sales@our.cn", admin, smtp_host="127.0.0.1")
    stays, goes = [
        await customer(admin, name, emailAddresses=[{"address": address}])
        for name, address in (("一", "info@acme.cn"), ("二", "office@acme.cn"))
    ]
    known = await mailroom.arrives(box, letter("报价", sender="office@acme.cn", to="sales@our.cn, office@acme.cn"))
    likely = await mailroom.arrives(box, letter("询价", sender="new@acme.cn"))
    written = {"accountId": str(box), "to": [{"address": "office@acme.cn"}], "subject": "合同", "text": "您好"}
    sent = await admin.do("emailSend", "emailMessage { id }", input=written)

    async def found() -> dict[str, Any]:
        asked = "party { id } thread { party { id } } recipients { party { id } } suggestions { party { id } state }"
        return {key: await admin.ask("emailMessage", asked, id=key) for key in (str(known), str(likely), sent["id"])}

    before = await found()
    assert before[str(known)]["party"] == before[str(known)]["thread"]["party"] == {"id": goes}
    assert before[sent["id"]]["party"] == before[str(known)]["recipients"][1]["party"] == {"id": goes}
    assert [each["party"]["id"] for each in before[str(likely)]["suggestions"]] == sorted([stays, goes])
    preview = await admin.ask("partyMergePreview", "following { entity count }", survivorId=stays, mergedId=goes)
    told = {each["entity"]: each["count"] for each in preview["following"]}
    assert told == {"email_message": 2, "email_thread": 2}
    made = await merge(admin, stays, goes)
    after = await found()
    assert goes not in str(after)
    assert after[sent["id"]]["party"] == after[str(known)]["recipients"][1]["party"] == {"id": stays}
    assert after[str(known)]["thread"] == {"party": {"id": stays}}
    assert after[str(likely)]["suggestions"] == [{"party": {"id": stays}, "state": "OPEN"}]
    await check_entries(office.database)
    assert (await undo(admin, made))["leftRecords"] == []
    assert await found() == before


async def test_mail_of_a_contact_goes_along(office: Office, tmp_path: Path):
    admin, mailroom = office.admin, Mailroom(office, tmp_path / "files")
    box = await mailroom.account("sales@our.cn", admin)
    party = await customer(admin, "一")
    stays, goes = [
        await contact(admin, name, party, emailAddresses=[{"address": address}])
        for name, address in (("李伟", "li@acme.cn"), ("李伟", "li@old.cn"))
    ]
    key = await mailroom.arrives(box, letter(sender="li@old.cn", to="sales@our.cn, li@old.cn"))
    asked = "contact { id } thread { contact { id } } recipients { contact { id } }"
    before = await admin.ask("emailMessage", asked, id=str(key))
    assert before["contact"] == before["thread"]["contact"] == before["recipients"][1]["contact"] == {"id": goes}
    preview = await admin.ask("contactMergePreview", "following { entity count }", survivorId=stays, mergedId=goes)
    assert {each["entity"]: each["count"] for each in preview["following"]} == {"email_message": 1, "email_thread": 1}
    made = await admin.do("contactMerge", "contact { id } merge { id }", input={"survivorId": stays, "mergedId": goes})
    after = await admin.ask("emailMessage", asked, id=str(key))
    assert after["contact"] == after["thread"]["contact"] == after["recipients"][1]["contact"] == {"id": stays}
    await undo(admin, made)
    assert await admin.ask("emailMessage", asked, id=str(key)) == before
