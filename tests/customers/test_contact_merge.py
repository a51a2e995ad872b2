"""Merging contacts of one party: what named the other follows, nobody stands twice in a list, and it can be undone."""

from __future__ import annotations

import pytest
from tests.customers.merging import contact, customer, into, undo
from tests.factories.api import Office, opened

office = pytest.fixture(opened)
MERGED = "contact { id name title phoneNumbers { raw } } merge { id }"
SHOWN = "activities { nodes { id } } opportunities { nodes { id } }"


async def test_a_contact_takes_over_what_the_other_had(office: Office):
    admin = office.admin
    party = await customer(admin, "华为")
    stays = await contact(admin, "王芳", party, phoneNumbers=[{"raw": "13800138000"}])
    goes = await contact(admin, "王方", party, title="经理", phoneNumbers=[{"raw": "13800138000"}, {"raw": "13800138001"}])
    visit = {"kind": "VISIT", "subject": "拜访", "contactId": goes, "participants": [{"contactId": stays}, {"contactId": goes}]}
    activity = (await admin.do("activityCreate", "activity { id }", input=visit))["id"]
    deal = (await admin.do("opportunityCreate", "opportunity { id }", input={"title": "x", "partyId": party, "contactId": goes}))[
        "id"
    ]
    choices = [{"field": "NAME", "side": "MERGED"}]
    made = await admin.do("contactMerge", MERGED, **into(stays, goes, choices=choices))
    numbers = [{"raw": "13800138000"}, {"raw": "13800138001"}]
    assert made["contact"] == {"id": stays, "name": "王方", "title": "经理", "phoneNumbers": numbers}
    assert await admin.ask("contact", SHOWN, id=goes) == {
        "activities": {"nodes": [{"id": activity}]}, "opportunities": {"nodes": [{"id": deal}]},
    }  # fmt: skip
    people = await admin.ask("activity", "participants { contact { id } }", id=activity)
    assert people["participants"] == [{"contact": {"id": stays}}]
    assert (await admin.ask("customer", "contacts { nodes { id } }", id=party))["contacts"]["nodes"] == [{"id": stays}]
    assert (await undo(admin, made))["record"] == {"id": goes}
    people = await admin.ask("activity", "contact { id } participants { contact { id } }", id=activity)
    assert people["contact"] == {"id": goes}
    assert {each["contact"]["id"] for each in people["participants"]} == {stays, goes}
    assert (await admin.ask("contact", "name title phoneNumbers { raw }", id=stays)) == {
        "name": "王芳", "title": None, "phoneNumbers": numbers[:1],
    }  # fmt: skip


async def test_people_of_two_parties_are_not_one(office: Office):
    admin = office.admin
    first, second = await customer(admin, "一"), await customer(admin, "二")
    one, two = await contact(admin, "王芳", first), await contact(admin, "王芳", second)
    twin = await contact(admin, "王芳", first)
    reader = await office.hire("reader", {"customer.READ": "ALL", "contact.READ": "ALL", "contact.UPDATE": "ALL"})
    async with office.unchanged():
        assert await admin.refusals("contactMerge", **into(one, two)) == [("INVALID", ["input", "mergedId"])]
        assert await admin.refusals("contactMerge", **into(one, first)) == [("NOT_FOUND", ["input", "mergedId"])]
        assert await admin.refusals("partyMerge", **into(first, one)) == [("NOT_FOUND", ["input", "mergedId"])]
        assert await reader.refusals("contactMerge", **into(one, twin)) == [("FORBIDDEN", ["input", "mergedId"])]
        found = await admin.ask("contactMergePreview", "problems { code } fields { field }", survivorId=one, mergedId=two)
        assert found["problems"] == [{"code": "INVALID"}]
        assert [each["field"] for each in found["fields"]] == ["name", "title", "departmentName", "primary", "birthdayOn", "note"]
    # Once their parties are one, they can be.
    await admin.do("partyMerge", "party { id }", **into(first, second))
    made = await admin.do("contactMerge", MERGED, **into(one, two))
    assert (await admin.ask("node", "id", id=two))["id"] == made["contact"]["id"] == one
