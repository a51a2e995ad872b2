"""What somebody wrote themselves, without what they answer to: the beginning of a message as a list shows it (摘要)."""

from __future__ import annotations

import re

LONGEST = 200
LOOKED_AT = 20_000
MOST_LINES = 400

_DASHES = r"[-_—－=]{2,40}"
_BEGINS = re.compile(
    rf"\s*(?:{_DASHES}\s*(?:原始邮件|原始郵件|原邮件|原始信件|转发邮件|转发的邮件|回复的原邮件|original message|forwarded message"
    rf"|original mail|ursprüngliche nachricht|message d'origine)\s*(?:{_DASHES})?\s*|begin forwarded message:?\s*|_{{10,60}}\s*)",
    re.IGNORECASE,
)
_WROTE = re.compile(
    r"\s*(?:on\b.{4,200}\bwrote|am\b.{4,200}\bschrieb.{0,80}|le\b.{4,200}\ba écrit|el\b.{4,200}\bescribió"
    r"|在?\s*(?:于|於)?.{4,200}(?:写道|寫道|来信|写到|编写))\s*[:：]?\s*",
    re.IGNORECASE,
)
_SENDER = re.compile(r"\s*[*>]?\s*(?:from|von|de|发件人|發件人|寄件者|寄件人|差出人)\s*[*]?\s*[:：].{1,300}", re.IGNORECASE)
_HEADER = re.compile(
    r"\s*[*>]?\s*(?:sent|date|to|cc|subject|发送时间|发送日期|日期|收件人|收件者|抄送|主题|主旨|时间|傳送日期|gesendet|an|betreff)\s*[*]?\s*[:：]",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(r"-- ?$")
_SENT_FROM = re.compile(
    r"\s*(?:发自我的|sent from my|sent from mail for|从我的.{1,20}发送|来自我的|由.{1,20}发送).{0,60}", re.IGNORECASE
)


def own_words(text: str) -> str:
    """The lines before the first that quotes another message, or begins to; without a signature."""
    lines = text[:LOOKED_AT].splitlines()[:MOST_LINES]
    kept: list[str] = []
    for place, line in enumerate(lines):
        if _SIGNATURE.match(line) or _quotes(lines, place):
            break
        if not _SENT_FROM.fullmatch(line[:400]):
            kept.append(line)
    return "\n".join(kept).strip()


def snippet(text: str) -> str:
    """The same on one line. Of a message that is nothing but a quotation, the quotation."""
    said = " ".join(own_words(text).split()) or " ".join(text[:LOOKED_AT].replace(">", " ").split())
    return said if len(said) <= LONGEST else said[: LONGEST - 1] + "…"


def _quotes(lines: list[str], place: int) -> bool:
    line = lines[place][:400]
    if line.lstrip().startswith(">") or _BEGINS.fullmatch(line) or _WROTE.fullmatch(line):
        return True
    # A line that is broken in two, as telephones do it.
    following = lines[place + 1][:200] if place + 1 < len(lines) else ""
    if line.lower().startswith(("on ", "在", "于")) and _WROTE.fullmatch(f"{line[:200]} {following}"):
        return True
    return bool(_SENDER.fullmatch(line)) and any(_HEADER.match(each[:100]) for each in lines[place + 1 : place + 4])
