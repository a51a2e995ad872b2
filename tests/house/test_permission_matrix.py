"""Every viewer × every way to a record, against an oracle that never saw the SQL (S1).

The ways are walked from the schema: a new list, filter, order, record field or root field joins by itself, and fails here until
the fixture company has facts for it and the oracle has a rule. Everything that can differ is asked twice: as viewers of much are
answered (rows are tested) and as viewers of little are (lists start from the ids they see). And every question is asked of two
applications, one with plans and, by a quarter of the viewers, one without (ADR 0073): what the oracle is then shown is what both
said, byte for byte.
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import AsyncIterator, Callable, Iterable
from decimal import Decimal
from typing import Any

import pytest
from graphql import GraphQLInterfaceType, GraphQLObjectType, get_named_type, get_nullable_type
from tests.factories import walk
from tests.factories.clients import Client, look_narrow, serving
from tests.factories.company import PEOPLE, VIEWERS, Company, Fact, build, user_id
from tests.factories.oracle import OWNED, PARTS, TABLES, THROUGH, TO_MANY, TO_ONE, Oracle, permission, snake
from tests.factories.oracle_computed import COMPUTED
from tests.factories.oracle_fields import OPEN_ENDED, is_plain, parts, selection, shown
from tests.factories.tally import Tally
from tests.factories.walk import batched

BATCH = 70
PAGE = 100
TURNS = 3
SOAK = bool(os.environ.get("CRM_SOAK"))
LONG = ("party", "contact", "activity")
WITH_OWNERS = {TABLES[entity.title().replace("_", "")] for entity in OWNED}
TWO_WAYS = WITH_OWNERS | {"process_task", "forecast_snapshot"}
"""Tables whose lists are answered in two ways."""


class Desk:
    """One mode's client, company and oracles."""

    def __init__(self, client: Client, company: Company, mode: str) -> None:
        self.client, self.company, self.mode = client, company, mode
        self.oracles = {viewer: Oracle(company, viewer) for viewer in VIEWERS}
        self.tally = Tally()

    @property
    def signed_in(self) -> list[Oracle]:
        return [oracle for oracle in self.oracles.values() if not oracle.anonymous]

    def narrow(self, type_name: str) -> list[Oracle]:
        """Those whom this mode answers in a way of its own: under ids, whoever may not read all."""
        entity = snake(type_name)
        if TABLES[type_name] not in TWO_WAYS:
            return [self.oracles[name] for name in ("admin", "manager", "agent", "partner", "clerk", "norole")]
        return [each for each in self.signed_in if self.mode == "rows" or each.scope(entity, "READ") != "ALL"]

    def expect(self, oracle: Oracle, where: str, path: str, got: Any, wanted: Any, about: Any = None) -> None:
        self.tally.expect((f"{oracle.viewer}/{self.mode}", where, path), got, wanted, about)


@pytest.fixture(scope="module", params=["rows", "ids"])
async def served(request, databases, tmp_path_factory) -> AsyncIterator[tuple[Client, Company, str]]:
    company = build()
    with pytest.MonkeyPatch.context() as patch:
        look_narrow(patch, narrow=request.param == "ids")
        async with serving(databases, company, tmp_path_factory.mktemp("matrix"), both=True) as client:
            yield client, company, request.param


@pytest.fixture
def desk(served) -> Desk:
    return Desk(*served)


def ids(nodes: Iterable[dict[str, Any]]) -> list[str]:
    return sorted(node["id"] for node in nodes)


def keys(facts: Iterable[Fact]) -> list[str]:
    return sorted(str(fact.id) for fact in facts)


def agrees(found: dict[str, Any] | None, facts: list[Fact]) -> Any:
    """True, or what is wrong with one page of a list and its count."""
    if found is None:
        return "null"
    got, wanted = set(ids(found["nodes"])), set(keys(facts))
    if found.get("totalCount", len(wanted)) != len(wanted) or got - wanted or len(got) != min(PAGE, len(wanted)):
        return {
            "too many": sorted(got - wanted),
            "missing": sorted(wanted - got)[:5],
            "count": (found.get("totalCount"), len(wanted)),
        }
    return True


def allowed(oracle: Oracle, name: str, type_name: str) -> bool:
    return oracle.holds(permission(name, type_name)) and oracle.open(type_name)


async def test_anonymous_people_get_nothing(desk: Desk):
    query, mutation = walk.SCHEMA.query_type, walk.SCHEMA.mutation_type
    assert query
    assert mutation
    for kind, root in (("query", query), ("mutation", mutation)):
        for name, made in root.fields.items():
            if permission(name, walk.element(made) or get_named_type(made.type).name if kind == "query" else None) == "public":
                continue
            chosen = (
                " { __typename }"
                if isinstance(get_nullable_type(get_named_type(made.type)), GraphQLObjectType | GraphQLInterfaceType)
                else ""
            )
            answer = await desk.client.ask("anonymous", f"{kind} {{ {name}{chosen} }}")
            desk.expect(desk.oracles["anonymous"], name, "root", (answer.status, answer.data), (401, {}))
    desk.tally.settle(160)


async def test_root_lists_and_their_counts(desk: Desk):
    lists = walk.root_lists()
    text = " ".join(f"{each.name}(first: {PAGE}) {{ nodes {{ id }} totalCount edges {{ node {{ id }} }} }}" for each in lists)
    for oracle in desk.signed_in:
        answer = await desk.client.ask(oracle.viewer, f"{{ {text} }}")
        for each in lists:
            if not allowed(oracle, each.name, each.type):
                desk.expect(oracle, each.name, "list", (answer.data[each.name], answer.code(each.name)), (None, "FORBIDDEN"))
                continue
            facts = oracle.listed(each.name, each.type)
            found = answer.data[each.name]
            desk.expect(oracle, each.name, "list", agrees(found, facts), True)
            desk.expect(oracle, each.name, "edges", ids(edge["node"] for edge in found["edges"]), ids(found["nodes"]))
    desk.tally.settle(540)


def by_ids(desk: Desk, type_name: str) -> bool:
    """Whether this mode can answer otherwise than the other: only lists of what has owners start from ids."""
    return desk.mode == "rows" or TABLES[type_name] in TWO_WAYS


async def test_every_filter_of_every_list(desk: Desk):
    for each in walk.root_lists():
        if not by_ids(desk, each.type):
            continue
        wanted = walk.filters_of(desk.company, each.type)
        if desk.mode == "ids" or each.type in ("Channel", "Supplier"):
            # The same declaration as the customers': a part of it is enough to see that it is theirs.
            wanted = wanted[::3]
        elif TABLES[each.type] not in LONG:
            wanted = thinned(wanted)
        for place, oracle in enumerate(desk.narrow(each.type)):
            if allowed(oracle, each.name, each.type):
                await _filters(desk, oracle, each, in_turn(oracle, each.type, wanted, place))
    desk.tally.settle((5000 if desk.mode == "rows" else 3300) if SOAK else (3800 if desk.mode == "rows" else 1890))


async def _filters(desk: Desk, oracle: Oracle, each: walk.RootList, wanted: list[dict[str, Any]]) -> None:
    for batch in batched(wanted, BATCH):
        variables = ", ".join(f"$f{n}: {each.type}Filter" for n in range(len(batch)))
        text = " ".join(
            # Counts share the lists' conditions; asking for some of them is enough to see that they do.
            f"f{n}: {each.name}(first: {PAGE}, filter: $f{n}) {{ nodes {{ id }} {'totalCount' * (n % 3 == 0)} }}"
            for n in range(len(batch))
        )
        values = {f"f{n}": asked for n, asked in enumerate(batch)}
        answer = await desk.client.ask(oracle.viewer, f"query ({variables}) {{ {text} }}", values)
        assert answer.data, (oracle.viewer, each.name, answer)
        for n, asked in enumerate(batch):
            _filtered(desk, oracle, each, asked, answer.data[f"f{n}"], answer.code(f"f{n}"))


def in_turn(oracle: Oracle, type_name: str, wanted: list[dict[str, Any]], place: int) -> list[dict[str, Any]]:
    """What this viewer is asked: all that they may not filter by, and every third of the rest (ADR 0057), another third for each.

    Conditions on one field stand together, so that everybody is asked about every field that has three.
    """
    if SOAK:
        return wanted
    return [asked for n, asked in enumerate(wanted) if (n + place) % TURNS == 0 or oracle.asks_hidden(type_name, asked)]


def thinned(wanted: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every field once, and of the further conditions on it every third: operators are rendered by one piece of code."""
    found: dict[str, int] = {}
    kept = []
    for asked in wanted:
        (name,) = asked
        found[name] = found.get(name, -1) + 1
        if found[name] % 3 == 0:
            kept.append(asked)
    return kept


def _filtered(desk: Desk, oracle: Oracle, each: walk.RootList, asked: dict[str, Any], found: Any, code: str | None) -> None:
    path = f"filter {next(iter(asked))}"
    if oracle.asks_hidden(each.type, asked):
        desk.expect(oracle, each.name, path, (found, code), (None, "FORBIDDEN"), asked)
        return
    if oracle.asks_broken(asked):
        desk.expect(oracle, each.name, path, (found, code), (None, "BAD_USER_INPUT"), asked)
        return
    facts = [fact for fact in oracle.listed(each.name, each.type) if oracle.matches(each.type, fact, asked)]
    desk.expect(oracle, each.name, path, agrees(found, facts), True, asked)


async def test_every_order_of_every_list_and_its_pages(desk: Desk):
    for each in walk.root_lists():
        orders = [(name, way) for name in walk.orders_of(each.arguments) for way in ("ASC", "DESC")]
        text = " ".join(
            f"o{n}: {each.name}(first: {PAGE}, orderBy: [{{field: {name}, direction: {way}}}]) {{ nodes {{ id }} totalCount }}"
            for n, (name, way) in enumerate(orders)
        )
        for oracle in desk.signed_in:
            if not allowed(oracle, each.name, each.type):
                continue
            answer = await desk.client.ask(oracle.viewer, f"{{ {text} }}")
            for n, (name, way) in enumerate(orders):
                field = name.lower().split("_")
                if oracle.hidden(each.type, field[0] + "".join(part.title() for part in field[1:])):
                    desk.expect(
                        oracle, each.name, f"order {name}", (answer.data[f"o{n}"], answer.code(f"o{n}")), (None, "FORBIDDEN")
                    )
                else:
                    facts = oracle.listed(each.name, each.type)
                    desk.expect(oracle, each.name, f"order {name}", agrees(answer.data[f"o{n}"], facts), True, way)
    desk.tally.settle(840)


@pytest.mark.parametrize("name", [each.name for each in walk.root_lists()])
async def test_pages_joined_are_the_whole_list(desk: Desk, name: str):
    each = next(made for made in walk.root_lists() if made.name == name)
    for oracle in desk.signed_in:
        if desk.mode == "rows" and oracle.viewer not in ("agent", "hider", "partner"):
            continue
        if allowed(oracle, each.name, each.type):
            forwards = await _joined(desk, oracle, each.name, "first", "after", "endCursor", "hasNextPage")
            backwards = await _joined(desk, oracle, each.name, "last", "before", "startCursor", "hasPreviousPage")
            desk.expect(oracle, name, "pages", sorted(forwards), keys(oracle.listed(name, each.type)))
            desk.expect(oracle, name, "pages backwards", sorted(backwards), sorted(forwards))
    desk.tally.settle(0)


async def _joined(desk: Desk, oracle: Oracle, name: str, size: str, cursor: str, end: str, more: str) -> list[str]:
    found: list[str] = []
    position = None
    text = f"query ($c: String) {{ page: {name}({size}: 41, {cursor}: $c) {{ nodes {{ id }} pageInfo {{ {end} {more} }} }} }}"
    while True:
        page = (await desk.client.ask(oracle.viewer, text, {"c": position})).data["page"]
        found += [node["id"] for node in page["nodes"]]
        if not page["pageInfo"][more]:
            return found
        position = page["pageInfo"][end]


async def test_one_record_by_its_id(desk: Desk):
    """Every row of every kind, seen or not, deleted or not, through the field of its own type, those of others, and `node`."""
    singles = walk.root_singles() if desk.mode == "rows" else {}
    for name, type_name in singles.items():
        rows = (
            [row for other in walk.nodes() for row in desk.company.of(TABLES[other])]
            if name == "node"
            else _with_strangers(desk, type_name)
        )
        rows = list({row.id: row for row in rows}.values())
        for batch in batched(rows, 90):
            variables = ", ".join(f"$i{n}: ID!" for n in range(len(batch)))
            text = " ".join(f"i{n}: {name}(id: $i{n}) {{ id }}" for n in range(len(batch)))
            values = {f"i{n}": str(row.id) for n, row in enumerate(batch)}
            for oracle in desk.signed_in:
                answer = await desk.client.ask(oracle.viewer, f"query ({variables}) {{ {text} }}", values)
                for n, row in enumerate(batch):
                    _single(desk, oracle, name, type_name, row, answer.data[f"i{n}"], answer.code(f"i{n}"))
    desk.tally.settle(2200 if desk.mode == "rows" else 0)


def _with_strangers(desk: Desk, type_name: str) -> list[Fact]:
    strangers = [desk.company.of(table)[0] for table in ("user_account", "contact", "session", "share", "change", "tag")]
    return [*desk.company.of(TABLES[type_name]), *strangers]


def _single(desk: Desk, oracle: Oracle, name: str, type_name: str, row: Fact, found: Any, code: str | None) -> None:
    path = f"id of {row.table}"
    if name != "node" and not oracle.holds(permission(name, type_name)):
        desk.expect(oracle, name, path, (found, code), (None, "FORBIDDEN"))
        return
    fits = name == "node" or row in oracle.rows(type_name)
    found_by = oracle.standing(row)
    wanted = ({"id": str(found_by.id)}, None) if fits and oracle.sees(found_by) else (None, "NOT_FOUND")
    desk.expect(oracle, name, path, (found, code), wanted, row.values.get("name"))


async def test_lists_inside_records(desk: Desk):
    """Every paged list of every type, under every record the viewer sees, with its count and under a filter."""
    for each in walk.root_lists():
        for field, other in walk.lists_of(each.type).items():
            some = f"filter: {{id: {{in: {json.dumps(keys(desk.company.of(TABLES[other])[::2])[:90])}}}}}"
            if desk.mode == "ids":
                continue
            text = (
                f"{{ {each.name}(first: {PAGE}) {{ nodes {{ id all: {field}(first: {PAGE}) {{ nodes {{ id }} totalCount }}"
                f" some: {field}(first: {PAGE}, {some}) {{ nodes {{ id }} totalCount }} }} }} }}"
            )
            for oracle in desk.signed_in:
                if allowed(oracle, each.name, each.type):
                    answer = await desk.client.ask(oracle.viewer, text)
                    _nested(desk, oracle, each, field, other, answer)
    desk.tally.settle(1300 if desk.mode == "rows" else 0)


def _nested(desk: Desk, oracle: Oracle, each: walk.RootList, field: str, other: str, answer: Any) -> None:
    where = f"{each.type}.{field}"
    half = set(keys(desk.company.of(TABLES[other])[::2])[:90])
    nodes = answer.data[each.name]["nodes"]
    for node in nodes:
        row = desk.company.find(TABLES[each.type], _key(desk, each.type, node["id"]))
        if oracle.hidden(each.type, field) or not oracle.open(other):
            desk.expect(oracle, where, "nested", (node["all"], node["some"]), (None, None))
            continue
        children = oracle.children(each.type, field, row)
        desk.expect(oracle, where, "nested", agrees(node["all"], children), True, node["id"])
        desk.expect(
            oracle, where, "nested filter", agrees(node["some"], [c for c in children if str(c.id) in half]), True, node["id"]
        )
    if nodes and (oracle.hidden(each.type, field) or not oracle.open(other)):
        desk.expect(oracle, where, "nested error", answer.code(each.name, "nodes", "all"), "FORBIDDEN")


def _key(desk: Desk, type_name: str, text: str) -> Any:
    return next(fact.id for fact in desk.company.of(TABLES[type_name]) if str(fact.id) == text)


async def test_every_field_of_every_record(desk: Desk):
    """Values, to-one relations and plain lists of everything in the first page; hidden ones are null with an error."""
    for each in walk.root_lists() if desk.mode == "rows" else ():
        text = f"{{ {each.name}(first: {PAGE}) {{ nodes {{ {selection(each.type)} }} }} }}"
        for oracle in desk.signed_in:
            if allowed(oracle, each.name, each.type):
                answer = await desk.client.ask(oracle.viewer, text)
                for node in answer.data[each.name]["nodes"]:
                    _record(desk, oracle, each, node, answer)
    desk.tally.settle(4500 if desk.mode == "rows" else 0)


def _record(desk: Desk, oracle: Oracle, each: walk.RootList, node: dict[str, Any], answer: Any) -> None:
    row = desk.company.find(TABLES[each.type], _key(desk, each.type, node["id"]))
    assert row is not None
    _fields(desk, oracle, each.type, row, node, lambda name: answer.code(each.name, "nodes", name))


def _fields(
    desk: Desk, oracle: Oracle, type_name: str, row: Fact, node: dict[str, Any], code_of: Callable[[str], str | None]
) -> None:
    """Every field of one row as it came back."""
    table = TABLES[type_name]
    for name, found in node.items():
        where = f"{type_name}.{name}"
        if oracle.hidden(type_name, name):
            desk.expect(oracle, where, "field", (found, code_of(name)), (None, "FORBIDDEN"))
        elif name in PARTS.get(table, {}):
            desk.expect(oracle, where, "parts", *parts(oracle, type_name, name, row, found), node.get("id"))
        elif name in THROUGH.get(table, {}):
            wanted = keys(oracle.children(type_name, name, row))
            desk.expect(oracle, where, "through", ids(found) if found is not None else code_of(name), wanted, node["id"])
        else:
            path = "to one" if name in TO_ONE.get(table, {}) else "field"
            desk.expect(oracle, where, path, found, shown(oracle, type_name, name, row), node.get("id"))


async def test_every_field_of_what_is_listed_inside_records(desk: Desk):
    """Rows that have no list of their own: the stays of an opportunity, the receipts of an announcement, shares."""
    roots = {each.type for each in walk.root_lists()}
    for each in walk.root_lists() if desk.mode == "rows" else ():
        for field, other in walk.lists_of(each.type).items():
            if other in roots or other == "Party":
                continue
            inside = f"{field}(first: {PAGE}) {{ nodes {{ {selection(other)} }} }}"
            text = f"{{ {each.name}(first: {PAGE}) {{ nodes {{ id {inside} }} }} }}"
            for oracle in desk.signed_in:
                if not allowed(oracle, each.name, each.type) or oracle.hidden(each.type, field):
                    continue
                answer = await desk.client.ask(oracle.viewer, text)
                for node in answer.data[each.name]["nodes"]:
                    for inner in node[field]["nodes"]:
                        row = desk.company.find(TABLES[other], _key(desk, other, inner["id"]))
                        codes = functools.partial(answer.code, each.name, "nodes", field, "nodes")
                        _fields(desk, oracle, other, row, inner, codes)
    desk.tally.settle(200 if desk.mode == "rows" else 0)


async def test_people_behind_relations(desk: Desk):
    """A card shows whoever stands at `owner`, `createdBy`, … and never what lies beyond it."""
    beyond = "email mobile extension locale timeZone manager { id } channel { id } reports { totalCount } roles { id }"
    text = (
        f"{{ customers(first: 5) {{ nodes {{ owner {{ username displayName active department {{ name }} {beyond} }} }} }}"
        f" tags {{ nodes {{ createdBy {{ {beyond} }} }} }} }}"
    )
    for oracle in desk.signed_in:
        answer = await desk.client.ask(oracle.viewer, text)
        cards = [node["owner"] for node in (answer.data.get("customers") or {"nodes": []})["nodes"] if node["owner"]]
        cards += [node["createdBy"] for node in answer.data["tags"]["nodes"]]
        for card in cards:
            for name in ("email", "mobile", "extension", "locale", "timeZone", "manager", "channel", "reports", "roles"):
                if oracle.hidden("User", name):
                    desk.expect(oracle, f"User.{name}", "card", card[name], None)
    desk.tally.settle(60)


async def test_search_in_lists(desk: Desk):
    for each in walk.root_lists():
        if "search" not in each.arguments:
            continue
        label = "display_name" if each.type == "User" else "name"
        facts = oracle_rows = desk.company.of(TABLES[each.type])
        names = sorted({fact[label][:length] for fact in facts[::4] for length in (5, 40)})
        text = " ".join(
            f"s{n}: {each.name}(first: {PAGE}, search: {json.dumps(name)}) {{ nodes {{ id }} totalCount }}"
            for n, name in enumerate(names)
        )
        for oracle in desk.signed_in:
            if allowed(oracle, each.name, each.type):
                answer = await desk.client.ask(oracle.viewer, f"{{ {text} }}")
                for n, name in enumerate(names):
                    wanted = [
                        fact
                        for fact in oracle.listed(each.name, each.type)
                        if fact in oracle_rows and fact[label].replace(" ", "").lower().startswith(name.replace(" ", "").lower())
                    ]
                    desk.expect(oracle, each.name, "search", agrees(answer.data[f"s{n}"], wanted), True, name)
    desk.tally.settle(50)


async def test_the_change_log_tells_no_hidden_field(desk: Desk):
    text = (
        f"query ($c: String) {{ changes(first: {PAGE}, after: $c) {{ nodes {{ id record {{ id }} fields {{ field old new }} }}"
        " pageInfo { endCursor hasNextPage } } }"
    )
    for oracle in desk.signed_in:
        position, more = None, True
        while more:
            page = (await desk.client.ask(oracle.viewer, text, {"c": position})).data["changes"]
            position, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
            for node in page["nodes"]:
                _change(desk, oracle, node)
    desk.tally.settle(250)


def _change(desk: Desk, oracle: Oracle, node: dict[str, Any]) -> None:
    fact = next(each for each in desk.company.of("change") if str(each.id) == node["id"])
    record = oracle.record(fact["record_id"])
    type_name = fact["entity"].title().replace("_", "")
    names = [each["field"] for each in json.loads(fact["changes"])]
    told = [name for name in names if not oracle.hidden(type_name, name) and not _for_editors(oracle, type_name, name, record)]
    desk.expect(oracle, "Change.fields", fact["entity"], [each["field"] for each in node["fields"]], told)
    desk.expect(
        oracle,
        "Change.record",
        fact["entity"],
        node["record"],
        {"id": str(record.id)} if record and oracle.reads(record) else None,
    )


def _for_editors(oracle: Oracle, type_name: str, name: str, record: Fact | None) -> bool:
    """Whom an announcement is meant for is null for those who may not change it, in its log as well."""
    return (type_name, name) == ("Announcement", "audience") and not oracle.edits(record)


async def test_access_of(desk: Desk):
    """Who may ask about whom, and the answer for each action, on a sample of records."""
    records = [fact for table in sorted(WITH_OWNERS) for fact in desk.company.of(table)[:: 6 if table in LONG else 4]]
    subjects = ("agent", "partner", "hider", "mixed", "leaver", "chief")
    text = "query ($r: ID!, $u: ID!) { accessOf(recordId: $r, userId: $u) { action gate allowed } }"
    for viewer in ("admin", "chief", "manager", "partner", "hider") if desk.mode == "rows" else ():
        for fact in records:
            for name in subjects:
                # The field is not nullable: one refusal voids the whole answer, so each is asked by itself.
                answer = await desk.client.ask(viewer, text, {"r": str(fact.id), "u": str(user_id(name))})
                _access(desk, desk.oracles[viewer], Oracle(desk.company, name), fact, answer)
    desk.tally.settle(140 if desk.mode == "rows" else 0)


def _access(desk: Desk, oracle: Oracle, subject: Oracle, fact: Fact, answer: Any) -> None:
    where, fact = f"accessOf {subject.viewer}", oracle.standing(fact)
    if oracle.kind != "STAFF":
        desk.expect(oracle, where, "gate", answer.code("accessOf"), "FORBIDDEN")
        return
    asked = subject.id in oracle.staff or oracle.gate("role", "READ")
    if not oracle.sees(fact) or not asked or not PEOPLE[subject.viewer].active:
        desk.expect(oracle, where, "refused", answer.code("accessOf"), "NOT_FOUND", fact.values.get("name"))
        return
    for each in answer.data["accessOf"]:
        action = each["action"]
        wanted = subject.sees(fact) if action == "READ" else subject.may(action, fact)
        gate = subject.gate(subject.entity(fact), action)
        desk.expect(oracle, where, action, (each["allowed"], each["gate"]), (wanted, gate), fact.values.get("name", fact.id))


_UNOWNED = (
    "department", "role", "tag", "ring_group", "pipeline", "competitor", "work_calendar", "calendar_day", "sla_policy",
    "blocked_number", "channel_group", "territory", "sms_account", "sms_template", "sms_opt_out",
    "email_template", "email_suppression", "email_message",
)  # fmt: skip
UNDELETED = {"channel_assignment", "channel_submission", "sms_batch", "sms_message", "email_batch"}
"""A history that nobody deletes."""
BINS = {entity: entity.title().replace("_", "") for entity in (*OWNED, *_UNOWNED) if entity not in UNDELETED}


async def test_the_recycle_bin(desk: Desk):
    """Only what the viewer could restore; its types and entities are all there is to ask for."""
    text = " ".join(
        f'{entity}: deletedRecords(entity: "{entity}", first: {PAGE}) {{ nodes {{ id }} totalCount }}' for entity in BINS
    )
    for oracle in desk.signed_in:
        answer = await desk.client.ask(oracle.viewer, f"{{ {text} }}")
        for entity, type_name in BINS.items():
            found = answer.data[entity]
            if not oracle.gate(entity, "DELETE"):
                desk.expect(oracle, "deletedRecords", entity, (found, answer.code(entity)), (None, "FORBIDDEN"))
                continue
            alone = [fact for fact in oracle.rows(type_name) if fact.values.get("merged_into_id") is None]
            facts = [fact for fact in alone if oracle.may("DELETE", fact, deleted=True)]
            desk.expect(oracle, "deletedRecords", entity, agrees(found, facts), True)
    desk.tally.settle(220)


async def test_oneself(desk: Desk):
    text = "{ me { id email sessions { id } permissions { entity action scope } hiddenFields user { id email } } }"
    for oracle in desk.signed_in:
        answer = await desk.client.ask(oracle.viewer, text)
        me = answer.data["me"]
        desk.expect(oracle, "me", "id", me["id"], str(oracle.id))
        desk.expect(oracle, "me", "sessions", ids(me["sessions"]), keys(oracle.visible("Session")))
        told = {(each["entity"], each["action"]): each["scope"] for each in me["permissions"]}
        held = {pair for role in oracle.roles for pair in role.grants if oracle.gate(*pair)}
        desk.expect(oracle, "me", "permissions", told, {pair: oracle.scope(*pair) for pair in held})
        desk.expect(oracle, "User.email", "me", me["user"]["email"] is None, oracle.hidden("User", "email"))
    desk.tally.settle(50)


ASKED_BY_HAND = {
    "accessOf",
    "activityCalendar",
    "agents",
    "callFigures",
    "contactMergePreview",
    "contactPlan",
    "deletedRecords",
    "duplicatesOf",
    "emailBatchPreview",
    "me",
    "opportunityBoard",
    "partyMergePreview",
    "poolPolicy",
    "schedule",
    "search",
    "smsBatchPreview",
    "unreadAnnouncementCount",
    "unreadNotificationCount",
}


async def test_previews_of_merges_and_duplicates(desk: Desk):
    """Only of records that the viewer sees; what would follow is counted as lists are."""
    text = """query ($a: ID!, $b: ID!) { partyMergePreview(survivorId: $a, mergedId: $b) {
        survivor { id } merged { id } fields { field } following { entity count } problems { code } }
        duplicatesOf(recordId: $b) { record { id } } }"""
    first = desk.company.named("party", "customer of agent")
    others = [desk.company.named("party", name) for name in ("customer of outsider", "customer of mixed", "supplier of agent")]
    for oracle in desk.signed_in if desk.mode == "rows" else ():
        for other in others:
            answer = await desk.client.ask(oracle.viewer, text, {"a": str(first.id), "b": str(other.id)})
            found = answer.data["partyMergePreview"]
            twins = answer.data["duplicatesOf"]
            desk.expect(oracle, "duplicatesOf", other["name"], twins, [] if oracle.reads(other) else None)
            if not (oracle.reads(first) and oracle.reads(other)):
                desk.expect(oracle, "partyMergePreview", "unseen", (found, answer.code("partyMergePreview")), (None, "NOT_FOUND"))
                continue
            entities = (oracle.entity(first), oracle.entity(other))
            hidden = [each["field"] for each in found["fields"] if any(oracle.hides(name, each["field"]) for name in entities)]
            desk.expect(oracle, "partyMergePreview", "fields", hidden, [])
            desk.expect(oracle, "partyMergePreview", "following", _counts(found), _followers(oracle, other), other["name"])
            allowed_ = oracle.may("UPDATE", first) and oracle.may("DELETE", other) and first["type"] == other["type"]
            desk.expect(oracle, "partyMergePreview", "problems", not found["problems"], allowed_, found["problems"])
    desk.tally.settle(60 if desk.mode == "rows" else 0)


def _counts(preview: dict[str, Any]) -> dict[str, int]:
    return {each["entity"]: each["count"] for each in preview["following"]}


def _followers(oracle: Oracle, party: Fact) -> dict[str, int]:
    of_a_party = (
        "Contact", "Activity", "Call", "Opportunity", "Contract", "Delivery", "ScheduleEvent", "Project", "Maintenance",
        "ServiceCase", "SmsMessage", "EmailMessage", "EmailThread",
    )  # fmt: skip
    found = {snake(name): sum(row["party_id"] == party.id for row in oracle.visible(name)) for name in of_a_party}
    found["party"] = sum(party.id in (row["parent_id"], row["channel_id"]) for row in oracle.visible("Party"))
    found["user"] = sum(row["channel_id"] == party.id for row in oracle.visible("User"))
    return {name: count for name, count in found.items() if count}


async def test_previews_of_bulk_messages(desk: Desk):
    """A filter over contacts finds those that the viewer sees, and so many are counted; by e-mail, where they may send from the
    mailbox.
    """
    boxes = {box["name"]: box for box in desk.company.of("email_account") if box["deleted_at"] is None}
    for oracle in desk.signed_in:
        names = [name for name in (f"box of {oracle.viewer}", "shared one", "box of outsider") if name in boxes]
        text = " ".join(
            f'm{n}: emailBatchPreview(input: {{accountId: "{boxes[name].id}", subject: "x", text: "x"}}, {_OF_A_PARTY})'
            " { recipientCount }"
            for n, name in enumerate(names)
        )
        text = f'query ($p: ID!) {{ sms: smsBatchPreview(input: {{text: "x"}}, {_OF_A_PARTY}) {{ recipientCount }} {text} }}'
        for party in desk.company.of("party")[::9]:
            answer = await desk.client.ask(oracle.viewer, text, {"p": str(party.id)})
            count = sum(row["party_id"] == party.id for row in oracle.visible("Contact")) if oracle.reads(party) else 0
            for alias, name in (("sms", None), *((f"m{n}", name) for n, name in enumerate(names))):
                found, code = answer.data.get(alias), answer.code(alias)
                wanted = _previewed(oracle, None if name is None else boxes[name], count)
                desk.expect(oracle, alias, name or "contacts", code or found["recipientCount"], wanted)
    desk.tally.settle(40)


_OF_A_PARTY = "filter: {party: {id: {eq: $p}}}"


def _previewed(oracle: Oracle, box: Fact | None, count: int) -> str | int:
    """By which mailbox, or by telephone."""
    entity, reach = ("sms_batch", "phoneNumbers") if box is None else ("email_batch", "emailAddresses")
    if not oracle.gate(entity, "CREATE") or not oracle.gate("contact", "READ"):
        return "FORBIDDEN"
    closed = box is not None and not (oracle.reads(box) and oracle.mails_from(box))
    return "BAD_USER_INPUT" if closed or oracle.hides("contact", reach) or not count else count


async def test_agents_and_their_calls(desk: Desk):
    """Everybody of the staff sees who takes calls; the call itself only whoever may see that."""
    extensions = {row.id for row in desk.company.of("user_account") if row["kind"] == "STAFF" and row["active"]}
    for oracle in desk.signed_in:
        answer = await desk.client.ask(oracle.viewer, "{ agents { user { id } state call { id } } }")
        if oracle.kind != "STAFF":
            desk.expect(oracle, "agents", "list", (answer.data["agents"], answer.code("agents")), (None, "FORBIDDEN"))
            continue
        desk.expect(
            oracle, "agents", "list", sorted(each["user"]["id"] for each in answer.data["agents"]), sorted(map(str, extensions))
        )
        for each in answer.data["agents"]:
            wanted = _call_of(desk.company, oracle, each["user"]["id"])
            desk.expect(oracle, "agents", "call", each["call"], wanted, each["user"])
    desk.tally.settle(25)


def _call_of(company: Company, oracle: Oracle, person: str) -> Any:
    """The call that somebody is in, the one that began last, where the viewer sees it."""
    open_ = [
        fact for fact in company.of("call")
        if str(fact["claimed_by_id"]) == person and fact["deleted_at"] is None
        and fact["state"] in ("RINGING", "ANSWERED", "HELD", "TRANSFERRED")
    ]  # fmt: skip
    last = max(open_, key=lambda fact: fact["ringing_at"], default=None)
    return {"id": str(last.id)} if oracle.reads(last) else None


async def test_boards_of_pipelines(desk: Desk):
    """Counts and sums of each stage, of what the viewer sees and nothing else."""
    text = """query ($p: ID!) { opportunityBoard(pipelineId: $p) { stage { id } count sums { currency amount weightedAmount }
        cards(first: 50) { id } } }"""
    for oracle in desk.signed_in:
        for name in ("main", "second"):
            pipeline = desk.company.named("pipeline", name).id
            answer = await desk.client.ask(oracle.viewer, text, {"p": str(pipeline)})
            board = answer.data["opportunityBoard"]
            if not oracle.gate("opportunity", "READ"):
                desk.expect(oracle, "opportunityBoard", name, (board, answer.code("opportunityBoard")), (None, "FORBIDDEN"))
                continue
            rows = [row for row in oracle.visible("Opportunity") if row["pipeline_id"] == pipeline and row["status"] == "OPEN"]
            for column in board:
                here = [row for row in rows if str(row["stage_id"]) == column["stage"]["id"]]
                desk.expect(oracle, "opportunityBoard", "count", column["count"], len(here), name)
                desk.expect(oracle, "opportunityBoard", "cards", ids(column["cards"]), keys(here), name)
                for figure in ("amount", "weightedAmount"):
                    total = sum((row[snake(figure)] for row in here), Decimal("0.0000"))
                    shown = [{figure: None if oracle.hidden("Opportunity", figure) else f"{total:f}"}] if here else []
                    desk.expect(oracle, "opportunityBoard", figure, [{figure: each[figure]} for each in column["sums"]], shown)
    desk.tally.settle(50)


YEAR = 'from: "2026-01-01T00:00:00Z", to: "2026-12-31T00:00:00Z"'


async def test_calendars_of_oneself_and_of_others(desk: Desk):
    """Whose calendar it is makes no difference to what of it the viewer sees."""
    text = f"query ($u: [ID!]) {{ activityCalendar({YEAR}, userIds: $u) {{ id party {{ id }} }} }}"
    for oracle in desk.signed_in:
        for whose in ("agent", "outsider", "leaver"):
            answer = await desk.client.ask(oracle.viewer, text, {"u": [str(user_id(whose))]})
            if not oracle.gate("activity", "READ"):
                desk.expect(oracle, "activityCalendar", "gate", answer.code("activityCalendar"), "FORBIDDEN")
                continue
            taking = {row["activity_id"] for row in desk.company.of("activity_participant") if row["user_id"] == user_id(whose)}
            rows = [row for row in oracle.visible("Activity") if row["owner_id"] == user_id(whose) or row.id in taking]
            desk.expect(oracle, "activityCalendar", f"of {whose}", ids(answer.data["activityCalendar"]), keys(rows))
            if not oracle.hidden("Activity", "party"):
                for each in answer.data["activityCalendar"]:
                    row = desk.company.find("activity", _key(desk, "Activity", each["id"]))
                    desk.expect(oracle, "activityCalendar", "party", each["party"], shown(oracle, "Activity", "party", row))
    desk.tally.settle(40)


async def test_figures_count_calls_that_are_seen(desk: Desk):
    text = f"""{{ callFigures({YEAR}, by: ALL) {{ offered answered made blocked }}
        lines: callFigures({YEAR}, by: LINE) {{ line offered }}
        people: callFigures({YEAR}, by: AGENT) {{ agent {{ id }} offered }} }}"""
    for oracle in desk.signed_in:
        answer = await desk.client.ask(oracle.viewer, text)
        if not oracle.gate("call", "READ"):
            desk.expect(oracle, "callFigures", "gate", answer.code("callFigures"), "FORBIDDEN")
            continue
        seen = oracle.visible("Call")
        inward = [row for row in seen if row["direction"] == "INBOUND" and not row["blocked"]]
        wanted = {
            "offered": len(inward), "answered": sum(row["answered_at"] is not None for row in inward),
            "made": sum(row["direction"] == "OUTBOUND" for row in seen),
            "blocked": sum(row["direction"] == "INBOUND" and row["blocked"] for row in seen),
        }  # fmt: skip
        desk.expect(oracle, "callFigures", "all", answer.data["callFigures"], [wanted] if seen else [])
        by_line = {each["line"]: each["offered"] for each in answer.data["lines"]}
        counted = {line: sum(row["line"] == line for row in inward) for line in {row["line"] for row in seen}}
        desk.expect(oracle, "callFigures", "lines", by_line, counted)
        rung = [row for row in desk.company.of("call_candidate") if row["call_id"] in {each.id for each in seen}]
        offered = {row.id for row in inward}
        people = {
            str(person): sum(row["user_id"] == person and row["call_id"] in offered for row in rung)
            for person in {row["user_id"] for row in rung}
        }
        desk.expect(
            oracle, "callFigures", "agents", {each["agent"]["id"]: each["offered"] for each in answer.data["people"]}, people
        )
    desk.tally.settle(30)


async def test_how_many_announcements_are_unread(desk: Desk):
    for oracle in desk.signed_in:
        answer = await desk.client.ask(oracle.viewer, "{ unreadAnnouncementCount }")
        unread = [
            row for row in desk.company.of("announcement_receipt")
            if row["user_id"] == oracle.id and row["read_at"] is None and _is_out(desk.company, oracle, row)
        ]  # fmt: skip
        desk.expect(oracle, "unreadAnnouncementCount", "count", answer.data["unreadAnnouncementCount"], len(unread))
    desk.tally.settle(14)


def _is_out(company: Company, oracle: Oracle, receipt: Fact) -> bool:
    announcement = company.find("announcement", receipt["announcement_id"])
    return announcement is not None and announcement["status"] == "PUBLISHED" and oracle.reads(announcement)


async def test_how_many_notifications_are_unread(desk: Desk):
    """One's own, whether or not one sees what they are about."""
    for oracle in desk.signed_in:
        answer = await desk.client.ask(oracle.viewer, "{ unreadNotificationCount }")
        rows = desk.company.of("notification")
        unread = [row for row in rows if row["user_id"] == oracle.id and row["read_at"] is None]
        desk.expect(oracle, "unreadNotificationCount", "count", answer.data["unreadNotificationCount"], len(unread))
    desk.tally.settle(14)


async def test_schedules_of_oneself_and_of_others(desk: Desk):
    """Whose calendar it is makes no difference to what of it the viewer sees."""
    text = """query ($u: [ID!]) { schedule(from: "2025-12-20T00:00:00Z", to: "2026-12-31T00:00:00Z", userIds: $u) {
        event { id title party { id } } startsAt } }"""
    for oracle in desk.signed_in:
        for whose in (None, ("outsider",), ("agent", "norole", "closed"), ("mixed", "partner"), tuple(PEOPLE)):
            people = {oracle.id} if whose is None else {user_id(name) for name in whose}
            answer = await desk.client.ask(oracle.viewer, text, {"u": None if whose is None else sorted(map(str, people))})
            rows = [row for row in oracle.visible("ScheduleEvent") if _concerns(desk.company, oracle, row, people)]
            desk.expect(
                oracle, "schedule", f"of {whose}", sorted({each["event"]["id"] for each in answer.data["schedule"]}), keys(rows)
            )
            for each in answer.data["schedule"]:
                row = next(row for row in rows if str(row.id) == each["event"]["id"])
                desk.expect(oracle, "schedule", "party", each["event"]["party"], shown(oracle, "ScheduleEvent", "party", row))
    desk.tally.settle(80)


def _concerns(company: Company, oracle: Oracle, event: Fact, people: set[Any]) -> bool:
    """Whether the event is one of these people's, as owner or attendee; who attends is not told where that is hidden."""
    owners, guests = (
        {each for each in people if each == oracle.id or not oracle.hidden("ScheduleEvent", name)}
        for name in ("owner", "attendees")
    )
    invited = {row["user_id"] for row in company.of("schedule_attendee") if row["schedule_event_id"] == event.id}
    return event["owner_id"] in owners or bool(invited & guests)


async def test_the_contact_plan_counts_what_the_viewer_sees(desk: Desk):
    """Each figure is the number of rows of the list that it names; hidden where what it asks about is."""
    figures = {
        "overdue": {"nextContactAt": {"before": "TODAY"}}, "contactedThisMonth": {"lastContactAt": {"during": "THIS_YEAR"}},
    }  # fmt: skip
    text = f"{{ contactPlan(groupBy: OWNER) {{ owner {{ id }} {' '.join(figures)} }} }}"
    figures.pop("contactedThisMonth")  # of this month there are too few to tell anything
    for oracle in desk.signed_in:
        answer = await desk.client.ask(oracle.viewer, text)
        if not oracle.holds("customer.read"):
            desk.expect(
                oracle, "contactPlan", "gate", (answer.data["contactPlan"], answer.code("contactPlan")), (None, "FORBIDDEN")
            )
            continue
        for name, wanted in figures.items():
            rows = [fact for fact in oracle.visible("Customer") if oracle.matches("Customer", fact, wanted)]
            told = {(each["owner"] or {"id": None})["id"]: each[name] for each in answer.data["contactPlan"] if each[name]}
            owners = [None if row["owner_id"] is None else str(row["owner_id"]) for row in rows]
            desk.expect(oracle, "contactPlan", name, told, {owner: owners.count(owner) for owner in owners})
    desk.tally.settle(14)


async def test_the_rules_of_the_pool(desk: Desk):
    text = f"{{ poolPolicy {{ {selection('PoolPolicy')} }} }}"
    (row,) = desk.company.of("pool_policy")
    for oracle in desk.signed_in:
        answer = await desk.client.ask(oracle.viewer, text)
        if not oracle.holds("pool.read") or not oracle.reads(row):
            found = (answer.data["poolPolicy"], answer.code("poolPolicy"))
            desk.expect(oracle, "poolPolicy", "gate", found, (None, None if oracle.holds("pool.read") else "FORBIDDEN"))
            continue
        _fields(desk, oracle, "PoolPolicy", row, answer.data["poolPolicy"], functools.partial(answer.code, "poolPolicy"))
    desk.tally.settle(25)


def test_every_way_to_read_is_walked():
    query = walk.SCHEMA.query_type
    assert query
    walked = {each.name for each in walk.root_lists()} | set(walk.root_singles()) | ASKED_BY_HAND
    assert set(query.fields) == walked, "a new root field that is no list and no single record needs a test of its own here"


def test_every_type_of_the_schema_has_facts_and_a_rule():
    """A new noun joins the matrix, or this says what is missing."""
    company = build()
    for type_name in walk.nodes():
        assert type_name in TABLES, f"{type_name}: name its table in tests/factories/oracle.py"
        assert company.of(TABLES[type_name]), f"{type_name}: give the fixture company some, in tests/factories/company.py"
        for field, other in walk.lists_of(type_name).items():
            assert TO_MANY.get(TABLES[type_name], {}).get(field, ("",))[0] in (other, "Party"), (
                f"{type_name}.{field}: describe the list"
            )
        for name, made in walk.fields_of(type_name).items():
            known = {
                **TO_ONE.get(TABLES[type_name], {}),
                **PARTS.get(TABLES[type_name], {}),
                **THROUGH.get(TABLES[type_name], {}),
            }
            plain = is_plain(made) or walk.element(made) is not None
            described = name in known or (type_name, name) in COMPUTED or f"{type_name}.{name}" in OPEN_ENDED
            assert plain or described, f"{type_name}.{name}: describe the relation"
    for type_name in (entity.title().replace("_", "") for entity in OWNED):
        for viewer in ("agent", "peer", "mixed" if type_name == "Delivery" else "partner"):
            oracle = Oracle(company, viewer)
            seen = len(oracle.visible(type_name))
            assert 0 < seen < len(oracle.rows(type_name)), (
                f"{viewer} sees {seen} of {type_name}: too few or too many to tell anything"
            )
