"""Lists of documents: what is on one runs, by hash and by text, and nothing else does."""

from __future__ import annotations

import hashlib
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from tests.conftest import make_settings
from tests.factories.api import Office, staffed

from crm.app import create_app
from crm.config import SettingError, load_settings
from crm.endpoints.console.documents import console_documents


def named(query: str) -> dict[str, Any]:
    return {"persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(query.encode()).hexdigest()}}


LISTED = "query Listed { me { username } }"
APOLLO = {
    "format": "apollo-persisted-query-manifest",
    "version": 1,
    "operations": [{"id": "listed-1", "name": "Listed", "type": "query", "body": LISTED}],
}


@pytest.fixture(params=[{"listed-1": LISTED}, APOLLO], ids=["hash to text", "Apollo's manifest"])
async def listed(request, database, tmp_path) -> AsyncIterator[Office]:
    """An office where only listed documents run."""
    path = tmp_path / "documents.json"
    path.write_text(json.dumps(request.param))
    app = create_app(make_settings(database, tmp_path, documents=path), database, background=False)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with app.router.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://crm.test") as client:
        yield await staffed(client, database)


async def test_what_is_on_the_list_runs_by_hash_and_by_text(listed: Office):
    by_hash = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "listed-1"}}}
    assert (await listed.admin.post(by_hash)).data == {"me": {"username": "admin"}}
    assert (await listed.admin.post({"query": LISTED})).data == {"me": {"username": "admin"}}
    assert (await listed.admin.post(by_hash | {"query": LISTED})).data == {"me": {"username": "admin"}}


@pytest.mark.parametrize("query", ["{ me { username } }", LISTED + " ", "{ __typename }", "{", "{ __schema { types { name } } }"])
async def test_nothing_else_runs(listed: Office, query):
    for body in ({"query": query}, {"query": query, "extensions": named(query)}, {"extensions": named(query)}):
        answer = await listed.admin.post(body)
        assert (answer.status, answer.data, answer.codes) == (200, None, ["PERSISTED_QUERY_NOT_IN_LIST"])


async def test_the_console_is_always_on_the_list(listed: Office):
    sign_in = next(text for text in console_documents() if "signIn" in text)
    answer = await listed.anonymous.run(sign_in, username="nobody", password="wrong")
    assert answer.data["signIn"]["userErrors"][0]["code"] == "INVALID"
    recent = next(text for text in console_documents() if text.startswith("query RecentCalls"))
    assert (await listed.admin.run(recent)).codes == []


@pytest.mark.parametrize(
    "content", [None, "", "{", "[]", "{}", "7", '{"a": 1}', '{"a": ""}', '{"a": null}', "\xff",
                '{"format": "apollo-persisted-query-manifest"}', '{"format": "apollo-persisted-query-manifest", "operations": 3}',
                '{"format": "apollo-persisted-query-manifest", "operations": [3]}'],
)  # fmt: skip
def test_a_wrong_list_stops_the_start_in_one_line(tmp_path, content):
    path = tmp_path / "documents.json"
    if content is not None:
        path.write_bytes(content.encode("latin-1"))
    with pytest.raises(SettingError) as caught:
        load_settings(_env_file=None, documents=path)
    assert str(caught.value).startswith("CRM_DOCUMENTS should be the path of a JSON file")
    assert "\n" not in str(caught.value)
