"""What the demo company carries out for its customers, maintains, and is asked to put right."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from crm.cli.demo.dealings import AMONG
from crm.cli.synthetic import service
from crm.cli.synthetic.batch import Batch
from crm.cli.synthetic.dice import Dice
from crm.cli.synthetic.papers import Papers
from crm.cli.synthetic.people import Known
from crm.cli.synthetic.sales_rows import DeliveryLineRow, DeliveryRow
from crm.cli.synthetic.scene import Scene

PROJECTS, CASES = 240, 600


def add_projects(batch: Batch, dice: Dice, scene: Scene, known: Sequence[Known], papers: Papers) -> None:
    """All projects, most of them what an opportunity became."""
    used: set[UUID] = set()
    for place, at, among in _places(known, papers):
        buyers = [each for each in among if each.won] if dice.chance(0.8) else []
        service.add_project(batch, dice, scene, dice.pick(buyers or among), at, papers.number(place), used)


def add_maintenance(batch: Batch, dice: Dice, scene: Scene, known: Sequence[Known]) -> None:
    """Of what was delivered, some is maintained."""
    of_party = {each.row.id: each for each in known}
    products = {line.delivery_id: line.product for line in batch.of(DeliveryLineRow)}
    for delivery in batch.of(DeliveryRow):
        service.add_maintenance(batch, dice, scene, of_party[delivery.party_id], delivery, products[delivery.id])


def add_cases(batch: Batch, dice: Dice, scene: Scene, known: Sequence[Known], papers: Papers) -> None:
    """All service cases; those of the last days are open."""
    for place, at, among in _places(known, papers):
        service.add_case(batch, dice, scene, dice.pick(among), at, papers.number(place))


def _places(known: Sequence[Known], papers: Papers) -> Iterator[tuple[int, datetime, Sequence[Known]]]:
    """Each paper with its instant, and the parties it may belong to: those made last before it."""
    by_age = sorted(known, key=lambda each: each.whom.since)
    ages = [each.whom.since for each in by_age]
    for place in range(papers.count):
        oldest = bisect_right(ages, at := papers.at(place))
        yield place, at, by_age[max(0, oldest - AMONG) : oldest] or by_age[:1]
