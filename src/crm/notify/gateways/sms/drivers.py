"""From an account to its driver. Drivers are kept while the account stays as it is, with their connections."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any
from uuid import UUID

from crm.config import Settings
from crm.core.vault import Vault, VaultError
from crm.notify.gateways.sms.driver import CannotSend, Driver, Way
from crm.notify.gateways.sms.file import ConsoleDriver, FileDriver
from crm.notify.gateways.sms.http import HttpDriver
from crm.rules.messaging.sms_drivers import SmsDriver
from crm.services.messaging.sms_accounts import place_of
from crm.services.messaging.sms_replies import Reply
from crm.services.messaging.sms_reports import Receipt

Heard = Callable[[Mapping[str, Any], Receipt | Reply], Awaitable[None]]
"""Gets what a provider says of an account's messages, or hands on."""


class Drivers:
    """The drivers of the accounts that were asked for, in this process."""

    def __init__(self, settings: Settings, heard: Heard) -> None:
        self.settings, self.heard = settings, heard
        self.vault = Vault(settings.secret_key.get_secret_value().encode() if settings.secret_key else b"")
        self._made: dict[UUID, tuple[Way, Driver]] = {}

    async def of(self, account: Mapping[str, Any]) -> Driver:
        """The driver of an account as it is now. `CannotSend` where it is not set up right."""
        way = way_of(account, self.settings, self.vault)
        kept = self._made.get(account["id"])
        if kept is not None and kept[0] == way:
            return kept[1]
        # Nothing is waited for before the new one is kept: two that find an old one would make two, and forget one of them.
        self._made.pop(account["id"], None)
        try:
            driver = make(way, partial(self.heard, account))
            self._made[account["id"]] = (way, driver)
        finally:
            if kept is not None:
                await kept[1].close()
        return driver

    async def close(self) -> None:
        """Give back what they hold."""
        while self._made:
            await self._made.popitem()[1][1].close()


def way_of(account: Mapping[str, Any], settings: Settings, vault: Vault) -> Way:
    """How an account sends; one of driver INSTALLATION as `CRM_SMS_…` says, and to wherever that says."""
    driver, folder = SmsDriver(account["driver"]), settings.data_dir
    if driver is SmsDriver.INSTALLATION:
        secret = settings.sms_secret.get_secret_value() if settings.sms_secret else ""
        return Way(settings.sms_driver.upper(), settings.sms_url, secret, account["sender"], folder, private=True)
    try:
        secret = vault.open(account["sealed_secret"], place_of(account["id"])) if account["sealed_secret"] else ""
    except VaultError as error:
        raise CannotSend(str(error)) from None
    return Way(driver.value, account["url"], secret, account["sender"], folder, private=settings.private_peers)


def make(way: Way, heard: Callable[[Receipt | Reply], Awaitable[None]]) -> Driver:
    """A driver for this way of sending; `heard` is for those that hear of what they sent over the same line."""
    match SmsDriver(way.driver):
        case SmsDriver.FILE:
            return FileDriver(way)
        case SmsDriver.CONSOLE:
            return ConsoleDriver(way)
        case SmsDriver.HTTP:
            return HttpDriver(way)
        case SmsDriver.SMPP:
            from crm.notify.gateways.sms.smpp import SmppDriver

            return SmppDriver(way, heard)
    raise CannotSend(f"there is no driver {way.driver}")
