"""Contracts on their way from draft to completion; nobody judges their own, and what was submitted stays as it is."""

from __future__ import annotations

import asyncio

import pytest
from tests.factories.api import Api, Office, opened, unknown

from crm.core.kinds import Kind

office = pytest.fixture(opened)
CONTRACT = """contract { id version status signedOn submittedAt approvedAt approvedBy { username } rejectReason cancelledAt
    cancelReason title note actions }"""
PATHS: dict[str, list[str]] = {
    "DRAFT": [],
    "IN_REVIEW": ["Submit"],
    "APPROVED": ["Submit", "Approve"],
    "REJECTED": ["Submit", "Reject"],
    "SIGNED": ["Submit", "Approve", "Sign"],
    "ACTIVE": ["Submit", "Approve", "Sign", "Activate"],
    "COMPLETED": ["Submit", "Approve", "Sign", "Activate", "Complete"],
    "TERMINATED": ["Submit", "Approve", "Sign", "Terminate"],
    "EXPIRED": ["Submit", "Approve", "Sign", "Activate", "Expire"],
}
STEPS = {
    ("DRAFT", "Submit"): "IN_REVIEW",
    ("REJECTED", "Submit"): "IN_REVIEW",
    ("IN_REVIEW", "Approve"): "APPROVED",
    ("IN_REVIEW", "Reject"): "REJECTED",
    ("IN_REVIEW", "Withdraw"): "DRAFT",
    ("APPROVED", "Sign"): "SIGNED",
    ("SIGNED", "Activate"): "ACTIVE",
    ("SIGNED", "Terminate"): "TERMINATED",
    ("SIGNED", "Expire"): "EXPIRED",
    ("ACTIVE", "Complete"): "COMPLETED",
    ("ACTIVE", "Terminate"): "TERMINATED",
    ("ACTIVE", "Expire"): "EXPIRED",
}
VERBS = ["Submit", "Approve", "Reject", "Withdraw", "Sign", "Activate", "Complete", "Terminate", "Expire"]
JUDGES = {"contract.READ": "ALL", "contract.UPDATE": "ALL", "contract.APPROVE": "ALL", "contract.TRANSFER": "ALL"}


def arguments(verb: str) -> dict[str, str]:
    return {"reason": "不行"} if verb in ("Reject", "Terminate") else {}


async def taken(who: Api, key: str, verb: str, **more: object) -> dict:
    return await who.do(f"contract{verb}", CONTRACT, id=key, **{**arguments(verb), **more})


async def created(office: Office, state: str = "DRAFT", judge: Api | None = None, **given: object) -> dict:
    party = await office.admin.do("customerCreate", "customer { id }", input={"name": "华为"})
    whole = {"title": "合同", "kind": "SALES", "partyId": party["id"], **given}
    made: dict = await office.admin.do("contractCreate", CONTRACT, input=whole)
    for verb in PATHS[state]:
        made = await taken(judge if judge and verb in ("Approve", "Reject") else office.admin, made["id"], verb)
    return made


@pytest.mark.parametrize("state", PATHS)
async def test_the_flow_takes_the_steps_of_its_table_and_no_other(office: Office, state):
    boss = await office.hire("boss", JUDGES)
    for verb in VERBS:
        made = await created(office, state, boss)
        assert made["status"] == state
        assert (verb.upper() in made["actions"]) == ((state, verb) in STEPS)
        if (state, verb) in STEPS:
            after = await taken(boss, made["id"], verb)
            assert (after["status"], after["version"]) == (STEPS[state, verb], made["version"] + 1)
            log = (await office.admin.ask("changes", "nodes { verb }", first=1))["nodes"]
            assert log == [{"verb": f"contract.{verb.lower()}"}]
        else:
            async with office.unchanged():
                refused = await boss.refusals(f"contract{verb}", id=made["id"], **arguments(verb))
                assert refused == [("ILLEGAL_TRANSITION", None)]


async def test_what_each_step_writes(office: Office):
    boss = await office.hire("boss", JUDGES)
    made = await created(office, "REJECTED", boss)
    assert made["rejectReason"] == "不行"
    again = await taken(office.admin, made["id"], "Submit")
    assert (again["rejectReason"], again["submittedAt"] is not None) == (None, True)
    drawn = await taken(office.admin, made["id"], "Withdraw")
    assert drawn["submittedAt"] is None
    await taken(office.admin, made["id"], "Submit")
    approved = await taken(boss, made["id"], "Approve")
    assert (approved["approvedBy"], approved["approvedAt"] is not None) == ({"username": "boss"}, True)
    signed = await taken(office.admin, made["id"], "Sign", signedOn="2026-03-01")
    assert signed["signedOn"] == "2026-03-01"
    ended = await taken(office.admin, made["id"], "Terminate", reason="  违约 ")
    assert (ended["cancelReason"], ended["cancelledAt"] is not None) == ("违约", True)


async def test_it_is_signed_today_unless_another_day_is_given(office: Office):
    made = await created(office, "SIGNED", await office.hire("boss", JUDGES))
    assert made["signedOn"] == await office.value("SELECT ((now() AT TIME ZONE 'Asia/Shanghai')::date)::text")


@pytest.mark.parametrize(("verb", "more"), [("Approve", {}), ("Reject", {"reason": "不行"})])
async def test_nobody_judges_what_they_own_or_submitted(office: Office, verb, more):
    boss, clerk = await office.hire("boss", JUDGES), await office.hire("clerk", JUDGES)
    owned = await created(office, ownerId=boss.id)
    await taken(clerk, owned["id"], "Submit")
    own = [("FORBIDDEN", ["id"])]
    async with office.unchanged():
        for who in (boss, clerk):
            assert await who.refusals(f"contract{verb}", id=owned["id"], **more) == own
    # Given away after submitting, it is still one's own submission.
    given = await created(office, ownerId=clerk.id)
    await taken(clerk, given["id"], "Submit")
    await clerk.do("recordsTransfer", "results { userErrors { code } }", input={"ids": [given["id"]], "toId": office.admin.id})
    async with office.unchanged():
        assert await clerk.refusals(f"contract{verb}", id=given["id"], **more) == own
    assert (await taken(boss, given["id"], verb))["status"] in ("APPROVED", "REJECTED")


async def test_judging_takes_its_own_permission(office: Office):
    writer = await office.hire("writer", {"contract.READ": "ALL", "contract.UPDATE": "ALL"})
    judge = await office.hire("judge", {"contract.READ": "ALL", "contract.APPROVE": "OWN"})
    made = await created(office, "IN_REVIEW")
    async with office.unchanged():
        document = "mutation ($id: ID!) { contractApprove(id: $id) { userErrors { code } } }"
        assert (await writer.run(document, id=made["id"])).codes == ["FORBIDDEN"]
        assert await judge.refusals("contractApprove", id=made["id"]) == [("FORBIDDEN", ["id"])]
        submit = "mutation ($id: ID!) { contractSubmit(id: $id) { userErrors { code } } }"
        assert (await judge.run(submit, id=made["id"])).codes == ["FORBIDDEN"]


@pytest.mark.parametrize("state", PATHS)
async def test_fields_are_open_in_draft_and_after_a_rejection_only(office: Office, state):
    made = await created(office, state, await office.hire("boss", JUDGES))
    values = {"title": "另一个", "note": "n"}
    if state in ("DRAFT", "REJECTED"):
        changed = await office.admin.do("contractUpdate", CONTRACT, id=made["id"], version=made["version"], input=values)
        assert changed == made | values | {"version": made["version"] + 1}
        return
    async with office.unchanged():
        refused = await office.admin.refusals("contractUpdate", id=made["id"], version=made["version"], input=values)
        assert sorted(refused) == [("INVALID", ["input", "note"]), ("INVALID", ["input", "title"])]
        same = {"title": "合同", "note": None, "amount": "0"}
        assert await office.admin.do("contractUpdate", CONTRACT, id=made["id"], version=made["version"], input=same) == made


@pytest.mark.parametrize(("verb", "state"), [("Reject", "IN_REVIEW"), ("Terminate", "SIGNED")])
@pytest.mark.parametrize(("reason", "code"), [(" ", "REQUIRED"), ("x" * 20_001, "INVALID"), ("\x00", "INVALID")])
async def test_a_reason_says_something(office: Office, verb, state, reason, code):
    boss = await office.hire("boss", JUDGES)
    made = await created(office, state, boss)
    async with office.unchanged():
        assert await boss.refusals(f"contract{verb}", id=made["id"], reason=reason) == [(code, ["reason"])]


async def test_judged_once_by_two_at_once(office: Office):
    boss = await office.hire("boss", JUDGES)
    made = await created(office, "IN_REVIEW")
    payloads = await asyncio.gather(
        boss.tried("contractApprove", CONTRACT, id=made["id"]),
        boss.tried("contractReject", CONTRACT, id=made["id"], reason="不行"),
        office.admin.tried("contractWithdraw", CONTRACT, id=made["id"]),
    )
    codes = [error["code"] for payload in payloads for error in payload["userErrors"]]
    assert codes == ["ILLEGAL_TRANSITION"] * 2


ODD = ["", "\x00", "' OR 1=1", unknown(Kind.CONTRACT), unknown(Kind.PARTY)]


@pytest.mark.parametrize("verb", ["Update", *VERBS, "Delete", "Restore"])
async def test_an_odd_id_is_not_found(office: Office, verb):
    more: dict = {"version": 1, "input": {"title": "x"}} if verb == "Update" else dict(arguments(verb))
    async with office.unchanged():
        for odd in ODD:
            assert await office.admin.refusals(f"contract{verb}", id=odd, **more) == [("NOT_FOUND", ["id"])]


@pytest.mark.parametrize(("state", "notice"), [("APPROVED", "APPROVED"), ("REJECTED", "REJECTED")])
async def test_a_verdict_is_told_to_whose_contract_it_is(office: Office, state: str, notice: str):
    boss = await office.hire("boss", JUDGES)
    made = await created(office, state, boss)
    asked = "nodes { kind actor { username } record { id } }"
    found = (await office.admin.ask("notifications", asked))["nodes"]
    assert found == [{"kind": notice, "actor": {"username": "boss"}, "record": {"id": made["id"]}}]
    assert (await boss.ask("notifications", asked))["nodes"] == []
