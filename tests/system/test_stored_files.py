"""Files on records: uploaded, attached, downloaded by links that end; refused, hidden, removed and swept."""

from __future__ import annotations

import asyncio
import hashlib
import time
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from tests.factories.api import Api, Office, opened

from crm.services.system import stored_files
from crm.store.blobs import FolderBlobs

office = pytest.fixture(opened)
PDF = b"%PDF-1.7\n" + b"x" * 100_000
FILE = "storedFile { id name mediaType size sha256 downloadPath author { username } }"
FILES = "files { nodes { id name downloadPath } }"


async def upload(who: Api, name: str = "合同.pdf", body: bytes = PDF, kind: str = "application/pdf") -> Any:
    headers = {"Content-Type": kind} | ({"Authorization": f"Bearer {who.token}"} if who.token else {})
    return await who.client.post(f"/files?name={quote(name)}", content=body, headers=headers)


async def attached(who: Api, record: str, **values: Any) -> dict[str, Any]:
    key = (await upload(who)).json()["id"]
    made: dict[str, Any] = await who.do("fileAttach", FILE, input={"fileId": key, "recordId": record, **values})
    return made


async def customer(who: Api) -> str:
    return str((await who.do("customerCreate", "customer { id }", input={"name": "杭州茶叶有限公司"}))["id"])


async def test_a_file_goes_up_onto_a_record_and_down_again(office: Office, settings):
    record = await customer(office.admin)
    sent = await upload(office.admin)
    assert sent.status_code == 201, sent.text
    told = {"mediaType": "application/pdf", "size": len(PDF), "sha256": hashlib.sha256(PDF).hexdigest()}
    assert sent.json() == {"id": sent.json()["id"], "name": "合同.pdf", **told}
    made = await office.admin.do(
        "fileAttach", FILE, input={"fileId": sent.json()["id"], "recordId": record, "name": "合同 A.pdf"}
    )
    assert made | told == made
    assert (made["name"], made["author"]) == ("合同 A.pdf", {"username": "admin"})
    found = await office.client.get(made["downloadPath"])
    assert (found.status_code, found.content) == (200, PDF)
    headers = {name: found.headers[name] for name in ("content-type", "x-content-type-options", "cache-control")}
    assert headers == {
        "content-type": "application/pdf",
        "x-content-type-options": "nosniff",
        "cache-control": "private, no-store",
    }
    assert found.headers["content-disposition"] == f"attachment; filename*=UTF-8''{quote('合同 A.pdf')}"
    assert "sandbox" in found.headers["content-security-policy"]
    assert (await office.admin.ask("customer", "files { totalCount } changes(first: 1) { nodes { verb } }", id=record)) == {
        "files": {"totalCount": 1}, "changes": {"nodes": [{"verb": "customer.attach"}]},
    }  # fmt: skip
    # The same content twice is one on the disk.
    await attached(office.admin, record)
    assert len([path for path in (settings.data_dir / "files").rglob("*") if path.is_file()]) == 1


async def test_a_link_is_for_one_file_and_ends(office: Office, monkeypatch):
    record = await customer(office.admin)
    one, two = await attached(office.admin, record), await attached(office.admin, record)
    path, other = one["downloadPath"], two["downloadPath"]
    query = path.partition("?")[2]
    wrong = [
        path.replace(one["id"], two["id"]), path[:-1] + ("0" if path[-1] != "0" else "1"), path.partition("?")[0],
        path.replace("expires=", "expires=9"), path.replace("expires=", "expires=x"), f"/files/{record}/x?{query}",
        "/files/../../etc/passwd", f"/files/{one['id']}/..%2f..%2fx", "/files/x/y?expires=1&signature=%F0",
    ]  # fmt: skip
    for each in wrong:
        assert (await office.client.get(each)).status_code == 404, each
    assert (await office.client.get(other)).status_code == 200
    await office.admin.do("fileRemove", "storedFile { id }", id=two["id"])
    assert (await office.client.get(other)).status_code == 404
    now = time.time()
    monkeypatch.setattr(stored_files.time, "time", lambda: now + stored_files.LINK_SECONDS + 2)
    assert (await office.client.get(path)).status_code == 404


async def test_what_is_no_file_is_refused_and_leaves_nothing(office: Office, settings, monkeypatch):
    admin = office.admin
    async with office.unchanged():
        assert (await upload(office.anonymous)).status_code == 401
        assert (await upload(Api(office.client, "no token"))).status_code == 401
        for name, body, kind, status in (
            ("", PDF, "application/pdf", 400), ("a.pdf", b"", "application/pdf", 400), ("x" * 201, PDF, "", 400),
            ("a.exe", b"MZ", "", 415), ("a.html", b"<html>", "text/html", 415), ("a.png", PDF, "image/png", 415),
            ("a.pdf", b"%PDF-" + b"x" * (1024 * 1024), "application/pdf", 413),
        ):  # fmt: skip
            answer = await upload(admin, name, body, kind)
            assert answer.status_code == status, (name, answer.text)
    folder = settings.data_dir / "files"
    assert [path for path in folder.rglob("*") if path.is_file()] == []
    # A request of another sort stays as small as it was.
    assert (await office.client.post("/graphql", content=b"x" * (256 * 1024 + 1))).status_code == 413


@pytest.fixture
def settings(database, tmp_path):
    from tests.conftest import make_settings

    return make_settings(database, tmp_path, file_megabytes=1)


async def test_files_are_seen_and_changed_with_their_record(office: Office):
    record = await customer(office.admin)
    made = await attached(office.admin, record)
    reader = await office.hire("reader", {"customer.READ": "ALL"})
    stranger = await office.hire("stranger", {"customer.READ": "OWN", "customer.UPDATE": "OWN"})
    blind = await office.hire("blind", {"customer.READ": "ALL", "customer.UPDATE": "ALL"}, hidden=["customer.files"])
    seen = (await reader.ask("customer", FILES, id=record))["files"]["nodes"]
    assert [each["id"] for each in seen] == [made["id"]]
    assert (await office.client.get(seen[0]["downloadPath"])).content == PDF
    assert (await stranger.asked("node", "id", id=made["id"])).codes == ["NOT_FOUND"]
    assert (await blind.asked("customer", FILES, id=record)).codes == ["FORBIDDEN"]
    loose = (await upload(office.admin)).json()["id"]
    own = (await upload(reader)).json()["id"]
    async with office.unchanged():
        wanted = ("NOT_FOUND", ["input", "fileId"])
        assert await office.admin.refusals("fileAttach", input={"fileId": own, "recordId": record}) == [wanted]
        assert await office.admin.refusals("fileAttach", input={"fileId": made["id"], "recordId": record}) == [wanted]
        assert await office.admin.refusals("fileAttach", input={"fileId": record, "recordId": record}) == [wanted]
        assert await reader.refusals("fileAttach", input={"fileId": own, "recordId": record}) == [
            ("FORBIDDEN", ["input", "recordId"])
        ]  # fmt: skip
        hidden = await stranger.refusals("fileAttach", input={"fileId": own, "recordId": record})
        assert hidden == [("NOT_FOUND", ["input", "recordId"])]
        blank = await office.admin.refusals("fileAttach", input={"fileId": loose, "recordId": record, "name": " / "})
        assert blank == [("INVALID", ["input", "name"])]
        assert await reader.refusals("fileRemove", id=made["id"]) == [("FORBIDDEN", ["id"])]
        assert await stranger.refusals("fileRemove", id=made["id"]) == [("NOT_FOUND", ["id"])]
        assert (await office.admin.asked("node", "id", id=loose)).codes == ["NOT_FOUND"]


async def test_a_sweep_takes_what_nobody_needs_and_nothing_else(office: Office, settings, monkeypatch):
    record, blobs = await customer(office.admin), FolderBlobs(settings.data_dir / "files")
    kept = await attached(office.admin, record)
    await office.admin.client.post(
        "/files?name=a.txt", content=b"loose", headers={"Authorization": f"Bearer {office.admin.token}"}
    )
    gone = (await upload(office.admin, "b.txt", b"gone", "text/plain")).json()["id"]
    await office.admin.do("fileAttach", FILE, input={"fileId": gone, "recordId": record})
    await office.admin.do("fileRemove", "storedFile { id }", id=gone)
    monkeypatch.setattr(stored_files, "UNKEPT_SECONDS", -5.0)
    assert await stored_files.sweep(office.database, blobs) == 0
    monkeypatch.setattr(stored_files, "REMOVED", timedelta())
    monkeypatch.setattr(stored_files, "UNATTACHED", timedelta())
    assert await stored_files.sweep(office.database, blobs) == 2
    assert await office.value("SELECT count(*) FROM stored_file") == 1
    assert (await office.client.get(kept["downloadPath"])).content == PDF
    await office.admin.do("customerDelete", "customer { id }", id=record)
    await office.admin.do("recordPurge", "", id=record)
    await stored_files.sweep(office.database, blobs)
    assert [path for path in (settings.data_dir / "files").rglob("*") if path.is_file()] == []


async def test_attached_it_gets_no_name_by_which_it_would_be_run(office: Office):
    record = await customer(office.admin)
    key = (await upload(office.admin, "x.txt", b"harmless", "text/plain")).json()["id"]
    async with office.unchanged():
        given = {"fileId": key, "recordId": record, "name": "x.hta"}
        assert await office.admin.refusals("fileAttach", input=given) == [("INVALID", ["input", "name"])]


async def test_many_uploads_at_once_find_no_more_room_than_one_after_the_other(office: Office, monkeypatch):
    monkeypatch.setattr(stored_files, "MOST_LOOSE", 3)
    answers = await asyncio.gather(*(upload(office.admin, f"{number}.pdf") for number in range(9)))
    assert sorted(each.status_code for each in answers) == [201] * 3 + [422] * 6
