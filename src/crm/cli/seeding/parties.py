"""The seeded customers, chunk by chunk. A chunk depends on the seed and on its number alone, so each can be made by itself.

Every fiftieth customer comes with a channel, and every fiftieth with a supplier. Every hundredth is a large one, with ten
contacts and twenty activities. Customers are as old as their number says, so they go into the table in the order of their ids.
Contracts and deliveries are numbered in the order of their making, and belong to one of the customers made shortly before.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from crm.cli.seeding.company import Company
from crm.cli.synthetic import contracts, deliveries, processes, service
from crm.cli.synthetic.batch import Batch
from crm.cli.synthetic.dice import Dice
from crm.cli.synthetic.mail import add_letters
from crm.cli.synthetic.mark_rows import ShareRow
from crm.cli.synthetic.papers import Papers, papers
from crm.cli.synthetic.parties import Order, add_party
from crm.cli.synthetic.party_rows import PartyRow
from crm.cli.synthetic.people import Known
from crm.cli.synthetic.sales_rows import ContractRow, DeliveryLineRow
from crm.cli.synthetic.scene import Owner, Scene
from crm.cli.synthetic.search_entries import add_entries
from crm.core.kinds import Kind
from crm.rules.customers.lifecycle import PartyType

TABLES = (
    "party", "contact", "phone_number", "email_address", "address", "activity", "activity_participant", "share",
    "opportunity", "stage_change", "stakeholder", "process_task", "competition", "contract", "delivery", "delivery_line",
    "project", "maintenance", "service_case", "email_thread", "email_message", "email_recipient",
    "call", "call_candidate", "call_match", "call_event", "search_entry",
)  # fmt: skip
"""What chunks consist of."""

PER_CHUNK = 2_000
HISTORY = timedelta(days=3 * 365)
PARTNERS_EVERY = 50
LARGE_EVERY, LARGE_CONTACTS, LARGE_ACTIVITIES = 100, 10, 20
NARROW_EVERY = 1_000
POOL = 0.02
SUBSIDIARIES = 0.02
CONTACTS = (1, 2, 2, 3, 3, 4, 5)
OPPORTUNITIES = (0, 1, 2, 2, 3, 4)
CALLS = (0, 0, 1, 1, 1, 2, 2)
MOST_ACTIVITIES = 17
SHARED_WITH_PERSON, SHARED_WITH_TEAM = 0.5, 0.42
MOST_MANAGER_SHARES = 10_000
PROJECT_EVERY, CASE_EVERY = 5, 2
NEIGHBOURS = 8
"""A paper belongs to one of so many customers."""
FIRST_CONTRACT, FIRST_DELIVERY = HISTORY * 0.3, HISTORY * 0.5
"""How long after the first customer. No paper comes before its customer, and no delivery before the contracts of its place."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What all chunks have in common."""

    seed: int
    customers: int
    company: Company
    scene: Scene
    contracts: Papers
    deliveries: Papers
    projects: Papers
    cases: Papers
    rivals: Sequence[UUID]

    def chunks(self) -> range:
        """The numbers of all chunks."""
        return range(-(-self.customers // PER_CHUNK))

    def parties(self) -> int:
        """About how many parties there will be."""
        return self.customers + 2 * (self.customers // PARTNERS_EVERY)

    def make(self, number: int) -> Batch:
        """One chunk."""
        chunk = _Chunk(self, Batch(), Dice(f"{self.seed} chunk {number}"), Dice(f"{self.seed} service {number}"))
        for index in range(number * PER_CHUNK, min(self.customers, (number + 1) * PER_CHUNK)):
            chunk.add_customer(index)
        processes.add_processes(chunk.batch, Dice(f"{self.seed} process {number}"), self.scene, self.rivals, {})
        add_letters(chunk.batch, Dice(f"{self.seed} mail {number}"), self.company.mailboxes)
        add_entries(chunk.batch, chunk.batch)
        return chunk.batch


def contract_papers(customers: int, now: datetime) -> Papers:
    """One contract for every customer."""
    return papers(contracts.PREFIX, customers, now - HISTORY + FIRST_CONTRACT, now)


def delivery_papers(customers: int, now: datetime) -> Papers:
    """One delivery for every customer, and a second one for every other."""
    return papers(deliveries.PREFIX, _deliveries_before(customers), now - HISTORY + FIRST_DELIVERY, now)


def project_papers(customers: int, now: datetime) -> Papers:
    """One project for every fifth customer."""
    return papers(service.PROJECT_PREFIX, -(-customers // PROJECT_EVERY), now - HISTORY + FIRST_DELIVERY, now)


def case_papers(customers: int, now: datetime) -> Papers:
    """One service case for every other customer."""
    return papers(service.CASE_PREFIX, -(-customers // CASE_EVERY), now - HISTORY + FIRST_DELIVERY, now)


@dataclass(slots=True)
class _Chunk:
    """A chunk in the making; `known` and `agreed` are the customers and contracts made last."""

    plan: Plan
    batch: Batch
    dice: Dice
    later: Dice
    known: deque[Known] = field(default_factory=lambda: deque(maxlen=NEIGHBOURS))
    agreed: deque[tuple[Known, ContractRow]] = field(default_factory=lambda: deque(maxlen=NEIGHBOURS))
    used: set[UUID] = field(default_factory=set)

    def add_customer(self, index: int) -> None:
        """A customer with all that is around it, and the papers of its place."""
        dice, company = self.dice, self.plan.company
        created = self.plan.scene.now - HISTORY + HISTORY * (index / self.plan.customers)
        if index % LARGE_EVERY == LARGE_EVERY // 2:
            self._add(index, created, LARGE_CONTACTS, LARGE_ACTIVITIES)
        else:
            self._add(index, created, dice.pick(CONTACTS), dice.between(1, MOST_ACTIVITIES))
        self._share(index, self.known[-1].row)
        for type_, place in ((PartyType.CHANNEL, PARTNERS_EVERY // 4), (PartyType.SUPPLIER, PARTNERS_EVERY // 2)):
            if index % PARTNERS_EVERY == place:
                partner = Order(type_, dice.pick(company.agents), created, dice.pick(CONTACTS), dice.between(0, 4))
                add_party(self.batch, dice, self.plan.scene, partner)
        self._add_contract(index)
        for place in range(_deliveries_before(index), _deliveries_before(index + 1)):
            self._add_delivery(place)
        self._serve(index)

    def _add(self, index: int, created: datetime, people: int, activities: int) -> None:
        dice = self.dice
        parent, owner = self._parent(), self._owner(index)
        sold, called = dice.pick(OPPORTUNITIES), dice.pick(CALLS)
        order = Order(PartyType.CUSTOMER, owner, created, people, activities, parent, sold, called)
        self.known.append(add_party(self.batch, dice, self.plan.scene, order))

    def _owner(self, index: int) -> Owner:
        company = self.plan.company
        if index % NARROW_EVERY == 0:
            return company.narrow
        agent = self.dice.pick(company.agents)
        return Owner(None, None, agent.author) if self.dice.chance(POOL) else agent

    def _parent(self) -> UUID | None:
        """At times one of the customers shortly before; never one that has a parent itself."""
        if not self.known or not self.dice.chance(SUBSIDIARIES):
            return None
        found = self.dice.pick(self.known).row
        return found.id if found.parent_id is None else None

    def _add_contract(self, place: int) -> None:
        at, number = self.plan.contracts.at(place), self.plan.contracts.number(place)
        candidates = [each for each in self.known if each.won] or self.known
        known = self.dice.pick(candidates if self.dice.chance(0.6) else self.known)
        made = contracts.add_contract(self.batch, self.dice, self.plan.scene, known, at, number)
        self.agreed.append((known, made))

    def _add_delivery(self, place: int) -> None:
        at, number = self.plan.deliveries.at(place), self.plan.deliveries.number(place)
        known, contract = self.dice.pick(self.agreed)
        under = contract if deliveries.may_deliver(contract, at) else None
        delivery = deliveries.add_delivery(self.batch, self.dice, self.plan.scene, known, under, at, number)
        product = self.batch.of(DeliveryLineRow)[-1].product
        service.add_maintenance(self.batch, self.later, self.plan.scene, known, delivery, product)

    def _serve(self, index: int) -> None:
        """What follows a sale; of dice of its own, so that everything else stays as it was without it."""
        plan, dice = self.plan, self.later
        for every, papers_, add in (
            (PROJECT_EVERY, plan.projects, self._add_project),
            (CASE_EVERY, plan.cases, self._add_case),
        ):
            if index % every == 0:
                place = index // every
                add(dice.pick(self.known), papers_.at(place), papers_.number(place))

    def _add_project(self, known: Known, at: datetime, number: str) -> None:
        service.add_project(self.batch, self.later, self.plan.scene, known, at, number, self.used)

    def _add_case(self, known: Known, at: datetime, number: str) -> None:
        service.add_case(self.batch, self.later, self.plan.scene, known, at, number)

    def _share(self, index: int, party: PartyRow) -> None:
        """Shares spread evenly for `seed-manager`, and some for people and teams."""
        dice, company = self.dice, self.plan.company
        if manager_share(index, self.plan.customers):
            self.batch.add(_share_row(dice, party, company.manager, "READ"))
        if dice.chance(SHARED_WITH_PERSON):
            person = dice.pick(company.agents).id
            assert person is not None
            self.batch.add(_share_row(dice, party, person, "EDIT" if dice.chance(0.3) else "READ"))
        if dice.chance(SHARED_WITH_TEAM):
            self.batch.add(_share_row(dice, party, dice.pick(company.teams), "READ"))


def _deliveries_before(index: int) -> int:
    return index + index // 2


def manager_share(index: int, customers: int) -> bool:
    """Whether this customer is shared with `seed-manager`: one in ten, 10,000 at most, evenly spread."""
    shares = min(MOST_MANAGER_SHARES, customers // 10)
    if not shares:
        return False
    every = customers // shares
    return index % every == 0 and index // every < shares


def _share_row(dice: Dice, party: PartyRow, principal: UUID, access: str) -> ShareRow:
    at = party.created_at
    return ShareRow(dice.id(Kind.SHARE, at), party.id, int(Kind.PARTY), principal, access, "MANUAL", party.owner_id, at)
