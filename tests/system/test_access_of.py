"""`accessOf`: every way by which somebody may do something is named, and what it says is what they can really do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from tests.factories.api import Api, Office, kept, unknown

from crm.core.errors import NOT_FOUND_TEXT
from crm.core.ids import EVERYONE_ID
from crm.core.kinds import Kind
from crm.rules.system.user_kinds import UserKind

ANSWER = "action gate allowed reasons { cause scope principal { id kind name } }"
ACTIONS = ["READ", "UPDATE", "DELETE", "SHARE", "TRANSFER", "EXPORT", "IMPORT", "ADMINISTER"]
OWN = {"customer.*": "OWN", "contact.*": "OWN"}


@dataclass
class Company:
    """People and records, one for each way of reaching them."""

    office: Office
    people: dict[str, Api]
    records: dict[str, str]
    principals: dict[str, str]

    async def answers(self, record: str, person: str, asker: Api | None = None) -> dict[str, Any]:
        """What is said of this person and record, by action."""
        given = {"recordId": self.records.get(record, record), "userId": self.people[person].id}
        found = await (asker or self.office.admin).ask("accessOf", ANSWER, **given)
        return {each["action"]: each for each in found}

    async def causes(self, record: str, person: str, action: str = "READ") -> set[tuple[str, str | None]]:
        """(cause, scope or name of the principal) of each reason."""
        answer = (await self.answers(record, person))[action]
        assert answer["allowed"] is bool(answer["reasons"])
        return {(each["cause"], each["scope"] or (each["principal"] or {}).get("name")) for each in answer["reasons"]}


@pytest.fixture(scope="module")
async def company(databases):
    async for office in kept(databases):
        yield await furnished(office)


async def furnished(office: Office) -> Company:
    admin = office.admin
    top = await office.department("总部")
    low = await office.department("销售", top)
    boss = await office.hire("boss", {"customer.READ": "OWN"}, department_id=str(top))
    agent = await office.hire("agent", OWN, department_id=str(low), manager_id=boss.id)
    peer = await office.hire(
        "peer", {"customer.READ": "DEPARTMENT", "customer.UPDATE": "OWN", "contact.READ": "OWN"}, department_id=str(low)
    )
    tree = await office.hire("tree", {"customer.*": "DEPARTMENT_TREE"}, department_id=str(top))
    closed = await office.hire("closed", {"contact.*": "ALL"}, department_id=str(low), manager_id=boss.id)
    outsider = await office.hire("outsider", OWN)
    channel = await admin.do("channelCreate", "channel { id }", input={"name": "渠道"})
    partner = await office.hire("partner", {"customer.*": "ALL"}, kind=UserKind.CHANNEL.value, channel_id=channel["id"])
    role = await office.value("SELECT id FROM role WHERE name = 'role of outsider'")
    principals = {"user": outsider.id, "department": str(top), "role": str(role), "everyone": str(EVERYONE_ID)}
    records = {"mine": await customer(agent), "closed's": await customer(admin, ownerId=closed.id)}
    for name, principal in principals.items():
        records[name] = await customer(admin)
        await share(admin, records[name], principal, "EDIT" if name == "role" else "READ")
    records["expired"] = await customer(admin)
    await share(admin, records["expired"], outsider.id, "EDIT", "2090-01-01T00:00:00Z")
    await office.rows("UPDATE share SET expires_at = now() - interval '1 second' WHERE record_id = $1", records["expired"])
    records["admin's"] = await customer(admin)
    given = {"name": "王芳", "partyId": records["mine"], "ownerId": admin.id}
    records["contact"] = (await admin.do("contactCreate", "contact { id }", input=given))["id"]
    people = {
        "boss": boss, "agent": agent, "peer": peer, "tree": tree, "closed": closed, "outsider": outsider, "partner": partner,
        "admin": admin,
    }  # fmt: skip
    return Company(office, people, records, principals)


async def customer(api: Api, **given: object) -> str:
    return str((await api.do("customerCreate", "customer { id }", input={"name": "华为", **given}))["id"])


async def share(api: Api, record: str, principal: str, access: str, end: str | None = None) -> None:
    given = {"ids": [record], "principalIds": [principal], "access": access, "expiresAt": end}
    assert (await api.do("recordsShare", "results { userErrors { code } }", input=given)) == [{"userErrors": []}]


READING = {
    "owner": ("mine", "agent", {("OWNER", None), ("SCOPE", "OWN")}),
    "reporting line": ("mine", "boss", {("REPORTING_LINE", None)}),
    "department": ("mine", "peer", {("SCOPE", "DEPARTMENT")}),
    "department tree": ("mine", "tree", {("SCOPE", "DEPARTMENT_TREE")}),
    "all": ("mine", "admin", {("SCOPE", "ALL")}),
    "share with a user": ("user", "outsider", {("SHARE", "outsider")}),
    "share with a department above": ("department", "agent", {("SHARE", "总部")}),
    "share with a role": ("role", "outsider", {("SHARE", "role of outsider")}),
    "share with everyone": ("everyone", "outsider", {("SHARE", "全体员工 Everyone")}),
    "share that has ended": ("expired", "outsider", set()),
    "its party": ("contact", "agent", {("PARTY", None)}),
    "its party, seen by department": ("contact", "peer", {("PARTY", None)}),
    "nothing": ("admin's", "agent", set()),
    "a department that is not theirs": ("department", "outsider", set()),
    "a partner's person and everyone": ("everyone", "partner", set()),
    "closed gate of the owner": ("closed's", "closed", set()),
    "closed gate and everyone": ("everyone", "closed", set()),
}


@pytest.mark.parametrize(("record", "person", "causes"), READING.values(), ids=READING.keys())
async def test_every_way_of_reading_is_named(company: Company, record, person, causes):
    assert await company.causes(record, person) == causes


async def test_above_the_owner_with_a_closed_gate_is_still_reading_line(company: Company):
    assert await company.causes("closed's", "boss") == {("REPORTING_LINE", None)}


async def test_the_answers_are_one_for_each_action_of_the_table(company: Company):
    assert list(await company.answers("mine", "agent")) == ACTIONS
    assert list(await company.answers("contact", "agent")) == ACTIONS


async def test_a_closed_gate_is_told_apart_from_rows_that_are_not_theirs(company: Company):
    shut, open_ = await company.answers("closed's", "closed"), await company.answers("admin's", "outsider")
    assert {(each["gate"], each["allowed"]) for each in shut.values()} == {(False, False)}
    assert {(each["gate"], each["allowed"]) for each in open_.values()} == {(True, False)}


async def test_the_reporting_line_and_the_party_only_show(company: Company):
    for record, person in (("mine", "boss"), ("contact", "agent")):
        answers = await company.answers(record, person)
        assert [action for action in ACTIONS if answers[action]["allowed"]] == ["READ"]


async def test_only_an_edit_share_lets_update_and_nothing_more(company: Company):
    read, edit = await company.answers("user", "outsider"), await company.answers("role", "outsider")
    assert [action for action in ACTIONS if read[action]["allowed"]] == ["READ"]
    assert [action for action in ACTIONS if edit[action]["allowed"]] == ["READ", "UPDATE"]
    reason = {"cause": "SHARE", "scope": None}
    principal = {"id": company.principals["role"], "kind": "ROLE", "name": "role of outsider"}
    assert edit["UPDATE"]["reasons"] == [reason | {"principal": principal}]


async def test_a_partners_person_reaches_no_further_than_own(company: Company):
    answers = await company.answers("mine", "partner")
    assert {(each["gate"], each["allowed"]) for each in answers.values()} == {(True, False)}


async def test_what_is_said_of_reading_and_changing_is_what_they_can_do(company: Company):
    differences, allowed = [], 0
    for record in company.records.keys() - {"contact"}:
        for name, person in company.people.items():
            answers, key = await company.answers(record, name), company.records[record]
            seen = (await person.asked("customer", "id", id=key)).errors == []
            text = "mutation ($id: ID!) { customerUpdate(id: $id, version: 99, input: {}) { userErrors { code } } }"
            told = await person.run(text, id=key)
            changed = not told.errors and told.data["customerUpdate"]["userErrors"] == [{"code": "CONFLICT"}]
            said = (answers["READ"]["allowed"], answers["UPDATE"]["allowed"])
            allowed += sum(said)
            if said != (seen, changed):
                differences.append((record, name, said, (seen, changed)))
    assert differences == []
    assert allowed > 20


async def test_one_asks_about_oneself_and_about_subordinates(company: Company):
    boss, agent = company.people["boss"], company.people["agent"]
    assert (await company.answers("mine", "boss", boss))["READ"]["allowed"]
    assert (await company.answers("mine", "agent", boss))["DELETE"]["allowed"]
    assert (await company.answers("mine", "agent", agent))["DELETE"]["allowed"]


async def test_one_asks_about_others_with_the_right_to_read_roles(company: Company):
    auditor = await company.office.hire("auditor", {"role.READ": "ALL", "customer.READ": "ALL"})
    assert (await company.answers("mine", "agent", auditor))["DELETE"]["allowed"]
    given = {"recordId": company.records["contact"], "userId": company.people["agent"].id}
    assert (await auditor.asked("accessOf", "action", **given)).codes == ["NOT_FOUND"]


async def test_whatever_one_may_not_ask_is_not_found_in_one_text(company: Company):
    gone = await customer(company.office.admin)
    await company.office.admin.do("customerDelete", "customer { id }", id=gone)
    away = await company.office.hire("away", OWN, active=False)
    tag = (await company.office.admin.do("tagCreate", "tag { id }", input={"name": "x"}))["id"]
    mine, agent, admin = company.records["mine"], company.people["agent"], company.office.admin
    asked = [
        (agent, mine, company.people["boss"].id),
        (agent, mine, company.people["peer"].id),
        (agent, company.records["admin's"], agent.id),
        (agent, mine, unknown(Kind.USER)),
        (agent, unknown(Kind.PARTY), agent.id),
        (company.people["closed"], company.records["closed's"], company.people["closed"].id),
        (admin, gone, admin.id),
        (admin, mine, away.id),
        (admin, mine, unknown(Kind.USER)),
        (admin, mine, unknown(Kind.DEPARTMENT)),
        (admin, mine, mine),
        (admin, mine, ""),
        (admin, "x\x00", admin.id),
        (admin, tag, admin.id),
        (admin, agent.id, admin.id),
        (admin, str(EVERYONE_ID), admin.id),
        *((admin, unknown(kind), admin.id) for kind in Kind),
    ]
    for asker, record, user in asked:
        answer = await asker.asked("accessOf", "action", recordId=record, userId=user)
        assert (answer.codes, [each["message"] for each in answer.errors]) == (["NOT_FOUND"], [NOT_FOUND_TEXT]), (record, user)


async def test_partners_people_and_strangers_do_not_ask(company: Company):
    given = {"recordId": company.records["mine"], "userId": company.people["partner"].id}
    assert (await company.people["partner"].asked("accessOf", "action", **given)).codes == ["FORBIDDEN"]
    assert (await company.office.anonymous.asked("accessOf", "action", **given)).codes == ["UNAUTHENTICATED"]
