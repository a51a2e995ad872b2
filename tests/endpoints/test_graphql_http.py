"""GraphQL over HTTP: what a request must look like, who is let in, and that nothing a client sends makes us crash."""

from __future__ import annotations

import json

import pytest
from tests.factories.api import Api, Office, kept

from crm import metrics

office = pytest.fixture(scope="module")(kept)

SIGN_IN = 'mutation { signIn(input: {username: "nobody", password: "wrong"}) { token userErrors { code } } }'
GRAPHQL_JSON = "application/graphql-response+json"


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"null", b"[]", b'"text"', b"1", b"{}", b'{"query": 1}', b'{"query": null}', b'{"query": ["{me{id}}"]}',
        b"\xff\xfe", b'{"query": "\xff"}', b'{"query": "{ me { id } }" "x"}', b'[{"query": "{ me { id } }"}]',
        b'{"query": "{ __typename }", "variables": []}', b'{"query": "{ __typename }", "variables": "x"}',
        b'{"query": "{ __typename }", "operationName": 3}', b'{"query": "{ __typename }", "extensions": 3}',
        b"[" * 5000, b'{"query": ' + b'{"a":' * 3000,
    ],
)  # fmt: skip
async def test_a_malformed_body_is_answered_with_400(office: Office, body):
    answer = await office.admin.post(body)
    assert (answer.status, answer.codes, answer.data) == (400, ["BAD_USER_INPUT"], None)


@pytest.mark.parametrize("kind", ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
async def test_only_json_is_taken(office: Office, kind):
    answer = await office.admin.post(b'{"query": "{ me { id } }"}', Content_Type=kind)
    assert answer.status == 415


@pytest.mark.parametrize(
    "query",
    [
        "",
        " ",
        "{",
        "}",
        "{ me }",
        "{ nope }",
        "{ me { nope } }",
        "{ me { id } ",
        "query ($x: Nope) { me { id } }",
        "{ ...missing }",
        "{ ...a } fragment a on Query { ...missing }",
        "fragment a on Query { __typename }",
        "{ ...a } fragment a on Query { ...a }",
        "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }",
        "query a { me { id } } query a { me { id } }",
        "subscription { __typename }",
        "type A { a: Int }",
        "\x00",
        "{ me\x00 { id } }",
        "{ me { id @nope } }",
        "{ customers(nope: 1) { nodes { id } } }",
        "{ customers(orderBy: [{field: SHOE_SIZE}]) { nodes { id } } }",
        '{ customers(filter: {lifecycle: {eq: "LEAD"}}) { nodes { id } } }',
        "{ customers(first: 99999999999999) { nodes { id } } }",
        '{ customers(first: "1") { nodes { id } } }',
        "{ customers(first: 1.5) { nodes { id } } }",
        "{ node(id: {a: 1}) { id } }",
        '{ customers(search: "\\uD800") { nodes { id } } }',
    ],
)
async def test_a_wrong_document_is_a_clients_mistake(office: Office, query):
    answer = await office.admin.run(query)
    assert answer.status < 500
    assert set(answer.codes) == {"BAD_USER_INPUT"}, answer.body


def nested_selection(depth: int) -> str:
    return "{ me " + "{ user " * depth + "{ id }" + " }" * depth + " }"


def nested_filter(depth: int) -> str:
    return "{ customers(filter: " + "{not: " * depth + "{}" + "}" * depth + ") { nodes { id } } }"


def nested_list(depth: int) -> str:
    return "{ customers(filter: {and: " + "[" * depth + "]" * depth + "}) { nodes { id } } }"


@pytest.mark.parametrize("make", [nested_selection, nested_filter, nested_list])
@pytest.mark.parametrize("depth", [100, 350, 900, 1300, 1900])
async def test_a_deep_document_is_refused_and_not_crashed_on(office: Office, make, depth):
    answer = await office.admin.run(make(depth))
    assert answer.status < 500
    assert "INTERNAL" not in answer.codes, answer.body


@pytest.mark.parametrize("depth", [50, 200, 450, 900])
async def test_deep_variables_are_refused_and_not_crashed_on(office: Office, depth):
    query = b'"query ($f: CustomerFilter) { customers(filter: $f) { nodes { id } } }"'
    nested = b'{"not":' * depth + b"{}" + b"}" * depth
    answer = await office.admin.post(b'{"query": ' + query + b', "variables": {"f": ' + nested + b"}}")
    assert answer.status < 500
    assert set(answer.codes) == {"BAD_USER_INPUT"}


@pytest.mark.parametrize(
    "first", [0, -1, 101, 2**31, -(2**31), 1.5, "1", True, [], {}, 10**30], ids=lambda value: repr(value)[:20]
)
async def test_a_page_size_out_of_range_is_a_wrong_argument(office: Office, first):
    answer = await office.admin.run("query ($n: Int) { customers(first: $n) { nodes { id } } }", n=first)
    assert (answer.codes, answer.data and answer.data["customers"]) == (["BAD_USER_INPUT"], None)


async def test_a_wrong_variable_is_a_request_error_without_data(office: Office):
    answer = await office.admin.post(
        {"query": "query ($n: Int!) { customers(first: $n) { nodes { id } } }", "variables": {"n": "x"}}, Accept=GRAPHQL_JSON
    )
    assert (answer.status, "data" in answer.body) == (400, False)


async def test_an_operation_name_that_is_not_there_is_a_request_error(office: Office):
    body = {"query": "query a { me { id } } query b { me { id } }", "operationName": "c"}
    answer = await office.admin.post(body, Accept=GRAPHQL_JSON)
    assert (answer.status, "data" in answer.body, answer.codes) == (400, False, ["BAD_USER_INPUT"])
    without = await office.admin.post({"query": body["query"]}, Accept=GRAPHQL_JSON)
    assert (without.status, "data" in without.body) == (400, False)


async def test_the_operation_that_was_named_runs(office: Office):
    body = {"query": "query a { me { id } } query b { me { username } }", "operationName": "b"}
    assert (await office.admin.post(body)).data == {"me": {"username": "admin"}}


@pytest.mark.parametrize("media", ["application/json", GRAPHQL_JSON])
async def test_the_answer_has_the_media_type_that_was_asked_for(office: Office, media):
    answer = await office.admin.post({"query": "{ __typename }"}, Accept=media)
    assert (answer.status, answer.headers["content-type"].split(";")[0]) == (200, media)
    wrong = await office.admin.post({"query": "{ nope }"}, Accept=media)
    assert wrong.status == (400 if media == GRAPHQL_JSON else 200)


@pytest.mark.parametrize(
    "query", ["{ __typename }", SIGN_IN, "{ me { id } }", "{ nope }", "{", "{ __schema { types { name } } }"]
)
@pytest.mark.parametrize("header", ["Bearer nope", "Bearer", "Bearer ", "Basic YTpi", "nope", ""])
async def test_a_bad_header_is_401_for_everything(office: Office, query, header):
    answer = await office.anonymous.post({"query": query}, Authorization=header)
    assert (answer.status, answer.codes, answer.data) == (401, ["UNAUTHENTICATED"], None)
    assert answer.headers["www-authenticate"] == "Bearer"


ENDED = {
    "revoked": "UPDATE session SET revoked_at = now() WHERE user_id = $1",
    "expired": "UPDATE session SET expires_at = now() - interval '1 second' WHERE user_id = $1",
    "of a disabled user": "UPDATE user_account SET active = false WHERE id = $1",
}


@pytest.mark.parametrize("ended", ["revoked", "expired"])
@pytest.mark.parametrize("warm", [False, True], ids=["unknown to this process", "known to this process"])
@pytest.mark.parametrize("query", ["{ __typename }", SIGN_IN, "{ me { id } }", "{ nope }", "{"])
async def test_a_token_that_has_ended_is_401_for_everything(office: Office, ended, warm, query):
    name = f"{ended}{warm}{abs(hash(query)) % 10**6}"
    person = await office.hire(name)
    if warm:
        assert (await person.run("{ me { username } }")).data == {"me": {"username": name}}
    await office.rows(ENDED[ended], await office.value("SELECT id FROM user_account WHERE username = $1", name))
    attempts = await office.value("SELECT count(*) FROM sign_in_attempt")
    answer = await person.run(query)
    assert (answer.status, answer.codes, answer.data) == (401, ["UNAUTHENTICATED"], None)
    assert await office.value("SELECT count(*) FROM sign_in_attempt") == attempts


ANONYMOUS_NO = [
    "{ me { id } }",
    "{ customers { nodes { id } } }",
    "{ __typename me { id } }",
    "{ ... on Query { me { id } } }",
    "{ ...a } fragment a on Query { x: me { id } }",
    "{ signIn: me { id } }",
    "{ me @skip(if: true) { id } }",
    "{ nope }",
    "query ($no: Boolean!) { me @include(if: $no) { id } }",
    "{ __schema { types { name } } }",
    '{ __type(name: "User") { name } }',
    'mutation { signIn(input: {username: "a", password: "b"}) { token } tagCreate(input: {name: "x"}) { tag { id } } }',
    'mutation { customerCreate(input: {name: "x"}) { customer { id } } }',
    "mutation { signOut { session { id } } }",
]


@pytest.mark.parametrize("query", ANONYMOUS_NO)
async def test_the_anonymous_get_401_and_nothing_runs(office: Office, query):
    async with office.unchanged(), office.counted() as count:
        answer = await office.anonymous.run(query, no=False)
        sent = list(count.queries)
    assert (answer.status, answer.codes, answer.data) == (401, ["UNAUTHENTICATED"], None)
    assert [text for text in sent if "x::text" not in text and "pg_tables" not in text] == []


async def test_the_anonymous_may_sign_in_and_ask_the_typename(office: Office):
    assert (await office.anonymous.run("{ __typename }")).data == {"__typename": "Query"}
    answer = await office.anonymous.run(SIGN_IN)
    assert answer.data == {"signIn": {"token": None, "userErrors": [{"code": "INVALID"}]}}


async def test_every_other_root_field_is_closed_to_the_anonymous(office: Office):
    described = await office.admin.read("{ __schema { queryType { fields { name } } mutationType { fields { name } } } }")
    tried = 0
    for kind, operation in (("queryType", "query"), ("mutationType", "mutation")):
        for found in described["__schema"][kind]["fields"]:
            if found["name"] != "signIn":
                answer = await office.anonymous.run(f"{operation} {{ {found['name']} }}")
                assert answer.status == 401, found
                tried += 1
    assert tried > 50


async def test_a_crash_tells_a_reference_and_nothing_else(office: Office, monkeypatch):
    async def crash(*_: object) -> object:
        raise RuntimeError("a secret of the house")

    monkeypatch.setattr("crm.resolvers.system.records.bin_page", crash)
    query = '{ deletedRecords(entity: "customer") { nodes { id } } }'
    answer = await office.admin.post({"query": query}, X_Request_Id="quote-me")
    assert (answer.status, answer.data) == (200, {"deletedRecords": None})
    (error,) = answer.errors
    assert error["extensions"] == {"code": "INTERNAL", "reference": "quote-me"}
    assert "secret" not in json.dumps(answer.body)


async def test_a_plan_that_fails_is_our_loss_and_not_the_clients(office: Office, monkeypatch):
    async def crash(*_: object) -> object:
        raise RuntimeError("a secret of the house")

    monkeypatch.setattr("crm.graph.plans.planner.Planner._answered", crash)
    before = metrics.graphql_plans.labels("failed")._value.get()
    assert await office.admin.read("{ customers { nodes { id } } }") == {"customers": {"nodes": []}}
    assert metrics.graphql_plans.labels("failed")._value.get() == before + 1


async def test_one_document_asked_by_many_answers_each(office: Office):
    other = await office.hire("other")
    names = [(await api.run("{ me { username } }")).data["me"]["username"] for api in (office.admin, other, office.admin)]
    assert names == ["admin", "other", "admin"]
    assert (await Api(office.client).run("{ me { username } }")).status == 401


SECRET = "open sesame 42"


@pytest.mark.parametrize(
    ("document", "given"),
    [
        ("mutation ($i: SignInInput!) { signIn(input: $i) { token } }", {"i": {"password": SECRET}}),
        ("mutation ($i: SignInInput!) { signIn(input: $i) { token } }", {"i": {"username": "a", "password": SECRET, "pass": 1}}),
        ("mutation ($i: String!) { signIn(input: {username: $i, password: $i}) { token } }", {"i": {"password": SECRET}}),
        (f'mutation {{ signIn(input: {{password: "{SECRET}"}}) {{ token }} }}', {}),
        ("mutation ($i: SignInInput!) { signIn(input: $i) { token } }", {"i": {"username": "a", "password": [SECRET]}}),
        ("mutation ($i: SignInInput!) { signIn(input: $i) { token } }", {"i": SECRET}),
        ("mutation ($i: SignInInput!) { signIn(input: $i) { token } }", {"i": {"username": "a", "password": int(SECRET[-2:])}}),
        (f'mutation {{ signIn(input: {{username: {{password: "{SECRET}"}}, password: "x"}}) {{ token }} }}', {}),
    ],
)
async def test_a_refused_input_is_not_told_back(office: Office, document, given):
    answer = await office.admin.run(document, **given)
    assert set(answer.codes) == {"BAD_USER_INPUT"}
    assert SECRET not in str(answer.body)
    assert SECRET[-2:] not in answer.body["errors"][0]["message"]
