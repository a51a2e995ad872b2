"""Whom synthetic records are about: a party with its people, and what later records build on."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from crm.cli.synthetic.party_rows import PartyRow, PhoneNumberRow
from crm.cli.synthetic.sales_rows import OpportunityRow
from crm.cli.synthetic.scene import Owner


class Person(NamedTuple):
    """A contact: who, and the number to call."""

    id: UUID
    name: str
    phone: PhoneNumberRow


class With(NamedTuple):
    """Whom records are with: the party, its people, since when, who looks after it, and in which language one talks to it."""

    party: UUID
    people: list[Person]
    since: datetime
    owner: Owner
    english: bool


class Known(NamedTuple):
    """A party that was made, and what contracts and deliveries need of it."""

    row: PartyRow
    whom: With
    address: str
    won: list[OpportunityRow]
