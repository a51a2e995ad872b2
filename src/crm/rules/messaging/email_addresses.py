"""Addresses of e-mail as people write them, and text that may stand in the head of a message."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 254
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}")
_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?")
WRONG = "An address looks like name@example.com."


def address_of(written: str) -> str:
    """One address, its domain in ASCII. ValueError, with a text for people, for anything else.

    Nothing that could end a line or begin another header gets through; an address beyond ASCII on the left of the @ is refused,
    because few servers take one.
    """
    text = written.strip()
    local, at, domain = text.rpartition("@")
    if not at or not _LOCAL.fullmatch(local) or ".." in local or local[0] == "." or local[-1] == ".":
        raise ValueError(WRONG)
    plain = _domain(domain)
    if len(local) + 1 + len(plain) > LONGEST:
        raise ValueError(f"An address has at most {LONGEST} characters.")
    return f"{local}@{plain}"


def address_key(address: str) -> str:
    """By what addresses are compared: nobody tells them apart by capitals."""
    return address.strip().lower()


def header_text(text: str, longest: int) -> str:
    """Text for one line of the head: a subject, a name. ValueError for line breaks and characters that nobody sees."""
    if any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in text):
        raise ValueError("No line breaks and no control characters.")
    shown = " ".join(text.split())
    if len(shown) > longest:
        raise ValueError(f"At most {longest} characters.")
    return shown


def domain_of(address: str) -> str:
    """What is right of the @."""
    return address.rpartition("@")[2].lower()


def _domain(written: str) -> str:
    try:
        domain = written if written.isascii() else written.encode("idna").decode("ascii")
    except UnicodeError:
        raise ValueError(WRONG) from None
    labels = domain.split(".")
    if len(domain) > 253 or len(labels) < 2 or not all(_LABEL.fullmatch(label) for label in labels):
        raise ValueError(WRONG)
    return domain.lower()
