"""Two companies that differ only in what a viewer may not see answer that viewer with the same bytes (S2).

Whatever is hidden from the viewer is different in the second company: names, amounts, options, versions and times of rows they
cannot see, the tags, shares and log of those, rows in the recycle bin, rows that were not there before, and hidden fields of rows
that they do see.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from tests.factories import walk
from tests.factories.clients import look_narrow, serving
from tests.factories.company import Company, Fact, build, key
from tests.factories.company_rows import bits
from tests.factories.oracle import OWNED, TABLES, TO_ONE, Oracle
from tests.factories.oracle_fields import selection
from tests.factories.oracle_tables import PROCESS_PARTS

from crm.core.kinds import Kind

LOOKERS = ("agent", "partner", "hider", *(("double", "mixed", "norole") if os.environ.get("CRM_SOAK") else ()))
"""What is hidden from our own people, and from a partner's; in the soak by several roles at once, and by none (ADR 0066)."""
OWNED_TABLES = tuple(sorted({TABLES[entity.title().replace("_", "")] for entity in OWNED}))
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


HANGING = {
    "share", "record_tag", "announcement_receipt", "announcement_audience", "call_candidate", "call_event", "schedule_attendee",
    "reminder", "notification", "calendar_feed", "pool_stay", "stage_change", *PROCESS_PARTS, "delivery_line",
    "schedule_exception", "reminder_rule", "merge", "stored_file",
}  # fmt: skip
"""Rows that are not there at all in the second company where the viewer sees neither them nor what they belong to."""


def _changed(oracle: Oracle, fact: Fact) -> Fact | None:
    table = fact.table
    if table in OWNED_TABLES or table in ("ring_group", "pipeline", "competitor"):
        return _hidden_fields(oracle, fact) if oracle.sees(fact) else Fact(table, _other(fact))
    if table in OTHERS:
        return OTHERS[table](oracle, fact)
    if table in ("reminder_series", "call_event"):
        return fact if _belongs(oracle, fact) else None
    if table in HANGING:
        return _hidden_parts(oracle, fact) if oracle.reads(fact) else None
    match table:
        case "change":
            return _other_log(oracle, fact)
        case "phone_number" | "email_address" | "address":
            return _other_reach(oracle, fact)
        case "user_account" if not oracle.gate("user", "READ") and fact.id != oracle.id:
            return Fact(table, {**fact.values, "email": "x@hidden.test", "mobile": "+8613800000000"})
    return fact


def _belongs(oracle: Oracle, fact: Fact) -> bool:
    """Whether a row that nobody reads belongs to something that this viewer sees."""
    if fact.table == "reminder_series":
        return bool(fact["user_id"] == oracle.id)
    return oracle.reads(oracle.company.find("call", fact["call_id"]))


def _other(fact: Fact) -> dict[str, Any]:
    """Other values in a row that is not seen at all; who owns it and where it stands stay, or it might come to be seen."""
    other = f"zzz {bits(str(fact.id))}"
    told = {
        **dict.fromkeys(("name", "name_key", "subject", "title", "number"), other),
        **dict.fromkeys(("note", "content", "short_name", "website", "outcome", "body", "description", "location"), "other"),
        **dict.fromkeys(("recipient", "courier", "waybill", "number_raw", "number_display", "line", "recording_url"), "other"),
        **dict.fromkeys(("product", "result", "resolution", "hold_reason", "pending_reason", "satisfaction_note"), "other"),
        **dict.fromkeys(("amount", "weighted_amount", "freight", "budget", "cost"), Decimal("5.0000")),
        "normalised_name": "zzz", "lifecycle": "LOST", "credit_limit": Decimal("5.0000"), "payment_terms_days": 9,
        "level_id": key(Kind.DICTIONARY_ITEM, "customer_level old"), "birthday_on": None, "number_e164": "+8610086",
        "expected_close_on": date(2020, 1, 1), "pinned": False, "must_confirm": False, "probability": 3,
        "lost_reason_id": None, "disposition_id": None, "rrule": None,
    }  # fmt: skip
    shift = timedelta(days=400)
    moved = ("created_at", "updated_at", "planned_at", "last_contact_at", "ringing_at", "published_at", "starts_at", "ends_at")
    times = {name: value + shift for name in moved if (value := fact.values.get(name))}
    kept = {name: value for name, value in told.items() if name in fact.values}
    return {**fact.values, **kept, **times, "version": fact["version"] + 40}


def _other_forecast(oracle: Oracle, fact: Fact) -> Fact:
    """Other figures of a snapshot that is not seen, and of one whose amounts are hidden."""
    if not oracle.reads(fact):
        return Fact(fact.table, {**fact.values, "opportunity_count": 77, **dict.fromkeys(FIGURES, Decimal("5.0000"))})
    hidden = {column: Decimal("5.0000") for column, field in FIGURES.items() if oracle.hidden("ForecastSnapshot", field)}
    return Fact(fact.table, {**fact.values, **hidden})


FIGURES = {"amount": "amount", "weighted_amount": "weightedAmount"}


def _other_job(oracle: Oracle, fact: Fact) -> Fact:
    """Another course of a job that is not seen, and another reason where that is hidden."""
    if oracle.reads(fact):
        return Fact("job", {**fact.values, "reason": "another"}) if oracle.hidden("Job", "reason") else fact
    told = {"name": "test.zzz", "attempts": 4, "phase": "another", "steps_done": 99, "reason": "another"}
    return Fact("job", {**fact.values, **told, "created_at": fact["created_at"] + timedelta(days=400)})


HIDEABLE: dict[str, dict[str, tuple[str, Any]]] = {
    "party": {
        "credit_limit": ("creditLimit", Decimal("7.0000")),
        "source_id": ("source", key(Kind.DICTIONARY_ITEM, "customer_source old")),
    },
    "contact": {"birthday_on": ("birthdayOn", None)},
    "activity": {"content": ("content", "quite different")},
    "call": {
        "number_e164": ("numberE164", "+8610010"), "number_raw": ("number", "10010"), "number_display": ("number", "10010"),
    },
    "opportunity": {
        "amount": ("amount", Decimal("7.0000")), "weighted_amount": ("weightedAmount", Decimal("1.0000")),
        "probability": ("probability", 77),
    },
    "contract": {"amount": ("amount", Decimal("7.0000"))},
    "delivery": {"freight": ("freight", Decimal("7.0000"))},
    "schedule_event": {"location": ("location", "elsewhere")},
    "project": {"cost": ("cost", Decimal("7.0000"))}, "maintenance": {"cost": ("cost", Decimal("7.0000"))},
    "service_case": {"satisfaction": ("satisfaction", 2)},
    "stage_change": {"amount": ("amount", Decimal("7.0000"))},
}  # fmt: skip
"""Table → column → (the field that shows it, another value): changed in rows that are seen, where the field is hidden."""


def _type_of(fact: Fact) -> str:
    name = fact["type"].lower() if fact.table == "party" else fact.table
    return str(name).title().replace("_", "")


def _hidden_fields(oracle: Oracle, fact: Fact) -> Fact:
    changed = {
        column: value for column, (field, value) in HIDEABLE.get(fact.table, {}).items() if oracle.hidden(_type_of(fact), field)
    }
    return Fact(fact.table, {**fact.values, **changed})


def _hidden_parts(oracle: Oracle, fact: Fact) -> Fact | None:
    """What is part of a record that is seen, in a list that is hidden there."""
    if fact.table == "delivery_line" and oracle.hidden("Delivery", "lines"):
        return None
    if fact.table == "schedule_attendee" and oracle.hidden("ScheduleEvent", "attendees") and fact["user_id"] != oracle.id:
        return None
    return _hidden_fields(oracle, fact)


def _other_match(oracle: Oracle, fact: Fact) -> Fact | None:
    """Of whom a call may be from, that there is somebody and who owns them is told; not who it is."""
    if not oracle.reads(fact):
        return None
    if not oracle.restricted(fact):
        return fact
    return Fact(fact.table, {**fact.values, "party_id": _another_unseen(oracle, fact["party_id"]), "contact_id": None})


def _another_unseen(oracle: Oracle, party_id: Any) -> Any:
    """A party that this viewer does not see either; the same one for every row that points at this one."""
    unseen = [row.id for row in oracle.company.of("party") if not oracle.reads(row)]
    return unseen[(unseen.index(party_id) + 1) % len(unseen)]


def _other_disclosure(oracle: Oracle, fact: Fact) -> Fact | None:
    """What this viewer was told of stands there about the other party, as the match does; what concerns others is gone."""
    party = oracle.company.find("party", fact["party_id"])
    if oracle.reads(fact) or party is None or oracle.reads(party):
        return fact
    if fact["user_id"] != oracle.id or fact["withheld"]:
        return None
    return Fact(fact.table, {**fact.values, "party_id": _another_unseen(oracle, fact["party_id"])})


def _other_log(oracle: Oracle, fact: Fact) -> Fact:
    type_name, seen = fact["entity"].title().replace("_", ""), oracle.reads(fact)
    record = oracle.record(fact["record_id"])

    def told(field: str) -> bool:
        beyond = (type_name, field) == ("Announcement", "audience") and not oracle.edits(record)
        return seen and not beyond and not oracle.hidden(type_name, field)

    told_now = [each if told(each["field"]) else {**each, "new": "other"} for each in json.loads(fact["changes"])]
    return Fact(fact.table, {**fact.values, "changes": json.dumps(told_now)} | ({} if seen else {"verb": "other.verb"}))


OTHERS: dict[str, Callable[[Oracle, Fact], Fact | None]] = {
    "call_match": _other_match, "call_disclosure": _other_disclosure, "forecast_snapshot": _other_forecast, "job": _other_job,
}  # fmt: skip
"""Table → what stands there in the second company instead of a row."""


def _other_reach(oracle: Oracle, fact: Fact) -> Fact:
    column = "party_id" if fact["party_id"] else "contact_id"
    parent = oracle.record(fact[column])
    hidden = parent is not None and oracle.hides(oracle.entity(parent), OWNERS[fact.table])
    if parent is not None and oracle.reads(parent) and not hidden:
        return fact
    if parent is not None and oracle.sees(parent) and not hidden and fact.table != "address":
        return Fact(fact.table, {**fact.values, **_behind_the_mask(fact)})
    others = {"written": "10086", "display": "10086", "e164": None, "address": "other@mail.test", "street": "elsewhere"}
    return Fact(fact.table, {**fact.values, **{name: value for name, value in others.items() if name in fact.values}})


def _behind_the_mask(fact: Fact) -> dict[str, Any]:
    """Another number or address that looks the same to who sees it masked."""
    if fact.table == "email_address":
        name, _, domain = fact["address"].partition("@")
        return {"address": f"{name[0]}nother.name@{domain}"}
    shown = fact["display"]
    other = shown[: shown.rindex(" ") + 1] + "7" * 4 + shown[-4:]
    return {"display": other, "written": "10086", "e164": "+8610086"}


ASKED_WHOLE = (
    "Call", "Opportunity", "Contract", "Delivery", "Announcement", "ScheduleEvent", "Reminder", "RingGroup", "Project",
    "Maintenance", "ServiceCase",
)  # fmt: skip
PLAIN = {type_name: selection(type_name) for type_name in ASKED_WHOLE}


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
    found.append(("{ unreadAnnouncementCount }", {}))
    for pipeline in company.of("pipeline"):
        board = "stage { name } count sums { count amount weightedAmount } cards { id }"
        found.append((f'{{ opportunityBoard(pipelineId: "{pipeline.id}", statuses: [OPEN, WON]) {{ {board} }} }}', {}))
    whose = f"userIds: {json.dumps([str(fact.id) for fact in company.of('user_account')])}"
    for part in ("", whose):
        range_ = 'from: "2025-12-20T00:00:00Z", to: "2026-12-31T00:00:00Z"'
        found.append((f"{{ schedule({range_} {part}) {{ event {{ id title }} startsAt endsAt moved }} }}", {}))
    hanging = (
        "change",
        "share",
        "stage_change",
        *PROCESS_PARTS,
        "announcement_receipt",
        "reminder",
        "notification",
        "calendar_feed",
    )
    tables = (*OWNED_TABLES, *hanging, "ring_group", "stage")
    ids = [str(fact.id) for table in tables for fact in company.of(table)]
    for batch in walk.batched(ids, 90):
        text = " ".join(f'n{n}: node(id: "{each}") {{ id __typename }}' for n, each in enumerate(batch))
        found.append((f"{{ {text} }}", {}))
    return found


def _selection(type_name: str) -> str:
    chosen = ["id"]
    for name, other in walk.lists_of(type_name).items():
        inner = "id fields { field old new }" if other == "Change" else "id"
        chosen.append(f"{name}(first: 5) {{ nodes {{ {inner} }} totalCount edges {{ cursor }} }}")
    chosen += [f"{name} {{ id }}" for name in TO_ONE.get(TABLES[type_name], {}) if type_name not in PLAIN]
    plain = PLAIN | {
        "Customer": "name creditLimit phoneNumbers { display } note",
        "Contact": "name birthdayOn phoneNumbers { display }",
        "Activity": "subject content",
        "User": "displayName email mobile",
        "Change": "fields { field old new }",
    }
    return " ".join([*chosen, plain.get(type_name, "")])


@pytest.mark.parametrize("viewer", LOOKERS)
async def test_what_is_hidden_leaves_no_trace(databases, tmp_path, viewer: str):
    answers = []
    asked = documents()
    with pytest.MonkeyPatch.context() as patch:
        look_narrow(patch, narrow=viewer in ("agent", "mixed"))
        for company in (build(), disguised(viewer)):
            async with serving(databases, company, tmp_path, both=True) as client:
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
