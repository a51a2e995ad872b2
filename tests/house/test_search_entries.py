"""The search centre knows every record as it stands, whatever verb was done to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from itertools import pairwise
from typing import Any

import pytest
from tests.factories import inputs
from tests.factories.clients import Client, hash_cheaply, look_narrow, serving
from tests.factories.company import Company, build
from tests.factories.entries import check_entries
from tests.factories.oracle import Oracle
from tests.factories.oracle_permissions import aim

from crm.access.searched import searched_kinds


@pytest.fixture(scope="module")
async def busy(databases, tmp_path_factory) -> AsyncIterator[tuple[Client, Company]]:
    company = build()
    with pytest.MonkeyPatch.context() as patch:
        look_narrow(patch, narrow=False)
        hash_cheaply(patch)
        async with serving(databases, company, tmp_path_factory.mktemp("entries")) as client:
            yield client, company


async def test_every_verb_leaves_the_entries_as_they_would_be_made_anew(busy):
    """All mutations there are, one after the other and for good, on whatever rows they fit."""
    client, company = busy
    oracle = Oracle(company, "admin")
    assert await check_entries(client.database) > 200
    done: Counter[str] = Counter()
    for name in sorted(inputs.mutations(), key=_rank):
        for given in _calls(name, oracle):
            answer = await client.ask("admin", inputs.document([name]), inputs.variables([given]))
            payload = answer.data.get("m0") if answer.data else None
            done[name] += payload is not None and not payload.get("userErrors")
    verbs = [name for name, count in done.items() if count]
    assert len(verbs) > 55, sorted(set(inputs.mutations()) - set(verbs))
    assert {"partyMerge", "contactMerge", "partiesUpdate", "recordsTransfer"} <= set(verbs), "what changes many at once"
    await check_entries(client.database)


RIGHTS = ("sign", "session", "password", "role", "user", "department")
"""What would end the session or its rights, and writes no record that is searched."""
PAIRED = ("CUSTOMER", None)
"""The type of parties that are merged with each other; contacts have none."""
ORDER = ("Update", "Create", "", "Delete", "Restore")


def _rank(name: str) -> tuple[int, str]:
    """Updates first, which want the version that is known; steps and bulk verbs then; at last what takes rows away."""
    ending = next((place for place, end in enumerate(ORDER) if end and name.endswith(end)), 2)
    return (9, name) if name == "recordPurge" else (ending, name)


def _calls(name: str, oracle: Oracle) -> list[dict[str, Any]]:
    """A few calls of a mutation, on rows of its type or on records of every kind."""
    if name.startswith(RIGHTS):
        return []
    rows = [row for each in searched_kinds() for row in oracle.company.of(each.rule.table)]
    if name in ("partyMerge", "contactMerge"):
        table = name.removesuffix("Merge")
        alike = [row for row in rows if row.table == table and row["deleted_at"] is None and row.values.get("type") in PAIRED]
        pairs = [(stays, goes) for stays, goes in pairwise(alike) if stays.values.get("party_id") == goes.values.get("party_id")]
        return [{"input": {"survivorId": str(stays.id), "mergedId": str(goes.id)}} for stays, goes in pairs[:12:2]]
    if name == "recordPurge":
        return [{"id": str(row.id)} for row in rows if row["deleted_at"]]
    if name.startswith("records"):
        given = inputs.call(name)["input"]
        return [{"input": {**given, "ids": [str(row.id)]}} for row in rows[::9]]
    wanted = aim(name)
    base = (
        inputs.complete(name, oracle)
        if name.endswith(("Create", "Update")) and name != "callCustomerCreate"
        else inputs.call(name)
    )
    if wanted is None or "id" not in inputs.mutations()[name].args:
        return [base]
    targets = [row for row in oracle.rows(wanted.type) if oracle.may(wanted.action, row, deleted=wanted.restoring)][:6]
    return [base | {"id": str(row.id)} | ({"version": row["version"]} if "version" in base else {}) for row in targets]
