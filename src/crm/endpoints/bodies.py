"""What is asked: read from the body of a POST, or from the address of a GET."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl

import orjson
from starlette.requests import Request

from crm.endpoints.execution import Asked
from crm.endpoints.negotiation import JSON, is_json
from crm.endpoints.persisted import query_of
from crm.endpoints.refusals import Refused

PARAMETERS = ("query", "variables", "operationName", "extensions")
MOST_PARAMETERS = 20


async def read_asked(request: Request) -> Asked:
    """The parts of a GraphQL request; raises `Refused` for whatever is none."""
    return _checked(_of_address(request) if request.method in ("GET", "HEAD") else await _of_body(request))


async def _of_body(request: Request) -> dict[str, Any]:
    if not is_json(request.headers.get("content-type")):
        raise Refused(415, f"The body must be {JSON} in UTF-8.")
    try:
        body = orjson.loads(await request.body())
    except orjson.JSONDecodeError:
        raise Refused(400, "The body is not JSON.") from None
    if isinstance(body, list):
        raise Refused(400, "Send one operation at a time: lists of them are not taken.")
    if not isinstance(body, dict):
        raise Refused(400, "The body must be a JSON object.")
    return body


def _of_address(request: Request) -> dict[str, Any]:
    """The parameters of a GET: maps are JSON in them, and an empty text is as good as none."""
    try:
        pairs = parse_qsl(
            request.scope["query_string"].decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MOST_PARAMETERS
        )
    except ValueError:  # no UTF-8, no ASCII, or very many
        raise Refused(400, "The query string cannot be read.") from None
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise Refused(400, f"`{name[:40]}` is given twice.")
        if value and name in PARAMETERS:
            found[name] = _decoded(name, value)
    return found


def _decoded(name: str, value: str) -> Any:
    if name in ("query", "operationName"):
        return value
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        raise Refused(400, f"`{name}` is not JSON.") from None


def _checked(body: dict[str, Any]) -> Asked:
    if not isinstance(query_of(body), str):
        raise Refused(400, "A text `query` is missing.")
    for name, kind in (("variables", dict), ("operationName", str), ("extensions", dict)):
        if body.get(name) is not None and not isinstance(body[name], kind):
            raise Refused(400, f"`{name}` is of the wrong type.")
    return Asked(query_of(body), body.get("variables"), body.get("operationName"), body.get("extensions"))
