"""The same for many customers, channels and suppliers: each answers for itself, and what is refused stays as it was."""

from __future__ import annotations

import pytest
from tests.factories.api import Api, Office, opened

office = pytest.fixture(opened)
GRANTS = {
    **{f"{entity}.{action}": "OWN" for entity in ("customer", "supplier") for action in ("CREATE", "READ", "UPDATE", "DELETE")},
    "channel.READ": "ALL",
}
RESULTS = "results { id record { ... on Party { lifecycle paymentTermsDays version } } userErrors { code field } }"


async def of_each(who: Api, other: Api) -> list[str]:
    """A customer and a supplier of one's own, a channel and a customer of somebody else's."""
    own = [await who.do(f"{each}Create", f"{each} {{ id }}", input={"name": each}) for each in ("customer", "supplier")]
    others = [await other.do(f"{each}Create", f"{each} {{ id }}", input={"name": each}) for each in ("channel", "customer")]
    return [each["id"] for each in (*own, *others)]


async def test_many_are_updated_and_each_answers_for_itself(office: Office):
    clerk = await office.hire("clerk", GRANTS, frozen=["supplier.paymentTermsDays"])
    ids = await of_each(clerk, office.admin)
    contact = await office.admin.do("contactCreate", "contact { id }", input={"name": "王芳", "partyId": ids[3]})
    given = {"ids": [*ids, contact["id"]], "lifecycle": "ACTIVE", "paymentTermsDays": 30}
    results = await clerk.do("partiesUpdate", RESULTS, input=given)
    assert [each["id"] for each in results] == given["ids"]
    assert results[0]["record"] == {"lifecycle": "ACTIVE", "paymentTermsDays": 30, "version": 2}
    assert [[(error["code"], error["field"]) for error in each["userErrors"]] for each in results[1:]] == [
        [("FORBIDDEN", ["input", "paymentTermsDays"])],  # frozen for suppliers
        [("FORBIDDEN", ["input", "ids"])],
        [("NOT_FOUND", ["input", "ids"])],
        [("NOT_FOUND", ["input", "ids"])],
    ]
    log = await office.admin.ask("changes", "nodes { verb record { id } }", filter={"verb": {"contains": ".update"}})
    assert log["nodes"] == [{"verb": "customer.update", "record": {"id": ids[0]}}]
    async with office.unchanged():
        for wrong in ({"paymentTermsDays": -1}, {"contactCycleDays": 0}, {"creditLimit": "-5"}):
            results = await clerk.do("partiesUpdate", RESULTS, input={"ids": ids[:1], **wrong})
            assert results[0]["userErrors"] == [{"code": "INVALID", "field": ["input", next(iter(wrong))]}]
        assert await clerk.refusals("partiesUpdate", input={"ids": []}) == [("INVALID", ["input", "ids"])]
        results = await clerk.do("partiesUpdate", RESULTS, input={"ids": ids[:1], "parentId": ids[0]})
        assert results[0]["userErrors"] == [{"code": "INVALID", "field": ["input", "parentId"]}]  # a circle of one


async def test_two_updates_that_would_close_a_circle_of_parents(office: Office):
    one, two = [(await office.admin.do("customerCreate", "customer { id }", input={"name": name}))["id"] for name in "ab"]
    await office.admin.do("partiesUpdate", RESULTS, input={"ids": [one], "parentId": two})
    async with office.unchanged():
        results = await office.admin.do("partiesUpdate", RESULTS, input={"ids": [two], "parentId": one})
        assert results[0]["userErrors"] == [{"code": "INVALID", "field": ["input", "parentId"]}]


async def test_many_are_deleted_once_for_each_key(office: Office):
    clerk = await office.hire("clerk", GRANTS)
    ids = await of_each(clerk, office.admin)
    arguments = {"input": {"ids": ids}, "idempotencyKey": "delete these"}
    results = await clerk.do("partiesDelete", RESULTS, **arguments)
    assert [[error["code"] for error in each["userErrors"]] for each in results] == [[], [], ["FORBIDDEN"], ["NOT_FOUND"]]
    async with office.unchanged():
        assert await clerk.do("partiesDelete", RESULTS, **arguments) == results
    assert (await clerk.ask("deletedRecords", "nodes { id }", entity="supplier"))["nodes"] == [{"id": ids[1]}]
    assert (await office.admin.ask("customers", "totalCount"))["totalCount"] == 1
