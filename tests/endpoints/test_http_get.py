"""Asking by GET: for reading only, with the parameters in the address."""

from __future__ import annotations

import json

import pytest
from tests.factories.api import Answer, Office, kept

office = pytest.fixture(scope="module")(kept)

GRAPHQL_JSON = "application/graphql-response+json"


async def got(office: Office, query: str | dict, *, signed_in: bool = True, **headers: str) -> Answer:
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    if signed_in:
        told["Authorization"] = f"Bearer {office.admin.token}"
    asked = {"params": query} if isinstance(query, dict) else {}
    answer = await office.client.get("/graphql" if asked else f"/graphql?{query}", headers=told, **asked)
    return Answer(answer.status_code, answer.json(), answer.headers)


async def test_a_query_is_answered(office: Office):
    answer = await got(office, {"query": "{ me { username } }"})
    assert (answer.status, answer.data) == (200, {"me": {"username": "admin"}})


async def test_variables_operation_name_and_extensions_are_read(office: Office):
    text = "query a($n: Int) { customers(first: $n) { nodes { id } } } query b { __typename }"
    asked = {"query": text, "variables": json.dumps({"n": 3}), "operationName": "a", "extensions": json.dumps({"some": 1})}
    assert (await got(office, asked)).data == {"customers": {"nodes": []}}
    assert (await got(office, asked | {"operationName": "b"})).data == {"__typename": "Query"}
    assert (await got(office, asked | {"variables": json.dumps({"n": 0})})).codes == ["BAD_USER_INPUT"]


async def test_an_empty_parameter_is_as_good_as_none(office: Office):
    answer = await got(office, {"query": "{ __typename }", "variables": "", "operationName": "", "extensions": ""})
    assert (answer.status, answer.data) == (200, {"__typename": "Query"})


@pytest.mark.parametrize("media", ["application/json", GRAPHQL_JSON])
async def test_a_mutation_needs_post_and_nothing_is_changed(office: Office, media):
    async with office.unchanged():
        answer = await got(office, {"query": 'mutation { tagCreate(input: {name: "x"}) { tag { id } } }'}, Accept=media)
    assert (answer.status, answer.headers["allow"], answer.data) == (405, "POST", None)
    assert answer.headers["content-type"] == f"{media}; charset=utf-8"


async def test_signing_in_needs_post(office: Office):
    attempts = await office.value("SELECT count(*) FROM sign_in_attempt")
    text = 'mutation { signIn(input: {username: "admin", password: "x"}) { token } }'
    assert (await got(office, {"query": text}, signed_in=False)).status == 405
    assert await office.value("SELECT count(*) FROM sign_in_attempt") == attempts


async def test_the_anonymous_get_401_by_get_too(office: Office):
    answer = await got(office, {"query": "{ me { id } }"}, signed_in=False)
    assert (answer.status, answer.codes, answer.data) == (401, ["UNAUTHENTICATED"], None)


async def test_a_token_is_taken_from_nowhere_but_the_header(office: Office):
    """What a page of another origin can make a browser send is a cookie or an address, and neither signs anybody in."""
    for extra in ({"token": office.admin.token}, {"authorization": f"Bearer {office.admin.token}"}):
        answer = await got(office, {"query": "{ me { id } }", **extra}, signed_in=False)
        assert answer.status == 401
    answer = await got(office, {"query": "{ me { id } }"}, signed_in=False, Cookie=f"token={office.admin.token}")
    assert answer.status == 401


@pytest.mark.parametrize(
    "address",
    [
        "", "query=", "q={__typename}", "query=%FF", "query=%ff%fe{__typename}", "query={__typename}&query={__typename}",
        "query={__typename}&variables=[]", "query={__typename}&variables=1", "query={__typename}&variables={",
        "query={__typename}&variables=%7B%22a%22%3ANaN%7D", "query={__typename}&variables=%7B%22a%22%3A%22%5Cud800%22%7D",
        "query={__typename}&extensions=[]", "query={__typename}&extensions=x",
        "query={__typename}&" + "&".join(f"a{number}=" for number in range(50)),
    ],
)  # fmt: skip
async def test_a_malformed_address_is_answered_with_400(office: Office, address):
    answer = await got(office, address)
    assert (answer.status, answer.codes, answer.data) == (400, ["BAD_USER_INPUT"], None)


async def test_head_answers_like_get(office: Office):
    answer = await office.client.head("/graphql", params={"query": "{ __typename }"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json; charset=utf-8")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
async def test_other_methods_are_not_allowed(office: Office, method):
    answer = await office.client.request(method, "/graphql", json={"query": "{ __typename }"})
    assert (answer.status_code, set(answer.headers["allow"].split(", "))) == (405, {"GET", "HEAD", "POST"})


async def test_a_client_that_takes_nothing_we_have_gets_406(office: Office):
    for ask in (
        office.client.get("/graphql", params={"query": "{ __typename }"}, headers={"Accept": "image/png"}),
        office.client.post("/graphql", json={"query": "{ __typename }"}, headers={"Accept": "text/html"}),
    ):
        answer = await ask
        assert answer.status_code == 406
        assert answer.json()["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}


@pytest.mark.parametrize("media", ["application/json", GRAPHQL_JSON])
async def test_a_bad_token_is_401_in_both_media_types(office: Office, media):
    for query in ("{ __typename }", "{ nope }", "{"):
        answer = await got(office, {"query": query}, signed_in=False, Accept=media, Authorization="Bearer nobody")
        assert (answer.status, answer.codes) == (401, ["UNAUTHENTICATED"])
        assert answer.headers["content-type"] == f"{media}; charset=utf-8"


@pytest.mark.parametrize(("media", "status"), [("application/json", 200), (GRAPHQL_JSON, 400)])
@pytest.mark.parametrize("query", ["{", "{ nope }", "query a { __typename } query b { __typename }"])
async def test_what_could_not_begin_has_the_status_of_its_media_type(office: Office, query, media, status):
    answer = await got(office, {"query": query}, Accept=media)
    assert (answer.status, answer.codes, "data" in answer.body) == (status, ["BAD_USER_INPUT"], False)
