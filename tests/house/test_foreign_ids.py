"""Every place of the API where an id can stand, fed with ids that are not for the viewer: each answers as one that names
nothing (S4).

Of other kinds, invisible, deleted, malformed: same code, same text, same field as an unknown id of the right kind.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from tests.factories import inputs, walk
from tests.factories.clients import Answer, Client, hash_cheaply, look_narrow, serving, undo_all
from tests.factories.company import Company, Fact, build
from tests.factories.oracle import OWNED, TABLES, Oracle
from tests.factories.oracle_permissions import aim
from tests.factories.oracle_tables import PROCESS_PARTS, PROCESSES

from crm.core.clock import print_instant
from crm.core.ids import new_id
from crm.core.kinds import Kind

VIEWERS = ("agent", "partner", "admin")
MALFORMED = (
    "0",
    "null",
    "x" * 36,
    "urn:uuid:12345678-1234-1234-1234-1234567890",
    "%",
    "' OR 1=1 --",
    "１" * 36,
    "a\u0000b",
    "{" + "0" * 34 + "}",
)
KINDS = {
    **dict.fromkeys(("partyId", "partyIds", "channelId", "channelIds", "customerId", "ids"), Kind.PARTY),
    "principalIds": Kind.USER,
    **dict.fromkeys(("contactId", "attendeeContactIds"), Kind.CONTACT), "activityId": Kind.ACTIVITY,
    **dict.fromkeys(
        ("ownerId", "userId", "toId", "managerId", "headId", "ourSignerId", "memberIds", "userIds", "attendeeUserIds"), Kind.USER
    ),
    **dict.fromkeys(("departmentId", "departmentIds"), Kind.DEPARTMENT), "roleIds": Kind.ROLE,
    **dict.fromkeys(("addIds", "removeIds"), Kind.TAG), "dictionaryId": Kind.DICTIONARY,
    **dict.fromkeys(
        ("levelId", "categoryId", "sourceId", "industryId", "regionId", "creditGradeId", "reasonId", "typeId",
         "outcomeOptionId", "regionIds", "industryIds"),
        Kind.DICTIONARY_ITEM,
    ),
    "recordIds": Kind.PARTY,
    "recordId": Kind.OPPORTUNITY, "assigneeId": Kind.USER, "competitorId": Kind.COMPETITOR,
    **dict.fromkeys(("channelGroupId", "channelGroupIds"), Kind.CHANNEL_GROUP),
    **dict.fromkeys(("territoryId", "territoryIds"), Kind.TERRITORY),
    "pipelineId": Kind.PIPELINE, "stageId": Kind.STAGE, "opportunityId": Kind.OPPORTUNITY, "contractId": Kind.CONTRACT,
    "deliveryId": Kind.DELIVERY, "projectId": Kind.PROJECT, "maintenanceId": Kind.MAINTENANCE, "callId": Kind.CALL,
    "workCalendarId": Kind.WORK_CALENDAR,
    "fileId": Kind.STORED_FILE, "accountId": Kind.SMS_ACCOUNT, "templateId": Kind.SMS_TEMPLATE, "contactIds": Kind.CONTACT,
}  # fmt: skip
"""Which kind each input of this name takes; `id` and `parentId` follow from the mutation."""
OWNED_TABLES = tuple(sorted({TABLES[entity.title().replace("_", "")] for entity in OWNED}))
TABLE_OF = {
    Kind.USER: "user_account",
    **{
        Kind[table.upper()]: table
        for table in (
            *OWNED_TABLES, "department", "role", "tag", "dictionary", "dictionary_item", "session", "ring_group", "pipeline",
            "stage", "reminder", "notification", "job", "custom_field",
            "competitor", "work_calendar", "calendar_day", "sla_policy",
            *PROCESS_PARTS, "duplicate_policy", "merge", "call_back", "blocked_number",
            "channel_group", "territory", "channel_task", "comment", "calendar_feed",
            "sms_account", "sms_template", "sms_opt_out", "stored_file",
            "email_template", "email_suppression", "email_message", "email_thread",
        )
    },
}  # fmt: skip
PREFERRED = {
    **dict.fromkeys((f"opportunity{verb}" for verb in ("Move", "Lose", "Win", "Hold")), ("status", "OPEN")),
    "callTransfer": ("state", "ANSWERED"),
    "callEnd": ("state", "ANSWERED"), "activityComplete": ("status", "PLANNED"),
    "opportunityOffer": ("status", "OPEN"), "marketingTaskDispatch": ("status", "DRAFT"),
    "channelSubmissionRegister": ("status", "SUBMITTED"),
    "emailMessageArrange": ("state", "SENT"),
    "segmentAdd": ("kind", "STATIC"), "segmentRemove": ("kind", "STATIC"), "segmentUpdate": ("kind", "DYNAMIC"),
    "segmentFreeze": ("kind", "DYNAMIC"), "announcementUpdate": ("status", "DRAFT"), "announcementPublish": ("status", "DRAFT"),
    "opportunityConvert": ("status", "WON"), "serviceCaseAssign": ("status", "NEW"),
    **dict.fromkeys(inputs.PARTS_OF_A_SERIES, ("rrule", "FREQ=DAILY;COUNT=4")),
}  # fmt: skip
"""Where a verb asks for the state before it looks at the other ids: what it has to be."""


@pytest.fixture(scope="module")
async def served(databases, tmp_path_factory) -> AsyncIterator[tuple[Client, Company]]:
    company = build()
    with pytest.MonkeyPatch.context() as patch:
        look_narrow(patch, narrow=False)
        undo_all(patch)
        hash_cheaply(patch)
        async with serving(databases, company, tmp_path_factory.mktemp("foreign")) as client:
            yield client, company


OF_MAIL = {
    "accountId": Kind.EMAIL_ACCOUNT, "templateId": Kind.EMAIL_TEMPLATE, "fileIds": Kind.STORED_FILE,
    "replyToId": Kind.EMAIL_MESSAGE,
}  # fmt: skip
"""The same names mean others there."""


def kind_at(name: str, path: inputs.Path) -> Kind:
    field = next(part for part in reversed(path) if isinstance(part, str))
    if "stages" in path:
        return Kind.STAGE
    if name.startswith("notification"):
        return Kind.NOTIFICATION
    if field in ("survivorId", "mergedId"):
        return Kind.CONTACT if name == "contactMerge" else Kind.PARTY
    if name == "mergeUndo":
        return Kind.MERGE
    if name.startswith("email") and field in OF_MAIL:
        return OF_MAIL[field]
    if field in KINDS:
        return KINDS[field]
    if (found := aim(name)) is not None or (found := aim(name.replace("Create", "Update"))) is not None:
        table = TABLES[found.type]
        return next(kind for kind, other in TABLE_OF.items() if other == table)
    return Kind.SESSION if name.startswith("session") else Kind.PARTY


def _turn(kind: Kind) -> int:
    """So that each place sees another part of the kinds."""
    return int(kind) % 4


def foreign(company: Company, oracle: Oracle, kind: Kind, *, restoring: bool) -> list[tuple[str, str]]:
    """Ids that must all look like nothing to this viewer: (what it is, the id)."""
    found = [("malformed", text) for text in MALFORMED] + [("no id of ours", str(uuid4())), ("unknown", str(new_id(kind)))]
    others = [table for other, table in TABLE_OF.items() if other is not kind]
    # All other kinds for one viewer; ids are told apart by their kind before anything is asked about whoever sends them.
    others = others if oracle.viewer == "admin" else others[_turn(kind) :: 4]
    found += [(f"a {table}", str(company.of(table)[0].id)) for table in others]
    strangers = (Kind.SHARE, Kind.CHANGE, Kind.PHONE_NUMBER, Kind.EVERYONE, Kind.CALL_MATCH, Kind.ANNOUNCEMENT_RECEIPT)
    found += [(f"unknown {other.name}", str(new_id(other))) for other in strangers]
    rows = company.of(TABLE_OF[kind])
    if not restoring:
        gone = [row for row in rows if row.values.get("deleted_at") and not row.values.get("merged_into_id")]
        found += [("deleted", str(row.id)) for row in gone][:6]
    found += [("invisible", str(row.id)) for row in rows if not row.values.get("deleted_at") and not oracle.sees(row)][:6]
    return found


def refusal(answer: Answer, alias: str) -> Any:
    """Code, text and field of what was refused, of the whole or of the one record."""
    if not answer.data or answer.data.get(alias) is None:
        return [
            (error["extensions"]["code"], error["message"]) for error in answer.errors if error.get("path", [alias])[0] == alias
        ]
    payload = answer.data[alias]
    errors = [*payload["userErrors"], *(error for each in payload.get("results", ()) for error in each["userErrors"])]
    return [(error["code"], error["message"], tuple(error["field"] or ())) for error in errors]


# More than 2,000 probes in mutations alone: some 90 places, some 30 ids, two or three viewers.
PLACES = [(name, path) for name in sorted(inputs.mutations()) for path in inputs.id_places(name)]


@pytest.mark.parametrize("name", sorted({name for name, _ in PLACES}))
async def test_ids_in_mutations(served, name: str):
    client, company = served
    different = []
    for viewer in ("agent", "admin") if name.startswith(("customer", "channel", "supplier")) else ("agent", "partner", "admin"):
        oracle = Oracle(company, viewer)
        base = _base(company, oracle, name)
        for path in inputs.id_places(name):
            kind = kind_at(name, path)
            probes = [
                ("baseline", str(new_id(kind))),
                *foreign(company, oracle, kind, restoring=name.endswith("Restore") or name == "recordPurge"),
            ]
            if "principalIds" in path:
                probes += [
                    (f"deleted {table}", str(row.id))
                    for table in ("role", "department")
                    for row in company.of(table)
                    if row["deleted_at"]
                ]
            if path[-1] == "recordId" or path[-2:-1] in (("ids",), ("principalIds",)):
                # Any kind of record, or of principal, is right here: only the unseen and the deleted are foreign.
                probes = [each for each in probes if not _fits(company, oracle, path, each, any_record=name == "fileAttach")]
            if "audience" in path and "roleIds" in path and oracle.kind == "STAFF":
                # Its name is no secret among the staff: every live role can be addressed.
                live = {str(row.id) for row in company.of("role") if row["deleted_at"] is None}
                probes = [each for each in probes if each[1] not in live]
            # What a record holds already is not judged anew, or a form that sends everything back would fail.
            probes = [each for each in probes if each[1] not in _held(company, name, base)]
            for batch in walk.batched(probes, 25):
                calls = [aimed(name, base, path, probe) for _, probe in [probes[0], *batch]]
                answer = await client.ask(viewer, inputs.document([name] * len(calls)), inputs.variables(calls))
                first = refusal(answer, "m0")
                if viewer == judging(name) and [each[0] for each in first[:1]] != ["NOT_FOUND"]:
                    different.append((viewer, path, "the probe never gets as far as the id", first, answer.errors[:2]))
                for number, (what, probe) in enumerate(batch, 1):
                    got = refusal(answer, f"m{number}") if answer.data else first
                    if got != first or (not first and answer.data):
                        different.append((viewer, path, what, probe, got, first))
    assert not different, f"{len(different)}\n" + "\n".join(map(str, different[:12]))


def judging(name: str) -> str:
    """Whose probes have to get as far as the id: the administrator's, but for what only partners do."""
    return "partner" if name == "opportunitySubmit" else "admin"


def _held(company: Company, name: str, base: dict[str, Any]) -> set[str]:
    """The ids in the row that an update is aimed at."""
    found = aim(name)
    rows = company.of(TABLES[found.type]) if found and name.endswith("Update") else []
    row = next((row for row in rows if str(row.id) == base.get("id")), None)
    return set() if row is None else {str(value) for column, value in row.values.items() if column.endswith("_id") and value}


def aimed(name: str, base: dict[str, Any], path: inputs.Path, probe: str) -> dict[str, Any]:
    """The call with a probe in one place, and nothing beside it that would be refused first."""
    given = inputs.placed(base, path, probe)
    if "participants" in path:
        # A participant is a user or a contact.
        given = inputs.placed(given, (*path[:-1], "contactId" if path[-1] == "userId" else "userId"), None)
    elif "participants" in given.get("input", {}):
        given = inputs.placed(given, ("input", "participants"), [])
    own = (("input", "partyId"), ("input", "contactId"))
    if path not in own and "contactId" in given.get("input", {}) and not name.endswith("Add"):
        given = inputs.placed(given, ("input", "contactId"), None)
        if name.startswith("activity"):
            given = inputs.placed(given, ("input", "partyId"), None)
    if name.startswith("user") and "channelId" in given.get("input", {}) and path[-1] != "channelId":
        # Of people, only a partner's have one.
        given = {**given, "input": {field: value for field, value in given["input"].items() if field != "channelId"}}
    if name == "scheduleOccurrenceUpdate":
        given = inputs.placed(given, ("input", "rrule"), None)
    # What belongs to a party has to be of the right one: only the one under test is named.
    for other in (*inputs.OF_A_PARTY, "recordId") if not name.endswith(("Add", "Attach")) else ():
        here = path == ("input", other) or (path == ("input", "partyId") and name.startswith("activity"))
        if other in given.get("input", {}) and not here:
            given = inputs.placed(given, ("input", other), None)
    return given


LINKED = ("opportunity", "contract", "delivery", "project", "maintenance", "service_case")
"""What an activity can be about."""


def _fits(company: Company, oracle: Oracle, path: inputs.Path, probe: tuple[str, str], *, any_record: bool) -> bool:
    """Whether a probe is a right id after all in a place that takes several kinds."""
    talked_of = ("channel_assignment", "channel_submission")
    several = (*PROCESSES, *LINKED, *talked_of) if "recordId" in path else ("user_account", "department", "role", "party")
    tables = OWNED_TABLES if "ids" in path or any_record else several
    rows = [row for table in tables for row in company.of(table) if str(row.id) == probe[1]]
    return any(oracle.sees(row) or (row.table == "role" and row["deleted_at"] is None) for row in rows)


FIXED = {
    "levelId", "categoryId", "sourceId", "industryId", "regionId", "creditGradeId", "reasonId", "dictionaryId", "parentId",
    "headId", "managerId", "departmentId", "principalIds", "roleIds", "addIds", "removeIds", "pipelineId", "typeId",
    "workCalendarId", "outcomeOptionId", "channelGroupId",
    "territoryId", "regionIds", "industryIds", "territoryIds", "channelGroupIds", "channelIds",
}  # fmt: skip
"""Inputs for which a right value is known already."""


def _theirs(oracle: Oracle, name: str, rows: list[Fact]) -> list[Fact]:
    """The rows that the viewer may do this to, those first that are in a state for it."""
    found = aim(name)
    may = [row for row in rows if (oracle.does(found, row) if found else oracle.may("UPDATE", row))] or rows
    column, value = PREFERRED.get(name, ("id", None))
    became = {each["opportunity_id"] for each in oracle.company.of("project")} if name == "opportunityConvert" else ()
    return sorted(may, key=lambda row: (row.values.get(column) != value, row.id in became))


def _base(company: Company, oracle: Oracle, name: str) -> dict[str, Any]:
    """A call whose other ids are right, so that what is refused is the one under test."""
    base = inputs.call(name, full=True)
    base.pop("idempotencyKey", None)
    for path in inputs.id_places(name):
        rows = [row for row in company.of(TABLE_OF[kind_at(name, path)]) if oracle.reads(row)]
        field = next(part for part in reversed(path) if isinstance(part, str))
        if field == "ownerId" or (field == "toId" and oracle.kind == "CHANNEL"):
            rows = [row for row in rows if row.id == oracle.id]
        elif field == "toId":
            rows = [row for row in rows if row["active"] and row.id != oracle.id]
        elif field == "id" and "stages" not in path:
            rows = _theirs(oracle, name, rows)
        elif field in ("stageId", "stages") or "stages" in path or field in FIXED:
            continue
        else:
            rows = [row for row in rows if oracle.may("UPDATE", row)] or rows
            rows = sorted(rows, key=lambda row: row.values.get("parent_id") is not None)  # what stands there is not judged anew
        if rows:
            base = inputs.placed(base, path, str(rows[0].id))
    if "version" in base:
        row = next((row for row in company.of(TABLE_OF[kind_at(name, ("id",))]) if str(row.id) == base.get("id")), None)
        base["version"] = row["version"] if row else 1
        if "originalStartsAt" in base and row:
            # As in `inputs.aimed`.
            base["originalStartsAt"] = print_instant(row["starts_at"] + timedelta(days=3))
    return base


NODES_BELOW = ("stage_change", "pool_stay", "announcement_receipt", "reminder", "notification", "channel_task", "comment",
               "calendar_feed", "stored_file")  # fmt: skip
"""Rows that `node` answers, and that hang on others or are one's own."""

PARTS_WITH_IDS = (
    "phone_number", "email_address", "address", "call_candidate", "call_match", "ring_group_number", "delivery_line",
    "schedule_attendee", "schedule_exception", "reminder_rule", "announcement_audience", "reminder_series", "working_hours",
    "pool_level", "custom_value",
)  # fmt: skip
"""Rows that are part of another, and nothing by themselves."""


async def test_ids_in_queries(served):
    """`customer(id)`, `node(id)`, `accessOf(recordId, userId)`."""
    client, company = served
    different, count = [], 0
    for viewer in VIEWERS:
        oracle = Oracle(company, viewer)
        for name, type_name in walk.root_singles().items():
            kind = next((kind for kind, table in TABLE_OF.items() if table == TABLES.get(type_name)), Kind.PARTY)
            probes = [("baseline", str(new_id(kind))), *foreign(company, oracle, kind, restoring=False)]
            if name == "node":
                seen = {str(row.id) for table in TABLE_OF.values() for row in company.of(table) if oracle.sees(row)}
                probes = [each for each in probes if each[1] not in seen]
                values = ("phone_number", "address", "call_match", "share", "change", "session", *NODES_BELOW)
                probes += [(table, str(row.id)) for table in values for row in company.of(table)[:200] if not oracle.reads(row)]
                # Value rows are part of their record: seen or not, no id leads to them.
                probes += [(f"part {table}", str(row.id)) for table in PARTS_WITH_IDS for row in company.of(table)[::9]]
            for batch in walk.batched(probes, 90):
                text = " ".join(
                    f"i{n}: {name}(id: {json.dumps(probe)}) {{ id }}" for n, (_, probe) in enumerate([probes[0], *batch])
                )
                answer = await client.ask(viewer, f"{{ {text} }}")
                told = {error["path"][0]: (error["extensions"]["code"], error["message"]) for error in answer.errors}
                for number, (what, probe) in enumerate(batch, 1):
                    count += 1
                    if (told.get(f"i{number}"), answer.data[f"i{number}"]) != (told["i0"], None):
                        different.append((viewer, name, what, probe, told.get(f"i{number}"), told["i0"]))
    assert not different, f"{len(different)} of {count}\n" + "\n".join(map(str, different[:12]))
    assert count > 900


async def test_ids_of_access_of(served):
    client, company = served
    text = "query ($r: ID!, $u: ID!) { accessOf(recordId: $r, userId: $u) { action } }"
    different = []
    for viewer in ("agent", "admin"):
        oracle = Oracle(company, viewer)
        right = {"r": str(oracle.visible("Customer")[0].id), "u": str(oracle.id)}
        for name, kind in (("r", Kind.PARTY), ("u", Kind.USER)):
            told = None
            for what, probe in [("baseline", str(new_id(kind))), *foreign(company, oracle, kind, restoring=False)]:
                record = next((row for table in OWNED_TABLES for row in company.of(table) if str(row.id) == probe), None)
                if name == "r" and record is not None and oracle.sees(record):
                    continue
                answer = await client.ask(viewer, text, right | {name: probe})
                got = [(error["extensions"]["code"], error["message"]) for error in answer.errors]
                told = told or got
                if got != told:
                    different.append((viewer, name, what, probe, got, told))
    assert not different, "\n".join(map(str, different[:12]))


async def test_ids_in_filters(served):
    """A filter by an id that is not for the viewer finds what a filter by an unknown one finds."""
    client, company = served
    different, count = [], 0
    for viewer in VIEWERS:
        oracle = Oracle(company, viewer)
        for each in walk.root_lists():
            if (
                not oracle.open(each.type)
                or not oracle.rows(each.type)
                or (oracle.kind != "STAFF" and each.type in ("User", "Department", "RingGroup", "Competitor"))
            ):
                continue
            kind = next((kind for kind, table in TABLE_OF.items() if table == TABLES[each.type]), None)
            for key, wrap in _filter_places(each.type):
                probes = [
                    ("unknown", str(new_id(Kind.PARTY))),
                    *((w, p) for w, p in foreign(company, oracle, kind or Kind.PARTY, restoring=False)),
                ]
                if key == "tags":
                    probes += [("deleted tag", str(tag.id)) for tag in company.of("tag") if tag["deleted_at"]]
                    probes = [each for each in probes if each[0] != "a tag"]
                elif key != "id":
                    continue
                names = ", ".join(f"$f{n}: {each.type}Filter" for n in range(len(probes)))
                text = " ".join(
                    f"f{n}: {each.name}(first: 3, filter: $f{n}) {{ nodes {{ id }} totalCount }}" for n in range(len(probes))
                )
                answer = await client.ask(
                    viewer, f"query ({names}) {{ {text} }}", {f"f{n}": wrap(probe) for n, (_, probe) in enumerate(probes)}
                )
                told = {error["path"][0]: error["extensions"]["code"] for error in answer.errors}
                for n, (what, probe) in enumerate(probes):
                    count += 1
                    if (answer.data[f"f{n}"], told.get(f"f{n}")) != (answer.data["f0"], told.get("f0")):
                        different.append((viewer, each.name, key, what, probe, answer.data[f"f{n}"], answer.data["f0"]))
    assert not different, f"{len(different)} of {count}\n" + "\n".join(map(str, different[:12]))
    assert count > 800


def _filter_places(type_name: str) -> list[tuple[str, Any]]:
    fields = walk.SCHEMA.type_map[f"{type_name}Filter"].fields  # type: ignore[attr-defined]
    found: list[tuple[str, Any]] = [("id", lambda probe: {"id": {"eq": probe}}), ("id", lambda probe: {"id": {"in": [probe]}})]
    if "tags" in fields:
        found.append(("tags", lambda probe: {"tags": [probe]}))
    return found
