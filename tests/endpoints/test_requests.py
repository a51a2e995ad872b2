"""Every request has an id, a line, and on a crash an answer that says nothing."""

from __future__ import annotations

import io
import json
import logging

import httpx
import pytest
import structlog
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Route

from crm import logs
from crm.endpoints.requests import Requests


async def fine(request):
    structlog.get_logger("crm.test").info("inside")
    return PlainTextResponse(request.state.request_id)


async def crash(_):
    raise ValueError("a secret of the house")


async def crash_halfway(_):
    async def body():
        yield b"half"
        raise ValueError("a secret of the house")

    return StreamingResponse(body())


@pytest.fixture
async def small():
    routes = [Route("/fine", fine), Route("/crash", crash), Route("/halfway", crash_halfway)]
    app = Starlette(routes=routes, middleware=[Middleware(Requests)])
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://crm.test") as client:
        yield client


@pytest.fixture
def lines(monkeypatch):
    """What was logged, as the JSON a log collector would get."""
    output = io.StringIO()
    monkeypatch.setattr("sys.stderr", output)
    root = logging.getLogger()
    before = root.handlers[:], root.level
    logs.configure("json")
    yield lambda: [json.loads(line) for line in output.getvalue().splitlines()]
    root.handlers[:], root.level = before
    structlog.reset_defaults()


async def test_a_good_id_is_kept_and_on_every_line(small, lines):
    answer = await small.get("/fine?token=abc", headers={"X-Request-Id": "abc.DEF_1-2"})
    assert answer.headers["x-request-id"] == answer.text == "abc.DEF_1-2"
    inside, done = lines()
    assert inside["event"] == "inside"
    assert inside["request_id"] == done["request_id"] == "abc.DEF_1-2"
    assert (done["method"], done["path"], done["status"]) == ("GET", "/fine", 200)
    assert done["ms"] >= 0
    assert "token" not in json.dumps(done)


@pytest.mark.parametrize("bad", ["", "a b", "x" * 65, "a\tb", 'a"b', "ü"])
async def test_a_bad_id_is_replaced(small, bad):
    answer = await small.get("/fine", headers=[(b"x-request-id", bad.encode())])
    assert answer.headers["x-request-id"] != bad
    assert len(answer.headers["x-request-id"]) == 16


async def test_two_requests_have_two_ids(small):
    first, second = await small.get("/fine"), await small.get("/fine")
    assert first.text != second.text


async def test_a_crash_tells_the_client_a_reference_and_the_log_the_cause(small, lines):
    answer = await small.get("/crash")
    reference = answer.headers["x-request-id"]
    assert answer.status_code == 500
    assert answer.json() == {
        "errors": [{"message": "Something went wrong.", "extensions": {"code": "INTERNAL", "reference": reference}}]
    }
    failed, done = lines()
    assert failed["level"] == "error"
    assert "a secret of the house" in failed["exception"]
    assert failed["request_id"] == reference
    assert done["status"] == 500


async def test_a_crash_halfway_cuts_the_answer(small, lines):
    with pytest.raises(ValueError, match="secret"):  # the server's cue to drop the connection
        await httpx.AsyncClient(transport=httpx.ASGITransport(small._transport.app), base_url="http://x").get("/halfway")
    assert [line["event"] for line in lines()] == ["request failed", "request"]


@pytest.fixture
def configured_by_another_server():
    """A server of an earlier test in this process that set uvicorn's logging up its own way, and kept quiet."""
    logger = logging.getLogger("uvicorn.error")
    before = logger.level
    logger.setLevel(logging.ERROR)
    yield
    logger.setLevel(before)


async def test_lines_of_libraries_look_like_ours(configured_by_another_server, lines):
    logging.getLogger("uvicorn.error").info("%s up", "server", extra={"color_message": "\x1b[1mup"})
    logging.getLogger("tortoise.db_client").debug("SELECT 'a literal'")
    logging.getLogger("strawberry.execution").error('query { customers(search: "a literal") }')
    # A server of an earlier test may still be saying something of its own in this process.
    told = lines()
    (line,) = [each for each in told if each["event"] == "server up"]
    assert (line["logger"], line["level"]) == ("uvicorn.error", "info")
    assert "a literal" not in json.dumps(told)
    assert "color_message" not in line
