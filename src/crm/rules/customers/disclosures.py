"""How much of the customers whom somebody may not see their telephone may tell them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from uuid import UUID

PER_HOUR = 60
"""To how many records that they may not see one person may be referred in an hour.

Nobody answers so many calls: an agent has twenty to thirty an hour, and of those only some are a colleague's customers. Whoever
lets numbers be rung through, to learn which of them are customers and whose, gets no further than this.
"""
WINDOW = timedelta(hours=1)


def tellable(wanted: Sequence[UUID], lately: Collection[UUID]) -> set[UUID]:
    """Of the records that should be told of, best first, those that may be: what was told in the last hour is no news."""
    room = max(0, PER_HOUR - len(set(lately)))
    fresh = [record for record in dict.fromkeys(wanted) if record not in lately]
    return {record for record in wanted if record in lately} | set(fresh[:room])
