"""Bodies of e-mail: HTML that somebody composed made safe, its text, what is quoted, and the first words that lists show."""

from __future__ import annotations

import re
from html import escape, unescape

import nh3

LONGEST_BODY = 1_000_000
LONGEST_SNIPPET = 200
_TAG = re.compile(r"<[^>]*>")
_BLOCK = re.compile(r"<(?:br|/p|/div|/li|/tr|/h[1-6]|hr)\b[^>]*>", re.IGNORECASE)
_EMPTY_LINES = re.compile(r"\n{3,}")


def composed_html(html: str) -> str:
    """What may be sent and shown again: no scripts, forms, frames or links that run something."""
    return nh3.clean(html, url_schemes={"http", "https", "mailto", "tel", "cid"}, link_rel="noopener noreferrer")


def text_of(html: str) -> str:
    """The words of HTML, for whoever reads no HTML."""
    clean = nh3.clean(
        _BLOCK.sub(lambda found: f"{found[0]}\n", html), tags=set(), clean_content_tags={"script", "style", "title"}
    )
    lines = [" ".join(line.split()) for line in unescape(_TAG.sub("", clean)).splitlines()]
    return _EMPTY_LINES.sub("\n\n", "\n".join(lines)).strip()


def html_of(text: str) -> str:
    """A text in HTML."""
    return "<br>\n".join(escape(line) for line in text.splitlines())


def snippet(text: str) -> str:
    """The first words, on one line; quoted lines are left out."""
    own = " ".join(line for line in text.splitlines() if not line.lstrip().startswith(">"))
    words = " ".join((own if own.strip() else text).split())
    return words if len(words) <= LONGEST_SNIPPET else f"{words[: LONGEST_SNIPPET - 1]}…"


def quoted(intro: str, text: str) -> str:
    """A text under a line that says whose it is, each of its lines marked."""
    return "\n".join([intro, *(f"> {line}" if line else ">" for line in text.splitlines())])


def quoted_html(intro: str, html: str) -> str:
    """The same in HTML, which is clean already."""
    return f"<p>{escape(intro)}</p>\n<blockquote>{html}</blockquote>"
