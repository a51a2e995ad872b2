"""By what an account sends short messages (短信通道)."""

from __future__ import annotations

from enum import StrEnum


class SmsDriver(StrEnum):
    """短信通道: 按系统设置, 文件, 控制台, HTTP 网关, SMPP. INSTALLATION sends as `CRM_SMS_DRIVER` says."""

    INSTALLATION = "INSTALLATION"
    FILE = "FILE"
    CONSOLE = "CONSOLE"
    HTTP = "HTTP"
    SMPP = "SMPP"


SCHEMES = {SmsDriver.HTTP: {"http", "https"}, SmsDriver.SMPP: {"smpp", "smpps"}}
"""Drivers with a peer, and how its address begins."""
