"""Document numbers (单据编号): one gapless series for each prefix and year, never reused."""

from __future__ import annotations

from crm.services.deeds import Deed
from crm.services.system.organisation import today

_NEXT = """
INSERT INTO number_series (prefix, year, given) VALUES ($1, $2, 1)
ON CONFLICT (prefix, year) DO UPDATE SET given = number_series.given + 1 RETURNING given
"""


async def allot(deed: Deed, prefix: str) -> str:
    """The next number of a series, such as `CT-2026-000001`.

    The series is locked from here to the end of the transaction, for a deed that fails must give its number back: so this is
    called when all else is decided and nothing more can be waited for or refused. It is the hottest row of the house.
    """
    year = today(deed).year
    given = (await deed.rows(_NEXT, prefix, year))[0]["given"]
    return f"{prefix}-{year}-{given:06d}"
