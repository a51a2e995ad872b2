"""Merges beside each other and beside whoever writes to the same records: nothing waits for ever, nothing is lost."""

from __future__ import annotations

import asyncio

import pytest
from tests.customers.merging import MERGED, contact, customer, into, merge
from tests.factories.api import Office, opened

office = pytest.fixture(opened)
ORPHANS = """
SELECT count(*) FROM contact c JOIN party p ON p.id = c.party_id WHERE p.merged_into_id IS NOT NULL
"""


async def test_of_two_that_cross_one_is_done(office: Office):
    admin = office.admin
    for round_ in range(3):
        one, two = await customer(admin, f"一{round_}"), await customer(admin, f"二{round_}")
        people = {await contact(admin, "王", one), await contact(admin, "李", two)}
        payloads = await asyncio.gather(*(admin.tried("partyMerge", MERGED, **into(*pair)) for pair in ((one, two), (two, one))))
        refused = [error for payload in payloads for error in payload["userErrors"]]
        assert [error["code"] for error in refused] == ["CONFLICT"]
        survivor = next(payload["party"]["id"] for payload in payloads if payload["party"])
        found = await admin.ask("customer", "contacts { nodes { id } }", id=one)
        assert {each["id"] for each in found["contacts"]["nodes"]} == people
        assert (await admin.ask("customer", "id", id=two))["id"] == survivor


async def test_a_ring_of_merges_ends_in_one(office: Office):
    """A into B, B into C, C into A at once, each with people of its own."""
    admin = office.admin
    ring = [await customer(admin, name) for name in "甲乙丙"]
    people = {await contact(admin, f"人{place}", party) for place, party in enumerate(ring)}
    pairs = zip(ring, ring[1:] + ring[:1], strict=True)
    payloads = await asyncio.gather(*(admin.tried("partyMerge", MERGED, **into(stays, goes)) for goes, stays in pairs))
    assert {error["code"] for payload in payloads for error in payload["userErrors"]} <= {"CONFLICT"}
    left = (await admin.ask("customers", "nodes { id contacts { nodes { id } } }"))["nodes"]
    assert sum(len(each["contacts"]["nodes"]) for each in left) == len(people)
    for party in ring:
        assert (await admin.ask("customer", "id", id=party))["id"] in {each["id"] for each in left}


async def test_the_same_merge_twice_at_once_is_one(office: Office):
    admin = office.admin
    one, two = await customer(admin, "一"), await customer(admin, "二")
    payloads = await asyncio.gather(*(admin.tried("partyMerge", MERGED, **into(one, two)) for _ in range(3)))
    assert sorted(len(payload["userErrors"]) for payload in payloads) == [0, 1, 1]
    assert await office.value("SELECT count(*) FROM merge") == 1
    keyed = {**into(await customer(admin, "三"), one), "idempotencyKey": "k"}
    first = await admin.do("partyMerge", MERGED, **keyed)
    assert await admin.do("partyMerge", MERGED, **keyed) == first
    undos = await asyncio.gather(*(admin.tried("mergeUndo", "record { id }", id=first["merge"]["id"]) for _ in range(2)))
    assert sorted(len(payload["userErrors"]) for payload in undos) == [0, 1]


async def test_children_that_are_made_meanwhile_are_not_orphaned(office: Office):
    admin = office.admin
    stays, goes = await customer(admin, "一"), await customer(admin, "二")
    person = await contact(admin, "王", goes)
    made = [admin.tried("contactCreate", "contact { id }", input={"name": f"人{n}", "partyId": goes}) for n in range(8)]
    visits = {"kind": "VISIT", "subject": "x", "contactId": person}
    made += [admin.tried("activityCreate", "activity { id }", input=visits) for _ in range(4)]
    payloads = await asyncio.gather(*made[:6], merge(admin, stays, goes), *made[6:])
    refused = [error for payload in payloads for error in payload["userErrors"]]
    assert {(error["code"], tuple(error["field"])) for error in refused} <= {("CONFLICT", ("input", "partyId"))}
    assert await office.value(ORPHANS) == 0
    astray = "SELECT count(*) FROM activity a JOIN party p ON p.id = a.party_id WHERE p.deleted_at IS NOT NULL"
    assert await office.value(astray) == 0
    done = sum(not payload["userErrors"] for payload in payloads[:6] + payloads[7:9])
    found = await admin.ask("customer", "contacts(first: 50) { totalCount }", id=stays)
    assert found["contacts"]["totalCount"] == 1 + done
