"""What is quoted and passed on: pictures in their places, nothing of ours inside, and nothing that its sender is not shown."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from tests.factories.api import Office, opened
from tests.factories.mailing import SENT, letter, opened_box, post_office, sending
from tests.factories.mailroom import Mailroom
from tests.factories.mailroom import letter as received
from tests.factories.texting import until

office = pytest.fixture(opened)
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
PAGE = '<p>看<img src="cid:odd name@x" alt="图">和<img src="http://e.cn/t.gif"></p>'
SHOWN = "emailMessage { id version html text recipients { address } attachments { name inline contentId file { id } } }"


def with_pictures() -> bytes:
    parts = [
        f"Content-Type: text/html; charset=utf-8\r\n\r\n{PAGE}",
        f"Content-Type: image/png; name=a.png\r\nContent-ID: <odd name@x>\r\nContent-Transfer-Encoding: base64\r\n\r\n{PNG}",
        "Content-Type: text/plain\r\nContent-Disposition: attachment; filename=b.txt\r\n\r\nhello",
    ]
    body = "".join(f"--b\r\n{each}\r\n" for each in parts) + "--b--"
    return received("图", head="Content-Type: multipart/related; boundary=b", body=body)


@pytest.fixture
def mailroom(office: Office, tmp_path: Path) -> Mailroom:
    return Mailroom(office, tmp_path / "files")


async def came_in(office: Office, mailroom: Mailroom, port: int) -> str:
    box = await opened_box(office.admin, port)
    await office.rows("UPDATE email_account SET receiving = TRUE, imap_host = 'x.example', uid_validity = 1")
    return str(await mailroom.arrives(await office.value("SELECT id FROM email_account WHERE id = $1", box), with_pictures()))


async def test_pictures_keep_their_places_and_no_name_of_ours_leaves(office: Office, mailroom: Mailroom):
    admin = office.admin
    async with post_office() as post:
        original = await came_in(office, mailroom, post.port)
        assert "data-attachment" in (await admin.ask("emailMessage", "html", id=original))["html"]
        answer = await admin.do("emailReply", SHOWN, id=original, all=False)
        assert answer["attachments"] == []
        assert '<p>看<img alt="图">和<img></p>' in answer["html"]
        draft = await admin.do("emailForward", SHOWN, id=original)
        picture, file = draft["attachments"]
        assert (picture["inline"], file["inline"], file["contentId"]) == (True, False, None)
        assert f'<p>看<img alt="图" src="cid:{picture["contentId"]}">和<img></p>' in draft["html"]
        # Changed, it keeps them too; and passed on once more, when pictures from elsewhere were asked for.
        given = {"to": letter("", "a@x.example")["to"], "fileIds": [each["file"]["id"] for each in draft["attachments"]]}
        changed = await admin.do(
            "emailDraftUpdate", SHOWN, id=draft["id"], version=draft["version"], input={**given, "html": draft["html"]}
        )
        assert [each["contentId"] for each in changed["attachments"]] == [picture["contentId"], None]
        await admin.do("emailDraftSend", SENT, id=draft["id"])
        async with sending(office, data_dir=mailroom.folder.parent):
            await until(office, "SELECT count(*) FROM outbound", lambda left: left == 0)
    (got,) = post.letters
    html = got.get_body(("html",))
    (name,) = re.findall(r'src="cid:([^"]+)"', html.get_content())
    related = {part["Content-ID"]: part for part in got.walk() if part["Content-ID"]}
    assert related[f"<{name}>"].get_content()[1:4] == b"PNG"
    assert [part.get_filename() for part in got.iter_attachments()] == ["b.txt"]
    assert "data-" not in html.get_content()
    again = await admin.do("emailForward", SHOWN, id=draft["id"])
    assert f'src="cid:{again["attachments"][0]["contentId"]}"' in again["html"]
    await admin.do("emailMessageArrange", "emailMessage { id }", id=original, input={"imagesAllowed": True})
    loud = await admin.do("emailForward", SHOWN, id=original)
    assert 'src="http://e.cn/t.gif"' in loud["html"]
    assert "data-" not in loud["html"]


@pytest.mark.parametrize("hidden", ["html", "attachments", "fromName", "fromAddress", "recipients"])
async def test_what_its_sender_is_not_shown_is_not_copied(office: Office, mailroom: Mailroom, hidden: str):
    original = await came_in(office, mailroom, 25)
    grants = {"email_account.READ": "OWN", "email_thread.READ": "ALL"}
    grants |= {f"email_message.{verb}": "ALL" for verb in ("READ", "CREATE", "UPDATE")}
    clerk = await office.hire("clerk", grants, hidden=[f"email_message.{hidden}"])
    await office.rows("UPDATE email_account SET owner_id = $1::uuid", clerk.id)

    async def copied(verb: str, **values: Any) -> dict[str, Any]:
        made = await clerk.do(verb, "emailMessage { id }", id=original, **values)
        columns = "html, text, (SELECT string_agg(address, ',') FROM email_recipient WHERE message_id = m.id) AS people"
        files = "(SELECT count(*) FROM stored_file WHERE record_id = m.id) AS files"
        return dict((await office.rows(f"SELECT {columns}, {files} FROM email_message m WHERE id = $1::uuid", made["id"]))[0])

    passed = await copied("emailForward")
    assert (passed["html"] is None) == (hidden == "html")
    assert passed["files"] == (0 if hidden == "attachments" else 2)
    assert "cid:" not in (passed["html"] or "") or hidden != "attachments"
    assert ("Li Wei" in passed["text"]) == (hidden != "fromName")
    assert "li@acme.cn" not in passed["text"] or hidden == "fromName"
    if hidden == "fromAddress":
        async with office.unchanged():
            assert await clerk.refusals("emailReply", id=original, all=False) == [("INVALID", ["id"])]
    else:
        assert (await copied("emailReply", all=True))["people"] == "li@acme.cn" + (
            ",sales@our.cn" if hidden != "recipients" else ""
        )
