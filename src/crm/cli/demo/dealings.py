"""What the demo company has agreed with its parties, and what it has sent them; and two customers behind one number."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from crm.cli.synthetic import contracts, deliveries
from crm.cli.synthetic.batch import Batch
from crm.cli.synthetic.dice import Dice
from crm.cli.synthetic.papers import Papers
from crm.cli.synthetic.party_rows import PhoneNumberRow
from crm.cli.synthetic.people import Known
from crm.cli.synthetic.sales_rows import ContractRow
from crm.cli.synthetic.scene import Scene
from crm.core.kinds import Kind

CONTRACTS, DELIVERIES = 1_200, 1_500
AMONG = 300
"""How many of the customers made last before a paper it may belong to."""
SHARED_NUMBERS = 6


def add_contracts(batch: Batch, dice: Dice, scene: Scene, known: Sequence[Known], papers: Papers) -> list[ContractRow]:
    """All contracts, each with a party that was there by then."""
    by_age = sorted(known, key=lambda each: each.whom.since)
    ages = [each.whom.since for each in by_age]
    made = []
    for place in range(papers.count):
        at = papers.at(place)
        oldest = bisect_right(ages, at)
        among = by_age[max(0, oldest - AMONG) : oldest] or by_age[:1]
        buyers = [each for each in among if each.won] if dice.chance(0.6) else []
        made.append(contracts.add_contract(batch, dice, scene, dice.pick(buyers or among), at, papers.number(place)))
    return made


def add_deliveries(
    batch: Batch, dice: Dice, scene: Scene, known: Sequence[Known], agreed: Sequence[ContractRow], papers: Papers
) -> None:
    """All deliveries, most of them under a contract that was signed by then."""
    of_party = {each.row.id: each for each in known}
    for place in range(papers.count):
        at = papers.at(place)
        earlier = bisect_right(agreed, at, key=lambda each: each.created_at)
        contract = dice.pick(agreed[max(0, earlier - AMONG) : max(1, earlier)])
        under = contract if deliveries.may_deliver(contract, at) else None
        deliveries.add_delivery(batch, dice, scene, of_party[contract.party_id], under, at, papers.number(place))


def share_numbers(batch: Batch, dice: Dice, known: Sequence[Known]) -> None:
    """Some pairs of customers of one team are reached by one number: a call from there may be from either."""
    fitting = [each for each in known if each.whom.people and each.row.owner_id and each.row.deleted_at is None]
    by_department: dict[object, list[Known]] = {}
    for each in fitting:
        by_department.setdefault(each.row.department_id, []).append(each)
    team = max(by_department.values(), key=len)
    for place in range(SHARED_NUMBERS):
        first, second = team[2 * place], team[2 * place + 1]
        phone, person = first.whom.people[0].phone, second.whom.people[0]
        key = dice.id(Kind.PHONE_NUMBER, second.whom.since)
        batch.add(
            PhoneNumberRow(
                key, None, person.id, 9, "other", False, phone.written, phone.e164, phone.extension, phone.tail, phone.display
            )
        )  # fmt: skip
