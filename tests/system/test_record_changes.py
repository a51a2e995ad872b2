"""Whoever watches a record is told when it changes; whoever sees it no more, or never did, is not."""

from __future__ import annotations

from typing import Any

import pytest
from tests.factories.api import Api
from tests.factories.sockets import ConnectedOffice, connected

office = pytest.fixture(connected)
READER = {"customer.*": "OWN", "contact.*": "OWN"}


def changes(*records: str) -> str:
    ids = ", ".join(f'"{each}"' for each in records)
    return (
        f"subscription ($after: String) {{ events(topics: [RECORD_CHANGES], records: [{ids}], after: $after) {{"
        " cursor topic recordId recordType deleted record { __typename id ... on Customer { name version } } } }"
    )


async def customer(owner: Api, name: str = "华新") -> str:
    return str((await owner.do("customerCreate", "customer { id }", input={"name": name}))["id"])


def told(id: str, name: str, version: int) -> dict[str, Any]:
    record = {"__typename": "Customer", "id": id, "name": name, "version": version}
    return {"topic": "RECORD_CHANGES", "recordId": id, "recordType": "Customer", "deleted": False, "record": record}


def gone(id: str) -> dict[str, Any]:
    return {"topic": "RECORD_CHANGES", "recordId": id, "recordType": "Customer", "deleted": True, "record": None}


def plain(event: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name != "cursor"}


async def test_an_edit_is_told_to_whoever_watches_this_record(office: ConnectedOffice):
    owner = await office.hire("owner", READER)
    watched, other = await customer(owner), await customer(owner, "别家")
    await office.numbered()
    async with office.listens(owner, changes(watched)) as feed:
        await office.admin.do("customerUpdate", "customer { id }", id=other, version=1, input={"name": "新别家"})
        await office.admin.do("customerUpdate", "customer { id }", id=watched, version=1, input={"name": "华新集团"})
        assert plain(await feed.next()) == told(watched, "华新集团", 2)
        assert await feed.silent()


async def test_deleting_tells_whoever_saw_it_that_it_went_and_restoring_that_it_is_back(office: ConnectedOffice):
    owner, stranger = await office.hire("owner", READER), await office.hire("stranger", READER)
    record = await customer(owner)
    await office.numbered()
    async with office.listens(owner, changes(record)) as owners, office.listens(stranger, changes(record)) as strangers:
        await office.admin.do("customerDelete", "customer { id }", id=record)
        assert plain(await owners.next()) == gone(record)
        await office.admin.do("customerRestore", "customer { id }", id=record)
        assert plain(await owners.next()) == told(record, "华新", 3)
        assert await strangers.silent()


async def test_who_was_away_is_told_what_the_record_is_now(office: ConnectedOffice):
    owner = await office.hire("owner", READER)
    record = await customer(owner)
    await office.numbered()
    async with office.listens(owner, changes(record)) as before:
        await office.admin.do("customerUpdate", "customer { id }", id=record, version=1, input={"name": "一"})
        await before.next()
    await office.admin.do("customerUpdate", "customer { id }", id=record, version=2, input={"name": "二"})
    await office.admin.do("customerDelete", "customer { id }", id=record)
    async with office.listens(owner, changes(record), before.cursor) as after:
        assert [plain(event) for event in await after.drain()] == [gone(record)] * 2


async def test_who_loses_sight_of_a_record_is_told_no_more(office: ConnectedOffice):
    owner, heir = await office.hire("owner", READER), await office.hire("heir", READER)
    record = await customer(owner)
    await office.numbered()
    async with office.listens(owner, changes(record)) as owners, office.listens(heir, changes(record)) as heirs:
        given = {"ids": [record], "toId": heir.id}
        await office.admin.do("recordsTransfer", "results { userErrors { code } }", input=given)
        assert plain(await heirs.next()) == told(record, "华新", 2)
        assert await owners.silent()
        await office.admin.do("customerDelete", "customer { id }", id=record)
        assert plain(await heirs.next()) == gone(record)
        assert await owners.silent()


async def test_a_purged_record_is_told_to_nobody(office: ConnectedOffice):
    owner = await office.hire("owner", READER)
    record = await customer(owner)
    await office.numbered()
    async with office.listens(owner, changes(record)) as feed:
        await office.admin.do("customerDelete", "customer { id }", id=record)
        assert plain(await feed.next()) == gone(record)
        await office.admin.do("recordPurge", "", id=record)
        assert await feed.silent()


async def test_each_record_of_a_bulk_verb_is_told_and_a_refused_one_is_not(office: ConnectedOffice):
    owner, other = await office.hire("owner", READER), await office.hire("other", READER)
    mine, theirs = await customer(owner), await customer(other)
    tag = await office.admin.do("tagCreate", "tag { id }", input={"name": "重点"})
    await office.numbered()
    async with office.listens(office.admin, changes(mine, theirs)) as feed:
        given = {"ids": [mine, theirs], "addIds": [tag["id"]]}
        results = await owner.do("recordsTag", "results { userErrors { code } }", input=given)
        assert [len(each["userErrors"]) for each in results] == [0, 1]
        assert (await feed.next())["recordId"] == mine
        assert await feed.silent()


async def test_a_change_that_is_rolled_back_is_told_to_nobody(office: ConnectedOffice):
    record = await customer(office.admin)
    await office.numbered()
    async with office.listens(office.admin, changes(record)) as feed, office.unchanged():
        refused = await office.admin.refusals("customerUpdate", id=record, version=7, input={"name": "x"})
        assert refused == [("CONFLICT", ["version"])]
        assert await feed.silent()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("topics: []", "BAD_USER_INPUT"),
        ("topics: [RECORD_CHANGES]", "BAD_USER_INPUT"),
        ("topics: [RECORD_CHANGES], records: []", "BAD_USER_INPUT"),
        ('topics: [RECORD_CHANGES], records: ["x"]', "BAD_USER_INPUT"),
        ('topics: [NOTIFICATIONS], records: ["019b6968-4600-8014-8000-000000000001"]', "BAD_USER_INPUT"),
        ("topics: [RECORD_CHANGES, NOTIFICATIONS]", "BAD_USER_INPUT"),
        ("topics: [CALL_UPDATES]", "FORBIDDEN"),
        ("topics: [NOTIFICATIONS, CALL_UPDATES]", "FORBIDDEN"),
        ('topics: [NOTIFICATIONS], after: "x"', "BAD_USER_INPUT"),
    ],
)
async def test_what_makes_no_sense_or_is_not_granted_is_refused(office: ConnectedOffice, arguments: str, code: str):
    nobody = await office.hire("nobody")
    async with office.line(nobody.token) as line:
        feed = await line.subscribe(f"subscription {{ events({arguments}) {{ cursor }} }}")
        assert (await feed.error())["code"] == code


async def test_more_records_than_a_page_holds_are_refused(office: ConnectedOffice):
    ids = [f"019b6968-4600-8014-8000-{number:012d}" for number in range(101)]
    async with office.line(office.admin.token) as line:
        assert (await (await line.subscribe(changes(*ids))).error())["code"] == "BAD_USER_INPUT"
        assert await (await line.subscribe(changes(*ids[:100]))).silent()
