"""The demo's customers, channels and suppliers, and the few that somebody deleted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from crm.cli.demo.company import Company
from crm.cli.synthetic.batch import Batch
from crm.cli.synthetic.dice import Dice, weighted
from crm.cli.synthetic.parties import Order, add_party, age
from crm.cli.synthetic.party_rows import ActivityRow, ContactRow, PartyRow
from crm.cli.synthetic.people import Known
from crm.cli.synthetic.sales_rows import OpportunityRow
from crm.cli.synthetic.scene import Owner, Scene
from crm.rules.customers.lifecycle import PartyType

CUSTOMERS, CHANNELS, SUPPLIERS = 2_000, 60, 60
DAYS = 3 * 365
MOST_ACTIVITIES = 12
SUBSIDIARIES = 0.04
DELETED = {PartyRow: 25, ContactRow: 20, ActivityRow: 30, OpportunityRow: 15}
OWNERS = weighted(team=76, apart=15, manager=4, pool=5)


@dataclass(frozen=True, slots=True)
class Parties:
    """What was made, apart by type."""

    customers: list[Known]
    channels: list[Known]
    suppliers: list[Known]

    def all(self) -> list[Known]:
        """Everybody."""
        return [*self.customers, *self.channels, *self.suppliers]


def add_parties(batch: Batch, dice: Dice, scene: Scene, company: Company) -> Parties:
    """All parties with what belongs to them."""
    made = Parties([], [], [])
    for _ in range(CUSTOMERS):
        owner = _customer_owner(dice, company)
        parent = _parent(dice, made.customers, owner)
        made.customers.append(_party(batch, dice, scene, PartyType.CUSTOMER, owner, parent))
    for place in range(CHANNELS):
        owner = company.alliance if place % 3 else dice.pick(company.team)
        made.channels.append(_party(batch, dice, scene, PartyType.CHANNEL, owner))
    for place in range(SUPPLIERS):
        owner = company.buyer if place % 4 else dice.pick(company.team)
        made.suppliers.append(_party(batch, dice, scene, PartyType.SUPPLIER, owner))
    return made


def delete_some(batch: Batch, dice: Dice, scene: Scene) -> None:
    """A few records lie in the recycle bin. A deleted contact keeps its number; its party keeps its history."""
    for kind, count in DELETED.items():
        rows: list[Any] = batch.of(kind)
        for _ in range(count):
            place = dice.between(0, len(rows) - 1)
            row = rows[place]
            if row.deleted_at is None:
                at, author = dice.moment(row.updated_at, scene.now), row.updated_by_id
                stamps = {"deleted_at": at, "deleted_by_id": author, "updated_at": at, "version": row.version + 1}
                rows[place] = row._replace(**stamps)


def _party(batch: Batch, dice: Dice, scene: Scene, type_: PartyType, owner: Owner, parent: UUID | None = None) -> Known:
    created = age(dice, scene.now, DAYS)
    people, activities = dice.between(1, 4), dice.between(0, MOST_ACTIVITIES)
    opportunities = dice.between(0, 2) if type_ is not PartyType.SUPPLIER else 0
    order = Order(type_, owner, created, people, activities, parent, opportunities, dice.between(0, 2))
    return add_party(batch, dice, scene, order)


def _customer_owner(dice: Dice, company: Company) -> Owner:
    """Somebody of the team, one of the two who see nobody else's customers, the manager, or nobody: the public pool."""
    match dice.pick(OWNERS):
        case "team":
            return dice.pick(company.team)
        case "apart":
            return dice.pick(company.apart)
        case "manager":
            return company.manager
    return Owner(None, None, company.manager.author)


def _parent(dice: Dice, earlier: list[Known], owner: Owner) -> UUID | None:
    """At times a customer of the same owner that has no parent itself."""
    if not dice.chance(SUBSIDIARIES):
        return None
    fitting = [each.row for each in earlier if each.row.owner_id == owner.id and each.row.parent_id is None]
    return dice.pick(fitting).id if fitting else None
