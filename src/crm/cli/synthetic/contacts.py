"""One synthetic person at a party."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from crm.cli.synthetic import reach, words
from crm.cli.synthetic.batch import Batch
from crm.cli.synthetic.dice import Dice
from crm.cli.synthetic.names import Named, person_key, person_name
from crm.cli.synthetic.party_rows import ContactRow, PhoneNumberRow
from crm.cli.synthetic.people import Person
from crm.cli.synthetic.scene import Owner, Scene
from crm.cli.synthetic.words import City
from crm.core.kinds import Kind

FIRST_BIRTHDAY = date(1962, 1, 1)
BIRTHDAYS = 40 * 365


def add_contact(
    batch: Batch,
    dice: Dice,
    scene: Scene,
    owner: Owner,
    party: UUID,
    since: datetime,
    employer: Named,
    city: City,
    *,
    first: bool,
) -> Person:
    """A person with a number or two; the first one is the one to ask for, and was entered together with the party."""
    created = since if first else dice.moment(since, scene.now)
    title, department = dice.pick(words.TITLES)
    name = employer.name if employer.category == "individual" and first else person_name(dice, english=employer.english)
    row = ContactRow(
        id=dice.id(Kind.CONTACT, created),
        created_at=created,
        created_by_id=owner.author,
        updated_at=created,
        updated_by_id=owner.author,
        owner_id=owner.id,
        department_id=owner.department,
        party_id=party,
        name=name,
        name_key=person_key(name)[:400],
        title=title[employer.english],
        department_name=department[employer.english],
        primary=first,
        birthday_on=FIRST_BIRTHDAY + timedelta(days=dice.between(0, BIRTHDAYS)) if dice.chance(0.3) else None,
    )
    batch.add(row)
    return Person(row.id, name, _add_reach(batch, dice, row, employer, city))


def _add_reach(batch: Batch, dice: Dice, contact: ContactRow, employer: Named, city: City) -> PhoneNumberRow:
    """People in China are called on their mobile; abroad on their desk. That number is answered."""
    whose = reach.Whose(contact.created_at, contact=contact.id)
    if city.country == "CN":
        called = reach.mobile(dice, whose, 0, primary=True)
        if dice.chance(0.25):
            batch.add(reach.landline(dice, city, whose, 1, primary=False))
    else:
        called = reach.landline(dice, city, whose, 0, primary=True)
    batch.add(called)
    if dice.chance(0.7):
        mailbox = contact.name.lower().replace(" ", ".") if contact.name.isascii() else contact.name_key
        batch.add(reach.email(dice, whose, f"{mailbox}@{employer.domain}", "work"))
    return called
