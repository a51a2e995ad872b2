"""Every viewer × every mutation × every row it could be aimed at, against the oracle (S1).

Deeds are rolled back as they end, so each is tried in full and all rows stay as the oracle knows them. A new mutation joins by
itself; if it follows none of the house's names, the oracle or `SPECIAL_CASES` must say what it needs.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.factories import inputs
from tests.factories.clients import Answer, Client, hash_cheaply, look_narrow, serving, undo_all
from tests.factories.company import VIEWERS, Company, Fact, build, department_id, user_id
from tests.factories.oracle import NOUNS, OWNED, TABLES, TO_ONE, VERBS, Oracle, permission
from tests.factories.tally import Tally
from tests.factories.walk import batched

BATCH = 60
SPECIAL_CASES = {"signIn", "signOut", "sessionRevoke", "passwordChange"}
"""Tested by their own names below, or where signing in is."""


class Desk:
    def __init__(self, client: Client, company: Company) -> None:
        self.client, self.company = client, company
        self.oracles = [Oracle(company, viewer) for viewer in VIEWERS if viewer != "anonymous"]
        self.tally = Tally()


@pytest.fixture(scope="module")
async def served(databases, tmp_path_factory) -> AsyncIterator[tuple[Client, Company]]:
    company = build()
    with pytest.MonkeyPatch.context() as patch:
        look_narrow(patch, narrow=False)
        undo_all(patch)
        hash_cheaply(patch)
        async with serving(databases, company, tmp_path_factory.mktemp("mutations")) as client:
            yield client, company


@pytest.fixture
def desk(served) -> Desk:
    return Desk(*served)


def split(name: str) -> tuple[str, str] | None:
    """`customerUpdate` → (`customer`, `Update`); None for names of another form."""
    return next(((noun, name[len(noun) :]) for noun in NOUNS if name.startswith(noun) and name[len(noun) :] in VERBS), None)


def type_of(noun: str) -> str:
    return noun[0].upper() + noun[1:]


def outcome(answer: Answer, alias: str) -> str | None:
    """The code a mutation was refused with; None where it was done. A closed gate ends the whole request at its first field."""
    if not answer.data:
        return f"top {answer.code('m0')}"
    if (code := answer.code(alias)) is not None:
        return f"top {code}"
    errors = answer.data[alias]["userErrors"]
    return errors[0]["code"] if errors else None


AIMED = sorted(name for name in inputs.mutations() if split(name) and "id" in inputs.mutations()[name].args)


@pytest.mark.parametrize("name", AIMED)
async def test_every_mutation_of_every_row(desk: Desk, name: str):
    noun, verb = split(name) or ("", "")
    action, restoring = VERBS[verb].upper(), verb == "Restore"
    given = inputs.call(name)
    type_name = type_of(noun)
    for batch in batched(sample(desk.company, type_name), BATCH):
        calls = [given | {"id": str(row.id)} | ({"version": -1} if "version" in given else {}) for row in batch]
        text = inputs.document([name] * len(batch))
        for oracle in desk.oracles:
            answer = await desk.client.ask(oracle.viewer, text, inputs.variables(calls))
            for number, row in enumerate(batch):
                found = outcome(answer, f"m{number}")
                wanted = expected(oracle, name, action, row, restoring=restoring, fits=row in oracle.rows(type_name))
                if wanted is None and found in {"CONFLICT", "ILLEGAL_TRANSITION", "INVALID", "DUPLICATE", "LAST_ADMINISTRATOR"}:
                    found = None
                kind = "deleted" if row.values.get("deleted_at") else "seen" if oracle.reads(row) else "unseen"
                desk.tally.expect((oracle.viewer, name, kind), found, wanted, row.values.get("name", row.id))
    desk.tally.settle(14)


def sample(company: Company, type_name: str) -> list[Fact]:
    """The rows that a mutation is aimed at: all of its own type and a few of the others in its table, every second of long
    tables."""
    rows = Oracle(company, "admin").rows(type_name)
    others = [row for row in company.of(TABLES[type_name]) if row not in rows][::6]
    return [*(rows if len(rows) < 50 else [row for row in rows if row["deleted_at"]] + rows[::2]), *others]


def expected(oracle: Oracle, name: str, action: str, row: Fact, *, restoring: bool, fits: bool) -> str | None:
    """By the rules: the gate first, then whether it is there for the viewer at all, then whether it is theirs to change."""
    if not oracle.holds(permission(name)):
        return "top FORBIDDEN"
    if restoring:
        return None if fits and oracle.may(action, row, deleted=True) else "NOT_FOUND"
    if not fits or not oracle.reads(row):
        return "NOT_FOUND"
    return None if oracle.may(action, row) else "FORBIDDEN"


async def test_purging(desk: Desk):
    rows = [row for table in ("party", "contact", "activity", "tag") for row in desk.company.of(table) if row["deleted_at"]]
    rows += desk.company.of("party")[::5]
    for batch in batched(rows, BATCH):
        text = inputs.document(["recordPurge"] * len(batch))
        for oracle in desk.oracles:
            answer = await desk.client.ask(oracle.viewer, text, inputs.variables([{"id": str(row.id)} for row in batch]))
            for number, row in enumerate(batch):
                found = outcome(answer, f"m{number}")
                may = row.table != "tag" and oracle.may("ADMINISTER", row, deleted=True)
                wanted = None if may else "NOT_FOUND"
                desk.tally.expect(
                    (oracle.viewer, "recordPurge", row.table), None if may and found == "INVALID" else found, wanted, row.id
                )
    desk.tally.settle(50)


BULK = {
    "recordsShare": ("SHARE", {"principalIds": [str(user_id("norole"))], "access": "READ"}),
    "recordsUnshare": ("SHARE", {"principalIds": [str(user_id("agent"))]}),
    "recordsTransfer": ("TRANSFER", {"toId": None, "withChildren": False}),
    "recordsTag": ("UPDATE", {"addIds": [], "removeIds": []}),
}


@pytest.mark.parametrize("name", sorted(BULK))
async def test_bulk_verbs_judge_each_record(desk: Desk, name: str):
    action, rest = BULK[name]
    rows = [row for table in ("party", "contact", "activity", "user_account", "tag") for row in desk.company.of(table)[::3]]
    text = inputs.document([name])
    for oracle in desk.oracles:
        given = {**rest, "ids": [str(row.id) for row in rows]}
        if name == "recordsTransfer":
            given["toId"] = str(oracle.id)
        if oracle.kind == "CHANNEL" and name == "recordsShare":
            given["principalIds"] = [str(oracle.id)]
        answer = await desk.client.ask(oracle.viewer, text, {"m0_input": given})
        results = answer.data["m0"]["results"]
        assert [each["id"] for each in results] == given["ids"]
        for row, each in zip(rows, results, strict=True):
            code = each["userErrors"][0]["code"] if each["userErrors"] else None
            owned = oracle.entity(row) in OWNED
            seen, may = owned and oracle.reads(row), owned and oracle.may(action, row)
            if name == "recordsUnshare" and may and seen and code == "NOT_FOUND":
                code = None  # Not shared with them: told of the principal, and only to whoever may share.
                desk.tally.expect(
                    (oracle.viewer, name, "field"), each["userErrors"][0]["field"], ["input", "principalIds"], row.id
                )
            wanted = "NOT_FOUND" if not seen else None if may else "FORBIDDEN"
            desk.tally.expect((oracle.viewer, name, oracle.entity(row)), code, wanted, row.values.get("name", row.id))
    desk.tally.settle(60)


CREATED = sorted(name for name in inputs.mutations() if name.endswith("Create"))


@pytest.mark.parametrize("name", CREATED)
async def test_creating_for_oneself_and_others(desk: Desk, name: str):
    """The gate, and for whom: owners outside the creator's scope are refused."""
    noun = name.removesuffix("Create")
    owners = ("agent", "junior", "outsider", "peer", "tree", "partner", None)
    for oracle in desk.oracles:
        calls = []
        for owner in owners if noun in OWNED else (None,):
            given = inputs.call(name)["input"]
            if owner is not None:
                given["ownerId"] = str(user_id(owner))
            if noun == "contact":
                seen = oracle.visible("Party")
                given["partyId"] = str(seen[0].id if seen else desk.company.of("party")[0].id)
            calls.append({"input": given})
        answer = await desk.client.ask(oracle.viewer, inputs.document([name] * len(calls)), inputs.variables(calls))
        for number in range(len(calls)):
            owner = owners[number] if noun in OWNED else None
            found = outcome(answer, f"m{number}")
            desk.tally.expect((oracle.viewer, name, f"for {owner}"), found, _creation(oracle, name, noun, owner), calls[number])
    desk.tally.settle(14)


def _creation(oracle: Oracle, name: str, noun: str, owner: str | None) -> str | None:
    if not oracle.holds(permission(name)):
        return "top FORBIDDEN"
    if noun not in OWNED:
        return None
    if noun == "contact" and not oracle.visible("Party"):
        return "NOT_FOUND"
    if owner is not None and oracle.kind != "STAFF" and owner != oracle.viewer:
        return "NOT_FOUND"
    person = oracle.person if owner is None else Oracle(oracle.company, owner).person
    assert person
    reached = oracle.reaches(oracle.scope(noun, "CREATE"), user_id(person.name), department_id(person.department))
    return None if reached else "FORBIDDEN"


@pytest.mark.parametrize("name", [name for name in sorted(inputs.mutations()) if name.endswith("Update")])
async def test_frozen_and_hidden_fields_cannot_be_written(desk: Desk, name: str):
    noun = "dictionaryItem" if name == "dictionaryItemUpdate" else name.removesuffix("Update")
    type_name = type_of(noun)
    fields = inputs.update_fields(name)
    for oracle in desk.oracles:
        row = next((row for row in oracle.visible(type_name) if oracle.may("UPDATE", row)), None)
        if row is None:
            continue
        for field, value in fields.items():
            asked = {"id": str(row.id), "version": row["version"], "input": {field: value}}
            answer = await desk.client.ask(oracle.viewer, inputs.document([name]), inputs.variables([asked]))
            found = outcome(answer, "m0")
            plain = field.removesuffix("Id").replace("roleIds", "roles")
            frozen = oracle.freezes(noun, plain)
            if field == "roleIds" and not oracle.gate("role", "ADMINISTER"):
                frozen = True
            desk.tally.expect((oracle.viewer, f"{name}.{field}", "frozen"), found == "FORBIDDEN", frozen, (field, found))
    desk.tally.settle(2)


async def test_what_follows_from_a_field_does_not_write_a_frozen_one(desk: Desk):
    """Who may not write an activity's party may not move it by naming a contact of another party."""
    oracle = next(each for each in desk.oracles if each.viewer == "hider")
    assert oracle.freezes("activity", "party")
    assert "party" in TO_ONE["activity"]
    row = desk.company.named("activity", "activity of hider")
    other = desk.company.named("contact", "contact at customer of agent")
    asked: dict[str, Any] = {"id": str(row.id), "version": row["version"], "input": {"contactId": str(other.id)}}
    answer = await desk.client.ask("hider", inputs.document(["activityUpdate"]), inputs.variables([asked]))
    assert outcome(answer, "m0") == "FORBIDDEN"


async def test_tags_that_are_hidden_or_frozen_cannot_be_put_on(desk: Desk):
    tag = str(desk.company.named("tag", "hot").id)
    own = desk.company.named("party", "customer of hider"), desk.company.named("party", "supplier of hider")
    given = {"ids": [str(row.id) for row in own], "addIds": [tag], "removeIds": []}
    answer = await desk.client.ask("hider", inputs.document(["recordsTag"]), {"m0_input": given})
    codes = [[error["code"] for error in each["userErrors"]] for each in answer.data["m0"]["results"]]
    assert codes == [["FORBIDDEN"], ["FORBIDDEN"]]


async def test_sessions_of_others_cannot_be_ended(desk: Desk):
    rows = desk.company.of("session")
    for oracle in desk.oracles:
        for batch in batched(rows, BATCH):
            mine = [row for row in batch if row["token_hash"] != _own_hash(oracle)]
            text = inputs.document(["sessionRevoke"] * len(mine))
            answer = await desk.client.ask(oracle.viewer, text, inputs.variables([{"id": str(row.id)} for row in mine]))
            for number, row in enumerate(mine):
                wanted = None if oracle.reads(row) else "NOT_FOUND"
                desk.tally.expect((oracle.viewer, "sessionRevoke", "row"), outcome(answer, f"m{number}"), wanted, row.id)
    desk.tally.settle(10)


def _own_hash(oracle: Oracle) -> bytes:
    from crm.access.loading import token_hash

    assert oracle.person
    return token_hash(oracle.person.token)


def test_every_mutation_is_in_the_matrix():
    covered = {*AIMED, *CREATED, *BULK, "recordPurge", *SPECIAL_CASES}
    assert set(inputs.mutations()) == covered, "a mutation without a case: aim it here or give it a test of its own"
