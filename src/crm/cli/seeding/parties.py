"""The seeded customers, chunk by chunk. A chunk depends on the seed and on its number alone, so each can be made by itself.

Every fiftieth customer comes with a channel, and every fiftieth with a supplier. Every hundredth is a large one, with ten
contacts and twenty activities. Customers are as old as their number says, so they go into the table in the order of their ids.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from crm.cli.seeding.company import Company
from crm.cli.synthetic.batch import Batch
from crm.cli.synthetic.dice import Dice
from crm.cli.synthetic.mark_rows import ShareRow
from crm.cli.synthetic.parties import Order, add_party
from crm.cli.synthetic.party_rows import PartyRow
from crm.cli.synthetic.scene import Owner, Scene
from crm.core.kinds import Kind
from crm.rules.customers.lifecycle import PartyType

TABLES = ("party", "contact", "phone_number", "email_address", "address", "activity", "activity_participant", "share")
"""What chunks consist of."""

PER_CHUNK = 2_000
HISTORY = timedelta(days=3 * 365)
PARTNERS_EVERY = 50
LARGE_EVERY, LARGE_CONTACTS, LARGE_ACTIVITIES = 100, 10, 20
NARROW_EVERY = 1_000
POOL = 0.02
SUBSIDIARIES = 0.02
SHARED = 0.02
CONTACTS = (1, 1, 2, 2, 3)
MOST_MANAGER_SHARES = 10_000


@dataclass(frozen=True, slots=True)
class Plan:
    """What all chunks have in common."""

    seed: int
    customers: int
    company: Company
    scene: Scene

    def chunks(self) -> Iterator[int]:
        """The numbers of all chunks."""
        return iter(range(-(-self.customers // PER_CHUNK)))

    def parties(self) -> int:
        """About how many parties there will be."""
        return self.customers + 2 * (self.customers // PARTNERS_EVERY)

    def make(self, number: int) -> Batch:
        """One chunk."""
        batch, dice = Batch(), Dice(f"{self.seed} chunk {number}")
        for index in range(number * PER_CHUNK, min(self.customers, (number + 1) * PER_CHUNK)):
            self._customer(batch, dice, index)
        return batch

    def _customer(self, batch: Batch, dice: Dice, index: int) -> None:
        created = self._created(index)
        large = index % LARGE_EVERY == LARGE_EVERY // 2
        contacts = LARGE_CONTACTS if large else dice.pick(CONTACTS)
        activities = LARGE_ACTIVITIES if large else dice.between(0, 7)
        earlier = batch.of(PartyRow)
        parent = _parent(dice, earlier)
        order = Order(PartyType.CUSTOMER, self._owner(dice, index), created, contacts, activities, parent)
        party = add_party(batch, dice, self.scene, order)
        self._share(batch, dice, index, party)
        for type_, place in ((PartyType.CHANNEL, PARTNERS_EVERY // 4), (PartyType.SUPPLIER, PARTNERS_EVERY // 2)):
            if index % PARTNERS_EVERY == place:
                partner = Order(type_, dice.pick(self.company.agents), created, dice.pick(CONTACTS), dice.between(0, 4))
                add_party(batch, dice, self.scene, partner)

    def _created(self, index: int) -> datetime:
        return self.scene.now - HISTORY + HISTORY * index / self.customers

    def _owner(self, dice: Dice, index: int) -> Owner:
        if index % NARROW_EVERY == 0:
            return self.company.narrow
        agent = dice.pick(self.company.agents)
        return Owner(None, None, agent.author) if dice.chance(POOL) else agent

    def _share(self, batch: Batch, dice: Dice, index: int, party: PartyRow) -> None:
        """Shares spread evenly for `seed-manager`, and a few for others."""
        if manager_share(index, self.customers):
            batch.add(_share_row(dice, party, self.company.manager, "READ"))
        if dice.chance(SHARED):
            everybody = dice.chance(0.2)
            whom = dice.pick(self.company.teams) if everybody else dice.pick(self.company.agents).id
            assert whom is not None
            batch.add(_share_row(dice, party, whom, "EDIT" if dice.chance(0.3) else "READ"))


def manager_share(index: int, customers: int) -> bool:
    """Whether this customer is shared with `seed-manager`: one in ten, 10,000 at most, evenly spread."""
    shares = min(MOST_MANAGER_SHARES, customers // 10)
    if not shares:
        return False
    every = customers // shares
    return index % every == 0 and index // every < shares


def _parent(dice: Dice, earlier: list[PartyRow]) -> UUID | None:
    """At times one of the customers before; never one that has a parent itself."""
    if not earlier or not dice.chance(SUBSIDIARIES):
        return None
    found = dice.pick(earlier)
    return found.id if found.type == PartyType.CUSTOMER and found.parent_id is None else None


def _share_row(dice: Dice, party: PartyRow, principal: UUID, access: str) -> ShareRow:
    at = party.created_at
    return ShareRow(dice.id(Kind.SHARE, at), party.id, int(Kind.PARTY), principal, access, "MANUAL", party.owner_id, at)
