"""The gateway for short messages is killed at every step: nothing is lost, and each answer that never came costs at most one
duplicate, which is marked.

24 kills in `make test`, each step in its turn, 50 at full size. The gateway is a real HTTP server on loopback; a kill breaks off
its connections and closes its port.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from datetime import timedelta

import pytest
from tests.factories.api import Office, opened
from tests.factories.texting import STEPS, account, gateway, sending, until

from crm.notify.messaging import outbound as loop
from crm.notify.messaging.sms import SmsSender
from crm.rules.messaging import sending as rules
from crm.services.messaging import outbound, sms_dispatch
from crm.services.messaging.sms_dispatch import Letter

KILLS = 50 if os.environ.get("CRM_SOAK") else 24
MESSAGES = KILLS * 2

office = pytest.fixture(opened)
SEND = 'mutation ($n: String!) { smsMessageSend(input: {number: $n, text: "a code"}) { userErrors { code } smsMessage { id } } }'


@pytest.fixture(autouse=True)
def _soon(monkeypatch):
    """What waits between tries is not the point here."""
    monkeypatch.setattr(rules, "backoff", lambda count: timedelta(milliseconds=20))
    monkeypatch.setattr(sms_dispatch, "PAUSE", timedelta(milliseconds=20))


async def queued(office: Office, count: int) -> list[str]:
    made = []
    for number in range(count):
        data = (await office.admin.run(SEND, n=f"1390000{number:04d}")).data["smsMessageSend"]
        made.append(data["smsMessage"]["id"])
    return made


async def test_nothing_is_lost_and_every_duplicate_is_marked(office: Office, monkeypatch):
    # A kill breaks off all that is on its way; few at a time, so that every step gets its turn.
    monkeypatch.setattr(loop, "MOST", 4)
    monkeypatch.setattr(rules, "MOST_DOUBTS", 100)
    async with gateway() as peer:
        await account(office, peer.url, signature=None)
        ids = await queued(office, MESSAGES)
        peer.deaths = KILLS
        doubts: Counter[str] = Counter()
        async with sending(office) as sender:
            note(sender, doubts)
            await until(office, "SELECT count(*) FROM outbound", lambda left: left == 0, 60)
        taken = Counter(each["id"] for each in peer.taken)
        rows = await office.rows("SELECT id::text, state, repeated FROM sms_message")
    assert peer.kills.total() >= KILLS
    assert set(peer.kills) == set(STEPS)
    assert {row["state"] for row in rows} == {"SUBMITTED"}
    assert set(taken) == set(ids), "a message was lost"
    assert all(count <= 1 + doubts[key] for key, count in taken.items()), "more duplicates than answers that never came"
    twice = {key for key, count in taken.items() if count > 1}
    assert twice, "no kill led to a duplicate, so nothing was tried"
    assert twice <= {row["id"] for row in rows if row["repeated"]}, "a duplicate is not marked"
    repeats = Counter(each["id"] for each in peer.taken if each["repeat"])
    assert all(count <= 1 + repeats[key] for key, count in taken.items()), "a duplicate did not say that it is one"


def note(sender: SmsSender, doubts: Counter[str]) -> None:
    """Count the answers that never came, message by message."""
    send = sender.send

    async def noted(letter: Letter) -> rules.Outcome:
        outcome = await send(letter)
        doubts[str(letter.ticket.message_id)] += outcome.result is rules.Result.DOUBTFUL
        return outcome

    sender.send = noted  # type: ignore[method-assign]


async def test_a_sender_that_is_killed_leaves_its_tries_for_doubtful(office: Office, monkeypatch):
    """Its messages are claimed and nothing of them is written down: whoever comes next knows that they may have arrived."""
    monkeypatch.setattr(outbound, "HELD", timedelta(milliseconds=30))
    async with gateway() as peer:
        await account(office, peer.url, signature=None)
        ids = await queued(office, 3)
        taken = await sms_dispatch.take(office.database, 2)
        assert len(taken) == 2
        await asyncio.sleep(0.05)
        async with sending(office):
            await until(office, "SELECT count(*) FROM outbound", lambda left: left == 0)
        rows = {row["id"]: row for row in await office.rows("SELECT id::text, state, repeated FROM sms_message")}
        killed = {str(each.ticket.message_id) for each in taken}
        assert {row["state"] for row in rows.values()} == {"SUBMITTED"}
        assert {key for key, row in rows.items() if row["repeated"]} == killed
        assert {each["id"] for each in peer.taken if each["repeat"]} == killed
        assert {each["id"] for each in peer.taken} == set(ids)
        # The one that was thought dead wakes up: what it has to say changes nothing any more.
        async with office.unchanged():
            await sms_dispatch.settle(office.database, [(each, rules.Outcome(rules.Result.REJECTED)) for each in taken])


async def test_who_never_answers_is_not_asked_for_ever(office: Office, monkeypatch):
    monkeypatch.setattr(rules, "MOST_DOUBTS", 3)
    async with gateway() as peer:
        await account(office, peer.url, signature=None)
        (message,) = await queued(office, 1)
        peer.deaths, peer.every, peer.steps = 20, 1, ("taken",)
        async with sending(office):
            await until(office, "SELECT state FROM sms_message", lambda state: state == "UNKNOWN")
        assert len(peer.taken) == 3
        peer.deaths = 0
        shown = "smsMessage { state reason actions repeated }"
        assert await office.admin.do("smsMessageRetry", shown, id=message) == {
            "state": "QUEUED", "reason": None, "actions": ["CANCEL"], "repeated": True,
        }  # fmt: skip
        async with sending(office):
            await until(office, "SELECT state FROM sms_message", lambda state: state == "SUBMITTED")
        assert [each["repeat"] for each in peer.taken] == [False, True, True, True]


async def test_a_message_that_kills_its_sender_is_not_sent_for_ever(office: Office):
    await account(office, "http://127.0.0.1:9/", signature=None)
    (message,) = await queued(office, 1)
    tried = []
    for _ in range(rules.MOST_DOUBTS + 1):
        await office.rows("UPDATE outbound SET due_at = now() - interval '1 second'")
        await office.rows("UPDATE sms_account SET next_at = NULL")
        (letter,) = await sms_dispatch.take(office.database, 9)
        tried.append(letter.outcome is None)
    assert tried == [True] * rules.MOST_DOUBTS + [False]
    assert letter.outcome is not None
    await sms_dispatch.settle(office.database, [(letter, letter.outcome)])
    shown = "state reason actions repeated"
    found = await office.admin.ask("smsMessage", shown, id=message)
    assert found == {"state": "UNKNOWN", "reason": "NO_ANSWER", "actions": ["RETRY"], "repeated": True}
    assert await office.value("SELECT doubts FROM sms_message") == rules.MOST_DOUBTS


async def test_a_message_whose_end_cannot_be_written_is_not_sent_again(office: Office, monkeypatch):
    monkeypatch.setattr(outbound, "HELD", timedelta(milliseconds=30))

    async def broken(*_: object) -> None:
        raise ValueError("it cannot be written")

    monkeypatch.setattr(sms_dispatch, "_write", broken)
    async with gateway() as peer:
        await account(office, peer.url, signature=None)
        (message,) = await queued(office, 1)
        async with sending(office):
            await until(office, "SELECT state FROM sms_message", lambda state: state == "UNKNOWN")
        assert len(peer.taken) == 1
    assert await office.value("SELECT count(*) FROM outbound") == 0
    assert await office.admin.ask("smsMessage", "reason actions", id=message) == {"reason": "NO_ANSWER", "actions": ["RETRY"]}
