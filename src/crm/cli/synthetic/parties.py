"""One synthetic customer, channel or supplier with all that belongs to it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from crm.cli.synthetic import reach, words
from crm.cli.synthetic.activities import add_activity
from crm.cli.synthetic.batch import Batch
from crm.cli.synthetic.calls import add_call
from crm.cli.synthetic.contacts import add_contact
from crm.cli.synthetic.dice import Dice, weighted
from crm.cli.synthetic.names import Named, party_name
from crm.cli.synthetic.opportunities import add_opportunity
from crm.cli.synthetic.organisation_rows import PrincipalRow
from crm.cli.synthetic.party_rows import AddressRow, PartyRow
from crm.cli.synthetic.people import Known, With
from crm.cli.synthetic.scene import Owner, Scene
from crm.cli.synthetic.words import City
from crm.core.kinds import Kind
from crm.core.pinyin import name_key
from crm.rules.customers.contact_cycle import next_contact_at
from crm.rules.customers.lifecycle import PartyType
from crm.rules.customers.party_names import normalised_name

ABROAD = 0.08
LEVELS = weighted(a=6, b=20, c=50, d=24)
SOURCES = weighted(call=20, website=18, referral=22, exhibition=14, advert=8, visit=10, channel=8)
GRADES = weighted(aaa=5, aa=15, a=40, b=30, c=10)
LIFECYCLES = weighted(LEAD=18, PROSPECT=24, ACTIVE=43, DORMANT=10, LOST=5)
LIMITS = {"a": (500, 3000), "b": (200, 1000), "c": (50, 300), "d": (5, 50)}
"""In thousands, by level."""
PARTNERS = {
    PartyType.CHANNEL: ("channel_type", ("distributor", "agent", "integrator", "retailer", "referral")),
    PartyType.SUPPLIER: ("supplier_type", ("manufacturer", "trader", "service", "logistics", "outsourcing")),
}
"""Types of those that are no customers; of customers the kind of name says it."""
TERMS = (None, 0, 15, 30, 30, 45, 60, 90)
CYCLES = (None, None, 7, 14, 30, 30, 60, 90)


@dataclass(frozen=True, slots=True)
class Order:
    """What is wanted: a party of this type and age, with so many of everything."""

    type: PartyType
    owner: Owner
    created: datetime
    contacts: int
    activities: int
    parent: UUID | None = None
    opportunities: int = 0
    calls: int = 0


def add_party(batch: Batch, dice: Dice, scene: Scene, order: Order) -> Known:
    """Make the party and put it with all its rows into the batch."""
    city = dice.pick(words.ABROAD) if dice.chance(ABROAD) else dice.pick(words.CITIES)
    named = party_name(dice, city)
    key = dice.id(Kind.PARTY, order.created)
    people = [
        add_contact(batch, dice, scene, order.owner, key, order.created, named, city, first=place == 0)
        for place in range(order.contacts)
    ]
    whom = With(key, people, order.created, order.owner, named.english)
    made = [add_activity(batch, dice, scene, whom) for _ in range(order.activities)]
    activities = [*made, *(each for _ in range(order.calls) if (each := add_call(batch, dice, scene, whom)) is not None)]
    done = max((each.done_at for each in activities if each.done_at is not None), default=None)
    planned = [each.planned_at for each in activities if each.status == "PLANNED" and each.planned_at is not None]
    row = _party_row(dice, scene, order, key, named, city, done, min(planned, default=None))
    batch.add(row)
    if order.type is PartyType.CHANNEL:
        batch.add(PrincipalRow(key, int(Kind.PARTY)))
    sold = [add_opportunity(batch, dice, scene, whom) for _ in range(order.opportunities)]
    return Known(row, whom, _add_reach(batch, dice, scene, row, named, city), [each for each in sold if each.status == "WON"])


def _party_row(
    dice: Dice,
    scene: Scene,
    order: Order,
    key: UUID,
    named: Named,
    city: City,
    last: datetime | None,
    planned: datetime | None,
) -> PartyRow:
    level, cycle = dice.pick(LEVELS), dice.pick(CYCLES)
    return PartyRow(
        id=key,
        created_at=order.created,
        created_by_id=order.owner.author,
        updated_at=order.created,
        updated_by_id=order.owner.author,
        owner_id=order.owner.id,
        department_id=order.owner.department,
        type=order.type.value,
        name=named.name,
        short_name=named.short,
        name_key=name_key(named.name)[:800],
        normalised_name=normalised_name(named.name)[:200],
        level_id=scene.option("customer_level", level),
        category_id=_category(scene, order.type, key, named),
        source_id=scene.option("customer_source", dice.pick(SOURCES)),
        industry_id=scene.option("industry", named.industry),
        region_id=scene.option("region", city.region),
        lifecycle=dice.pick(LIFECYCLES),
        parent_id=order.parent,
        last_contact_at=last,
        next_contact_at=next_contact_at(last, cycle) if last is not None and cycle is not None else planned,
        contact_cycle_days=cycle,
        note=dice.pick(words.NOTES)[named.english] if dice.chance(0.2) else None,
        payment_terms_days=dice.pick(TERMS),
        **_looked_up(dice, scene, named, city, level),
    )


def _category(scene: Scene, type_: PartyType, key: UUID, named: Named) -> UUID | None:
    """The dictionary's option for its type of party."""
    if type_ not in PARTNERS:
        return scene.option("customer_type", named.category)
    dictionary, codes = PARTNERS[type_]
    return scene.option(dictionary, codes[key.int % len(codes)])


def _looked_up(dice: Dice, scene: Scene, named: Named, city: City, level: str) -> dict[str, Any]:
    """What is known of a party that somebody took the trouble to look up, which is more than half of them."""
    known = dice.chance(0.6)
    has_code = known and named.category in ("enterprise", "dealer") and not named.english
    return {
        "credit_code": reach.credit_code(dice, city) if has_code else None,
        "credit_grade_id": scene.option("credit_grade", dice.pick(GRADES)) if known else None,
        "credit_limit": Decimal(dice.between(*LIMITS[level]) * 1000) if known else None,
        "website": f"https://www.{named.domain}" if known else None,
    }


def _add_reach(batch: Batch, dice: Dice, scene: Scene, party: PartyRow, named: Named, city: City) -> str:
    """The switchboard, the mailbox and the address of a party, which is answered as one writes it on a parcel."""
    whose = reach.Whose(party.created_at, party=party.id)
    batch.add(reach.landline(dice, city, whose, 0, primary=True))
    if dice.chance(0.7):
        batch.add(reach.email(dice, whose, f"info@{named.domain}", "office"))
    address: AddressRow = reach.address(dice, city, whose, scene.option("region", city.region))
    batch.add(address)
    return f"{address.street}, {address.city} {address.postal_code}" if named.english else f"{address.city}{address.street}"


def age(dice: Dice, now: datetime, days: int) -> datetime:
    """When a record was made: some time in the last so many days, the older the fewer."""
    return now - timedelta(seconds=int(dice.roll() * dice.roll() * days * 86_400) + 3600)
