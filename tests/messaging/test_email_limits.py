"""What a mailbox may send in a day, whose turn it is, and how long a letter is worth sending that had to wait for that."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pytest
from tests.factories.api import Office, opened
from tests.factories.mailing import SENT, contact, letter, opened_box, post_office, sending, served
from tests.factories.texting import until
from tests.notify.errands import working

from crm.notify.messaging import outbound
from crm.rules.messaging.email_flow import WORTH
from crm.rules.messaging.email_outcomes import Answer, EmailOutcome
from crm.rules.messaging.sending import Result
from crm.services.messaging import email_dispatch
from crm.services.messaging.email_batch_preparing import PREPARE
from crm.services.messaging.email_dispatch import Parcel

office = pytest.fixture(opened)


async def taken(office: Office, most: int = 9) -> list[Parcel]:
    """What goes out now."""
    await office.rows("UPDATE email_account SET next_at = NULL")
    await office.rows("UPDATE outbound SET due_at = now() WHERE holder IS NULL")
    return await email_dispatch.take(office.database, most)


async def ended(office: Office, parcels: Sequence[Parcel], result: Result = Result.ACCEPTED) -> None:
    answer = {Result.ACCEPTED: Answer(250, "taken"), Result.THROTTLED: Answer(451, "later")}.get(result)
    told = [{} if answer is None else dict.fromkeys((row["id"] for row in each.recipients), answer) for each in parcels]
    outcomes = [each.outcome or EmailOutcome(result, told=said) for each, said in zip(parcels, told, strict=True)]
    await email_dispatch.settle(office.database, list(zip(parcels, outcomes, strict=True)))


def subjects(parcels: Sequence[Parcel]) -> list[str]:
    return [each.message["subject"] for each in parcels]


async def a_day_later(office: Office) -> None:
    await office.rows("UPDATE email_recipient SET tried_at = tried_at - interval '25 hours'")
    await office.rows("UPDATE email_message SET tried_at = tried_at - interval '25 hours'")


async def post(office: Office, box: str, subject: str, count: int, **values: Any) -> str:
    people = [f"{subject.lower()}{place}@x.example" for place in range(count)]
    return str((await office.admin.do("emailSend", SENT, input=letter(box, *people, subject=subject, **values)))["id"])


@pytest.mark.parametrize("path", [None, "bounce+{token}@example.com"])
async def test_a_day_counts_recipients_and_a_letter_goes_whole_or_waits(office: Office, path: str | None):
    box = await opened_box(office.admin, 25, perDay=4, connections=10, returnPath=path)
    async with office.unchanged():
        five = letter(box, *(f"{number}@x.example" for number in range(5)))
        assert await office.admin.refusals("emailSend", input=five) == [("INVALID", ["input", "to"])]
    for subject, count in (("A", 3), ("B", 2), ("C", 1), ("D", 1)):
        await post(office, box, subject, count)
    first = await taken(office)
    assert sorted(set(subjects(first))) == ["A", "C"]
    assert sum(len(each.recipients) for each in first) == 4
    # What is on its way counts for everybody it is to, also while nobody knows the end of it, and after it bounced.
    assert await taken(office) == []
    await ended(office, [each for each in first if each.message["subject"] == "A"])
    await ended(office, [each for each in first if each.message["subject"] == "C"], Result.DOUBTFUL)
    await office.rows("UPDATE email_recipient SET state = 'BOUNCED', settled_at = now() WHERE address = 'a0@x.example'")
    assert await taken(office) == []
    assert await office.value("SELECT next_at > now() + interval '9 minutes' FROM email_account")
    await a_day_later(office)
    second = await taken(office)
    assert sorted(set(subjects(second))) == ["B", "C", "D"]
    await ended(office, second)
    assert await office.value("SELECT count(*) FROM email_message WHERE state = 'SENT'") == 4
    assert await office.value("SELECT count(*) FROM outbound") == 0


async def test_a_try_that_nobody_ended_counts_and_is_taken_up_again(office: Office):
    box = await opened_box(office.admin, 25, perDay=1)
    await post(office, box, "A", 1)
    assert len(await taken(office)) == 1
    await office.rows("UPDATE outbound SET due_at = now()")
    assert await taken(office) == []
    await office.rows("UPDATE outbound SET due_at = now() - interval '1 day'")
    (again,) = await taken(office)
    assert again.repeat


async def test_a_try_that_nobody_ended_holds_up_no_others(office: Office):
    """It waits until that try counts no more; bulk mail goes meanwhile, as far as there is room."""
    admin = office.admin
    box = await opened_box(admin, 25, perDay=10, connections=10)
    people = [(await contact(admin, f"人{place}", f"p{place}@x.example"))["id"] for place in range(3)]
    given = {"accountId": box, "subject": "Bulk", "text": "t", "category": "NOTICE", "contactIds": people, "name": "n"}
    await post(office, box, "Six", 6)
    assert subjects(await taken(office)) == ["Six"]
    await admin.do("emailBatchSend", "emailBatch { id }", input=given)
    async with working(office.database, PREPARE):
        await until(office, "SELECT count(*) FROM email_batch WHERE status = 'PREPARING'", lambda count: count == 0)
    await office.rows("UPDATE outbound SET due_at = now() - interval '1 second' WHERE holder IS NOT NULL")
    bulk = await taken(office)
    assert subjects(bulk) == ["Bulk"] * 3
    await ended(office, bulk)
    await office.rows("UPDATE outbound SET due_at = now() - interval '1 day'")
    await a_day_later(office)
    assert subjects(await taken(office)) == ["Six"]


async def test_what_a_lower_limit_has_made_too_much_is_refused(office: Office):
    box = await opened_box(office.admin, 25, connections=10)
    made = await post(office, box, "A", 3)
    await office.rows("UPDATE email_account SET per_day = 2")
    await ended(office, await taken(office))
    shown = await office.admin.ask("emailMessage", "state reason folder actions", id=made)
    assert shown == {"state": "REFUSED", "reason": "DAILY_LIMIT", "folder": "ARCHIVE", "actions": ["RETRY"]}
    # Its author sends it when the reason is gone, and not before.
    async with office.unchanged():
        assert await office.admin.refusals("emailRetry", id=made) == [("INVALID", ["id"])]
    await office.rows("UPDATE email_account SET per_day = NULL, active = false")
    async with office.unchanged():
        assert await office.admin.refusals("emailRetry", id=made) == [("INVALID", ["id"])]
    await office.rows("UPDATE email_account SET active = true")
    again = await office.admin.do("emailRetry", "emailMessage { state reason folder }", id=made)
    assert again == {"state": "QUEUED", "reason": None, "folder": "OUTBOX"}
    await ended(office, await taken(office))
    sent = await office.admin.ask("emailMessage", "state repeated recipients { state }", id=made)
    assert sent == {"state": "SENT", "repeated": False, "recipients": [{"state": "SENT"}] * 3}
    other = await post(office, box, "B", 3)
    await ended(office, await taken(office), Result.REJECTED)
    await office.rows("UPDATE email_account SET per_day = 2")
    async with office.unchanged():
        assert await office.admin.refusals("emailRetry", id=other) == [("INVALID", ["id"])]


async def test_letters_go_before_bulk_and_none_expires_for_having_waited(office: Office):
    admin = office.admin
    box = await opened_box(admin, 25, perDay=2, connections=10)
    people = [(await contact(admin, f"人{place}", f"p{place}@x.example"))["id"] for place in range(3)]
    for category in ("MARKETING", "NOTICE"):
        given = {"accountId": box, "subject": category, "text": "t", "category": category, "contactIds": people}
        await admin.do("emailBatchSend", "emailBatch { id }", input={**given, "name": category})
        async with working(office.database, PREPARE):
            await until(office, "SELECT count(*) FROM email_batch WHERE status = 'PREPARING'", lambda count: count == 0)
    await post(office, box, "One", 1)
    first = await taken(office)
    assert sorted(subjects(first)) == ["NOTICE", "One"]
    await ended(office, first)
    # A letter that does not fit keeps its turn: what becomes free is not for bulk mail.
    await post(office, box, "Two", 2)
    await office.rows("UPDATE email_recipient SET tried_at = tried_at - interval '25 hours' WHERE address LIKE 'one%'")
    assert await taken(office) == []
    await a_day_later(office)
    assert subjects(await taken(office, 1)) == ["Two"]
    # Days later they are as good as new: for being tried in vain they have their time, not for waiting.
    await office.rows("UPDATE outbound SET first_due_at = first_due_at - $1::interval WHERE holder IS NULL", WORTH * 2)
    await office.rows("UPDATE email_account SET per_day = NULL")
    rest = await taken(office)
    assert subjects(rest).count("NOTICE") == 2
    assert {each.outcome for each in rest} == {None}
    await ended(office, rest, Result.THROTTLED)
    await office.rows("UPDATE outbound SET first_due_at = first_due_at - $1::interval WHERE tries > 0", WORTH)
    again = [each for each in await taken(office) if each.message["subject"] != "Two"]
    assert {each.outcome.result for each in again if each.outcome} == {Result.TOO_OLD}


async def test_a_server_that_says_nothing_holds_up_its_own_mailbox_only(office: Office, monkeypatch: pytest.MonkeyPatch):
    """Its letters had all places on the way."""
    monkeypatch.setattr(outbound, "MOST", 4)
    monkeypatch.setattr(outbound, "GRACE", 0)

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await reader.read()
        writer.close()

    async with served(silent) as port, post_office() as good:
        box = await opened_box(office.admin, port, connections=10)
        for number in range(5):
            await post(office, box, f"L{number}", 1)
        other = await opened_box(office.admin, good.port, address="other@example.com")
        async with sending(office):
            await until(office, "SELECT count(*) FROM outbound WHERE holder IS NOT NULL", lambda count: count == 4)
            await post(office, other, "Good", 1)
            await until(office, "SELECT state FROM email_message WHERE subject = 'Good'", lambda state: state == "SENT", 5)
