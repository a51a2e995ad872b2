"""Reminders by e-mail: to our people and to contacts, once each; whatever the mail server does, none is lost and none lies."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.factories.api import Api, Office, opened
from tests.office.diary import EVENT, fire, fired, planned, soon, text, told
from tests.office.mail_server import STEPS, mail_server, mortal_server

from crm.core.clock import now
from crm.notify.office.reminder_messages import Outlets, deliver, outlets_of
from crm.services.deeds import DiallingPlan
from crm.services.office import reminder_messages
from crm.services.office.reminder_messages import IN_HAND, Sent, settle, take

office = pytest.fixture(opened)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
EMAIL = ["EMAIL"]
TIMES = 50 if os.environ.get("CRM_SOAK") else 3
"""How often a server dies at each step."""


def mail(minutes: int = 30, recipients: str = "STAFF") -> dict[str, Any]:
    return {"reminders": [{"channel": "EMAIL", "minutesBefore": minutes, "recipients": recipients}]}


async def contact(who: Api, name: str, *addresses: str) -> str:
    party = await who.do("customerCreate", "customer { id }", input={"name": f"{name}的公司"})
    given = {"name": name, "partyId": party["id"], "emailAddresses": [{"address": each} for each in addresses]}
    made: str = (await who.do("contactCreate", "contact { id }", input=given))["id"]
    return made


async def states(office: Office) -> dict[str, int]:
    rows = await office.rows(
        "SELECT state || coalesce(' ' || failure, '') || CASE WHEN repeated THEN ' again' ELSE '' END AS s FROM reminder"
    )
    return dict(Counter(row["s"] for row in rows))


async def emptied(office: Office, outlets: Outlets, at: datetime) -> int:
    total = 0
    while found := await deliver(office.database, outlets, at):
        total += found
    return total


@pytest.fixture
async def post(office: Office):
    """A mail server and the way to it."""
    async with mail_server() as (url, mailbox):
        outlets = outlets_of(office.database, url, DiallingPlan())
        yield outlets, mailbox
        await asyncio.gather(*(outlet.close() for outlet in outlets.values()))


async def test_it_goes_out_once_in_the_readers_language_and_zone(office: Office, post):
    outlets, mailbox = post
    ann = await office.hire(
        "ann", {"schedule_event.*": "OWN"}, email="ann@example.test", locale="en-GB", time_zone="Europe/London"
    )
    bo = await office.hire("bo", email="bo@example.test")
    cy = await office.hire("cy")
    starts = soon(hours=2)
    given = {"title": "预算\n会", "location": "三楼", "attendeeUserIds": [bo.id, cy.id], **mail()}
    await planned(ann, starts, **given)
    at = starts - 30 * MINUTE
    assert await fire(office, at) == 3
    assert await told(office) == [], "a message is on no screen"
    assert [(each["channel"], each["state"]) for each in await fired(ann)] == [("EMAIL", "QUEUED")]
    await asyncio.gather(emptied(office, outlets, at), emptied(office, outlets, at))
    assert await states(office) == {"SENT": 2, "FAILED NO_ADDRESS": 1}
    found = {mail["To"]: mail for mail in mailbox.taken}
    assert set(found) == {"ann <ann@example.test>", "bo <bo@example.test>"}
    english, chinese = found["ann <ann@example.test>"], found["bo <bo@example.test>"]
    assert (english["Subject"], chinese["Subject"]) == ("Reminder: 预算 会", "日程提醒：预算 会")
    assert english.get_content().startswith("What: 预算 会\r\nWhen: ")
    assert "(Europe/London)" in english.get_content()
    assert "地点：三楼" in chinese.get_content()
    assert "（Asia/Shanghai）" in chinese.get_content()
    assert english["Auto-Submitted"] == "auto-generated"
    assert (await fired(ann))[0]["state"] == "SENT"
    async with office.unchanged():
        assert await emptied(office, outlets, at + DAY) == 0
        message = (await fired(ann))[0]["id"]
        assert await ann.refusals("reminderSnooze", id=message, minutes=5) == [("ILLEGAL_TRANSITION", None)]
        assert await ann.refusals("reminderDismiss", id=message) == [("ILLEGAL_TRANSITION", None)]


async def test_contacts_are_reminded_in_the_owners_name(office: Office, post):
    """Two who share an address get one message, who has none is told of as such, and who declines or comes later counts."""
    outlets, mailbox = post
    ann = await office.hire("ann", {"schedule_event.*": "OWN", "customer.*": "ALL", "contact.*": "ALL"})
    wang, li = await contact(ann, "王", "a@example.test", "b@example.test"), await contact(ann, "李", "a@example.test")
    zhao, qian = await contact(ann, "赵"), await contact(ann, "钱", "q@example.test")
    starts = soon(hours=2)
    made = await planned(ann, starts, rrule="FREQ=DAILY", attendeeContactIds=[wang, li, zhao], **mail(recipients="CONTACTS"))
    assert await fire(office, starts - 30 * MINUTE) == 2
    await emptied(office, outlets, starts)
    found = await ann.ask("reminders", "nodes { state failure sentAt repeated contact { name } event { title } }")
    assert sorted((each["contact"]["name"], each["state"], each["failure"]) for each in found["nodes"]) == [
        ("王", "SENT", None), ("赵", "FAILED", "NO_ADDRESS"),
    ]  # fmt: skip
    assert mailbox.to == ["a@example.test"]
    people = {"attendeeContactIds": [qian]}
    await ann.do("scheduleEventUpdate", EVENT, id=made["id"], version=1, input=people)
    assert await fire(office, starts + DAY - 30 * MINUTE) == 1
    await emptied(office, outlets, starts + DAY)
    assert mailbox.to == ["a@example.test", "q@example.test"]
    assert "（Asia/Shanghai）" in mailbox.taken[1].get_content(), "in the event's zone: we do not know theirs"
    await office.rows("UPDATE user_account SET active = false WHERE username = 'ann'")
    assert await fire(office, starts + 2 * DAY) == 0, "nobody is left in whose name it could go out"


async def test_a_contact_has_no_screen(office: Office):
    rule = {"minutesBefore": 5, "channel": "POPUP", "recipients": "CONTACTS"}
    given = {"title": "x", "startsAt": text(soon(hours=1)), "endsAt": text(soon(hours=2)), "reminders": [rule]}
    async with office.unchanged():
        refused = await office.admin.refusals("scheduleEventCreate", input=given)
        assert refused == [("INVALID", ["input", "reminders", "0", "channel"])]


async def test_by_short_message_it_is_queued_once_and_told_by_the_message(office: Office):
    """To people by the mobile number of their account, to contacts by their first one; however often it is handed over."""
    outlets = outlets_of(office.database, None, DiallingPlan())
    ann = await office.hire(
        "ann",
        {"schedule_event.*": "OWN", "customer.*": "ALL", "contact.*": "ALL", "sms_message.CREATE": "OWN"},
        mobile="13800001111",
    )
    bo = await office.hire("bo", locale="en-GB", mobile="+44 7400 123456")
    desk, out = await office.hire("desk", mobile="0571-87654321"), await office.hire("out", mobile="13800002222")
    wang = await contact(ann, "王")
    numbers = [{"raw": "0571-87654321"}, {"raw": "139 0000 3333"}]
    await ann.do("contactUpdate", "contact { id }", id=wang, version=1, input={"phoneNumbers": numbers})
    await office.admin.do("smsOptOutCreate", "smsOptOut { id }", input={"number": "13800002222"})
    people = {"attendeeUserIds": [bo.id, desk.id, out.id], "attendeeContactIds": [wang]}
    rules = [{"channel": "SMS", "minutesBefore": 30, "recipients": each} for each in ("STAFF", "CONTACTS")]
    starts = soon(hours=2)
    await planned(ann, starts, title="【招行】预算\n会", location="三楼", **people, reminders=rules)
    assert await fire(office, starts - 30 * MINUTE) == 5
    taken, _ = await take(office.database, starts - 30 * MINUTE, ["SMS"], 9)
    for _ in range(2):  # whoever was killed after the first time hands it over again
        ends = await asyncio.gather(*(outlets["SMS"].send(each) for each in [*taken, *taken]))
    assert Counter(each.name for each in ends) == {"DONE": 6, "REFUSED": 4}
    for message, end in zip([*taken, *taken], ends, strict=True):
        await settle(office.database, message, end, now())
    assert await states(office) == {"SENT": 3, "FAILED REFUSED": 2}
    found = {row["e164"]: row for row in await office.rows("SELECT * FROM sms_message")}
    assert set(found) == {"+8613800001111", "+447400123456", "+8613900003333"}
    assert found["+8613900003333"]["contact_id"] == UUID(wang)
    assert str(found["+8613900003333"]["owner_id"]) == ann.id
    assert "日程提醒：[招行]预算 会，" in found["+8613800001111"]["text"]
    assert "Reminder: [招行]预算 会, " in found["+447400123456"]["text"]
    assert await office.value("SELECT count(*) FROM outbound") == 3


async def test_who_may_not_write_to_contacts_has_none_reminded_by_short_message(office: Office):
    """The message goes out in their name, and shows them the number: neither may come by way of the calendar."""
    writes = {"schedule_event.*": "OWN", "contact.*": "ALL", "customer.*": "ALL", "sms_message.READ": "OWN"}
    ann = await office.hire("ann", writes)
    blind = await office.hire("blind", writes | {"sms_message.CREATE": "OWN"}, hidden=["contact.phoneNumbers"])
    wang = await contact(ann, "王")
    rule = {"channel": "SMS", "minutesBefore": 30, "recipients": "CONTACTS"}
    times = {"title": "x", "startsAt": text(soon(hours=1)), "endsAt": text(soon(hours=2))}
    for who in (ann, blind):
        async with office.unchanged():
            given = times | {"reminders": [rule], "attendeeContactIds": [wang]}
            assert await who.refusals("scheduleEventCreate", input=given) == [("FORBIDDEN", ["input", "reminders"])]
        made = await who.do("scheduleEventCreate", EVENT, input=times | {"reminders": [rule]})
        async with office.unchanged():
            late = {"attendeeContactIds": [wang]}
            refused = await who.refusals("scheduleEventUpdate", id=made["id"], version=1, input=late)
            assert refused == [("FORBIDDEN", ["input", "reminders"])]


async def test_without_an_account_for_short_messages_it_says_so(office: Office):
    await office.rows("UPDATE sms_account SET active = FALSE")
    await office.rows("UPDATE user_account SET mobile = '13800001111'")
    await planned(office.admin, soon(minutes=5), reminders=[{"channel": "SMS", "minutesBefore": 5}])
    await fire(office, soon())
    [message], _ = await take(office.database, now(), ["SMS"], 4)
    async with office.unchanged():
        assert await outlets_of(office.database, None, DiallingPlan())["SMS"].send(message) is Sent.NOT_SET_UP


@pytest.mark.parametrize(
    ("command", "answer", "state"),
    [
        ("RCPT", "550 nobody here", "FAILED REFUSED"), ("RCPT", "450 later", "QUEUED"), ("DATA", "554 no", "FAILED REFUSED"),
        ("DATA", "451 busy", "QUEUED"),
    ],
)  # fmt: skip
async def test_what_a_server_says_is_certain(office: Office, post, command, answer, state):
    outlets, mailbox = post
    await office.rows("UPDATE user_account SET email = 'a@example.test'")
    await planned(office.admin, soon(minutes=5), **mail())
    await fire(office, soon())
    mailbox.no[command] = answer
    await emptied(office, outlets, soon())
    assert await states(office) == {state: 1}
    mailbox.no.clear()
    await emptied(office, outlets, soon(minutes=1))
    assert await states(office) == {"SENT" if state == "QUEUED" else state: 1}
    assert len(mailbox.taken) == (state == "QUEUED")
    assert mailbox.connections == 1, "the connection is kept"


async def test_a_server_that_dies_at_every_step_loses_nothing(office: Office):
    """What was taken before the answer comes again, once, and is marked; everything else comes once."""
    count = TIMES * len(STEPS)
    await office.rows("UPDATE user_account SET email = 'a@example.test'")
    for number in range(count):
        await planned(office.admin, soon(minutes=5), title=f"{number}", **mail())
    await fire(office, soon())
    async with mortal_server(itertools.chain(STEPS * TIMES)) as (url, mortal):
        outlets, at = outlets_of(office.database, url, DiallingPlan()), soon()
        for _ in range(count + 2):
            at += timedelta(minutes=31)
            await office.rows("UPDATE reminder SET fired_at = $1 WHERE state = 'QUEUED'", at)
            if not await emptied(office, outlets, at):
                break
        await asyncio.gather(*(outlet.close() for outlet in outlets.values()))
    assert Counter(mortal.died) == dict.fromkeys(STEPS, TIMES)
    taken = Counter(mortal.taken)
    assert len(taken) == count, "nothing is lost"
    again = {
        f"Message-ID: <reminder-{row['id']}@127.0.0.1>" for row in await office.rows("SELECT id FROM reminder WHERE repeated")
    }
    assert {key for key, times in taken.items() if times > 1} <= again, "what came twice is marked"
    assert sum(times - 1 for times in taken.values()) == TIMES, "one repetition for each answer that was lost"
    assert set(await states(office)) <= {"SENT", "SENT again"}


async def test_who_is_killed_between_taking_and_sending_costs_one_repetition_at_most(office: Office):
    await office.rows("UPDATE user_account SET email = 'a@example.test'")
    await planned(office.admin, soon(minutes=5), **mail())
    await fire(office, soon())
    at, repeated = now(), []
    for _ in range(3):
        messages, looked_at = await take(office.database, at, EMAIL, 4)
        assert looked_at == 1
        repeated += [message.repeated for message in messages]
        assert await take(office.database, at + IN_HAND - timedelta(seconds=1), EMAIL, 4) == ([], 0), "it is in hand"
        at += IN_HAND
    assert repeated == [False, True]
    assert await states(office) == {"FAILED UNCERTAIN again": 1}


async def test_who_comes_late_with_an_answer_changes_nothing(office: Office):
    await office.rows("UPDATE user_account SET email = 'a@example.test'")
    await planned(office.admin, soon(minutes=5), **mail())
    await fire(office, soon())
    [message], _ = await take(office.database, now(), EMAIL, 4)
    await settle(office.database, message, Sent.DONE, now())
    async with office.unchanged():
        await settle(office.database, message, Sent.REFUSED, now())


@pytest.mark.parametrize("gone", ["UPDATE schedule_event SET deleted_at = now()", "UPDATE user_account SET active = false"])
async def test_what_is_gone_is_not_sent(office: Office, post, gone):
    outlets, mailbox = post
    await office.rows("UPDATE user_account SET email = 'a@example.test'")
    await planned(office.admin, soon(minutes=5), **mail())
    await fire(office, soon())
    await office.rows(gone)
    assert await emptied(office, outlets, soon()) == 1
    assert (mailbox.taken, await states(office)) == ([], {"FAILED OBSOLETE": 1})


async def test_without_a_server_it_says_so_and_with_one_that_is_away_it_is_tried_for_hours(office: Office, monkeypatch):
    await office.rows("UPDATE user_account SET email = 'a@example.test'")
    for title in ("a", "b"):
        await planned(office.admin, soon(minutes=5), title=title, **mail())
    await fire(office, soon())
    away = outlets_of(office.database, "smtp://127.0.0.1:1", DiallingPlan())
    [one, other], _ = await take(office.database, now(), EMAIL, 4)
    await settle(office.database, one, await outlets_of(office.database, None, DiallingPlan())["EMAIL"].send(one), now())
    await settle(office.database, other, await away["EMAIL"].send(other), now())
    assert await states(office) == {"FAILED NOT_SET_UP": 1, "QUEUED": 1}
    monkeypatch.setattr(reminder_messages, "WORTH_SENDING", timedelta())
    await emptied(office, away, soon(minutes=1))
    assert await states(office) == {"FAILED NOT_SET_UP": 1, "FAILED NOT_SENT": 1}
