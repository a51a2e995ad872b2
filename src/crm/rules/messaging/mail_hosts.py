"""Hosts of mail servers (邮件服务器) that people type in: how they are written, and where they listen."""

from __future__ import annotations

import ipaddress
import re
from enum import StrEnum

_NAME = re.compile(r"(?=.{1,253}$)[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*\.?")


class MailSecurity(StrEnum):
    """加密方式: 全程加密, 连接后加密, 不加密. STARTTLS is demanded, never only tried: an offer can be taken away."""

    TLS = "TLS"
    STARTTLS = "STARTTLS"
    NONE = "NONE"


SMTP_PORTS = {MailSecurity.TLS: 465, MailSecurity.STARTTLS: 587, MailSecurity.NONE: 25}
IMAP_PORTS = {MailSecurity.TLS: 993, MailSecurity.STARTTLS: 143, MailSecurity.NONE: 143}


def host_of(written: str) -> str:
    """A host as it is kept: a name, or an address in its usual spelling. ValueError for anything else.

    Numbers that some resolvers take for addresses (`2130706433`, `0x7f.1`, `127.1`) are no names here.
    """
    text = written.strip().strip("[]")
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        pass
    last = text.rstrip(".").rpartition(".")[2]
    if not _NAME.fullmatch(text) or re.fullmatch(r"\d+|0[xX][0-9A-Fa-f]*", last):
        raise ValueError("A host looks like smtp.example.com.")
    return text.rstrip(".").lower()
