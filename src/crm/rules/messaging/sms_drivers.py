"""By what an account sends short messages (短信通道)."""

from __future__ import annotations

import re
from collections.abc import Collection
from enum import StrEnum
from urllib.parse import urlsplit


class SmsDriver(StrEnum):
    """短信通道: 按系统设置, 文件, 控制台, HTTP 网关, SMPP. INSTALLATION sends as `CRM_SMS_DRIVER` says."""

    INSTALLATION = "INSTALLATION"
    FILE = "FILE"
    CONSOLE = "CONSOLE"
    HTTP = "HTTP"
    SMPP = "SMPP"


SCHEMES = {SmsDriver.HTTP: {"http", "https"}, SmsDriver.SMPP: {"smpp", "smpps"}}
"""Drivers with a peer, and how its address begins."""


_WRITTEN = re.compile(r"[!-~]+")
"""What may stand in an address: other letters are written as %… in a path, and as xn--… in a host."""


def is_address(url: str | None, schemes: Collection[str]) -> bool:
    """Whether this is the address of a peer, with a host and a port that can be."""
    if not _WRITTEN.fullmatch(url or ""):
        return False
    try:
        parts = urlsplit(url or "")
        return parts.scheme in schemes and _is_host(parts.hostname or "") and (parts.port is None or parts.port > 0)
    except ValueError:
        return False


def _is_host(name: str) -> bool:
    return len(name) <= 253 and all(0 < len(label) <= 63 for label in name.removesuffix(".").split("."))


def origin_of(url: str | None) -> tuple[str, str | None, int | None]:
    """Who listens at an address, and whether by an encrypted line: scheme, host and port."""
    parts = urlsplit(url or "")
    return parts.scheme, parts.hostname, parts.port
