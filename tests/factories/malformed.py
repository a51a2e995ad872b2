"""Malformed requests, made from good ones: each from a number, so that one that did harm can be made again."""

from __future__ import annotations

import json
import random
from typing import Any

DOCUMENTS = (
    "{ __typename }",
    "{ me { id username } }",
    "query q($n: Int, $f: CustomerFilter, $o: [CustomerOrder!]) { customers(first: $n, filter: $f, orderBy: $o) { totalCount } }",
    'query { node(id: "01a208f2-12ea-8014-a3ec-129aed6ca926") { id __typename } }',
    "mutation m($name: String!) { tagCreate(input: {name: $name}) { tag { id } userErrors { code field } } }",
    'mutation { signIn(input: {username: "a", password: "b"}) { token userErrors { code } } }',
    "fragment f on Customer { id name contacts(first: 2) { nodes { id } } } { customers { nodes { ...f } } }",
    'subscription { incomingCalls(after: "x") { cursor } }',
    "{ __schema { types { name fields(includeDeprecated: true) { name args { name type { name } } } } } }",
)
PIECES = (
    "", "{", "}", "(", ")", "$", "@skip(if: 1)", "...f", "\x00", "\ufeff", '"', '"""', "#", "😀", "\ud83d", "null", "__typename ",
    "[", ":", "!", "\\u{110000}", "\\uD800", "1e5", "-", "..", "&",
)  # fmt: skip
ODD_VALUES = (
    None, True, False, 0, -1, 2**31, 2**53, 2**63, 2**64 - 1, 1e308, -0.0, "", " ", "x" * 300, "\x00", "\u202e", "张", "😀",
    "\ufeff", "\ud800", "01a208f2-12ea-8014-a3ec-129aed6ca926", "1970-01-01T00:00:00Z", "%", "' OR 1=1 --", [], {}, [[]],
    {"": ""}, {"and": []}, {"not": {"not": {"not": {}}}}, {"name": {"eq": None}}, {"name": {"contains": "\\"}}, [None], [{}],
    {"__proto__": {}},
)  # fmt: skip
ODD_JSON = (
    b"NaN", b"Infinity", b"-Infinity", b"1e999", b'"\\ud800"', b'"\\u0000"', b"01", b"[" * 400 + b"]" * 400, b'{"a":1,"a":2}',
)  # fmt: skip
MEDIA = (
    "application/json", "application/json; charset=utf-8", "application/json;charset=utf-16", "APPLICATION/JSON", "text/plain",
    "", ";", "application/graphql", "application/x-www-form-urlencoded", "multipart/form-data", "application/json, text/html",
    "\xff", "a" * 500,
)  # fmt: skip
ACCEPTS = (
    "application/json", "application/graphql-response+json", "*/*", "text/html", "", ",,,", "application/json;q=2", "\xff/\xfe",
    "application/json;q=;;=", "*/*;q=0", "a/b;" * 200, "application/graphql-response+json;q=0.1, application/json;q=0.2",
    "text/event-stream",
)  # fmt: skip
TOKENS = ("Bearer", "Bearer ", "bearer x", "Basic Og==", "", "Bearer \xff", "Bearer " + "a" * 2000, "Bearer a b c", "\t")
METHODS = ("GET", "PUT", "BREW", "post", "")
TARGETS = ("/graphql?query={__typename}", "*", "/graphql/../graphql", "http://x/graphql", "/%00", "/\xff", "")
VERSIONS = ("HTTP/1.0", "HTTP/9", "")
HEADERS = (
    "Transfer-Encoding: chunked", "Content-Length: 5", ": x", "X" * 70_000 + ": y", "Expect: 100-continue", "Upgrade: websocket",
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x", "Connection: close, keep-alive", "Accept: \x01\x02",
)  # fmt: skip


class Malformer:
    """Makes one malformed request."""

    def __init__(self, number: int, token: str) -> None:
        self.dice = random.Random(number)
        self.token = token

    def request(self) -> dict[str, Any]:
        """Well-formed HTTP with something strange in it, as httpx takes it."""
        dice = self.dice
        headers = [
            ("Content-Type", self._mostly("application/json", *MEDIA)),
            ("Accept", self._mostly("application/json", *ACCEPTS)),
            ("Authorization", self._mostly(f"Bearer {self.token}", *TOKENS)),
        ]
        headers = [header for header in headers if dice.random() < 0.95]
        if dice.random() < 0.1:
            headers.append(("X-Request-Id", "".join(chr(dice.randrange(1, 256)) for _ in range(dice.randrange(80)))))
        raw = [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers]
        if dice.random() < 0.2:
            return {"method": dice.choice(("GET", "GET", "HEAD")), "url": f"/graphql?{self._address()}", "headers": raw}
        return {"method": "POST", "url": "/graphql", "headers": raw, "content": self._body()}

    def message(self, host: str) -> bytes:
        """Broken HTTP, as bytes."""
        dice = self.dice
        body = json.dumps({"query": dice.choice(DOCUMENTS)}).encode()
        size = len(body)
        head = [
            f"{self._mostly('POST', *METHODS)} {self._mostly('/graphql', *TARGETS)} {self._mostly('HTTP/1.1', *VERSIONS)}",
            f"Host: {host}",
            f"Authorization: Bearer {self.token}",
            "Content-Type: application/json",
            f"Content-Length: {self._mostly(size, size + 50, size - 5, 0, -1, 10**12, 'x', '')}",
        ]
        if dice.random() < 0.3:
            head.append(dice.choice(HEADERS))
        message = "\r\n".join(head).encode("latin-1") + b"\r\n\r\n" + body
        return self._broken(message) if dice.random() < 0.4 else message

    def _mostly(self, good: Any, *others: Any) -> Any:
        return good if self.dice.random() < 0.85 else self.dice.choice(others)

    def _body(self) -> bytes:
        dice = self.dice
        shape = dice.randrange(8)
        if shape == 0:
            return dice.randbytes(dice.randrange(200))
        if shape == 1:
            return b'{"query": "{ __typename }", "variables": {"x": ' + dice.choice(ODD_JSON) + b"}}"
        whole = json.dumps(self._asked(), ensure_ascii=dice.random() < 0.5).encode("utf-8", "surrogatepass")
        if shape == 2:
            encoding = dice.choice(("utf-16", "utf-32", "utf-8-sig", "utf-7", "cp1252"))
            return whole.decode("utf-8", "replace").encode(encoding, "replace")
        return self._broken(whole) if shape == 3 else whole

    def _asked(self) -> Any:
        dice = self.dice
        document = dice.choice(DOCUMENTS)
        body: dict[str, Any] = {"query": self._edited(document) if dice.random() < 0.6 else document}
        if dice.random() < 0.7:
            names = dice.sample(("n", "f", "o", "name", "x", ""), dice.randrange(6))
            body["variables"] = {name: dice.choice(ODD_VALUES) for name in names}
        for name in ("operationName", "extensions", "variables", "query", "idempotencyKey"):
            if dice.random() < 0.06:
                body[name] = dice.choice(ODD_VALUES)
        if dice.random() < 0.05:
            persisted = {"version": dice.choice(ODD_VALUES), "sha256Hash": dice.choice(ODD_VALUES)}
            body["extensions"] = {"persistedQuery": dice.choice((persisted, *ODD_VALUES))}
        return [body] * dice.randrange(3) if dice.random() < 0.03 else body

    def _edited(self, text: str) -> str:
        """A document with a piece cut out, doubled, or something strange put in its place."""
        dice = self.dice
        for _ in range(dice.randrange(1, 4)):
            start = dice.randrange(len(text) + 1)
            end = min(len(text), start + dice.randrange(1, 12))
            text = text[:start] + dice.choice((*PIECES, text[start:end] * 2)) + text[end:]
        return text

    def _broken(self, whole: bytes) -> bytes:
        """Bytes with some of them changed, missing or too many."""
        dice, data = self.dice, bytearray(whole)
        for _ in range(dice.randrange(1, 6)):
            at = dice.randrange(len(data) + 1)
            match dice.randrange(4):
                case 0:
                    data[at : at + 1] = dice.randbytes(1)
                case 1:
                    del data[at : at + dice.randrange(1, 20)]
                case 2:
                    data[at:at] = dice.randbytes(dice.randrange(1, 5))
                case 3:
                    del data[at + len(data) // 2 :]
        return bytes(data)

    def _address(self) -> str:
        dice = self.dice
        parts = []
        for name in dice.sample(("query", "variables", "operationName", "extensions", "x", "query"), dice.randrange(1, 6)):
            value = self._edited(dice.choice(DOCUMENTS)) if name == "query" else json.dumps(dice.choice(ODD_VALUES))
            data = value.encode("utf-8", "surrogatepass")
            parts.append(
                f"{name}=" + "".join(chr(byte) if chr(byte).isalnum() and byte < 128 else f"%{byte:02X}" for byte in data)
            )
        text = dice.choice(("&", "&", "&", ";", "&&", "=")).join(parts)
        return text.replace("%7B", dice.choice(("{", "%7B", "%7", "%GG", "%FF"))) if dice.random() < 0.3 else text
