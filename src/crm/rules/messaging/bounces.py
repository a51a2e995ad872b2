"""What a mail server says of a message that it could not deliver (退信): by RFC 3464, else in the words of common servers.

Who sent such a report is not known: anybody can write one. It says what may be so; whether it is about a message of ours, the
token in the address it was sent to says (`services/messaging/mail_bounces.py`), or the Message-ID that it quotes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from crm.rules.messaging.mime_charsets import text_of
from crm.rules.messaging.mime_headers import Headers, address_of, words
from crm.rules.messaging.mime_parts import Part, Walk

LOOKED_AT = 64 * 1024
MOST_RECIPIENTS = 100

_BLOCKS = re.compile(rb"\r?\n[ \t]*\r?\n")
_STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_CODE = re.compile(r"(?<![\d.])([45]\d\d)(?=[ -])")
_ID = re.compile(rb"^message-id:[ \t]*(?:\r?\n[ \t]+)?<([^<>\s]{1,250})>", re.IGNORECASE | re.MULTILINE)
_MAILED = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]{1,64}@[\w.-]{1,190}\.[\w-]{2,30}", re.ASCII)
_SENDERS = re.compile(
    r"(?:mailer-daemon|postmaster|mail-daemon|mailerdaemon|mdaemon|bounce|.*-daemon)(?:[+_.-].*)?@.*", re.IGNORECASE
)
_SUBJECTS = re.compile(
    r"(?:undeliver|delivery (?:status notification|failure|has failed)|returned mail|failure notice|unzustellbar"
    r"|mail delivery (?:failed|failure|system)|退信|邮件退回|无法投递|無法投遞|未送达|投递失败|发送失败)",
    re.IGNORECASE,
)
_GONE_FOR_GOOD = re.compile(
    r"user (?:unknown|not found|doesn't exist)|no such user|mailbox (?:not found|unavailable|does not exist)|does not exist"
    r"|recipient (?:address )?rejected|invalid recipient|address not found|account (?:is )?disabled"
    r"|收件人.{0,12}(?:不存在|无效|错误)|(?:用户|帐号|账号|地址|邮箱|域名)不存在|邮箱地址有误|非法收件人|用户被禁用|帐户已.{0,4}停用",
    re.IGNORECASE,
)
_FOR_NOW = re.compile(
    r"mailbox (?:is )?full|quota|over ?quota|temporar|try again|greylist|connection timed out"
    r"|容量已满|邮箱已满|空间不足|空间已满|暂时|稍后|连接超时",
    re.IGNORECASE,
)


class BounceKind(StrEnum):
    """How final it is: 无法送达, 暂时失败, 延迟."""

    HARD = "HARD"
    SOFT = "SOFT"
    DELAYED = "DELAYED"


@dataclass(frozen=True, slots=True)
class Failed:
    """One recipient that it did not reach, as far as the report names one."""

    address: str | None
    kind: BounceKind
    status: str | None
    detail: str


@dataclass(frozen=True, slots=True)
class Bounce:
    """A report: whom it names, and the Message-ID of what it is about."""

    failed: tuple[Failed, ...]
    message_id: str | None


def bounce_in(walk: Walk, raw: bytes, sender: str | None, subject: str | None, text: str) -> Bounce | None:
    """What is reported; None where it is no report, or only says that all went well."""
    for part in walk.parts:
        if part.type in ("message/delivery-status", "message/global-delivery-status"):
            failed = _reported(part)
            return Bounce(failed, _quoted_id(walk, raw)) if failed else None
    if not _looks_like_one(walk.headers, sender, subject):
        return None
    named = walk.headers.as_sent("x-failed-recipients")
    addresses = [address_of(each) for each in (named or "").split(",")] if named else [_mentioned(text, walk.headers)]
    failed = tuple(
        Failed(address, _kind_of_words(text), _status_in(text), _reason(text)) for address in addresses[:MOST_RECIPIENTS]
    )
    return Bounce(failed, _quoted_id(walk, raw))


def _looks_like_one(headers: Headers, sender: str | None, subject: str | None) -> bool:
    if headers.as_sent("x-failed-recipients") is not None:
        return True
    from_server = sender is None or bool(_SENDERS.fullmatch(sender)) or (headers.as_sent("return-path") or "").strip() == "<>"
    return from_server and subject is not None and bool(_SUBJECTS.search(subject))


def _reported(part: Part) -> tuple[Failed, ...]:
    """The recipients of a delivery status; those that were delivered or only passed on are none."""
    data = b"".join(part.decoded())[:LOOKED_AT].strip()
    found = []
    for block in _BLOCKS.split(data)[: MOST_RECIPIENTS + 1]:
        headers = Headers(block + b"\n\n")
        action = (headers.as_sent("action") or "").strip().lower()
        if action not in ("failed", "delayed"):
            continue
        who = headers.as_sent("original-recipient") or headers.as_sent("final-recipient") or ""
        status = _STATUS.search(headers.as_sent("status") or "")
        kind = BounceKind.DELAYED if action == "delayed" else _kind_of_status(status)
        said = words((headers.as_sent("diagnostic-code") or "").partition(";")[2] or headers.as_sent("diagnostic-code") or "")
        code = None if status is None else status.group()
        found.append(Failed(address_of(who.rpartition(";")[2].strip(" <>")), kind, code, (said or code or action)[:200]))
    return tuple(found)


def _kind_of_status(status: re.Match[str] | None) -> BounceKind:
    """5 is for good, but a mailbox that is full or a message that is too large says nothing about the address."""
    if status is None:
        return BounceKind.HARD
    group, subject, detail = status.groups()
    return (
        BounceKind.HARD
        if group == "5" and (subject, detail) not in (("2", "2"), ("3", "4")) and subject != "7"
        else BounceKind.SOFT
    )


def _kind_of_words(text: str) -> BounceKind:
    said = text[:LOOKED_AT]
    if _FOR_NOW.search(said) and not _GONE_FOR_GOOD.search(said):
        return BounceKind.SOFT
    status, code = _STATUS.search(said), _CODE.search(said)
    if _GONE_FOR_GOOD.search(said):
        return BounceKind.HARD
    if status is not None and status.group(1) != "2":
        return _kind_of_status(status)
    return BounceKind.HARD if code is not None and code.group(1)[0] == "5" else BounceKind.SOFT


def _status_in(text: str) -> str | None:
    found = _STATUS.search(text[:LOOKED_AT])
    return found.group() if found and found.group(1) != "2" else None


def _reason(text: str) -> str:
    """The line that says why."""
    lines = [" ".join(line.split()) for line in text[:LOOKED_AT].splitlines()]
    for wanted in (_GONE_FOR_GOOD, _FOR_NOW, _CODE):
        if (line := next((each for each in lines if wanted.search(each)), None)) is not None:
            return line[:200]
    return next((line[:200] for line in lines if line), "")


def _mentioned(text: str, headers: Headers) -> str | None:
    """The first address in its words that is not one it was sent to, nor of the server that wrote it."""
    own = {address.key for name in ("to", "from", "cc") for address in headers.addresses(name)}
    for match in _MAILED.finditer(text[:LOOKED_AT]):
        found = address_of(match.group().rstrip("."))
        if found is not None and found.lower() not in own and not _SENDERS.fullmatch(found):
            return found
    return None


def _quoted_id(walk: Walk, raw: bytes) -> str | None:
    """The Message-ID of the message that came back with the report: in a part of its own, else quoted in the text."""
    for part in walk.parts:
        if part.type in ("message/rfc822", "text/rfc822-headers", "message/global", "message/global-headers"):
            held = next(part.decoded(), b"")
            if match := _ID.search(held[:LOOKED_AT]):
                return text_of(match.group(1))
    own = len(raw) - sum(len(part.body) for part in walk.parts) if walk.parts else 0
    match = _ID.search(raw, own) if own < len(raw) else None
    return text_of(match.group(1)) if match and _is_quoted(raw, match.start()) else None


def _is_quoted(raw: bytes, place: int) -> bool:
    """Behind the message's own headers."""
    blank = re.search(rb"\r?\n\r?\n", raw)
    return blank is not None and place > blank.end()
