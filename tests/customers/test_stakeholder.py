"""Stakeholders: who has a say in an opportunity, added, changed, removed, and told in its log."""

from __future__ import annotations

import asyncio

import pytest
from tests.customers.selling import SELLER, added, contact, customer, log, opportunity
from tests.factories.api import Office, opened, unknown

from crm.core.kinds import Kind

office = pytest.fixture(opened)
SHOWN = "role attitude influenceNote contact { name } opportunity { title }"


async def test_contacts_have_a_say_and_lose_it(office: Office):
    agent = await office.hire("agent", SELLER)
    party = await customer(agent)
    person, key = await contact(agent, party), await opportunity(agent, party)
    before = await agent.ask("opportunity", "version updatedAt", id=key)
    made = await added(agent, "stakeholderAdd", recordId=key, contactId=person, role="DECISION_MAKER")
    values = {"attitude": "CHAMPION", "influenceNote": "总工听他的"}
    changed = await agent.do("stakeholderUpdate", f"stakeholder {{ {SHOWN} version }}", id=made["id"], version=1, input=values)
    shown = {"role": "DECISION_MAKER", **values, "contact": {"name": "王工"}, "opportunity": {"title": "5G 基站"}}
    assert changed == {**shown, "version": 2}
    assert (await agent.ask("node", f"... on Stakeholder {{ {SHOWN} }}", id=made["id"])) == shown
    found = await agent.ask("opportunity", f"version updatedAt stakeholders {{ totalCount nodes {{ {SHOWN} }} }}", id=key)
    assert found == {**before, "stakeholders": {"totalCount": 1, "nodes": [shown]}}, "whoever has its form open is not disturbed"
    stakes = await agent.ask("contact", "stakes { nodes { role } }", id=person)
    assert stakes == {"stakes": {"nodes": [{"role": "DECISION_MAKER"}]}}
    champions = {"stakeholders": {"some": {"attitude": {"eq": "CHAMPION"}}}}
    assert (await agent.ask("opportunities", "totalCount", filter=champions))["totalCount"] == 1
    await agent.do("stakeholderRemove", id=made["id"])
    told = await log(agent, key)
    assert [each["verb"] for each in told[:3]] == [f"opportunity.{verb}Stakeholder" for verb in ("remove", "update", "add")]
    first = {"id": made["id"], "contact": person, "role": "DECISION_MAKER", "attitude": "UNKNOWN", "influenceNote": None}
    assert told[1]["fields"] == [{"field": "stakeholders", "old": first, "new": first | values}]
    assert (told[2]["fields"][0]["old"], told[0]["fields"][0]["new"]) == (None, None)
    assert (await agent.ask("opportunities", "totalCount", filter=champions))["totalCount"] == 0


async def test_what_is_wrong_is_refused_and_changes_nothing(office: Office):
    party, other = await customer(office.admin), await customer(office.admin, "中兴")
    person, stranger = await contact(office.admin, party), await contact(office.admin, other)
    key = await opportunity(office.admin, party)
    made = await added(office.admin, "stakeholderAdd", recordId=key, contactId=person, role="USER")
    reader = await office.hire("reader", {"opportunity.READ": "ALL", "contact.READ": "ALL"})
    stranger_agent = await office.hire("stranger", SELLER)
    frozen = await office.hire("frozen", {"opportunity.*": "ALL", "contact.READ": "ALL"}, frozen=["opportunity.stakeholders"])
    given = {"recordId": key, "contactId": person, "role": "BUYER"}
    async with office.unchanged():
        for change, wanted in (
            ({}, ("DUPLICATE", ["input", "contactId"])),
            ({"contactId": stranger}, ("INVALID", ["input", "contactId"])),
            ({"contactId": unknown(Kind.CONTACT)}, ("NOT_FOUND", ["input", "contactId"])),
            ({"recordId": party}, ("NOT_FOUND", ["input", "recordId"])),
            ({"recordId": "x"}, ("NOT_FOUND", ["input", "recordId"])),
        ):
            assert await office.admin.refusals("stakeholderAdd", input=given | change) == [wanted]
        where = {"stakeholderAdd": ["input", "recordId"], "stakeholderUpdate": ["id"], "stakeholderRemove": ["id"]}
        calls = {
            "stakeholderAdd": {"input": given},
            "stakeholderUpdate": {"id": made["id"], "version": 1, "input": {"role": "BUYER"}},
            "stakeholderRemove": {"id": made["id"]},
        }
        for who, code in ((reader, "FORBIDDEN"), (frozen, "FORBIDDEN"), (stranger_agent, "NOT_FOUND")):
            for verb, arguments in calls.items():
                assert await who.refusals(verb, **arguments) == [(code, where[verb])]
        for odd in ("", "\x00", unknown(Kind.STAKEHOLDER), key):
            assert await office.admin.refusals("stakeholderRemove", id=odd) == [("NOT_FOUND", ["id"])]
        old = {"id": made["id"], "version": 9, "input": {"role": "BUYER"}}
        assert await office.admin.refusals("stakeholderUpdate", **old) == [("CONFLICT", ["version"])]
        moved = {"id": key, "version": 1, "input": {"partyId": other}}
        assert await office.admin.refusals("opportunityUpdate", **moved) == [("INVALID", ["input", "partyId"])]


async def test_of_two_who_name_the_same_contact_one_does(office: Office):
    party = await customer(office.admin)
    person, key = await contact(office.admin, party), await opportunity(office.admin, party)
    given = {"recordId": key, "contactId": person, "role": "USER"}
    payloads = await asyncio.gather(*(office.admin.tried("stakeholderAdd", "stakeholder { id }", input=given) for _ in range(3)))
    codes = [error["code"] for payload in payloads for error in payload["userErrors"]]
    assert codes == ["DUPLICATE"] * 2
    made = next(payload["stakeholder"] for payload in payloads if payload["stakeholder"])
    payloads = await asyncio.gather(*(office.admin.tried("stakeholderRemove", id=made["id"]) for _ in range(3)))
    assert [error["code"] for payload in payloads for error in payload["userErrors"]] == ["NOT_FOUND"] * 2


async def test_whom_one_may_not_see_is_not_told(office: Office):
    """The record is seen and the contact is not: neither the list nor the log says who it is."""
    party = await customer(office.admin)
    person, key = await contact(office.admin, party), await opportunity(office.admin, party)
    await added(office.admin, "stakeholderAdd", recordId=key, contactId=person, role="USER")
    clerk = await office.hire("clerk", {"opportunity.READ": "ALL"})
    found = await clerk.ask("opportunity", "stakeholders { nodes { role contact { id } } }", id=key)
    assert found == {"stakeholders": {"nodes": [{"role": "USER", "contact": None}]}}
    assert (await log(clerk, key))[0]["fields"][0]["new"]["contact"] is None
    blind = await office.hire("blind", {"opportunity.READ": "ALL"}, hidden=["opportunity.stakeholders"])
    answer = await blind.asked("opportunity", "stakeholders { totalCount } changes { nodes { fields { field } } }", id=key)
    assert answer.codes == ["FORBIDDEN"]
    logged = {field["field"] for node in answer.data["opportunity"]["changes"]["nodes"] for field in node["fields"]}
    assert "stakeholders" not in logged


async def test_a_purged_opportunity_takes_them_along(office: Office):
    party = await customer(office.admin)
    person, key = await contact(office.admin, party), await opportunity(office.admin, party)
    made = await added(office.admin, "stakeholderAdd", recordId=key, contactId=person, role="USER")
    await office.admin.do("opportunityDelete", id=key)
    async with office.unchanged():
        assert await office.admin.refusals("stakeholderRemove", id=made["id"]) == [("NOT_FOUND", ["id"])]
    await office.admin.do("recordPurge", id=key)
    assert await office.value("SELECT count(*) FROM stakeholder") == 0
