"""The messages of graphql-transport-ws: what a client may send, and the frames it gets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from crm.endpoints.execution import Asked
from crm.endpoints.persisted import query_of

SUBPROTOCOL = "graphql-transport-ws"
LONGEST_ID = 128

BAD_REQUEST = 4400
UNAUTHORIZED = 4401
FORBIDDEN = 4403
NO_SUBPROTOCOL = 4406
INIT_TIMEOUT = 4408
DUPLICATE_ID = 4409
SLOW_CONSUMER = 4413
TOO_MANY_INITS = 4429
RESTART = 1012
OVERLOAD = 1013


class Closing(Exception):
    """The socket is to be closed with this code; the reason is for people."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code, self.reason = code, reason


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a client. `id` stands in `subscribe` and `complete`, `asked` in `subscribe`."""

    type: str
    id: str = ""
    payload: dict[str, Any] | None = None
    asked: Asked | None = None


def read_message(text: str | None) -> Message:
    """What a client sent; raises `Closing` for whatever is not of the protocol."""
    try:
        body = orjson.loads(text or "")
    except orjson.JSONDecodeError:
        raise Closing(BAD_REQUEST, "Messages are JSON objects in text frames.") from None
    if not isinstance(body, dict):
        raise Closing(BAD_REQUEST, "A message is a JSON object.")
    kind, payload = body.get("type"), body.get("payload")
    try:
        orjson.dumps(payload)  # it reads deeper nests than it writes, and an answer may have to hold what was sent
    except orjson.JSONEncodeError:
        raise Closing(BAD_REQUEST, "The message is nested too deeply.") from None
    match kind:
        case "connection_init" | "ping" | "pong":
            if payload is not None and not isinstance(payload, dict):
                raise Closing(BAD_REQUEST, f"The payload of {kind} is an object.")
            return Message(kind, payload=payload)
        case "subscribe":
            return Message(kind, _id(body), asked=_asked(payload))
        case "complete":
            return Message(kind, _id(body))
    raise Closing(BAD_REQUEST, "There is no message of this type.")


def _id(body: dict[str, Any]) -> str:
    found = body.get("id")
    if not isinstance(found, str) or not 1 <= len(found) <= LONGEST_ID:
        raise Closing(BAD_REQUEST, f"`id` is a text of 1 to {LONGEST_ID} characters.")
    return found


def _asked(payload: Any) -> Asked:
    if not isinstance(payload, dict) or not isinstance(query_of(payload), str):
        raise Closing(BAD_REQUEST, "The payload of subscribe is an object with a text `query`.")
    for name, kind in (("variables", dict), ("operationName", str), ("extensions", dict)):
        if payload.get(name) is not None and not isinstance(payload[name], kind):
            raise Closing(BAD_REQUEST, f"`{name}` is of the wrong type.")
    return Asked(query_of(payload), payload.get("variables"), payload.get("operationName"), payload.get("extensions"))


def crashed(reference: str) -> dict[str, Any]:
    """What a client is told of a defect of ours."""
    return {"message": "Something went wrong.", "extensions": {"code": "INTERNAL", "reference": reference}}


def frame(kind: str, operation_id: str | None = None, payload: Any = None) -> str:
    """A message for the client."""
    body: dict[str, Any] = {"type": kind}
    if operation_id is not None:
        body["id"] = operation_id
    if payload is not None:
        body["payload"] = payload
    return orjson.dumps(body).decode()


def next_frame(operation_id: str, body: bytes) -> str:
    """`next` around an answer that is JSON already."""
    return f'{{"id":{orjson.dumps(operation_id).decode()},"type":"next","payload":{body.decode()}}}'
