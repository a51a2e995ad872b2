"""The clock of service cases: counted in working time, standing still while it waits, missed, escalated once."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from tests.customers.cases import MONDAY, asked, at, customer, opened_case, printed, stop_clock, taken
from tests.factories.api import Office, opened

from crm.services.customers.case_watch import look

office = pytest.fixture(opened)
HOUR = timedelta(hours=1)
NOTICES = "nodes { kind record { ... on ServiceCase { number escalationLevel } } }"
LOG = "changes { nodes { verb channel fields { field } } }"


async def test_a_promise_is_kept_by_working_time(office: Office, monkeypatch):
    """NORMAL at first: an answer within 4 hours and a solution within 24, of 8 a day."""
    move = stop_clock(monkeypatch, at(6, 17))  # a Friday
    made = await opened_case(office)
    assert made["responseDueAt"] == printed(at(9, 12))
    assert made["resolutionDueAt"] == printed(at(11, 17))
    await taken(office, made["id"], "Accept")
    move(at(9, 11))
    answered = await taken(office, made["id"], "Respond")
    assert answered["firstRespondedAt"] == printed(at(9, 11))
    move(at(9, 13))
    again = await taken(office, made["id"], "Respond")
    assert (again["firstRespondedAt"], again["version"]) == (answered["firstRespondedAt"], answered["version"])
    assert (again["responseBreached"], again["resolutionBreached"]) == (False, False)
    move(at(12, 9))
    late = await taken(office, made["id"], "Resolve")
    assert (late["responseBreached"], late["resolutionBreached"]) == (False, True)
    assert late["resolutionDueAt"] == printed(at(11, 17))


async def test_the_clock_stands_still_while_it_waits_for_the_customer(office: Office, monkeypatch):
    move = stop_clock(monkeypatch)
    made = await opened_case(office, priority="HIGH")  # an hour, and eight
    assert (made["responseDueAt"], made["resolutionDueAt"]) == (printed(at(2, 10)), printed(at(2, 18)))
    await taken(office, made["id"], "Accept")
    move(at(2, 11))
    waiting = await taken(office, made["id"], "Pend")
    assert (waiting["resolutionDueAt"], waiting["responseBreached"]) == (None, True)
    assert waiting["firstRespondedAt"] == printed(at(2, 11))
    move(at(4, 10))
    resumed = await taken(office, made["id"], "Resume")
    assert resumed["resolutionDueAt"] == printed(at(4, 17))  # two hours were gone; the break at noon does not count
    move(at(4, 11))
    await taken(office, made["id"], "Pend")
    move(at(9, 9))
    resolved = await taken(office, made["id"], "Resolve")
    assert resolved["resolutionBreached"] is False
    move(at(9, 10))
    reopened = await taken(office, made["id"], "Reopen")
    assert reopened["resolutionDueAt"] == printed(at(10, 10))
    assert (reopened["responseBreached"], reopened["responseDueAt"]) == (True, made["responseDueAt"])


async def test_another_priority_is_another_promise(office: Office, monkeypatch):
    stop_clock(monkeypatch)
    made = await opened_case(office, priority="LOW")
    urgent = await office.admin.do(
        "serviceCaseUpdate", "serviceCase { id responseDueAt resolutionDueAt slaPolicy { name } }",
        id=made["id"], version=1, input={"priority": "URGENT"},
    )  # fmt: skip
    assert (urgent["responseDueAt"], urgent["resolutionDueAt"]) == (printed(at(2, 9, 30)), printed(at(2, 14)))
    policy = await office.value("SELECT id FROM sla_policy WHERE priority = 'NORMAL'")
    await office.admin.do("slaPolicyDelete", "slaPolicy { id }", id=str(policy))
    unpromised = await opened_case(office)
    assert (unpromised["responseDueAt"], unpromised["resolutionDueAt"], unpromised["slaPolicy"]) == (None, None, None)
    for step in ("Accept", "Pend", "Resume", "Resolve"):
        assert (await taken(office, unpromised["id"], step))["resolutionBreached"] is False


async def hired(office: Office) -> tuple[str, str]:
    """An owner, their superior and the one above."""
    chief = await office.hire("chief", {"customer.READ": "ALL", "service_case.READ": "ALL"})
    grants = {"customer.READ": "ALL", "service_case.READ": "OWN_AND_SUBORDINATES"}
    manager = await office.hire("manager", grants, manager_id=chief.id)
    owner = await office.hire("owner", grants, manager_id=manager.id)
    return owner.id, manager.id


async def told(office: Office) -> dict[str, list[int]]:
    """Who was told of an escalation, how often; with the level the record is at."""
    found = {}
    for name in ("owner", "manager", "chief"):
        who = await office.signed_in(name)
        nodes = (await who.ask("notifications", NOTICES))["nodes"]
        found[name] = [each["record"]["escalationLevel"] for each in nodes if each["kind"] == "ESCALATED"]
    return found


async def test_who_owns_it_and_who_is_above_are_told_once_of_each_step(office: Office, monkeypatch):
    move = stop_clock(monkeypatch)
    owner, _ = await hired(office)
    made = await opened_case(office, priority="HIGH", ownerId=owner)
    assert await look(office.database, MONDAY) == 0
    for hours, level, who in (
        (0.8, 1, {"owner": 1, "manager": 1, "chief": 0}),
        (1, 2, {"owner": 2, "manager": 2, "chief": 1}),
        (7.5, 3, {"owner": 3, "manager": 3, "chief": 1}),
        (9, 4, {"owner": 4, "manager": 4, "chief": 2}),
    ):
        now = move(MONDAY + hours * HOUR)
        done = await asyncio.gather(*(look(office.database, now) for _ in range(3)))
        assert sum(done) == 1
        assert await look(office.database, now) == 0
        assert {name: len(each) for name, each in (await told(office)).items()} == who
        assert (await asked(office, made["id"]))["escalationLevel"] == level
    after = await asked(office, made["id"])
    assert (after["responseBreached"], after["resolutionBreached"], after["version"]) == (True, True, 1)
    entries = (await office.admin.ask("serviceCase", LOG, id=made["id"]))["changes"]["nodes"]
    assert [(each["verb"], each["channel"]) for each in entries] == [("service_case.escalate", "SCHEDULE")] * 4 + [
        ("service_case.create", "API")
    ]
    assert await office.value("SELECT count(*) FROM event WHERE topic = 'recordChanges' AND record_id = $1", made["id"]) == 5
    assert await office.value("SELECT escalate_at FROM service_case") is None


async def test_what_was_missed_unseen_is_told_by_its_highest_step(office: Office, monkeypatch):
    """Nobody looked for a day: one notification, not three."""
    stop_clock(monkeypatch)
    owner, _ = await hired(office)
    await opened_case(office, priority="HIGH", ownerId=owner)
    assert await look(office.database, at(4, 12)) == 1
    assert await told(office) == {"owner": [4], "manager": [4], "chief": [4]}


async def test_what_waits_or_is_over_or_deleted_is_not_escalated(office: Office, monkeypatch):
    stop_clock(monkeypatch)
    party = await customer(office)
    for steps in (("Accept", "Pend"), ("Accept", "Resolve"), ("Reject",)):
        made = await opened_case(office, partyId=party)
        for step in steps:
            await taken(office, made["id"], step)
    made = await opened_case(office, partyId=party)
    await office.admin.do("serviceCaseDelete", "serviceCase { id }", id=made["id"])
    async with office.unchanged():
        assert await look(office.database, at(30, 12)) == 0


async def test_a_holiday_that_is_entered_later_moves_what_is_due(office: Office, monkeypatch):
    stop_clock(monkeypatch, at(2, 17))
    made, waiting = await opened_case(office, priority="HIGH"), await opened_case(office)
    assert (made["responseDueAt"], made["resolutionDueAt"]) == (printed(at(2, 18)), printed(at(3, 17)))
    calendar = str(await office.value("SELECT id FROM work_calendar"))
    await taken(office, waiting["id"], "Accept")
    await taken(office, waiting["id"], "Pend")
    day = {"workCalendarId": calendar, "fallsOn": "2026-03-03", "kind": "HOLIDAY", "name": "厂庆"}
    await office.admin.do("calendarDayCreate", "calendarDay { id }", input=day)
    await look(office.database, at(2, 17))
    moved = await asked(office, made["id"])
    assert (moved["resolutionDueAt"], moved["version"]) == (printed(at(4, 17)), 1)
    assert (await asked(office, waiting["id"]))["resolutionDueAt"] is None
    policy = await office.value("SELECT id FROM sla_policy WHERE priority = 'HIGH'")
    shorter = {"responseMinutes": 30, "resolutionMinutes": 60}
    await office.admin.do("slaPolicyUpdate", "slaPolicy { id }", id=str(policy), version=1, input=shorter)
    await look(office.database, at(2, 17))
    assert (await asked(office, made["id"]))["resolutionDueAt"] == printed(at(2, 18))
    async with office.unchanged():
        await look(office.database, at(2, 17))
