"""The commands that come and go."""

from __future__ import annotations

import asyncio
import json

import asyncpg
import pytest
from tests.conftest import make_settings
from tests.factories.api import Office, opened
from tests.factories.imap_peer import SECRET, ImapPeer
from tests.factories.mailing import PASSWORD, opened_box, post_office, served
from tests.factories.mailing import settings as settings_of
from tests.factories.switchboards import FakeAsterisk, FakeFreeSwitch, on_the_line
from tests.servers import SECRET_KEY, crm
from typer.testing import CliRunner

from crm import __version__
from crm.cli import check, check_mailboxes, schema

office = pytest.fixture(opened)


@pytest.fixture
async def on(databases, tmp_path):
    """Run a command on a database of its own."""
    async with databases.temporary() as url:

        def run(*words, **more):
            return crm(*words, cwd=tmp_path, CRM_DATABASE_URL=url, CRM_SECRET_KEY=SECRET_KEY, **more)

        run.url = url
        yield run


def test_help_and_version(tmp_path):
    assert crm("--version", cwd=tmp_path).stdout.strip() == __version__
    answer = crm("--help", cwd=tmp_path)
    assert answer.returncode == 0
    for command in ("serve", "worker", "demo", "migrate", "schema", "user", "session", "seed", "backup", "restore", "check"):
        assert f" {command} " in answer.stdout


def test_a_wrong_command_line_is_two(tmp_path):
    assert crm("migrate", "--nonsense", cwd=tmp_path).returncode == 2
    assert crm("seed", "--customers", "-1", cwd=tmp_path).returncode == 2


def test_check_looks_at_everything(on):
    answer = on("check", "--json", CRM_SMTP_URL="smtp://127.0.0.1:1")
    verdicts = {line["what"]: line for line in json.loads(answer.stdout)}
    assert verdicts["configuration"]["verdict"] == "ok"
    assert verdicts["database"]["verdict"] == "ok"
    assert verdicts["database"]["note"].startswith("PostgreSQL ")
    assert verdicts["redis"]["verdict"] == verdicts["mailboxes"]["verdict"] == "not set"
    assert verdicts["mail out"]["verdict"] == "bad"
    assert answer.returncode == 1
    assert on("check").returncode == 0


async def test_check_logs_in_to_switchboards(database, tmp_path):
    async with on_the_line(FakeAsterisk()) as asterisk, on_the_line(FakeFreeSwitch()) as freeswitch:
        right = {"ami_url": asterisk.url, "esl_url": freeswitch.url}
        found = await pbx_verdicts(make_settings(database, tmp_path, **right))
        assert [(verdict, note.partition(": ")[2]) for verdict, note in found] == [
            ("ok", "Asterisk Call Manager/11.0.0, 0 channels"), ("ok", "FreeSWITCH Version 1.10.12-release 64bit, 0 channels"),
        ]  # fmt: skip
        wrong = {name: url.replace("secret", "guess") for name, url in right.items()}
        found = await pbx_verdicts(make_settings(database, tmp_path, **wrong))
        assert [verdict for verdict, _ in found] == ["bad", "bad"]
        assert "Authentication failed" in found[0][1]
        assert "invalid" in found[1][1]
        assert "guess" not in str(found)
        exchanged = {"ami_url": f"ami://u:p@127.0.0.1:{freeswitch.port}", "esl_url": None}
        found = await pbx_verdicts(make_settings(database, tmp_path, **exchanged))
        assert found[0] == ("bad", f"127.0.0.1:{freeswitch.port}: Whoever answers there is no Asterisk.")
        assert found[1] == ("not set", "")
    found = await pbx_verdicts(make_settings(database, tmp_path, **right))
    assert [note.partition(" (")[0] for _, note in found] == [
        f"nobody answers at 127.0.0.1:{asterisk.port}", f"nobody answers at 127.0.0.1:{freeswitch.port}",
    ]  # fmt: skip


async def pbx_verdicts(settings) -> list[tuple[str, str]]:
    return [(each.verdict, each.note) for each in await check._peers(settings) if each.what.startswith("PBX")]


async def test_check_logs_in_to_mailboxes(office: Office, monkeypatch):
    async def silence(reader, writer):
        await reader.read()
        writer.close()

    monkeypatch.setattr(check_mailboxes, "SECONDS", 0.5)
    async with post_office() as post, ImapPeer().serving() as peer, served(silence) as silent:
        receives = {"imapHost": "127.0.0.1", "imapPort": peer.port, "imapSecurity": "NONE"}
        for name, port, given in (
            ("a", post.port, receives | {"smtpSecret": PASSWORD, "imapSecret": SECRET}),
            ("b", post.port, receives | {"smtpSecret": "guess", "imapSecret": "guess"}),
            ("c", silent, {}),
            ("d", silent, {"active": False}),
            ("e", silent, {"smtpHost": None}),
        ):
            await opened_box(office.admin, port, address=f"{name}@example.com", **given)
        settings = settings_of(office)
        async with office.unchanged():
            found = await check_mailboxes.mailboxes(office.database, settings)
        assert [(each.what, each.verdict, each.note.split(" 127")[0]) for each in found] == [
            ("mailbox", "ok", "a@example.com sends by"), ("mailbox", "ok", "a@example.com receives from"),
            ("mailbox", "bad", "b@example.com sends by"), ("mailbox", "bad", "b@example.com receives from"),
            ("mailbox", "bad", "c@example.com sends by"),
        ]  # fmt: skip
        notes = [each.note.partition(": ")[2] for each in found]
        assert notes[:2] == ["", ""]
        assert "535" in notes[2]
        assert "AUTHENTICATIONFAILED" in notes[3]
        assert notes[4] == "no answer within 0.5 s"
        assert "guess" not in str(found)
        assert not any("\n" in note for note in notes)
        # All of it together ends too, however many do not answer.
        monkeypatch.setattr(check_mailboxes, "OVERALL_SECONDS", 0.0)
        async with asyncio.timeout(1):
            late = await check_mailboxes.mailboxes(office.database, settings)
        assert {each.note.partition(": ")[2] for each in late} == {"not tried: others took too long"}


def test_check_says_what_is_wrong_with_the_configuration(tmp_path):
    answer = crm("check", cwd=tmp_path, CRM_TIMEZONE="Mars")
    assert answer.returncode == 1
    assert "CRM_TIMEZONE should be the name of a time zone" in answer.stdout


def test_check_does_not_make_a_database(tmp_path):
    answer = crm("check", cwd=tmp_path)
    assert answer.returncode == 0
    assert "made at the first start" in answer.stdout
    assert list(tmp_path.iterdir()) == []


def test_check_asks_redis(on, valkey):
    verdicts = json.loads(on("check", "--json", CRM_REDIS_URL=valkey).stdout)
    assert next(line for line in verdicts if line["what"] == "redis")["verdict"] == "ok"
    assert on("check", CRM_REDIS_URL="redis://localhost:1").returncode == 1


async def test_migrate_knows_its_names(on):
    assert on("migrate").stdout == "Nothing to do.\n"
    wrong = on("migrate", "--to", "4711")
    assert (wrong.returncode, wrong.stderr.startswith("crm: There is no migration 4711")) == (1, True)


async def test_people_and_their_tokens(on, databases):
    made = on("user", "create", "--username", "eve", "--password", "a-long-password", "--role", "administrator")
    assert (made.returncode, made.stdout) == (0, "eve can sign in.\n"), made.stderr
    tokens = json.loads(on("session", "create", "--username", "eve", "--count", "3", "--json").stdout)
    assert len(set(tokens)) == 3
    assert on("user", "passwd", "--username", "eve", "--password", "another-password").returncode == 0
    unknown = on("session", "create", "--username", "nobody")
    assert (unknown.returncode, unknown.stderr.count("\n")) == (1, 1), unknown.stderr


async def test_backup_and_restore(on, tmp_path):
    assert on("backup", str(tmp_path / "copy")).returncode == 0
    refused = on("restore", str(tmp_path / "copy"))
    assert (refused.returncode, refused.stderr) == (
        1,
        "crm: The database is not empty: restore into a new one, or add --replace to lose what it holds.\n",
    )
    before = await _epoch(on.url)
    assert on("restore", str(tmp_path / "copy"), "--replace").returncode == 0
    assert await _epoch(on.url) != before  # cursors of the life before have no history here
    assert on("migrate").stdout == "Nothing to do.\n"


async def _epoch(url: str) -> int:
    connection = await asyncpg.connect(url)
    epoch = await connection.fetchval("SELECT epoch FROM event_stream")
    await connection.close()
    return int(epoch)


def test_schema_is_written_and_compared(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = CliRunner()
    assert run.invoke(schema.app, ["check"]).exit_code == 1
    assert run.invoke(schema.app, ["export"]).exit_code == 0
    assert run.invoke(schema.app, ["check"]).exit_code == 0
    written = tmp_path / "schema.graphql"
    written.write_text(written.read_text() + "\ntype Stray { id: ID! }\n")
    answer = run.invoke(schema.app, ["check"])
    assert answer.exit_code == 1
    assert "-type Stray" in answer.stderr
    assert "run make schema" in answer.stderr


def test_a_command_makes_the_embedded_database_when_it_needs_one(tmp_path):
    answer = crm("migrate", cwd=tmp_path)
    assert answer.returncode == 0, answer.stderr
    assert "apply 0001_initial" in answer.stdout
    assert (tmp_path / ".crm" / "postgres" / "PG_VERSION").exists()
