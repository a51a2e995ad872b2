"""Accounts and templates for short messages: secrets that nobody reads, one primary account, texts that can be filled."""

from __future__ import annotations

import pytest
from tests.factories.api import Office, opened

office = pytest.fixture(opened)
ACCOUNT = "smsAccount { id code primary version secretSet url changes: version }"
GIVEN = {"code": "main", "name": "主通道", "driver": "HTTP", "url": "https://sms.example.com/send", "secret": "very secret"}


async def test_a_secret_is_kept_encrypted_and_never_shown(office: Office):
    made = await office.admin.do("smsAccountCreate", "smsAccount { id version secretSet url }", input=GIVEN)
    assert (made["secretSet"], made["url"]) == (True, GIVEN["url"])
    assert await office.value("SELECT sealed_secret NOT LIKE '%very secret%' FROM sms_account WHERE code = 'main'")
    for table in ("change", "event", "idempotency_key"):
        assert await office.value(f"SELECT count(*) FROM {table} x WHERE x::text LIKE '%very secret%'") == 0
    clerk = await office.hire("clerk")
    answer = await clerk.asked("smsAccount", "name signature url secretSet", id=made["id"])
    assert answer.data["smsAccount"] == {"name": "主通道", "signature": None, "url": None, "secretSet": None}
    assert answer.codes == ["FORBIDDEN", "FORBIDDEN"]
    await office.admin.do("smsAccountUpdate", "smsAccount { id }", id=made["id"], version=1, input={"secret": None})
    assert await office.value("SELECT sealed_secret IS NULL FROM sms_account WHERE code = 'main'")


async def test_a_secret_is_for_the_driver_and_host_it_was_entered_for(office: Office):
    made = (await office.admin.do("smsAccountCreate", "smsAccount { id }", input=GIVEN))["id"]
    editor = await office.hire("editor", {"sms_account.UPDATE": "ALL"})
    elsewhere = (
        {"url": "https://elsewhere.example.com/send"}, {"url": "http://sms.example.com/send"}, {"url": "https://sms.example.com:444/"},
        {"driver": "SMPP", "url": "smpp://me@sms.example.com"}, {"driver": "INSTALLATION"},
    )  # fmt: skip
    async with office.unchanged():
        for given in elsewhere:
            refused = await editor.refusals("smsAccountUpdate", id=made, version=1, input=given)
            assert refused == [("REQUIRED", ["input", "secret"])], given
    moved = {"url": "https://sms.example.com/v2/send"}
    found = await editor.do("smsAccountUpdate", "smsAccount { secretSet url }", id=made, version=1, input=moved)
    assert found == {"secretSet": True, **moved}
    for version, secret in ((2, "another secret"), (3, None)):
        given = {"url": f"https://elsewhere{version}.example.com/", "secret": secret}
        found = await editor.do("smsAccountUpdate", "smsAccount { secretSet url }", id=made, version=version, input=given)
        assert found == {"secretSet": secret is not None, "url": given["url"]}


async def test_wrong_accounts_are_refused_and_there_is_one_primary(office: Office):
    admin = office.admin
    made = await admin.do("smsAccountCreate", "smsAccount { id primary }", input={**GIVEN, "primary": True})
    found = (await admin.ask("smsAccounts", "nodes { code primary }"))["nodes"]
    assert found == [{"code": "default", "primary": False}, {"code": "main", "primary": True}]
    wrong = {
        "code": ("Main", "", "a b", "x" * 41), "signature": ("【x】", "a{b"),
        "url": (
            None, "ftp://x/", "smpp://x", "https://[", "https://x:99999/", "https://x:y/", "https://a..b/", "https://./",
            "https://x/a b", "https://x/a\tb", f"https://{'a' * 64}.example/", "https://x/路径", "https://例子.example/",
        ),
        "perSecond": (0, 1001), "perNumberPerDay": (0,), "quietFrom": ("9:00", "24:00"), "timeZone": ("Mars/Base",),
        "segmentPrice": ("-1",), "currency": ("yuan",), "optOutText": ("<b>",),
    }  # fmt: skip
    async with office.unchanged():
        for field, values in wrong.items():
            for value in values:
                refused = await admin.refusals("smsAccountCreate", input={**GIVEN, "code": "new", field: value})
                assert refused[0] in (("INVALID", ["input", field]), ("REQUIRED", ["input", field])), (field, value, refused)
        assert await admin.refusals("smsAccountCreate", input=GIVEN) == [("DUPLICATE", ["input", "code"])]
        stale = await admin.refusals("smsAccountUpdate", id=made["id"], version=9, input={"name": "x"})
        assert stale == [("CONFLICT", ["version"])]
        both = await admin.refusals("smsAccountUpdate", id=made["id"], version=1, input={"driver": "SMPP"})
        assert both == [("INVALID", ["input", "url"])]
    await admin.do("smsAccountDelete", "smsAccount { id }", id=made["id"])
    text = {"number": "13800138000", "text": "x"}
    async with office.unchanged():
        assert await admin.refusals("smsMessageSend", input=text) == [("REQUIRED", ["input", "accountId"])]
    assert (await admin.do("smsAccountRestore", "smsAccount { primary }", id=made["id"]))["primary"] is False


async def test_templates_know_their_variables(office: Office):
    admin = office.admin
    given = {"name": "Reminder", "category": "NOTICE", "text": "{name}: {day}", "variables": [{"name": "day", "longest": 10}]}
    made = await admin.do("smsTemplateCreate", "smsTemplate { id variables { name source longest position } }", input=given)
    assert [(each["name"], each["longest"]) for each in made["variables"]] == [("day", 10), ("name", 50)]
    wrong = {
        "text": ("{", "{a b}", "【x】", "x" * 1001, " "), "name": ("reminder", ""),
        "variables": ([{"name": "other"}], [{"name": "day"}] * 2, [{"name": "a b"}], [{"name": "day", "longest": 201}]),
    }  # fmt: skip
    async with office.unchanged():
        for field, values in wrong.items():
            for value in values:
                refused = await admin.refusals("smsTemplateCreate", input={**given, "name": "Other", field: value})
                assert refused[0][1][:2] == ["input", field], (field, value, refused)
        update = await admin.refusals("smsTemplateUpdate", id=made["id"], version=1, input={"text": "no placeholder"})
        assert update == [("INVALID", ["input", "variables"])]
    shown = await admin.do(
        "smsTemplateUpdate", "smsTemplate { text variables { name } }", id=made["id"], version=1,
        input={"text": "{name}", "variables": []},
    )  # fmt: skip
    assert shown == {"text": "{name}", "variables": [{"name": "name"}]}
    await admin.do("smsTemplateDelete", "smsTemplate { id }", id=made["id"])
    await admin.do("smsTemplateCreate", "smsTemplate { id }", input=given)
    async with office.unchanged():
        assert await admin.refusals("smsTemplateRestore", id=made["id"]) == [("DUPLICATE", ["id"])]
