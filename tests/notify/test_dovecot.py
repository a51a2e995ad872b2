"""A real Dovecot, where one is installed: log-in, IDLE, new numbers, large messages, Chinese names; nothing lost or doubled."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import ssl
from pathlib import Path
from types import SimpleNamespace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from tests.factories.api import Office, opened
from tests.factories.dovecot import ABSENT, BINARY, PASSWORD, dovecot
from tests.factories.mailroom import Mailroom, letter
from tests.factories.switchboards import until
from tests.notify.test_mailboxes import arrived, box, listened, state, subjects

from crm.notify.gateways import supervised
from crm.notify.gateways.imap import client as imap
from crm.notify.gateways.imap import listening
from crm.notify.gateways.imap.client import Lost, Rejected
from crm.notify.gateways.imap.connection import Connection, Server
from crm.notify.messaging import mailboxes
from crm.rules.messaging.mail_hosts import MailSecurity

pytestmark = pytest.mark.skipif(BINARY is None, reason=ABSENT)
office = pytest.fixture(opened)
USER, OTHER = "sales@our.cn", "other@our.cn"


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(supervised, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(listening, "LONGEST_PAUSE", 0.05)
    monkeypatch.setattr(mailboxes, "LOOK_SECONDS", 0.05)


@pytest.fixture
def mailroom(office: Office, tmp_path: Path) -> Mailroom:
    return Mailroom(office, tmp_path / "files")


def certified(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that nobody but us trusts."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(1)).not_valid_after(now + datetime.timedelta(1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256())
    )  # fmt: skip
    paths = folder / "cert.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    paths[1].write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    return paths


async def test_mail_comes_in_from_a_real_server(mailroom: Mailroom):
    """What lies there, what comes while we listen, what comes while we are away, and all of it under new numbers."""
    with dovecot((USER,)) as server:
        await asyncio.to_thread(server.deliver, USER, *(letter(f"信 {n}", name=f"{n}@x") for n in range(3)))
        account = await box(mailroom, server, PASSWORD, imap_user=USER)
        async with listened(mailroom):
            await arrived(mailroom, 3)
            began = asyncio.get_running_loop().time()
            await asyncio.to_thread(server.deliver, USER, letter("live", name="live@x"))
            await arrived(mailroom, 4)
            assert asyncio.get_running_loop().time() - began < 3
        await asyncio.to_thread(server.deliver, USER, letter("away", name="away@x"), letter("large", body=b"x" * 3_000_000))
        async with listened(mailroom, file_megabytes=2):
            await arrived(mailroom, 6)
        before = await state(mailroom, account)
        await asyncio.to_thread(server.begin_anew, USER)
        await asyncio.to_thread(server.deliver, USER, letter("after", name="after@x"))
        async with listened(mailroom, file_megabytes=2):
            await arrived(mailroom, 7)
            await until(lambda: mailroom.office.value("SELECT last_uid = 7 FROM email_account"))
        after = await state(mailroom, account)
        assert before["uid_validity"] != after["uid_validity"]
        assert sorted(await subjects(mailroom)) == sorted(["信 0", "信 1", "信 2", "live", "away", "large", "after"])
        remarks = "SELECT remarks::text, size > 3000000 AS whole FROM email_message WHERE subject = 'large'"
        assert await mailroom.rows(remarks) == [{"remarks": '["TOO_LARGE"]', "whole": True}]
        # Nothing was marked there by our reading it.
        with server.client(USER) as client:
            client.select_folder("INBOX", readonly=True)
            assert client.search("UNSEEN") == client.search("ALL")


async def test_a_listener_that_is_killed_loses_and_doubles_nothing(mailroom: Mailroom):
    with dovecot((USER,)) as server:
        account = await box(mailroom, server, PASSWORD, imap_user=USER)
        sent = 0
        for kill in range(8):
            await asyncio.to_thread(server.deliver, USER, *(letter(f"{sent + n}", name=f"{sent + n}@x") for n in range(5)))
            sent += 5
            async with listened(mailroom):
                await until(
                    lambda least=sent - 5 + kill % 4: mailroom.office.value(f"SELECT count(*) > {least} FROM email_message")
                )
        async with listened(mailroom):
            await arrived(mailroom, sent)
        assert await subjects(mailroom) == [str(n) for n in range(sent)]
        assert (await state(mailroom, account))["last_uid"] == sent
        threads = await mailroom.rows("SELECT sum(message_count) AS n FROM email_thread")
        assert threads[0]["n"] == sent


async def test_what_a_real_server_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    paths = certified(tmp_path)
    trusting = ssl.create_default_context(cafile=str(paths[0]))

    async def tried(server: object, **others: object) -> str:
        given = SimpleNamespace(
            port=server.port, security=MailSecurity.NONE, secret=PASSWORD, folder="INBOX", context=trusting, user=USER
        )
        given.__dict__.update(others)
        there = Server("127.0.0.1", given.port, given.security, given.user, given.secret, given.folder)
        try:
            async with Connection(there, private=True, context=given.context) as connection:
                await connection.select()
                return "in"
        except (Lost, Rejected) as error:
            return f"{type(error).__name__} {error}"

    with dovecot((USER,), certificate=paths) as server:
        with server.client(USER) as client:
            client.create_folder("客户来信")
        assert await tried(server, folder="客户来信") == "in"
        assert await tried(server, port=server.secure, security=MailSecurity.TLS) == "in"
        assert await tried(server, security=MailSecurity.STARTTLS) == "in"
        assert (await tried(server, secret="x\r\nA1 LOGOUT")).startswith("Rejected")
        assert (await tried(server, folder='no"such')).startswith("Rejected There is no folder")
        untrusted = await tried(server, port=server.secure, security=MailSecurity.TLS, context=ssl.create_default_context())
        assert untrusted.startswith("Lost SSLCertVerificationError")
        # From here on it makes us wait: it takes those who were wrong for guessers.
        assert (await tried(server, secret="wrong")).startswith("Rejected [AUTHENTICATIONFAILED]")
        monkeypatch.setattr(imap, "READ_SECONDS", 0.5)
        assert (await tried(server, port=server.secure)).startswith("Lost")
        assert (await tried(server, security=MailSecurity.TLS)).startswith("Lost")
