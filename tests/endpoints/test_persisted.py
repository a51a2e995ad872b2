"""Automatic persisted queries as stock clients send them."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest
from tests.factories.api import Office, kept

office = pytest.fixture(scope="module")(kept)

GRAPHQL_JSON = "application/graphql-response+json"


def named(query: str) -> dict[str, Any]:
    return {"persistedQuery": {"version": 1, "sha256Hash": hashlib.sha256(query.encode()).hexdigest()}}


@pytest.mark.parametrize("media", ["application/json", GRAPHQL_JSON])
async def test_an_unknown_hash_is_asked_for_and_then_it_is_enough(office: Office, media):
    query = f"query Media($x: Boolean = true) {{ me {{ id username @include(if: $x) }} }} # {media}"
    bare = {"operationName": "Media", "variables": {}, "extensions": named(query)}
    missing = await office.admin.post(bare, Accept=media)
    assert missing.status == 200
    assert missing.body == {
        "errors": [{"message": "PersistedQueryNotFound", "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"}}]
    }
    full = await office.admin.post(bare | {"query": query}, Accept=media)
    again = await office.admin.post(bare, Accept=media)
    assert (full.status, full.data["me"]["username"]) == (200, "admin")
    assert (again.status, again.body) == (200, full.body)
    different = await office.admin.post(bare | {"variables": {"x": False}})
    assert "username" not in different.data["me"]


async def test_null_in_place_of_the_document_is_no_document(office: Office):
    answer = await office.admin.post({"query": None, "extensions": named("{ null { id } }")})
    assert answer.codes == ["PERSISTED_QUERY_NOT_FOUND"]


async def test_everybody_has_their_own_answer_to_one_hash(office: Office):
    query = "{ me { username } }"
    await office.admin.post({"query": query, "extensions": named(query)})
    other = await office.hire("other")
    assert (await other.post({"extensions": named(query)})).data == {"me": {"username": "other"}}
    assert (await office.anonymous.post({"extensions": named(query)})).status == 401


async def test_a_hash_of_another_document_is_refused_and_not_kept(office: Office):
    query, other = "{ me { id version: id } }", "{ me { id } }"
    answer = await office.admin.post({"query": query, "extensions": named(other)})
    assert (answer.status, answer.codes) == (400, ["BAD_USER_INPUT"])
    assert (await office.admin.post({"extensions": named(query)})).codes == ["PERSISTED_QUERY_NOT_FOUND"]


@pytest.mark.parametrize("query", ["{", "{ nope }", "{ " + "me { id } " * 490 + "}"])
async def test_what_cannot_run_is_not_kept(office: Office, query):
    for _ in range(2):
        assert (await office.admin.post({"query": query, "extensions": named(query)})).data is None
    assert (await office.admin.post({"extensions": named(query)})).codes == ["PERSISTED_QUERY_NOT_FOUND"]


async def test_the_anonymous_leave_nothing_but_what_they_may_run(office: Office):
    query = "{ me { displayName } }"
    assert (await office.anonymous.post({"query": query, "extensions": named(query)})).status == 401
    assert (await office.admin.post({"extensions": named(query)})).codes == ["PERSISTED_QUERY_NOT_FOUND"]


async def test_a_bad_token_is_401_before_anything_is_said_of_a_hash(office: Office):
    person = await office.hire("leaver")
    await person.run("{ me { id } }")
    await office.rows("UPDATE session SET revoked_at = now() WHERE user_id = $1::text::uuid", person.id)
    assert (await person.post({"extensions": named("{ me { nobody: id } }")})).status == 401


HASH = "a" * 64


@pytest.mark.parametrize(
    "given",
    [
        {}, [], 1, "x", True, {"version": 1}, {"sha256Hash": HASH}, {"version": 2, "sha256Hash": HASH},
        {"version": "1", "sha256Hash": HASH}, {"version": 1, "sha256Hash": 7}, {"version": 1, "sha256Hash": "a" * 63},
        {"version": 1, "sha256Hash": "g" * 64}, {"version": 1, "sha256Hash": HASH + "\n"}, {"version": 1, "sha256Hash": ""},
    ],
)  # fmt: skip
async def test_a_malformed_hash_is_a_clients_mistake(office: Office, given):
    for body in ({"extensions": {"persistedQuery": given}}, {"query": "{ me { id } }", "extensions": {"persistedQuery": given}}):
        answer = await office.admin.post(body)
        assert (answer.status, answer.codes, answer.data) == (400, ["BAD_USER_INPUT"], None)


@pytest.mark.parametrize("extensions", [None, {}, {"other": 1}, {"persistedQuery": None}])
async def test_without_a_hash_a_document_is_needed(office: Office, extensions):
    answer = await office.admin.post({"extensions": extensions})
    assert (answer.status, answer.codes) == (400, ["BAD_USER_INPUT"])
    assert (await office.admin.post({"query": "{ me { username } }", "extensions": extensions})).data["me"]


async def test_it_works_over_get(office: Office):
    query = "query Got($n: Int) { tags(first: $n) { nodes { id } } }"
    parameters = {"variables": '{"n": 1}', "extensions": json.dumps(named(query))}
    headers = {"Authorization": f"Bearer {office.admin.token}"}
    missing = await office.client.get("/graphql", params=parameters, headers=headers)
    assert (missing.status_code, missing.json()["errors"][0]["message"]) == (200, "PersistedQueryNotFound")
    full = await office.client.get("/graphql", params=parameters | {"query": query}, headers=headers)
    again = await office.client.get("/graphql", params=parameters, headers=headers)
    assert full.json()["data"] == again.json()["data"] == {"tags": {"nodes": []}}
