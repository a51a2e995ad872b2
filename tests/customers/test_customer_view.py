"""A customer with everything that hangs on it (客户视图), asked in one query and answered by one statement."""

from __future__ import annotations

import pytest
from tests.factories.api import Office, opened

office = pytest.fixture(opened)
PAGE = "totalCount nodes { id"
VIEW = f"""
query ($id: ID!) {{ customer(id: $id) {{
    id name shortName creditCode lifecycle creditLimit paymentTermsDays website note version createdAt updatedAt
    level {{ labelZh }} category {{ labelZh }} source {{ labelZh }} industry {{ labelZh }} region {{ labelZh }}
    creditGrade {{ labelZh }}
    lastContactAt nextContactAt contactCycleDays ownerSince protectedUntil
    parent {{ name }} owner {{ displayName }} department {{ name }} createdBy {{ displayName }} tags {{ name }}
    phoneNumbers {{ raw e164 label }} emailAddresses {{ address }} addresses {{ street city }}
    subsidiaries {{ {PAGE} name }} }}
    contacts {{ {PAGE} name phoneNumbers {{ display }} }} }}
    planned: activities(filter: {{status: {{eq: PLANNED}}}}, orderBy: [{{field: PLANNED_AT}}]) {{ {PAGE} subject plannedAt }} }}
    history: activities(filter: {{status: {{eq: DONE}}}}, orderBy: [{{field: DONE_AT, direction: DESC}}]) {{
        {PAGE} subject doneAt }} }}
    calls {{ {PAGE} state ringingAt }} }}
    opportunities {{ {PAGE} title amount stage {{ name }} }} }}
    contracts {{ {PAGE} number title status }} }}
    deliveries {{ {PAGE} number status }} }}
    poolStays {{ {PAGE} cause enteredAt leftAt }} }}
    shares {{ {PAGE} access cause expiresAt }} }}
    changes {{ {PAGE} verb at actor {{ displayName }} }} }}
    trail(first: 50) {{ {PAGE} verb }} }}
}} }}"""


async def test_the_whole_view_is_one_statement(office: Office):
    who = office.admin
    customer = (
        await who.do(
            "customerCreate", "customer { id }",
            input={"name": "西湖茶叶", "phoneNumbers": [{"raw": "13812345678"}], "addresses": [{"street": "文三路"}]},
        )
    )["id"]  # fmt: skip
    await who.do("customerCreate", "customer { id }", input={"name": "分公司", "parentId": customer})
    await who.do("contactCreate", "contact { id }", input={"name": "王芳", "partyId": customer})
    for subject, more in (("要做", {"plannedAt": "2126-01-01T00:00:00Z"}), ("做过", {"doneAt": "2026-01-01T00:00:00Z"})):
        given = {"kind": "CALL", "subject": subject, "partyId": customer, **more}
        await who.do("activityCreate", "activity { id }", input=given)
    await who.do("opportunityCreate", "opportunity { id }", input={"title": "大单", "partyId": customer, "amount": "10"})
    contract = {"kind": "SALES", "title": "合同", "partyId": customer, "amount": "10"}
    await who.do("contractCreate", "contract { id }", input=contract)
    given = {"ids": [customer], "principalIds": [who.id], "access": "READ"}
    await who.do("recordsShare", "results { id }", input=given)
    await who.read(VIEW, id=customer)
    async with office.counted() as count:
        view = (await who.read(VIEW, id=customer))["customer"]
    assert len(count.queries) == 1
    lists = {name: found["totalCount"] for name, found in view.items() if isinstance(found, dict) and "totalCount" in found}
    trail = lists.pop("trail")
    assert lists == {
        "subsidiaries": 1, "contacts": 1, "planned": 1, "history": 1, "calls": 0, "opportunities": 1, "contracts": 1,
        "deliveries": 0, "poolStays": 0, "shares": 1, "changes": 2,
    }  # fmt: skip
    assert trail >= 6
