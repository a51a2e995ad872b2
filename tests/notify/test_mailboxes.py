"""Mailboxes that are listened to: whatever their servers do, each message is kept once, and none is lost."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from tests.conftest import make_settings
from tests.factories.api import Office, opened
from tests.factories.imap_peer import SECRET, ImapPeer
from tests.factories.mailroom import Mailroom, letter
from tests.factories.switchboards import until

from crm.core.vault import Vault
from crm.notify.gateways import supervised
from crm.notify.gateways.imap import client, connection, listening
from crm.notify.messaging import mailboxes
from crm.notify.messaging.mailboxes import Mailboxes
from crm.services.messaging import email_intake, email_mailboxes
from crm.services.messaging.email_arrivals import understood
from crm.services.messaging.email_secrets import place_of

office = pytest.fixture(opened)
FAULTS = ("cut", "half", "after", "nonsense") if os.environ.get("CRM_SOAK") else ("cut", "half")
STEPS = ("CONNECT", "CAPABILITY", "LOGIN", "ID", "EXAMINE", "SEARCH", "SIZES", "FETCH", "IDLE", "EXISTS", "DONE")


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(supervised, "FIRST_PAUSE", 0.01)
    monkeypatch.setattr(listening, "LONGEST_PAUSE", 0.02)
    monkeypatch.setattr(listening, "SHORTEST_ROUND", 0.01)
    monkeypatch.setattr(mailboxes, "LOOK_SECONDS", 0.05)


@pytest.fixture
def mailroom(office: Office, tmp_path: Path) -> Mailroom:
    return Mailroom(office, tmp_path / "files")


async def box(mailroom: Mailroom, peer: Any, secret: str = SECRET, **values: Any) -> UUID:
    """A mailbox on that server, with its secret sealed as people's are."""
    settings = make_settings(mailroom.office.database, mailroom.folder)
    account = await mailroom.account("sales@our.cn", mailroom.office.admin, imap_port=peer.port, imap_security="NONE", **values)
    vault = Vault(settings.secret_key.get_secret_value().encode() if settings.secret_key else b"")
    sealed = vault.seal(secret, place_of(account, "imap"))
    query = "UPDATE email_account SET sealed_imap_secret = $2, version = version + 1 WHERE id = $1 RETURNING id"
    await mailroom.rows(query, account, sealed)
    return account


@asynccontextmanager
async def listened(mailroom: Mailroom, **others: Any) -> AsyncIterator[Mailboxes]:
    settings = make_settings(mailroom.office.database, mailroom.folder, **{"private_peers": True, **others})
    found = Mailboxes(mailroom.office.database, settings)
    task = asyncio.create_task(found.run())
    try:
        yield found
    finally:
        began = time.monotonic()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert time.monotonic() - began < 1


async def subjects(mailroom: Mailroom) -> list[str]:
    return [row["subject"] for row in await mailroom.rows("SELECT subject FROM email_message ORDER BY uid")]


async def state(mailroom: Mailroom, account: UUID) -> dict[str, Any]:
    return (
        await mailroom.rows("SELECT imap_state, imap_error, last_uid, uid_validity FROM email_account WHERE id = $1", account)
    )[0]


async def arrived(mailroom: Mailroom, count: int) -> None:
    await until(lambda: mailroom.office.value(f"SELECT count(*) >= {count} FROM email_message"), 20)


async def test_a_server_that_fails_at_every_step_costs_nothing(mailroom: Mailroom):
    async with ImapPeer([letter("0", name="0@x")]).serving() as peer:
        await box(mailroom, peer)
        sent = 1
        async with listened(mailroom):
            await arrived(mailroom, sent)
            for step in STEPS:
                for fault in FAULTS:
                    peer.fault = (step, fault)
                    await peer.add(letter(str(sent), name=f"{sent}@x"))
                    sent += 1
                    await arrived(mailroom, sent)
                    if peer.fault is not None:  # a step of connecting: another fault has to make it connect
                        peer.split = len(STEPS)
                        later, peer.fault = peer.fault, ("DONE", "cut")
                        await peer.add(letter(str(sent), name=f"{sent}@x"))
                        sent += 1
                        await arrived(mailroom, sent)
                        peer.fault, peer.split = later, 0
        assert await subjects(mailroom) == [str(n) for n in range(sent)]
        assert peer.faults >= 20


async def test_who_is_not_let_in_does_not_knock_again(office: Office, mailroom: Mailroom):
    async with ImapPeer([letter("a")]).serving() as peer:
        account = await box(mailroom, peer, "wrong")
        async with listened(mailroom):
            await until(lambda: peer.log_ins)
            await until(lambda: office.value("SELECT imap_state = 'FAILING' FROM email_account"))
            await asyncio.sleep(0.3)
            assert peer.log_ins == 1
            assert (await state(mailroom, account))["imap_error"] == "[AUTHENTICATIONFAILED] wrong"
            assert await mailroom.rows("SELECT kind, user_id::text FROM notification") == [
                {"kind": "EMAIL_FAILING", "user_id": office.admin.id}
            ]
            # Somebody gives the right one: it is tried at once.
            vault = Vault(make_settings(office.database, mailroom.folder).secret_key.get_secret_value().encode())
            query = "UPDATE email_account SET sealed_imap_secret = $2, version = version + 1 WHERE id = $1 RETURNING id"
            await mailroom.rows(query, account, vault.seal(SECRET, place_of(account, "imap")))
            await arrived(mailroom, 1)
            assert (await state(mailroom, account))["imap_state"] == "OK"
            await mailroom.rows("UPDATE email_account SET receiving = FALSE WHERE id = $1 RETURNING id", account)
            await until(lambda: not [each for each in threading.enumerate() if each.name.startswith("imap ")])
    assert await office.value("SELECT count(*) FROM notification WHERE kind = 'EMAIL_FAILING'") == 1


async def test_hosts_of_a_private_network_are_refused(mailroom: Mailroom):
    async with ImapPeer([letter("a")]).serving() as peer:
        account = await box(mailroom, peer)
        async with listened(mailroom, private_peers=False):
            await until(lambda: mailroom.office.value("SELECT imap_state = 'FAILING' FROM email_account"))
        assert "CRM_PRIVATE_PEERS" in (await state(mailroom, account))["imap_error"]
        assert (peer.log_ins, peer.seen) == (0, [])


async def test_a_folder_that_is_numbered_anew_brings_nothing_twice(mailroom: Mailroom):
    async with ImapPeer([letter(str(n), name=f"{n}@x") for n in range(5)]).serving() as peer:
        account = await box(mailroom, peer)
        async with listened(mailroom):
            await arrived(mailroom, 5)
            peer.messages.insert(0, letter("new", name="new@x"))
            peer.uid_validity, peer.fault = 2, ("EXISTS", "cut")
            await peer.add(letter("last", name="last@x"))
            await arrived(mailroom, 7)
        assert await subjects(mailroom) == ["new", "0", "1", "2", "3", "4", "last"]
        assert {key: value for key, value in (await state(mailroom, account)).items() if key.endswith(("uid", "validity"))} == {
            "last_uid": 7, "uid_validity": 2,
        }  # fmt: skip


async def test_another_folder_with_the_same_numbers_brings_all_it_has(mailroom: Mailroom):
    """Many servers number all their folders by 1, and their letters from 1 on."""
    async with ImapPeer([letter(f"old {n}", name=f"old{n}@x") for n in range(3)]).serving() as old:
        account = await box(mailroom, old)
        async with listened(mailroom):
            await arrived(mailroom, 3)
    letters = [letter("old 1", name="old1@x"), *(letter(f"new {n}", name=f"new{n}@x") for n in range(4))]
    async with ImapPeer(letters).serving() as new:
        moved = "imap_port = $2, uid_validity = NULL, last_uid = NULL, version = version + 1"
        await mailroom.rows(f"UPDATE email_account SET {moved} WHERE id = $1 RETURNING id", account, new.port)
        async with listened(mailroom):
            await arrived(mailroom, 7)
            await until(lambda: mailroom.office.value("SELECT last_uid = 5 FROM email_account"), 20)
    assert sorted(await subjects(mailroom)) == [*(f"new {n}" for n in range(4)), *(f"old {n}" for n in range(3))]


async def test_what_is_large_gone_or_a_lie(mailroom: Mailroom, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(client, "LARGEST_ANSWER", 50_000)
    large = letter("large", name="l@x", body=b"x" * 1_100_000)
    async with ImapPeer(
        [letter("a", name="a@x"), large, letter("gone"), letter("b", name="b@x"), letter("gone")]
    ).serving() as peer:
        peer.gone, peer.split = {3, 5}, 700
        account = await box(mailroom, peer)
        async with listened(mailroom, file_megabytes=1):
            await arrived(mailroom, 3)
            await until(lambda: mailroom.office.value("SELECT last_uid = 5 FROM email_account"))
            rows = await mailroom.rows("SELECT subject, size, text, remarks::text FROM email_message ORDER BY uid")
            assert [(row["subject"], row["remarks"]) for row in rows] == [("a", "[]"), ("large", '["TOO_LARGE"]'), ("b", "[]")]
            assert (rows[1]["size"], rows[1]["text"]) == (len(large), "")
            # It says that it is small, and sends megabytes: cut off each time, and said so.
            peer.sizes[6] = 10
            await peer.add(large.replace(b"large", b"liar"))
            await until(lambda: mailroom.office.value("SELECT imap_error LIKE '%more than was asked%' FROM email_account"))
            peer.sizes.clear()
            peer.messages[5] = letter("honest", name="h@x")
            await arrived(mailroom, 4)
        assert (await state(mailroom, account))["imap_state"] == "OK"


async def test_a_server_that_says_nothing_or_everything_holds_nobody(mailroom: Mailroom, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(connection, "STEP_SECONDS", 0.3)
    monkeypatch.setattr(connection, "FETCH_SECONDS", 0.3)
    monkeypatch.setattr(client, "READ_SECONDS", 0.3)
    monkeypatch.setattr(client, "LARGEST_ANSWER", 500_000)
    async with ImapPeer([letter("0", name="0@x")]).serving() as peer:
        await box(mailroom, peer)
        async with listened(mailroom):
            await arrived(mailroom, 1)
            faults = [("SEARCH", "stall"), ("FETCH", "stall"), ("SIZES", "flood"), ("SEARCH", "flood"), ("DONE", "stall")]
            for count, peer.fault in enumerate(faults, 2):
                await peer.add(letter(str(count), name=f"{count}@x"))
                await arrived(mailroom, count)
        peer.fault = ("CONNECT", "stall")
        async with listened(mailroom):  # and is ended in the middle of its silence
            await until(lambda: peer.faults == 6)


async def test_a_server_without_idle_is_asked(mailroom: Mailroom, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(listening, "POLL_SECONDS", 0.02)
    async with ImapPeer([letter("0", name="0@x")], idles=False).serving() as peer:
        await box(mailroom, peer)
        async with listened(mailroom):
            await arrived(mailroom, 1)
            await peer.add(letter("1", name="1@x"))
            await arrived(mailroom, 2)
        assert "IDLE" not in peer.seen
        assert "NOOP" in peer.seen


async def test_a_message_that_cannot_be_kept_costs_no_other(mailroom: Mailroom, monkeypatch: pytest.MonkeyPatch):
    whole = email_intake.receive

    async def picky(database: Any, blobs: Any, account: UUID, arrival: Any) -> Any:
        if arrival.mail.subject == "never" or (arrival.mail.subject == "whole" and "UNREADABLE" not in arrival.remarks):
            raise RuntimeError("a mistake of ours")
        return await whole(database, blobs, account, arrival)

    monkeypatch.setattr(listening, "receive", picky)
    async with ImapPeer(
        [letter("a", name="a@x"), letter("whole", name="b@x"), letter("never"), letter("d", name="d@x")]
    ).serving() as peer:
        await box(mailroom, peer)
        async with listened(mailroom):
            await arrived(mailroom, 3)
        rows = await mailroom.rows("SELECT subject, text, remarks::text FROM email_message ORDER BY uid")
    assert [(row["subject"], row["text"], "UNREADABLE" in row["remarks"]) for row in rows] == [
        ("a", "你好", False), ("whole", "", True), ("d", "你好", False),
    ]  # fmt: skip


async def test_a_message_that_nobody_understands_costs_no_other(mailroom: Mailroom, monkeypatch: pytest.MonkeyPatch):
    """It fails like words of a server that make no sense, and is none of them; or it takes for ever."""
    stop = threading.Event()

    def picky(fetched: Any) -> Any:
        if b"odd" in fetched.raw:
            raise ValueError
        if b"slow" in fetched.raw:
            stop.wait(10)
        return understood(fetched)

    monkeypatch.setattr(listening, "understood", picky)
    monkeypatch.setattr(listening, "UNDERSTAND_SECONDS", 0.1)
    async with ImapPeer([letter(name, name=f"{name}@x") for name in ("odd", "slow", "c")]).serving() as peer:
        await box(mailroom, peer)
        async with listened(mailroom):
            await arrived(mailroom, 3)
        assert peer.log_ins == 1
    stop.set()
    rows = await mailroom.rows("SELECT subject, remarks::text FROM email_message ORDER BY uid")
    assert [(row["subject"], "UNREADABLE" in row["remarks"]) for row in rows] == [("odd", True), ("slow", True), ("c", False)]


async def test_what_passes_costs_a_message_nothing(mailroom: Mailroom, monkeypatch: pytest.MonkeyPatch):
    """The database may choose whoever takes in mail as the victim of a deadlock, once or many times."""
    recipients, victims = email_intake._recipients, {"once": 1, "often": 4}

    async def unlucky(deed: Any, message_id: UUID, mail: Any) -> None:
        victims[mail.subject] -= 1
        if victims[mail.subject] >= 0:
            raise asyncpg.DeadlockDetectedError
        await recipients(deed, message_id, mail)

    monkeypatch.setattr(email_intake, "_recipients", unlucky)
    file = {"head": "Content-Type: application/pdf; name=a.pdf", "body": "%PDF-1.4"}
    async with ImapPeer([letter("once", name="a@x", **file), letter("often", name="b@x", **file)]).serving() as peer:
        account = await box(mailroom, peer)
        async with listened(mailroom):
            await arrived(mailroom, 2)
        assert peer.log_ins == 2, "only what goes on failing is fetched anew"
    rows = await mailroom.rows(
        "SELECT m.subject, m.remarks::text, a.state FROM email_message m JOIN email_attachment a ON a.message_id = m.id"
        " ORDER BY m.uid"
    )
    assert [tuple(row.values()) for row in rows] == [("once", "[]", "KEPT"), ("often", "[]", "KEPT")]
    assert (await state(mailroom, account))["imap_state"] == "OK"
    assert await mailroom.office.value("SELECT count(*) FROM notification WHERE kind = 'EMAIL_FAILING'") == 0


async def test_of_two_processes_one_listens(mailroom: Mailroom):
    settings = make_settings(mailroom.office.database, mailroom.folder, private_peers=True)
    async with ImapPeer([letter("0", name="0@x")]).serving() as peer:
        await box(mailroom, peer)
        tasks = [asyncio.create_task(mailboxes.run(mailroom.office.database, settings)) for _ in range(2)]
        await arrived(mailroom, 1)
        await asyncio.sleep(0.2)
        assert peer.log_ins == 1
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_mailboxes_are_found_by_what_was_decided(mailroom: Mailroom):
    one = await mailroom.account("a@our.cn", mailroom.office.admin)
    for name, values in {"b": {"receiving": False}, "c": {"active": False}}.items():
        await mailroom.account(f"{name}@our.cn", mailroom.office.admin, **values)
    assert await email_mailboxes.listened(mailroom.office.database, 10) == {one: 1}
