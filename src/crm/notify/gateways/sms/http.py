"""The HTTP driver: one signed POST for each message, and a careful reading of what comes back.

    POST <url>
    X-Crm-Timestamp: 1767000000
    X-Crm-Signature: v1=<HMAC-SHA256 of timestamp, dot, body>
    Idempotency-Key: <id>

    {"id": "…", "to": "+86…", "from": "…", "text": "…", "segments": 2, "encoding": "UCS2", "category": "NOTICE",
     "template": null, "repeat": false}

200, 201 or 202 with `{"id": "…"}` or `{"ids": ["…", "…"]}` accepts it. 400 to 499 refuses it for good; 408, 425, 429 and 503 for
now. Whatever else happens once the request went out leaves it open whether it was taken.
"""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import orjson

from crm.core.signing import SIGNATURE, TIMESTAMP, signature
from crm.notify.gateways.posting import Answer, NotSent, Poster, Unanswered
from crm.notify.gateways.sms.driver import CannotSend, Text, Way
from crm.rules.messaging.sending import Outcome, Result

NOT_NOW = {408, 425, 429, 503}
WRONG_ACCOUNT = {401, 403}
ACCOUNT_PAUSE = timedelta(seconds=60)
LONGEST_PAUSE = timedelta(hours=1)
MOST_IDS = 20
LONGEST_ID = 64


class HttpDriver:
    """One gateway, over a few connections that are kept."""

    def __init__(self, way: Way) -> None:
        if not way.url:
            raise CannotSend("the account has no address")
        if not way.secret:
            raise CannotSend("the account has no secret to sign with")
        self.way = way
        try:
            self.poster = Poster(way.url, private=way.private)
        except ValueError:
            raise CannotSend("the address of the account is none") from None

    async def send(self, text: Text) -> Outcome:
        """One POST; what is unclear is DOUBTFUL, and only that."""
        body = self._body(text)
        stamp = str(int(time.time()))
        headers = {
            "content-type": "application/json", "idempotency-key": str(text.id), TIMESTAMP: stamp,
            SIGNATURE: signature(self.way.secret, stamp, body),
        }  # fmt: skip
        try:
            answer = await self.poster.post(body, headers)
        except NotSent as error:
            return Outcome(Result.NOT_SENT, detail=str(error))
        except Unanswered as error:
            return Outcome(Result.DOUBTFUL, detail=str(error))
        return judged(answer)

    async def listen(self) -> None:
        """Its hook is told."""

    async def close(self) -> None:
        """Close its connections."""
        await self.poster.close()

    def _body(self, text: Text) -> bytes:
        return orjson.dumps(
            {
                "id": str(text.id),
                "to": text.to,
                "from": self.way.sender,
                "text": text.text,
                "segments": len(text.parts),
                "encoding": text.encoding,
                "category": text.category,
                "template": text.template,
                "repeat": text.repeat,
            }
        )


def judged(answer: Answer) -> Outcome:
    """What a complete answer means."""
    told = _told(answer.body)
    if answer.status in (200, 201, 202):
        return Outcome(Result.ACCEPTED, _names(told))
    detail = f"{answer.status} {_words(told)}".strip()
    if answer.status in NOT_NOW:
        return Outcome(Result.THROTTLED, detail=detail, after=_patience(answer))
    if answer.status in WRONG_ACCOUNT:
        # Not the message is at fault but the account: it waits until somebody has put that right.
        return Outcome(Result.NOT_SENT, detail=detail, after=ACCOUNT_PAUSE)
    if 400 <= answer.status < 500:
        return Outcome(Result.REJECTED, detail=detail)
    return Outcome(Result.DOUBTFUL, detail=detail)


def _told(body: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    return found if isinstance(found, dict) else {}


def _names(told: dict[str, Any]) -> tuple[str, ...]:
    """The provider's names for the parts; what is none is left out, since the message was taken all the same."""
    found = told.get("ids") if isinstance(told.get("ids"), list) else [told.get("id")]
    assert isinstance(found, list)
    names = [str(each) for each in found[:MOST_IDS] if isinstance(each, str | int) and 0 < len(str(each)) <= LONGEST_ID]
    return tuple(name for name in names if "\0" not in name)


def _words(told: dict[str, Any]) -> str:
    words = [str(told[name]) for name in ("code", "message", "error") if isinstance(told.get(name), str | int)]
    return " ".join(words).replace("\0", "")[:150]


def _patience(answer: Answer) -> timedelta | None:
    seconds = answer.headers.get("retry-after", "")
    return (
        min(timedelta(seconds=int(seconds)), LONGEST_PAUSE)
        if seconds.isascii() and seconds.isdigit() and len(seconds) < 7
        else None
    )
