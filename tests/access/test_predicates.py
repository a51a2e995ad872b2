"""`visible` and `may` as SQL: what is always true or never is reduced, and no set proves more than is really seen."""

from __future__ import annotations

from typing import Any

import pytest
from tests.factories.api import Api, Office, kept

from crm.access.binds import Binds
from crm.access.branches import named
from crm.access.grants import Action, Rights, Scope, ViewerKind
from crm.access.id_sets import id_set
from crm.access.loading import load_by_user
from crm.access.predicates import FALSE, TRUE, all_of, any_of, permitted, present, readable, within
from crm.access.viewer import ANONYMOUS
from crm.core.ids import parse_id

office = pytest.fixture(scope="module")(kept)
READ = Action.READ


def rights(kind: ViewerKind = ViewerKind.STAFF, **scopes: str) -> Rights:
    """Rights to read these entities within these scopes."""
    return Rights(kind, {(entity, READ): Scope(scope) for entity, scope in scopes.items()})


def seen(rule: str, held: Rights, **more: Any) -> str:
    return readable(named(rule), "r", held, Binds(), **more)


@pytest.mark.parametrize(
    ("parts", "either", "both"),
    [
        ([], FALSE, TRUE),
        (["a"], "a", "a"),
        (["a", "b"], "(a OR b)", "(a AND b)"),
        (["a", TRUE], TRUE, "a"),
        (["a", FALSE], "a", FALSE),
        ([TRUE, FALSE], TRUE, FALSE),
        ([FALSE, FALSE], FALSE, FALSE),
        ([TRUE, TRUE], TRUE, TRUE),
    ],
)
def test_parts_that_decide_alone_swallow_the_others(parts, either, both):
    assert (any_of(list(parts)), all_of(list(parts))) == (either, both)


def test_equal_alternatives_are_written_once():
    assert any_of(["a", "b", "a"]) == "(a OR b)"


def test_who_sees_all_is_asked_for_deleted_rows_alone():
    held = rights(customer="ALL", channel="ALL", supplier="ALL")
    assert seen("party", held) == "r.deleted_at IS NULL"
    assert permitted(named("contact"), "r", rights(), Binds(), Action.DELETE) == FALSE


def test_a_closed_gate_is_false_and_binds_nothing():
    binds = Binds()
    text = readable(named("contact"), "r", rights(customer="ALL"), binds)
    assert (text, binds.statement(text, ANONYMOUS)) == (FALSE, (FALSE, []))


def test_types_with_equal_outcomes_are_one_test_and_closed_ones_none():
    text = seen("party", rights(customer="ALL", supplier="ALL"))
    assert text == "(r.deleted_at IS NULL AND r.type IN ('CUSTOMER', 'SUPPLIER'))"
    assert seen("party", rights(customer="ALL"), fixed="CUSTOMER") == "r.deleted_at IS NULL"
    assert seen("party", rights(customer="ALL"), fixed="CHANNEL") == FALSE
    assert seen("party", rights()) == FALSE


def test_an_edge_that_is_proven_is_not_asked_again():
    held = rights(contact="OWN", customer="OWN")
    assert seen("contact", held, proven=frozenset({"party_id"})) == "r.deleted_at IS NULL"
    assert "FROM party" in seen("contact", held)
    assert "FROM party" not in seen("contact", rights(contact="OWN"))


@pytest.mark.parametrize("scope", list(Scope))
def test_rows_without_owners_are_reached_by_all_or_not(scope):
    reached = within(named("tag"), "r", scope, Rights(ViewerKind.STAFF, {}), Binds())
    assert reached == (TRUE if scope is Scope.ALL else FALSE)


def test_value_rows_have_no_bin():
    assert (present(named("phone_number"), "r"), present(named("phone_number"), "r", deleted=True)) == (TRUE, FALSE)
    assert present(named("contact"), "r", deleted=True) == "r.deleted_at IS NOT NULL"


@pytest.mark.parametrize(
    ("kind", "of_staff", "of_all"),
    [(ViewerKind.STAFF, TRUE, TRUE), (ViewerKind.SYSTEM, TRUE, TRUE), (ViewerKind.CHANNEL, FALSE, TRUE),
     (ViewerKind.ANONYMOUS, FALSE, FALSE)],
)  # fmt: skip
def test_what_is_open_is_open_by_kind(kind, of_staff, of_all):
    assert seen("department", rights(kind)) == all_of(["r.deleted_at IS NULL", of_staff])
    assert seen("tag", rights(kind)) == all_of(["r.deleted_at IS NULL", of_all])


def test_a_partners_person_is_capped_at_own():
    held = rights(ViewerKind.CHANNEL, customer="ALL")
    assert within(named("party"), "r", held.scope("customer", READ), held, Binds()).startswith("r.owner_id = ")
    assert id_set(named("party"), held, Binds()) is not None


def test_only_update_is_opened_by_a_share_and_only_by_one_to_edit():
    held = Rights(ViewerKind.STAFF, {("contact", action): Scope.OWN for action in Action})
    for action in named("contact").actions - {READ}:
        text = permitted(named("contact"), "r", held, Binds(), action)
        assert ("s.access = 'EDIT'" in text) is ("FROM share" in text) is (action is Action.UPDATE)


def test_who_sees_all_has_no_smaller_set():
    assert id_set(named("party"), rights(customer="ALL"), Binds()) is None
    assert id_set(named("contact"), rights(contact="OWN", customer="ALL"), Binds()) is None
    assert id_set(named("tag"), rights(), Binds()) is None


async def made(api: Api, entity: str, **given: Any) -> str:
    return str((await api.do(f"{entity}Create", f"{entity} {{ id }}", input=given))["id"])


async def by_both_forms(office: Office, person: Api, rule_name: str) -> tuple[set[str], set[str]]:
    """The rows of a table that a person sees by the predicate, and by the set with what statements test on top of it."""
    rule, key = named(rule_name), parse_id(person.id)
    assert key
    async with office.database.connection() as connection:
        viewer = await load_by_user(connection, key)
        assert viewer
        found = []
        for of_set in (False, True):
            binds = Binds()
            if of_set:
                ids = id_set(rule, viewer.rights, binds)
                assert ids
                where = f"r.id IN ({ids}) AND {present(rule, 'r')}"
            else:
                where = readable(rule, "r", viewer.rights, binds)
            text, values = binds.statement(f"SELECT r.id FROM {rule.table} r WHERE {where}", viewer)
            found.append({str(row["id"]) for row in await connection.fetch(text, *values)})
    return found[0], found[1]


@pytest.mark.parametrize("gone", ["deleted", "of a closed type", "no longer shared"])
async def test_no_set_holds_the_contacts_of_parties_that_are_not_seen(office: Office, gone):
    name = gone.replace(" ", ".")
    agent = await office.hire(name, {"customer.*": "OWN", "contact.*": "OWN"})
    mine = await made(agent, "customer", name="在")
    shown = await made(office.admin, "contact", name="王芳", partyId=mine)
    if gone == "of a closed type":
        other = await made(office.admin, "supplier", name="供", ownerId=agent.id)
    else:
        other = await made(office.admin, "customer", name="客", ownerId=agent.id if gone == "deleted" else office.admin.id)
    await made(office.admin, "contact", name="李雷", partyId=other)
    if gone == "deleted":
        await office.admin.do("customerDelete", "customer { id }", id=other)
    if gone == "no longer shared":
        given = {"ids": [other], "principalIds": [agent.id], "access": "READ", "expiresAt": "2090-01-01T00:00:00Z"}
        await office.admin.do("recordsShare", "results { id }", input=given)
        await office.rows("UPDATE share SET expires_at = now() - interval '1 second' WHERE record_id = $1", other)
    assert await by_both_forms(office, agent, "contact") == ({shown}, {shown})
