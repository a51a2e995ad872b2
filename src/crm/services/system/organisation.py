"""What holds for the organisation as a whole, until it has a record of its own that says so."""

from __future__ import annotations

from datetime import date
from zoneinfo import ZoneInfo

from crm.services.deeds import Deed

ORGANISATION_ZONE = ZoneInfo("Asia/Shanghai")
ORGANISATION_CURRENCY = "CNY"


def today(deed: Deed) -> date:
    """The day of the deed where the organisation is: the one that stands on its papers."""
    return deed.at.astimezone(ORGANISATION_ZONE).date()
