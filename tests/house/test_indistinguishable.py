"""Two companies that differ only in what a viewer may not see answer that viewer with the same bytes (S2).

Whatever is hidden from the viewer is different in the second company: names, amounts, options, versions and times of rows they
cannot see, the tags, shares and log of those, rows in the recycle bin, rows that were not there before, and hidden fields of rows
that they do see.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.factories import walk
from tests.factories.clients import look_narrow, serving
from tests.factories.company import Company, Fact, build, key
from tests.factories.oracle import TABLES, TO_ONE, Oracle

from crm.core.kinds import Kind

LOOKERS = ("agent", "partner", "hider", "double", "mixed", "norole")
OWNERS = {"phone_number": "phoneNumbers", "email_address": "emailAddresses", "address": "addresses"}


def disguised(viewer: str) -> Company:
    """The company with everything changed that this viewer may not see."""
    plain = build()
    oracle = Oracle(plain, viewer)
    more = build(variant=1)
    unseen = more.named("party", "customer unseen 0")
    made = Company()
    for table, facts in (more if not Oracle(more, viewer).reads(unseen) else plain).facts.items():
        changed = [each for fact in facts if (each := _changed(oracle, fact)) is not None]
        made.facts[table] = changed
    return made


def _changed(oracle: Oracle, fact: Fact) -> Fact | None:
    match fact.table:
        case "party" | "contact" | "activity":
            return _hidden_fields(oracle, fact) if oracle.reads(fact) else Fact(fact.table, _other(fact))
        case "share" | "record_tag":
            return fact if oracle.reads(oracle.record(fact["record_id"])) else None
        case "change":
            return _other_log(oracle, fact)
        case "phone_number" | "email_address" | "address":
            return _other_reach(oracle, fact)
        case "user_account" if not oracle.gate("user", "READ") and fact.id != oracle.id:
            return Fact(fact.table, {**fact.values, "email": "x@hidden.test", "mobile": "+8613800000000"})
    return fact


def _other(fact: Fact) -> dict[str, Any]:
    """Other values in a row that is not seen at all; who owns it and where it stands stay, or it might come to be seen."""
    told = {"name": "zzz other", "name_key": "zzz other", "subject": "zzz other", "note": "other", "content": "other",
    "short_name": "other",
            "normalised_name": "zzz", "website": "other", "lifecycle": "LOST", "title": "other",
            "credit_limit": Decimal("5.0000"),
            "payment_terms_days": 9, "level_id": key(Kind.DICTIONARY_ITEM, "customer_level old"), "birthday_on": None,
            "outcome": "other"}  # fmt: skip
    shift = timedelta(days=400)
    times = {
        name: value + shift
        for name in ("created_at", "updated_at", "planned_at", "last_contact_at")
        if (value := fact.values.get(name))
    }
    kept = {name: value for name, value in told.items() if name in fact.values}
    return {**fact.values, **kept, **times, "version": fact["version"] + 40}


def _hidden_fields(oracle: Oracle, fact: Fact) -> Fact:
    entity = oracle.entity(fact)
    others = {"credit_limit": Decimal("7.0000"), "source_id": key(Kind.DICTIONARY_ITEM, "customer_source old"),
    "birthday_on": None,
              "content": "quite different"}  # fmt: skip
    names = {"credit_limit": "creditLimit", "source_id": "source", "birthday_on": "birthdayOn", "content": "content"}
    changed = {column: value for column, value in others.items() if column in fact.values and oracle.hides(entity, names[column])}
    return Fact(fact.table, {**fact.values, **changed})


def _other_log(oracle: Oracle, fact: Fact) -> Fact:
    entity = fact["entity"]
    seen = oracle.reads(fact)
    told = [
        each if seen and not oracle.hidden(entity[0].upper() + entity[1:], each["field"]) else {**each, "new": "other"}
        for each in json.loads(fact["changes"])
    ]
    return Fact(fact.table, {**fact.values, "changes": json.dumps(told)} | ({} if seen else {"verb": "other.verb"}))


def _other_reach(oracle: Oracle, fact: Fact) -> Fact:
    column = "party_id" if fact["party_id"] else "contact_id"
    parent = oracle.record(fact[column])
    hidden = parent is not None and oracle.hides(oracle.entity(parent), OWNERS[fact.table])
    if parent is not None and oracle.reads(parent) and not hidden:
        return fact
    others = {"written": "10086", "display": "10086", "e164": None, "address": "other@mail.test", "street": "elsewhere"}
    return Fact(fact.table, {**fact.values, **{name: value for name, value in others.items() if name in fact.values}})


def documents() -> list[tuple[str, dict[str, Any]]]:
    """Requests over all lists: orders, counts, cursors, nested lists, filters, searches; the refused ones too."""
    company = build()
    found: list[tuple[str, dict[str, Any]]] = []
    for each in walk.root_lists():
        page = "nodes { id } totalCount edges { cursor } pageInfo { endCursor hasNextPage }"
        orders = [(name, way) for name in walk.orders_of(each.arguments) for way in ("ASC", "DESC")]
        parts = [
            f"o{n}: {each.name}(first: 7, orderBy: [{{field: {name}, direction: {way}}}]) {{ {page} }}"
            for n, (name, way) in enumerate(orders)
        ]
        found.append((f"{{ {' '.join(parts)} }}", {}))
        found += [(f"{{ {each.name}(first: 50) {{ nodes {{ {_selection(each.type)} }} }} }}", {})]
        for batch in walk.batched(walk.filters_of(company, each.type)[::3], 70):
            names = ", ".join(f"$f{n}: {each.type}Filter" for n in range(len(batch)))
            text = " ".join(f"f{n}: {each.name}(first: 5, filter: $f{n}) {{ {page} }}" for n in range(len(batch)))
            found.append((f"query ({names}) {{ {text} }}", {f"f{n}": asked for n, asked in enumerate(batch)}))
        if "search" in each.arguments:
            found.append((f'{{ a: {each.name}(search: "zzz") {{ {page} }} b: {each.name}(search: "c") {{ {page} }} }}', {}))
    ids = [str(fact.id) for table in ("party", "contact", "activity", "change", "share") for fact in company.of(table)]
    for batch in walk.batched(ids, 150):
        text = " ".join(f'n{n}: node(id: "{each}") {{ id __typename }}' for n, each in enumerate(batch))
        found.append((f"{{ {text} }}", {}))
    return found


def _selection(type_name: str) -> str:
    chosen = ["id"]
    for name, other in walk.lists_of(type_name).items():
        inner = "id fields { field old new }" if other == "Change" else "id"
        chosen.append(f"{name}(first: 5) {{ nodes {{ {inner} }} totalCount edges {{ cursor }} }}")
    chosen += [f"{name} {{ id }}" for name in TO_ONE.get(TABLES[type_name], {})]
    plain = {"Customer": "name creditLimit phoneNumbers { display } note", "Contact": "name birthdayOn phoneNumbers { display }",
             "Activity": "subject content", "User": "displayName email mobile", "Change": "fields { field old new }"}  # fmt: skip
    return " ".join([*chosen, plain.get(type_name, "")])


@pytest.mark.parametrize("viewer", LOOKERS)
async def test_what_is_hidden_leaves_no_trace(databases, tmp_path, viewer: str):
    answers = []
    asked = documents()
    with pytest.MonkeyPatch.context() as patch:
        look_narrow(patch, narrow=viewer in ("agent", "mixed"))
        for company in (build(), disguised(viewer)):
            async with serving(databases, company, tmp_path) as client:
                answers.append([_settled((await client.send(viewer, text, values)).json()) for text, values in asked])
    different = []
    for (text, values), one, two in zip(asked, *answers, strict=True):
        assert not any(error["extensions"]["code"] == "INTERNAL" for error in one.get("errors", ())), one["errors"][:2]
        if json.dumps(one) != json.dumps(two):
            for place, was, now in list(apart("", one, two))[:6]:
                alias = [*place.split("."), "", ""][1]
                different.append(f"{text[:50]} {values.get(alias)} {place}: {was} | {now}")
    assert not different, f"{len(different)} differences\n" + "\n".join(each[:400] for each in different[:40])


def _settled(body: dict[str, Any]) -> dict[str, Any]:
    """Errors of fields that are read side by side come in the order in which the reads end, which tells nothing."""
    if "errors" in body:
        body["errors"].sort(key=lambda error: json.dumps([error.get("path"), error["message"]]))
    return body


def apart(place: str, one: Any, two: Any) -> Iterator[tuple[str, Any, Any]]:
    """Where two answers differ."""
    if isinstance(one, dict) and isinstance(two, dict) and one.keys() == two.keys():
        for name in one:
            yield from apart(f"{place}.{name}" if place or name != "data" else "", one[name], two[name])
    elif isinstance(one, list) and isinstance(two, list) and len(one) == len(two):
        for number, (left, right) in enumerate(zip(one, two, strict=True)):
            yield from apart(f"{place}.{number}", left, right)
    elif one != two:
        yield place or ".", one, two


def test_the_disguise_hides_something_from_everybody():
    for viewer in LOOKERS:
        one, two = build(), disguised(viewer)
        changed = sum(
            len({str(fact.values) for fact in two.of(table)} - {str(fact.values) for fact in one.of(table)})
            for table in one.facts
        )
        assert changed > 40, (viewer, changed)
