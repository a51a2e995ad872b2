"""A partner's person sees what is theirs and what is shared with them or their role; no colleague, no department, no everyone."""

from __future__ import annotations

from typing import Any

import pytest
from tests.factories.api import Api, Office, opened

from crm.core.ids import EVERYONE_ID
from crm.rules.system.user_kinds import UserKind

GRANTS = {"customer.*": "ALL", "contact.*": "ALL", "activity.*": "ALL", "user.READ": "ALL"}


@pytest.fixture
async def office(client, database) -> Office:
    """With a channel that partners' people work for."""
    made = await opened(client, database)
    made.channel = await made.admin.do("channelCreate", "channel { id }", input={"name": "渠道"})  # type: ignore[attr-defined]
    return made


async def partner_of(office: Any, username: str = "partner", **values: Any) -> Api:
    given = {"kind": UserKind.CHANNEL.value, "channel_id": office.channel["id"], **values}
    return await office.hire(username, GRANTS, **given)


async def customer(api: Api, name: str, **given: object) -> str:
    return str((await api.do("customerCreate", "customer { id }", input={"name": name, **given}))["id"])


async def share(office: Office, record: str, principal: object, access: str = "READ") -> None:
    given = {"ids": [record], "principalIds": [str(principal)], "access": access}
    results = await office.admin.do("recordsShare", "results { userErrors { code } }", input=given)
    assert results == [{"userErrors": []}]


async def names(api: Api) -> list[str]:
    page = await api.ask("customers", "nodes { name } totalCount")
    assert page["totalCount"] == len(page["nodes"])
    return sorted(each["name"] for each in page["nodes"])


async def test_a_role_for_all_reaches_their_own_only(office: Office):
    partner = await partner_of(office)
    mine, other = await customer(partner, "mine"), await customer(office.admin, "other")
    assert await names(partner) == ["mine"]
    assert (await partner.asked("customer", "id", id=other)).codes == ["NOT_FOUND"]
    async with office.unchanged():
        assert await partner.refusals("customerUpdate", id=other, version=1, input={"name": "x"}) == [("NOT_FOUND", ["id"])]
        assert await partner.refusals("customerDelete", id=other) == [("NOT_FOUND", ["id"])]
    changed = await partner.do("customerUpdate", "customer { version }", id=mine, version=1, input={"note": "n"})
    assert changed == {"version": 2}


@pytest.mark.parametrize("principal", ["user", "role", "department", "department above", "everyone"])
async def test_shares_reach_them_by_name_and_role_alone(office: Office, principal):
    top = await office.department("top")
    low = await office.department("low", top)
    partner = await partner_of(office, department_id=str(low))
    staff = await office.hire("staff", {"customer.READ": "OWN"}, department_id=str(low))
    role = await office.value("SELECT id FROM role WHERE name = 'role of partner'")
    key = await customer(office.admin, "shared")
    named = {"user": partner.id, "role": role, "department": low, "department above": top, "everyone": EVERYONE_ID}[principal]
    await share(office, key, named, "EDIT")
    reached = principal in ("user", "role")
    assert await names(partner) == (["shared"] if reached else [])
    assert await names(staff) == ([] if reached else ["shared"])
    assert (await partner.asked("customer", "id", id=key)).codes == ([] if reached else ["NOT_FOUND"])
    payload = await partner.tried("customerUpdate", id=key, version=1, input={"name": "new"})
    assert [each["code"] for each in payload["userErrors"]] == ([] if reached else ["NOT_FOUND"])


async def test_a_share_to_read_is_not_one_to_change(office: Office):
    partner, key = await partner_of(office), await customer(office.admin, "shared")
    await share(office, key, partner.id)
    async with office.unchanged():
        assert await partner.refusals("customerUpdate", id=key, version=1, input={"name": "x"}) == [("FORBIDDEN", ["id"])]


async def test_nobody_stands_below_them(office: Office):
    partner = await partner_of(office)
    below = await partner_of(office, "below")
    await office.rows("UPDATE user_account SET manager_id = $1 WHERE id = $2", partner.id, below.id)
    await office.rows(
        "INSERT INTO reporting_closure (superior_id, subordinate_id, depth) VALUES ($1, $2, 1)", partner.id, below.id
    )
    await office.rows("UPDATE rights_epoch SET epoch = epoch + 1")
    await customer(below, "theirs")
    assert await names(partner) == []


async def test_a_department_of_theirs_opens_nothing(office: Office):
    low = await office.department("low")
    partner = await partner_of(office, department_id=str(low))
    staff = await office.hire("staff", {"customer.*": "OWN"}, department_id=str(low))
    await customer(staff, "the department's")
    assert await names(partner) == []


async def test_what_belongs_to_a_shared_customer_is_shared_with_it(office: Office):
    partner, key = await partner_of(office), await customer(office.admin, "shared")
    other = await customer(office.admin, "other")
    for party, name in ((key, "王芳"), (other, "李雷")):
        await office.admin.do("contactCreate", "contact { id }", input={"name": name, "partyId": party})
    await share(office, key, partner.id)
    assert (await partner.ask("contacts", "nodes { name }"))["nodes"] == [{"name": "王芳"}]


async def test_of_users_they_see_themselves_and_no_list(office: Office):
    partner, other = await partner_of(office), await partner_of(office, "other")
    assert (await partner.ask("me", "username")) == {"username": "partner"}
    assert (await partner.ask("node", "... on User { username }", id=partner.id)) == {"username": "partner"}
    for somebody in (office.admin, other):
        assert (await partner.asked("node", "id", id=somebody.id)).codes == ["NOT_FOUND"]
    for name, given in (("users", {}), ("user", {"id": partner.id}), ("user", {"id": office.admin.id})):
        assert (await partner.asked(name, "__typename", **given)).codes == ["FORBIDDEN"]


async def test_by_whom_a_shared_record_is_owned_is_on_its_card(office: Office):
    partner, key = await partner_of(office), await customer(office.admin, "shared")
    await share(office, key, partner.id)
    assert await partner.ask("customer", "owner { username }", id=key) == {"owner": {"username": "admin"}}
    beyond = await partner.asked("customer", "owner { manager { username } }", id=key)
    assert (beyond.codes, beyond.data["customer"]["owner"]["manager"]) == ([], None)


async def test_they_name_no_colleague_as_owner_or_in_a_share(office: Office):
    partner = await partner_of(office)
    mine = await customer(partner, "mine")
    async with office.unchanged():
        refused = await partner.refusals("customerCreate", input={"name": "x", "ownerId": office.admin.id})
        assert refused[0][1] == ["input", "ownerId"]
        for principal in (office.admin.id, str(await office.value("SELECT id FROM principal WHERE kind = 1 LIMIT 1"))):
            payload = await partner.tried(
                "recordsShare", "results { id }", input={"ids": [mine], "principalIds": [principal], "access": "READ"}
            )
            assert [each["code"] for each in payload["userErrors"]] == ["NOT_FOUND"]


async def test_departments_and_roles_are_not_theirs_to_see(office: Office):
    await office.department("top")
    partner = await partner_of(office)
    for name in ("departments", "roles"):
        answer = await partner.asked(name, "totalCount")
        assert answer.codes == ["FORBIDDEN"] or answer.data[name] == {"totalCount": 0}, name
