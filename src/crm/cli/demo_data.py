"""The demo company: a bilingual sales organisation of today, with three years behind it and four weeks of plans.

Its records are the same every time but for their instants, which count from the moment it is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from crm.cli.demo.company import Company, make_company, partner_users
from crm.cli.demo.dealings import CONTRACTS, DELIVERIES, add_contracts, add_deliveries, share_numbers
from crm.cli.demo.fields import add_segments, add_values, define
from crm.cli.demo.history import add_history
from crm.cli.demo.mail import begin_letters, open_mailboxes
from crm.cli.demo.marks import add_shares, add_tags
from crm.cli.demo.office import HOTLINE_NUMBER, open_hotline, open_office
from crm.cli.demo.partners import open_partnerships
from crm.cli.demo.pool import fill_pool
from crm.cli.demo.records import CHANNELS, CUSTOMERS, SUPPLIERS, Parties, add_parties, delete_some
from crm.cli.demo.service import CASES, PROJECTS, add_cases, add_maintenance, add_projects
from crm.cli.demo.texts import send_texts
from crm.cli.demo.twins import name_twins
from crm.cli.progress import ProgressBar
from crm.cli.seeding.binary_copy import packed, read_types, write_packed
from crm.cli.seeding.indexes import without_indexes
from crm.cli.synthetic import contracts, deliveries, forecasts, processes, service
from crm.cli.synthetic.batch import Batch, Writer, refresh_statistics
from crm.cli.synthetic.call_lists import add_call_backs
from crm.cli.synthetic.dice import Dice
from crm.cli.synthetic.mail import Mailbox, add_letters
from crm.cli.synthetic.organisation import administrator_role, finish, refuse_again
from crm.cli.synthetic.papers import papers, reserve
from crm.cli.synthetic.party_rows import PartyRow
from crm.cli.synthetic.people import Known
from crm.cli.synthetic.scene import Scene, Telephone, read_options, read_pipeline, read_terms
from crm.cli.synthetic.search_entries import add_entries
from crm.rules.customers.lifecycle import PartyType
from crm.services.deeds import Deed
from crm.services.system.accounts import demo_password_hash, system_deed
from crm.services.system.hierarchies import lock
from crm.store.database import Database

SEED = "demo"
FOUNDED = timedelta(days=3 * 365 + 30)
YEAR = timedelta(days=365)
MONTH = timedelta(days=30)


async def fill(database: Database, progress: ProgressBar) -> None:
    """Write the company and its records in one transaction: all of it is there, or nothing."""
    password_hash = await demo_password_hash()
    async with system_deed(database, "crm demo") as opened:
        await lock(opened)
        await refuse_again(opened, "admin", "a company")
        dice, founded = Dice(SEED), opened.at - FOUNDED
        company = make_company(dice, founded, await administrator_role(opened), password_hash)
        writer = Writer(opened, progress, CUSTOMERS + CHANNELS + SUPPLIERS)
        await writer.write(company.organisation.batch)
        mailboxes = Batch()
        boxes = open_mailboxes(mailboxes, Dice(f"{SEED} mailboxes"), company, founded)
        await writer.write(mailboxes)
        partners = await _write_records(writer, opened, dice, company, boxes)
        await add_call_backs(opened, opened.at - MONTH)
        await finish(opened, company.organisation)
        await open_office(opened, dice, company)
        await fill_pool(opened, dice, company)
        await open_partnerships(opened, company, partners)
        await send_texts(opened, company)
        await begin_letters(opened, company, boxes)
    await refresh_statistics(database)


def _add_process(records: Batch, scene: Scene, company: Company, founded: datetime) -> None:
    """Who sells together, what is to be done, who else wants it, and what was expected of it in the last weeks."""
    dice = Dice(f"{SEED} process")
    rivals = processes.add_competitors(records, dice, founded, company.admin)
    processes.add_processes(
        records, dice, scene, rivals, {owner.id: owner.colleagues for owner in (*company.team, company.manager)}
    )  # fmt: skip
    forecasts.add_forecasts(records, dice, scene)


async def _add_service(records: Batch, deed: Deed, scene: Scene, known: Sequence[Known]) -> None:
    """What follows the sales, of dice of its own."""
    dice, founded = Dice(f"{SEED} service"), scene.now - FOUNDED
    carried_out = await reserve(deed, papers(service.PROJECT_PREFIX, PROJECTS, founded + YEAR, scene.now))
    reported = await reserve(deed, papers(service.CASE_PREFIX, CASES, founded + 1.5 * YEAR, scene.now))
    add_projects(records, dice, scene, known, carried_out)
    add_maintenance(records, dice, scene, known)
    add_cases(records, dice, scene, known, reported)


async def _write_records(writer: Writer, deed: Deed, dice: Dice, company: Company, boxes: Sequence[Mailbox]) -> list[UUID]:
    """Parties first, because partners' people work for some of them, and shares name these. Who they are is what comes back."""
    hotline = Telephone("history", HOTLINE_NUMBER, await open_hotline(deed, company))
    approvers = [each for each in (company.manager.id, company.admin) if each is not None]
    terms = await read_terms(deed)
    scene = Scene(deed.at, await read_options(deed), await read_pipeline(deed), approvers, hotline, terms)
    founded = scene.now - FOUNDED
    records, marks = Batch(), Batch()
    made = add_parties(records, dice, scene, company)
    share_numbers(records, dice, made.customers)
    name_twins(records, made.customers)
    delete_some(records, dice, scene)
    _add_process(records, scene, company, founded)
    add_history(marks, records, dice, scene)
    sold = await reserve(deed, papers(contracts.PREFIX, CONTRACTS, founded + YEAR, scene.now))
    sent = await reserve(deed, papers(deliveries.PREFIX, DELIVERIES, founded + 1.5 * YEAR, scene.now))
    agreed = add_contracts(records, dice, scene, made.all(), sold)
    add_deliveries(records, dice, scene, made.all(), agreed, sent)
    await _add_service(records, deed, scene, made.all())
    add_letters(records, Dice(f"{SEED} mail"), boxes)
    await writer.write(records)
    await _write_entries(writer, deed, records)
    partners, people = partner_users(company, dice, founded, _two_channels(company, made))
    await writer.write(partners.batch)
    add_tags(marks, dice, company, [each.row for each in made.all()], founded)
    add_shares(marks, dice, scene, company, made, people[0])
    customers = [row for row in records.of(PartyRow) if row.type == PartyType.CUSTOMER]
    add_values(marks, Dice(f"{SEED} fields"), scene, customers, await define(deed))
    await writer.write(marks)
    await add_segments(deed, Dice(f"{SEED} segments"), company, customers)
    return people


async def _write_entries(writer: Writer, deed: Deed, records: Batch) -> None:
    """What the records are found by. The index of their tokens is made in the end, which takes half the time."""
    entries = Batch()
    add_entries(records, entries)
    async with without_indexes(deed, ("search_entry",), lambda *_: None):
        await write_packed(deed, writer, packed(entries, await read_types(deed)))


def _two_channels(company: Company, made: Parties) -> list[UUID]:
    """Two channels that the channel manager looks after."""
    theirs = [each.row for each in made.channels if each.row.owner_id == company.alliance.id and each.row.deleted_at is None]
    return [row.id for row in theirs[:2]]
