"""The mail server is killed at every step of the protocol: nothing is lost, and each answer that never came costs at most one
duplicate, which is marked.

Each step four times in `make test`, fifty at full size. The connections are real ones on loopback; what is cut is cut off.
"""

from __future__ import annotations

import asyncio
import itertools
import os
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from tests.factories.api import Office, opened
from tests.factories.mailing import letter, opened_box, post_office, sending, served
from tests.factories.texting import until
from tests.office.mail_server import STEPS, Mortal

from crm.notify.messaging.email import EmailSender
from crm.rules.messaging import email_outcomes
from crm.rules.messaging import sending as rules
from crm.services.messaging import email_account_states, email_dispatch, outbound
from crm.services.messaging.email_dispatch import Parcel

TIMES = 50 if os.environ.get("CRM_SOAK") else 4
LEFT = "SELECT count(*) FROM outbound"
office = pytest.fixture(opened)


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    """What waits between tries is not the point here."""
    monkeypatch.setattr(email_outcomes, "FIRST_WAIT", timedelta(milliseconds=5))
    monkeypatch.setattr(email_outcomes, "LONGEST_WAIT", timedelta(milliseconds=20))
    monkeypatch.setattr(rules, "backoff", lambda count: timedelta(milliseconds=5))
    monkeypatch.setattr(email_account_states, "PAUSE", timedelta(milliseconds=5))


async def queued(office: Office, box: str, count: int) -> list[str]:
    made = []
    for number in range(count):
        sent = await office.admin.do("emailSend", "emailMessage { id }", input=letter(box, f"a{number}@x.example"))
        made.append(str(sent["id"]))
    return made


def note(sender: EmailSender, doubts: Counter[str]) -> None:
    """Count the answers that never came, message by message."""
    send = sender.send

    async def noted(parcel: Parcel) -> rules.Outcome:
        outcome = await send(parcel)
        doubts[str(parcel.message["id"])] += outcome.result is rules.Result.DOUBTFUL
        return outcome

    sender.send = noted  # type: ignore[method-assign]


async def test_nothing_is_lost_and_every_duplicate_is_marked(office: Office, monkeypatch):
    monkeypatch.setattr(rules, "MOST_DOUBTS", 1000)
    # Each connection dies in its turn; what was taken without an answer is tried again, so none of them is left out.
    mortal, doubts = Mortal(iter(STEPS * TIMES)), Counter[str]()
    async with served(mortal.serve) as port:
        box = await opened_box(office.admin, port)
        ids = await queued(office, box, 2 * TIMES)
        async with sending(office) as sender:
            note(sender, doubts)
            await until(office, LEFT, lambda left: left == 0, 60)
    taken = Counter(line.partition("<")[2].partition("@")[0] for line in mortal.taken)
    rows = await office.rows("SELECT id::text, state, repeated FROM email_message")
    assert Counter(mortal.died) == dict.fromkeys(STEPS, TIMES)
    assert {row["state"] for row in rows} == {"SENT"}
    assert set(taken) == set(ids), "a message was lost"
    assert all(count <= 1 + doubts[key] for key, count in taken.items()), "more duplicates than answers that never came"
    twice = {key for key, count in taken.items() if count > 1}
    assert twice, "no kill led to a duplicate, so nothing was tried"
    assert twice <= {row["id"] for row in rows if row["repeated"]}, "a duplicate is not marked"
    marked = await office.rows("SELECT message_id::text AS id FROM email_recipient WHERE repeated")
    assert twice <= {row["id"] for row in marked}


async def test_a_sender_that_is_killed_leaves_its_tries_for_doubtful(office: Office, monkeypatch):
    """Of a message whose recipients have return paths of their own, those alone that were in its hands."""
    monkeypatch.setattr(outbound, "HELD", timedelta(milliseconds=30))
    async with post_office() as post:
        box = await opened_box(office.admin, post.port, returnPath="b+{token}@example.com", connections=1)
        given = letter(box, "a@x.example", "b@x.example", "c@x.example")
        await office.admin.do("emailSend", "emailMessage { id }", input=given)
        (parcel,) = await email_dispatch.take(office.database, 1)
        held = str(parcel.recipients[0]["id"])
        assert len(parcel.recipients) == 1
        await asyncio.sleep(0.05)
        async with sending(office):
            await until(office, LEFT, lambda left: left == 0)
        rows: list[Any] = await office.rows("SELECT id::text, state, repeated FROM email_recipient")
        assert {row["state"] for row in rows} == {"SENT"}
        assert {row["id"] for row in rows if row["repeated"]} == {held}
        assert sorted(post.reached) == ["a@x.example", "b@x.example", "c@x.example"]
        assert len({sender for sender, _ in post.envelopes}) == 3
        # The one that was thought dead wakes up: what it has to say changes nothing any more.
        async with office.unchanged():
            await email_dispatch.settle(office.database, [(parcel, rules.Outcome(rules.Result.REJECTED))])


async def test_who_never_answers_is_not_asked_for_ever(office: Office, monkeypatch):
    monkeypatch.setattr(rules, "MOST_DOUBTS", 3)
    mortal = Mortal(itertools.repeat("answer"))
    async with served(mortal.serve) as port:
        box = await opened_box(office.admin, port)
        (message,) = await queued(office, box, 1)
        async with sending(office):
            await until(office, "SELECT state FROM email_message", lambda state: state == "UNKNOWN")
        assert len(mortal.taken) == 3
        assert len(set(mortal.taken)) == 1, "the same message has the same id at every try"
    shown = "emailMessage { state reason actions repeated recipients { state repeated } }"
    found = await office.admin.ask("emailMessage", shown[len("emailMessage {") : -1], id=message)
    assert found == {
        "state": "UNKNOWN", "reason": "NO_ANSWER", "actions": ["RETRY"], "repeated": True,
        "recipients": [{"state": "UNKNOWN", "repeated": True}],
    }  # fmt: skip
    async with post_office() as post:
        await office.rows(f"UPDATE email_account SET smtp_port = {post.port}")
        await office.admin.do("emailRetry", "emailMessage { state }", id=message)
        async with sending(office):
            await until(office, "SELECT state FROM email_message", lambda state: state == "SENT")
    assert await office.value("SELECT count(*) FROM notification WHERE kind = 'EMAIL_UNDELIVERED'") == 1


async def test_a_letter_that_kills_its_sender_is_not_sent_for_ever(office: Office):
    """Nobody ever writes down how its tries ended; so many of them were made, and no more."""
    box = await opened_box(office.admin, 25)
    (message,) = await queued(office, box, 1)
    tried = []
    for _ in range(rules.MOST_DOUBTS + 1):
        await office.rows("UPDATE outbound SET due_at = now() - interval '1 second'")
        await office.rows("UPDATE email_account SET next_at = NULL")
        (parcel,) = await email_dispatch.take(office.database, 9)
        tried.append(parcel.outcome is None)
    assert tried == [True] * rules.MOST_DOUBTS + [False]
    assert parcel.outcome is not None
    await email_dispatch.settle(office.database, [(parcel, parcel.outcome)])
    found = await office.admin.ask("emailMessage", "state reason actions repeated recipients { state }", id=message)
    assert found == {
        "state": "UNKNOWN", "reason": "NO_ANSWER", "actions": ["RETRY"], "repeated": True, "recipients": [{"state": "UNKNOWN"}],
    }  # fmt: skip
    assert await office.value("SELECT doubts FROM email_message") == rules.MOST_DOUBTS
    assert await office.value(LEFT) == 0


async def test_a_letter_whose_end_cannot_be_written_is_not_sent_again(office: Office, monkeypatch):
    monkeypatch.setattr(outbound, "HELD", timedelta(milliseconds=30))

    async def broken(*_: Any) -> None:
        raise ValueError("it cannot be written")

    monkeypatch.setattr(email_dispatch, "_tell_recipients", broken)
    async with post_office() as post:
        box = await opened_box(office.admin, post.port)
        (message,) = await queued(office, box, 1)
        async with sending(office):
            await until(office, "SELECT state FROM email_message", lambda state: state == "UNKNOWN")
        assert len(post.letters) == 1
    assert await office.value(LEFT) == 0
    found = await office.admin.ask("emailMessage", "state reason actions recipients { state }", id=message)
    assert found == {"state": "UNKNOWN", "reason": "NO_ANSWER", "actions": ["RETRY"], "recipients": [{"state": "UNKNOWN"}]}
