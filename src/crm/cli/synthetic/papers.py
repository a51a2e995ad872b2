"""Numbered papers made in bulk: each knows its day and its number by its place in the order in which all of them are made.

So the papers of any part can be made without those before it, and the series has no gap.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from crm.cli.synthetic.scene import ZONE
from crm.services.deeds import Deed

_RESERVE = """
INSERT INTO number_series (prefix, year, given) VALUES ($1, $2, $3)
ON CONFLICT (prefix, year) DO UPDATE SET given = number_series.given + excluded.given RETURNING given
"""


@dataclass(frozen=True, slots=True)
class Papers:
    """So many papers of one series, spread evenly from one instant up to another.

    `first` is the place of the first paper of each year, `given` how many numbers of that year had been given before.
    """

    prefix: str
    count: int
    begins: datetime
    ends: datetime
    first: Mapping[int, int]
    given: Mapping[int, int] = field(default_factory=dict)

    def at(self, place: int) -> datetime:
        """When the paper at this place was made."""
        return _at(place, self.count, self.begins, self.ends)

    def number(self, place: int) -> str:
        """Its number, in the series of the year that it was in Shanghai."""
        year = self.at(place).astimezone(ZONE).year
        return f"{self.prefix}-{year}-{self.given.get(year, 0) + place - self.first[year] + 1:06d}"

    def by_year(self) -> dict[int, int]:
        """How many fall in each year."""
        return {year: self.first.get(year + 1, self.count) - place for year, place in self.first.items()}


def papers(prefix: str, count: int, begins: datetime, ends: datetime) -> Papers:
    """Papers of a series that nothing was given out of yet."""

    def year(place: int) -> int:
        return _at(place, count, begins, ends).astimezone(ZONE).year

    years = range(year(0), year(count - 1) + 1) if count else ()
    return Papers(prefix, count, begins, ends, {each: bisect_left(range(count), each, key=year) for each in years})


def _at(place: int, count: int, begins: datetime, ends: datetime) -> datetime:
    return begins + (ends - begins) * (place / count)


async def reserve(deed: Deed, papers: Papers) -> Papers:
    """Take the numbers out of their series; whoever wants one more waits for the end of the transaction."""
    given = {}
    for year, count in papers.by_year().items():
        given[year] = (await deed.rows(_RESERVE, papers.prefix, year, count))[0]["given"] - count
    return replace(papers, given=given)
