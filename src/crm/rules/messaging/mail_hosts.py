"""Hosts of mail servers (邮件服务器) that people type in: which of them may be spoken to."""

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


def is_public(ip: str) -> bool:
    """Whether an address belongs to the public network: none of ours, of this machine, or of those that only mean something here.

    An address of the old sort inside one of the new sort is judged as what it is.
    """
    try:
        address = ipaddress.ip_address(ip.partition("%")[0])
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)
        if inner is not None:
            address = inner
        elif address in _TRANSLATED:
            address = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.is_global and not address.is_multicast


_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")


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
