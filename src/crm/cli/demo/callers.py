"""Who calls the demo company: customers it knows, pairs behind one number, strangers, and people who withhold their number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import asyncpg

from crm.cli.demo.company import APART, TEAM
from crm.cli.demo.office import HOTLINE_NUMBER
from crm.cli.synthetic.dice import Dice

TEAM_EXTENSIONS, APART_EXTENSIONS = [str(number) for _, number in TEAM], [str(number) for _, number in APART]
UNKNOWN_PREFIX = "+86199"
"""No number of the demo's parties begins like this."""
WITHHELD = ("anonymous", "", "未知号码")
TO_HOTLINE = 0.75
MOST_NUMBERS = 500


class Caller(StrEnum):
    """What the people whom a call rings can know of who calls."""

    KNOWN = "KNOWN"
    AMBIGUOUS = "AMBIGUOUS"
    RESTRICTED = "RESTRICTED"
    WITHHELD = "WITHHELD"
    UNKNOWN = "UNKNOWN"


MIXTURE = (Caller.KNOWN,) * 9 + (Caller.RESTRICTED,) * 4 + (Caller.AMBIGUOUS,) * 2 + (Caller.UNKNOWN,) * 4 + (Caller.WITHHELD,)


class Incoming(NamedTuple):
    """A call to be made: from a number, to a number of ours."""

    caller: Caller
    number: str
    dialled: str


@dataclass(frozen=True, slots=True)
class Callers:
    """Numbers in E.164: of customers of the team, of the two who sit apart, and those that more than one customer has."""

    team: Sequence[str]
    apart: Sequence[str]
    ambiguous: Sequence[str]

    def next(self, dice: Dice) -> Incoming:
        """Somebody calls. A customer of one department who dials somebody of the other is the restricted case."""
        apart = dice.chance(0.3)
        ours, others = (self.apart, self.team) if apart else (self.team, self.apart)
        extension = dice.pick(APART_EXTENSIONS if apart else TEAM_EXTENSIONS)
        caller = dice.pick(MIXTURE)
        numbers = {Caller.KNOWN: ours, Caller.RESTRICTED: others, Caller.AMBIGUOUS: self.ambiguous}.get(caller, ())
        if caller is Caller.WITHHELD:
            number = dice.pick(WITHHELD)
        elif numbers:
            number = dice.pick(numbers)
        else:
            caller, number = Caller.UNKNOWN, UNKNOWN_PREFIX + dice.digits(8)
        direct = caller is Caller.RESTRICTED or not dice.chance(TO_HOTLINE)
        return Incoming(caller, number, extension if direct else HOTLINE_NUMBER)


_NUMBERS = """
SELECT n.e164, count(DISTINCT p.id) AS parties, min(u.extension) AS extension
FROM phone_number n LEFT JOIN contact c ON c.id = n.contact_id JOIN party p ON p.id = coalesce(n.party_id, c.party_id)
JOIN user_account u ON u.id = p.owner_id
WHERE n.e164 IS NOT NULL AND n.extension IS NULL AND p.type = 'CUSTOMER' AND p.deleted_at IS NULL AND c.deleted_at IS NULL
GROUP BY n.e164 ORDER BY n.e164
"""


async def read_callers(connection: asyncpg.Connection) -> Callers:
    """The numbers as they stand in the database."""
    rows = await connection.fetch(_NUMBERS)
    alone = [row for row in rows if row["parties"] == 1]
    team = [row["e164"] for row in alone if row["extension"] in TEAM_EXTENSIONS]
    apart = [row["e164"] for row in alone if row["extension"] in APART_EXTENSIONS]
    return Callers(_some(team), _some(apart), [row["e164"] for row in rows if row["parties"] > 1])


def _some(numbers: Sequence[str]) -> Sequence[str]:
    """Evenly spread, because numbers in order are those of one city."""
    return numbers[:: max(1, len(numbers) // MOST_NUMBERS)]
