"""A refused mutation leaves every table as it was (S3): refused at the gate, for the row, for its version, its input, its state.

These deeds are real: nothing is rolled back by the test. Attempts to sign in are the one thing that is counted on purpose.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from tests.factories import inputs
from tests.factories.clients import Answer, Client, hash_cheaply, look_narrow, serving
from tests.factories.company import VIEWERS, Company, Fact, build, user_id
from tests.factories.oracle import OWNED, TABLES, Oracle, permission
from tests.factories.oracle_permissions import Aim, aim, split
from tests.factories.walk import batched

from crm.core.ids import new_id
from crm.core.kinds import Kind

COUNTED_ON_PURPOSE = {"sign_in_attempt"}
BATCH, LONG_BATCH = 40, 10
"""At once, and of calls with long texts: a request has a largest size."""
OWNED_TABLES = tuple(sorted({TABLES[entity.title().replace("_", "")] for entity in OWNED}))


@pytest.fixture(scope="module")
async def served(databases, tmp_path_factory) -> AsyncIterator[tuple[Client, Company]]:
    company = build()
    with pytest.MonkeyPatch.context() as patch:
        look_narrow(patch, narrow=False)
        hash_cheaply(patch)
        async with serving(databases, company, tmp_path_factory.mktemp("refusals")) as client:
            # A session notes when it was last seen; that is done before anything is compared.
            for viewer in VIEWERS[1:]:
                await client.ask(viewer, "{ me { id } }")
            yield client, company


async def checksums(client: Client) -> dict[str, str]:
    """What stands in each table, as one hash a table; sequences are no facts."""
    async with client.database.connection() as connection:
        tables = [
            row["tablename"] for row in await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        ]
        query = "SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM \"{}\" t"
        return {table: await connection.fetchval(query.format(table)) for table in tables if table not in COUNTED_ON_PURPOSE}


def codes(answer: Answer, alias: str) -> list[str]:
    """What a mutation was refused with; empty where something was done."""
    if not answer.data or answer.data[alias] is None:
        return [str(error["extensions"]["code"]) for error in answer.errors]
    payload = answer.data[alias]
    if "results" in payload and not payload["userErrors"]:
        refused = [[error["code"] for error in each["userErrors"]] for each in payload["results"]]
        return [code for each in refused for code in each] if all(refused) else []
    return [error["code"] for error in payload["userErrors"]]


async def refuse(client: Client, viewer: str, name: str, calls: list[dict[str, Any]], *, most: int = BATCH) -> int:
    """Send them, so many at once, and make sure that every one is refused."""
    count = 0
    for batch in batched(calls, most):
        answer = await client.ask(viewer, inputs.document([name] * len(batch)), inputs.variables(list(batch)))
        for number, given in enumerate(batch):
            assert codes(answer, f"m{number}"), (viewer, name, given, "was not refused")
            count += 1
    return count


async def test_forbidden_verbs(served):
    client, _ = served
    before, count = await checksums(client), 0
    for viewer in VIEWERS:
        oracle = Oracle(served[1], viewer)
        for name in inputs.mutations():
            if not oracle.holds(permission(name)):
                count += await refuse(client, viewer, name, [inputs.call(name), inputs.call(name, full=True)], most=1)
    assert await checksums(client) == before
    assert count > 600


AIMED = {name: found for name, made in inputs.mutations().items() if "id" in made.args and (found := aim(name)) is not None}


async def test_forbidden_rows(served):
    client, company = served
    before, count = await checksums(client), 0
    for viewer in ("agent", "peer", "partner", "mixed", "hider"):
        oracle = Oracle(company, viewer)
        for name, wanted in AIMED.items():
            if oracle.holds(permission(name)):
                rows = company.of(TABLES[wanted.type])
                refused = [row for row in rows if not _may(oracle, wanted, row)][::2]
                base = inputs.call(name, full=True) if viewer == "agent" else inputs.call(name)
                base.pop("idempotencyKey", None)
                count += await refuse(client, viewer, name, [_to(base, row) for row in refused])
    assert await checksums(client) == before
    assert count > 600


def _may(oracle: Oracle, wanted: Aim, row: Fact) -> bool:
    if row not in oracle.rows(wanted.type):
        return False
    return oracle.may(wanted.action, row, deleted=True) if wanted.restoring else oracle.sees(row) and oracle.does(wanted, row)


def _to(base: dict[str, Any], row: Fact) -> dict[str, Any]:
    return base | {"id": str(row.id)} | ({"version": row["version"]} if "version" in base else {})


async def test_old_versions(served):
    client, company = served
    before, count = await checksums(client), 0
    for viewer in ("admin", "manager", "agent"):
        oracle = Oracle(company, viewer)
        for name, wanted in AIMED.items():
            if name.endswith("Update"):
                rows = [row for row in oracle.visible(wanted.type) if oracle.does(wanted, row)]
                wrong = [_to(inputs.call(name), row) | {"version": row["version"] + step} for row in rows for step in (-1, 1)]
                count += await refuse(client, viewer, name, wrong)
    assert await checksums(client) == before
    assert count > 200


ENUMS = (
    "kind",
    "topic",
    "lifecycle",
    "strategy",
    "freightPayer",
    "role",
    "attitude",
    "state",
    "access",
    "priority",
    "match",
    "direction",
    "driver",
    "category",
    "smtpSecurity",
    "imapSecurity",
)
BAD_TEXTS = ("x" * 20_001, "a\u0000b")
BAD: dict[str, tuple[Any, ...]] = {
    "creditLimit": ("-1", "99999999999999999.99", "0.00001"), "creditCode": ("91350100M000100Y44", "no"),
    "paymentTermsDays": (-1, 99_999),
    "code": ("No code", "x" * 41), "url": ("no address", "https://[x", "https://host:99999", "https://"),
    "quietFrom": ("9:00",), "quietUntil": ("24:00",),
    "perSecond": (0, 1001), "perNumberPerDay": (0,), "segmentPrice": ("-1", "0.0000001"), "signature": ("【x】",),
    "undoSeconds": (-1, 121), "connections": (0, 11), "perMinute": (0,), "perDay": (0,), "mostRecipients": (0, 501),
    "largestMegabytes": (0, 51), "smtpHost": ("no host", "x" * 260), "imapHost": ("no host",), "replyTo": ("no", "a@b c"),
    "variables": ([{"name": "other"}], [{"name": "who"}] * 2, [{"name": "who", "longest": 0}]),
    "contactCycleDays": (0, -5), "colour": ("red", "#12345"), "locale": ("Chinese!",), "timeZone": ("Mars/Base",
    "'; DROP TABLE party"),
    "phoneNumbers": ([{"raw": ""}], [{"raw": "not a number"}], [{"raw": "13912345678"}] * 51),
    "emailAddresses": ([{"address": "no"}], [{"address": "a@b"}]), "addresses": ([{"street": "x", "country": "China"}],),
    "participants": (
        [{}], [{"userId": str(user_id("agent"))}] * 2,
        [{"userId": str(user_id("agent")), "contactId": str(new_id(Kind.CONTACT))}],
    ),
    "grants": ([{"entity": "nothing", "action": "READ", "scope": "ALL"}], [{"entity": "user", "action": "READ", "scope": "OWN"}]),
    "fieldGrants": ([{"entity": "customer", "field": "nothing", "restriction": "HIDDEN"}],), "version": (), "active": (),
    "primary": (), "position": (), "pinned": (), "mustConfirm": (), "allDay": (),
    "price": ("-1", "0.00001"),
    "amount": ("-1", "99999999999999999.99", "0.00001"), "freight": ("-1", "0.00001"), "exchangeRate": ("0", "-1"),
    "currency": ("yuan", "12"), "probability": (-1, 101), "ringSeconds": (1, 99_999),
    "number": ("12ab", "x" * 65, "4000", "\u0000"), "until": ("2020-01-01T00:00:00Z",),
    "numbers": ([""], ["a\u0000b"], ["1"] * 2, ["x" * 65], [str(n) for n in range(51)]),
    "memberIds": ([str(user_id("agent"))] * 2, [str(user_id("leaver"))], [str(new_id(Kind.USER))]),
    "stages": (
        [], [{"name": "", "probability": 1}], [{"name": "a", "probability": 101}], [{"name": "a", "probability": 1}] * 2,
        [{"name": str(n), "probability": 1} for n in range(21)],
    ),
    "lines": (
        [{"product": "", "quantity": "1"}], [{"product": "a", "quantity": "0"}], [{"product": "a", "quantity": "0.00001"}],
        [{"product": "a", "quantity": "1"}] * 51,
    ),
    "budget": ("-1", "0.00001"), "cost": ("-1", "0.00001"), "responseMinutes": (0, 525_601), "resolutionMinutes": (0, 525_601),
    "nearPercent": (0, 100), "likeWeekday": (0, 8),
    "hours": (
        [], [{"weekday": 8, "begins": "09:00", "ends": "10:00"}], [{"weekday": 1, "begins": "10:00", "ends": "10:00"}],
        [{"weekday": 1, "begins": "9:00", "ends": "10:00"}], [{"weekday": 1, "begins": "09:00", "ends": "10:00"}] * 2,
    ),
    "audience": ({"userIds": [str(new_id(Kind.USER))]}, {"roleIds": ["x"]}, {"departmentIds": [str(user_id("agent"))]}),
    "expiresAt": ("2020-01-01T00:00:00Z",), "endsAt": ("2020-01-01T00:00:00Z", "2126-01-01T00:00:00Z"),
    "rrule": ("FREQ=SECONDLY", "no rule", "FREQ=DAILY;COUNT=99999"), "endsOn": ("1980-01-01",),
    "reminders": (
        [{"minutesBefore": -1}], [{"minutesBefore": 5}] * 2,
        [{"minutesBefore": 5, "recipients": "CONTACTS"}],
    ),
    "customFields": (
        [{"key": "nothing"}], [{"key": "mark", "number": "1"}], [{"key": "mark", "text": "x" * 501}], [{"key": "mark"}] * 2,
    ),
    "filter": ({"customers": {"customFields": [{"key": "nothing", "isNull": True}]}}, {"customers": {"inSegment": "x"}}),
    "key": ("Big", "1st", ""), "defaultValue": ("x" * 501,), "unique": (), "required": (), "filterable": (), "sortable": (),
    "importable": (), "recordIds": (), "holds": (), "type": (),
    "attendeeUserIds": ([str(new_id(Kind.USER))],), "attendeeContactIds": ([str(new_id(Kind.CONTACT))],),
}  # fmt: skip


async def test_bad_input(served):
    """A wrong value beside right ones: none of the right ones is written either."""
    client, company = served
    before, count = await checksums(client), 0
    oracle = Oracle(company, "admin")
    for name in inputs.mutations():
        if not name.endswith(("Create", "Update")) or split(name) is None:
            continue
        if name in ("callCustomerCreate", "duplicatePolicyUpdate"):
            continue  # the former makes two records; of the latter all fields are enums
        right = inputs.complete(name, oracle)
        if "id" in right:
            right |= inputs.aimed(name, oracle.visible(AIMED[name].type), oracle)
        calls = []
        for field, value in right["input"].items():
            wrong = BAD.get(
                field,
                BAD_TEXTS
                if isinstance(value, str) and not field.endswith("Id") and "At" not in field and "On" not in field
                else (),
            )
            wrong = (*wrong, str(new_id(Kind.SHARE))) if field.endswith("Id") else wrong
            calls += [{**right, "input": {**right["input"], field: each}} for each in wrong if field not in ENUMS]
        count += await refuse(client, "admin", name, calls, most=LONG_BATCH)
    assert await checksums(client) == before
    assert count > 80


STEPS: dict[str, tuple[str, ...]] = {
    "activityComplete": ("PLANNED",), "activityCancel": ("PLANNED",), "activityReopen": ("DONE", "CANCELLED"),
    "activityReschedule": ("PLANNED",), "callAmend": ("ENDED",), "callBackClaim": ("OPEN", "CLAIMED"),
    **dict.fromkeys(("callBackRelease", "callBackComplete", "callBackCancel"), ("CLAIMED",)),
    "opportunityMove": ("OPEN",), "opportunityWin": ("OPEN",), "opportunityHold": ("OPEN",),
    "opportunityLose": ("OPEN", "ON_HOLD"), "opportunityReopen": ("WON", "LOST", "ON_HOLD"),
    "contractSubmit": ("DRAFT", "REJECTED"), "contractWithdraw": ("IN_REVIEW",), "contractApprove": ("IN_REVIEW",),
    "contractReject": ("IN_REVIEW",), "contractSign": ("APPROVED",), "contractActivate": ("SIGNED",),
    "contractComplete": ("ACTIVE",), "contractTerminate": ("SIGNED", "ACTIVE"), "contractExpire": ("SIGNED", "ACTIVE"),
    "deliveryShip": ("DRAFT",), "deliveryCancel": ("DRAFT",), "deliveryDeliver": ("SHIPPED",),
    "deliveryReturn": ("SHIPPED", "DELIVERED"),
    "opportunityConvert": ("WON",), "projectStart": ("PLANNING",), "projectHold": ("ACTIVE",), "projectResume": ("ON_HOLD",),
    "projectComplete": ("ACTIVE",), "projectCancel": ("PLANNING", "ACTIVE", "ON_HOLD"),
    "projectReopen": ("COMPLETED", "CANCELLED"),
    "maintenanceStart": ("PLANNED",), "maintenanceComplete": ("PLANNED", "IN_PROGRESS"),
    "maintenanceCancel": ("PLANNED", "IN_PROGRESS"), "maintenanceReopen": ("DONE", "CANCELLED"),
    "serviceCaseAccept": ("NEW",), "serviceCaseAssign": ("NEW", "ASSIGNED", "PENDING"), "serviceCaseRespond": ("ASSIGNED",),
    "serviceCasePend": ("ASSIGNED",), "serviceCaseResume": ("PENDING",), "serviceCaseResolve": ("ASSIGNED", "PENDING"),
    "serviceCaseClose": ("RESOLVED",), "serviceCaseReject": ("NEW", "ASSIGNED"),
    "serviceCaseReopen": ("RESOLVED", "CLOSED", "REJECTED"),
    "announcementPublish": ("DRAFT", "SCHEDULED"), "announcementSchedule": ("DRAFT", "SCHEDULED"),
    "announcementUpdate": ("DRAFT", "SCHEDULED"), "announcementUnschedule": ("SCHEDULED",),
    "announcementWithdraw": ("PUBLISHED", "EXPIRED"),
    "callHold": ("ANSWERED",), "callResume": ("HELD",), "callTransfer": ("ANSWERED", "HELD"),
    "callEnd": ("ANSWERED", "HELD", "TRANSFERRED", "ENDED", "LOST"),
    "reminderSnooze": ("DUE", "SNOOZED"), "reminderDismiss": ("DUE", "SNOOZED"),
    "processTaskStart": ("TODO",), "processTaskComplete": ("TODO", "DOING"), "processTaskCancel": ("TODO", "DOING"),
    "processTaskReopen": ("DOING", "DONE", "CANCELLED"),
    "channelAssignmentAccept": ("OFFERED",), "channelAssignmentDecline": ("OFFERED", "ACCEPTED"),
    "channelAssignmentRegister": ("ACCEPTED", "REGISTERED"), "channelAssignmentWithdraw": ("OFFERED", "ACCEPTED", "REGISTERED"),
    "channelSubmissionRegister": ("SUBMITTED",), "channelSubmissionReject": ("SUBMITTED",),
    "channelSubmissionWithdraw": ("SUBMITTED",), "marketingTaskUpdate": ("DRAFT", "DISPATCHED"),
    "marketingTaskDispatch": ("DRAFT", "DISPATCHED"), "marketingTaskComplete": ("DISPATCHED",),
    "marketingTaskCancel": ("DRAFT", "DISPATCHED"),
    "smsMessageCancel": ("QUEUED",), "smsMessageRetry": ("FAILED", "EXPIRED", "UNKNOWN"),
    "emailBatchCancel": ("PREPARING", "QUEUED"), "emailUndo": ("QUEUED",),
    "emailRetry": ("PARTLY", "FAILED", "EXPIRED", "UNKNOWN", "REFUSED"),
    **dict.fromkeys(("emailDraftUpdate", "emailDraftSend"), ("DRAFT",)),
    "smsBatchCancel": ("PREPARING", "QUEUED"), "jobRetry": ("FAILED",), "jobCancel": ("WAITING", "RUNNING"),
}  # fmt: skip
"""Step of a flow → the states from which it is taken; from every other it is refused."""


def test_every_step_of_every_flow_is_tried_where_it_does_not_exist():
    flowless = (
        "Update", "Create", "Delete", "Restore", "ResetPassword", "Answer", "Read", "Confirm", "Claim", "Link", "Add", "Remove",
        "Freeze", "Offer", "Report", "Revoke", "Test", "emailReply", "emailForward", "Arrange", "emailThreadMark", "Unlink",
        "emailSuggestionsDismiss",
    )  # fmt: skip
    steps = {
        name
        for name in AIMED
        if not name.endswith(flowless)
        and not name.startswith(("scheduleOccurrence", "scheduleFollowing", "callCustomer", "customer"))
    }
    assert steps <= set(STEPS)


async def test_steps_that_the_flow_does_not_have(served):
    client, company = served
    before, count = await checksums(client), 0
    for name, states in STEPS.items():
        found = AIMED[name]
        column = "state" if found.type in ("Call", "Reminder", "Job", "SmsMessage", "EmailMessage") else "status"
        for viewer in VIEWERS[1:]:
            # Whoever may do it at all: the administrator most, calls whoever has them, reminders everybody their own.
            oracle = Oracle(company, viewer)
            if not oracle.holds(permission(name)):
                continue
            rows = [row for row in oracle.visible(found.type) if oracle.does(found, row) and row[column] not in states]
            count += await refuse(client, viewer, name, [inputs.call(name) | {"id": str(row.id)} for row in rows])
    assert await checksums(client) == before
    assert count > 250


async def test_bulk_verbs_over_records_of_others(served):
    client, company = served
    before, count = await checksums(client), 0
    rest = {
        "recordsShare": ("SHARE", {"principalIds": [str(user_id("norole"))], "access": "EDIT"}),
        "recordsUnshare": ("SHARE", {"principalIds": [str(user_id("agent")), str(user_id("partner"))]}),
        "recordsTransfer": ("TRANSFER", {"toId": str(user_id("agent")), "withChildren": True}),
        "recordsTag": (
            "UPDATE",
            {"addIds": [str(company.named("tag", "hot").id)], "removeIds": [str(company.named("tag", "cold").id)]},
        ),
    }
    for viewer in ("agent", "partner", "closed", "norole", "hider"):
        oracle = Oracle(company, viewer)
        for name, (action, given) in rest.items():
            rows = [row for table in OWNED_TABLES for row in company.of(table)]
            refused = [
                str(row.id) for row in rows if oracle.entity(row) in OWNED and not (oracle.reads(row) and oracle.may(action, row))
            ]
            for batch in batched(refused, 90):
                answer = await client.ask(viewer, inputs.document([name]), {"m0_input": {**given, "ids": list(batch)}})
                assert codes(answer, "m0"), (viewer, name)
            count += len(refused)
    assert await checksums(client) == before
    assert count > 1000


async def test_refused_with_an_idempotency_key(served):
    """A refusal is not remembered: the same key may be used again once the input is right."""
    client, company = served
    before = await checksums(client)
    foreign = company.named("party", "customer of outsider")
    given = 'id: $id, version: 1, input: {note: "x"}, idempotencyKey: "k"'
    text = f"mutation ($id: ID!) {{ customerUpdate({given}) {{ userErrors {{ code }} }} }}"
    for viewer in ("agent", "partner", "mixed", "double"):
        answer = await client.ask(viewer, text, {"id": str(foreign.id)})
        assert answer.data["customerUpdate"]["userErrors"], viewer
    assert await checksums(client) == before
