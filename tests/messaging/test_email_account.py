"""Mailboxes: passwords that nobody reads or leads astray, who sees which, and whether a server lets us in."""

from __future__ import annotations

import asyncio
from uuid import UUID

import pytest
from tests.factories.api import Office, opened
from tests.factories.mailing import PASSWORD, letter, mailbox, opened_box, post_office, settings

from crm.notify.messaging.email import try_all

office = pytest.fixture(opened)
STATE = "smtpState smtpError smtpSecretSet version"
GRANTS = {
    **{f"email_account.{action}": "OWN" for action in ("CREATE", "READ", "UPDATE", "DELETE")},
    **{f"email_message.{action}": "ALL" for action in ("CREATE", "READ", "UPDATE", "DELETE")},
    "email_thread.READ": "ALL",
}


async def test_a_password_is_kept_encrypted_never_shown_and_goes_to_no_other_server(office: Office):
    admin = office.admin
    given = mailbox(2525, smtpHost="smtp.example.com", smtpSecurity="STARTTLS", smtpSecret="very secret")
    made = await admin.do("emailAccountCreate", "emailAccount { id smtpSecretSet imapSecretSet smtpState }", input=given)
    assert made == {"id": made["id"], "smtpSecretSet": True, "imapSecretSet": False, "smtpState": "UNTRIED"}
    for table in ("change", "event", "idempotency_key", "email_account"):
        assert await office.value(f"SELECT count(*) FROM {table} x WHERE x::text LIKE '%very secret%'") == 0
    async with office.unchanged():
        for moved in (
            {"smtpHost": "evil.example.net"},
            {"smtpPort": 26},
            {"smtpSecurity": "TLS"},
            {"imapHost": "evil.example.net"},
        ):
            side = "imapSecret" if "imapHost" in moved else "smtpSecret"
            refused = await admin.refusals("emailAccountUpdate", id=made["id"], version=1, input=moved)
            assert refused == [("REQUIRED", ["input", side])], moved
        clear = {"smtpSecurity": "NONE", "smtpSecret": "x"}
        refused = await admin.refusals("emailAccountUpdate", id=made["id"], version=1, input=clear)
        assert refused == [("INVALID", ["input", "smtpSecurity"])]
        assert await admin.refusals("emailAccountUpdate", id=made["id"], version=9, input={}) == [("CONFLICT", ["version"])]
    moved = {"smtpHost": "smtp2.example.com", "smtpSecret": "another"}
    await admin.do("emailAccountUpdate", "emailAccount { id }", id=made["id"], version=1, input=moved)
    await admin.do("emailAccountUpdate", "emailAccount { id }", id=made["id"], version=2, input={"smtpSecret": None})
    assert await office.value("SELECT sealed_smtp_secret IS NULL FROM email_account")
    await _password_for_sending_stays(office, made["id"])
    verbs = await office.rows("SELECT changes FROM change WHERE entity = 'email_account' AND verb LIKE '%update'")
    assert all("another" not in str(row["changes"]) for row in verbs)


async def _password_for_sending_stays(office: Office, box: str) -> None:
    """It serves for receiving too, but not at a server that had a password of its own when it was given."""
    for values in ({"smtpSecret": "very secret"}, {"imapHost": "evil.example.net", "imapSecret": "x"}):
        version = await office.value("SELECT version FROM email_account")
        await office.admin.do("emailAccountUpdate", "emailAccount { id }", id=box, version=version, input=values)
    version = await office.value("SELECT version FROM email_account")
    async with office.unchanged():
        for cleared in (
            {"imapSecret": None}, {"imapSecret": ""}, {"imapSecret": None, "smtpHost": "smtp2.example.com"},
        ):  # fmt: skip
            refused = await office.admin.refusals("emailAccountUpdate", id=box, version=version, input=cleared)
            assert refused == [("REQUIRED", ["input", "smtpSecret"])], cleared
        # Nor is a server that is let go of and named anew given it.
        both = {"imapSecret": None, "imapHost": "evil2.example.net"}
        assert (await office.admin.refusals("emailAccountUpdate", id=box, version=version, input=both))[0][0] == "REQUIRED"
    given = {"imapSecret": None, "smtpSecret": "another"}
    await office.admin.do("emailAccountUpdate", "emailAccount { id }", id=box, version=version, input=given)


async def test_wrong_mailboxes_are_refused(office: Office):
    wrong = {
        "address": ("", "a", "a@b", "a b@example.com", "a@exa mple.com", "a@example.com\r\nBcc: x@y.zz", ".a@example.com"),
        "displayName": ("x\x07y",), "replyTo": ("nobody",), "smtpHost": ("http://x/", "127.1", "0x7f000001", "2130706433", "a b"),
        "smtpPort": (0, 65536), "undoSeconds": (-1, 121), "connections": (0, 11), "perMinute": (0,), "perDay": (0,),
        "mostRecipients": (0, 501), "largestMegabytes": (51,), "returnPath": ("b@x.yy", "b@{token}.com", "{token}{token}@x.yy"),
        "smtpSecret": ("a\nb", "x" * 501), "receiving": (True,), "members": ([{"userId": office.admin.id}],),
        "rules": ([{"name": "x", "conditions": []}], [{"name": "x", "conditions": [{"field": "FROM", "value": " "}]}],
                  [{"name": "x", "conditions": [{"field": "FROM", "value": "a"}], "folder": "SENT"}]),
    }  # fmt: skip
    async with office.unchanged():
        for field, values in wrong.items():
            for value in values:
                refused = await office.admin.refusals("emailAccountCreate", input=mailbox(25, **{field: value}))
                assert refused[0][0] in ("INVALID", "REQUIRED"), (field, value, refused)
                assert refused[0][1][:2] == ["input", field], (field, value, refused)
    # The password for sending would go over the other line in the clear.
    clear = {"imapHost": "imap.example.com", "imapSecurity": "NONE"}
    async with office.unchanged():
        given = mailbox(25, smtpSecret="x", **clear)
        assert await office.admin.refusals("emailAccountCreate", input=given) == [("INVALID", ["input", "imapSecurity"])]
    box = await opened_box(office.admin, 25, smtpSecret="x", imapHost="imap.example.com", imapSecret="y")
    async with office.unchanged():
        for values in ({"imapSecurity": "NONE"}, {"imapSecurity": "NONE", "imapSecret": None}):
            refused = await office.admin.refusals("emailAccountUpdate", id=box, version=1, input=values)
            assert refused == [("INVALID", ["input", "imapSecurity"])], values
        again = await office.admin.refusals("emailAccountCreate", input=mailbox(25, address="SALES@example.com"))
        assert again == [("DUPLICATE", ["input", "address"])]


async def test_who_loses_a_race_for_a_name_is_told(office: Office):
    admin = office.admin
    template = {"name": "t", "category": "NOTICE", "subject": "s", "text": "t"}
    for verb, given, field in (
        ("emailAccountCreate", mailbox(25), "address"), ("emailSuppressionCreate", {"address": "q@x.example"}, "address"),
        ("emailTemplateCreate", template, "name"),
    ):  # fmt: skip
        payloads = await asyncio.gather(*(admin.tried(verb, input=given) for _ in range(4)))
        refused = [(error["code"], error["field"]) for each in payloads for error in each["userErrors"]]
        assert refused == [("DUPLICATE", ["input", field])] * 3, verb
    # Nor does a mailbox go to somebody who has one with its address.
    clerk = await office.hire("clerk", GRANTS)
    await opened_box(clerk, 25)
    own = await office.value("SELECT id::text FROM email_account WHERE owner_id <> $1", UUID(clerk.id))
    async with office.unchanged():
        refused = await admin.refusals("recordsTransfer", input={"ids": [own], "toId": clerk.id})
        assert refused == [("DUPLICATE", ["input", "ids"])]


async def test_a_personal_mailbox_is_its_owners_and_a_shared_one_its_members(office: Office):
    owner, reader = await office.hire("owner", GRANTS), await office.hire("reader", GRANTS)
    boss = await office.hire("boss", GRANTS)
    await office.admin.do("userUpdate", "user { id }", id=owner.id, version=1, input={"managerId": boss.id})
    auditor = await office.hire("auditor", {**GRANTS, "email_account.READ": "ALL"})
    box = await opened_box(owner, 25)
    draft = (await owner.do("emailDraftCreate", "emailMessage { id }", input=letter(box)))["id"]
    lists = ("emailAccounts", "emailMessages")

    async def seen(who) -> list[int]:
        return [(await who.ask(name, "totalCount"))["totalCount"] for name in lists]

    assert [await seen(who) for who in (owner, reader, boss, auditor)] == [[1, 1], [0, 0], [0, 0], [1, 1]]
    async with office.unchanged():
        assert await auditor.refusals("emailDraftCreate", input=letter(box)) == [("FORBIDDEN", ["input", "accountId"])]
        assert await auditor.refusals("emailDraftSend", id=draft) == [("FORBIDDEN", ["id"])]
        assert await boss.refusals("emailDraftSend", id=draft) == [("NOT_FOUND", ["id"])]
        assert await reader.refusals("emailAccountUpdate", id=box, version=1, input={"name": "x"}) == [("NOT_FOUND", ["id"])]
    shared = {"kind": "SHARED", "members": [{"userId": reader.id, "maySend": False}, {"userId": boss.id}]}
    members = "emailAccount { version members { user { id } maySend } }"
    made = await owner.do("emailAccountUpdate", members, id=box, version=1, input=shared)
    assert [each["maySend"] for each in made["members"]] == [False, True]
    assert [await seen(who) for who in (reader, boss)] == [[1, 1], [1, 1]]
    async with office.unchanged():
        assert await reader.refusals("emailDraftSend", id=draft) == [("FORBIDDEN", ["id"])]
        assert await boss.refusals("emailAccountUpdate", id=box, version=2, input={"name": "x"}) == [("FORBIDDEN", ["id"])]
    await boss.do("emailDraftUpdate", "emailMessage { id }", id=draft, version=1, input={"text": "新的"})
    await owner.do("emailAccountUpdate", "emailAccount { id }", id=box, version=2, input={"kind": "PERSONAL"})
    assert [await seen(who) for who in (owner, reader, boss)] == [[1, 1], [0, 0], [0, 0]]
    await owner.do("emailAccountDelete", "emailAccount { id }", id=box)
    assert await seen(owner) == [0, 0]
    await owner.do("emailAccountRestore", "emailAccount { id }", id=box)
    assert await seen(owner) == [1, 1]


async def test_a_log_in_is_tried_and_its_owner_told(office: Office):
    async with post_office() as post:
        box = await opened_box(office.admin, post.port, smtpSecret=PASSWORD)
        assert await try_all(office.database, settings(office)) == 1
        assert await office.admin.ask("emailAccount", STATE, id=box) == {
            "smtpState": "OK", "smtpError": None, "smtpSecretSet": True, "version": 1,
        }  # fmt: skip
        assert post.logins == [(b"sales@example.com", PASSWORD.encode())]
        assert await try_all(office.database, settings(office)) == 0
        post.secret = b"changed"
        tested = await office.admin.do("emailAccountTest", f"emailAccount {{ {STATE} }}", id=box)
        assert (tested["smtpState"], tested["version"]) == ("UNTRIED", 2)
        await try_all(office.database, settings(office))
        found = await office.admin.ask("emailAccount", STATE, id=box)
        assert (found["smtpState"], found["version"]) == ("FAILING", 2)
        assert "refuses the log-in: 535" in found["smtpError"]
        assert await office.value("SELECT count(*) FROM notification WHERE kind = 'EMAIL_FAILING'") == 1
        # A private host is spoken to only where the installation allows that.
        await office.admin.do("emailAccountTest", "emailAccount { id }", id=box)
        tried = len(post.logins)
        await try_all(office.database, settings(office, private_peers=False))
        assert len(post.logins) == tried
        assert "private network" in (await office.admin.ask("emailAccount", STATE, id=box))["smtpError"]
        # STARTTLS is demanded: a server without it gets no password.
        encrypted = {"smtpSecurity": "STARTTLS", "smtpSecret": PASSWORD}
        await office.admin.do("emailAccountUpdate", "emailAccount { id }", id=box, version=3, input=encrypted)
        await try_all(office.database, settings(office))
        assert (await office.admin.ask("emailAccount", STATE, id=box))["smtpState"] == "FAILING"
        assert len(post.logins) == tried
    no_server = await office.admin.do("emailAccountCreate", "emailAccount { id }", input={"address": "a@b.example", "name": "x"})
    async with office.unchanged():
        assert await office.admin.refusals("emailAccountTest", id=no_server["id"]) == [("INVALID", ["id"])]
