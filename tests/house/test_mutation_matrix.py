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
from tests.factories.company import PEOPLE, VIEWERS, Company, Fact, build, department_id, user_id
from tests.factories.oracle import OWNED, TABLES, TO_ONE, Oracle, permission, snake
from tests.factories.oracle_permissions import PROCESS_VERBS, SPECIAL, Aim, aim
from tests.factories.oracle_tables import PROCESSES, WITH_THEIR_PARTY
from tests.factories.tally import Tally
from tests.factories.walk import batched

from crm.core.kinds import Kind

BATCH = 40
OWNED_TABLES = tuple(sorted({TABLES[entity.title().replace("_", "")] for entity in OWNED}))
SPECIAL_CASES = {
    "signIn", "signOut", "sessionRevoke", "passwordChange", "presenceSet", "notificationRead", "notificationReadAll",
    "partyMerge", "contactMerge", "mergeUndo", "duplicateCheck",
    "poolPolicyUpdate", "poolRecycle", "customersAssign",
    "activitiesPlan", "calendarFeedCreate", "quietHoursSet",
    "opportunitySubmit", "commentAdd", "channelInformationPublish", "callDial",
    "smsMessageSend", "smsBatchSend", "fileAttach", "emailSend", "emailDraftCreate", "emailBatchSend", "emailMessageRestore",
}  # fmt: skip
"""Tested by their own names below, or where signing in and dialling are; the ids they take in `test_foreign_ids.py`."""


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


def outcome(answer: Answer, alias: str) -> str | None:
    """The code a mutation was refused with; None where it was done. A closed gate ends the whole request at its first field."""
    if not answer.data:
        return f"top {answer.code('m0')}"
    if (code := answer.code(alias)) is not None:
        return f"top {code}"
    errors = answer.data[alias]["userErrors"]
    return errors[0]["code"] if errors else None


AIMED = sorted(name for name, made in inputs.mutations().items() if "id" in made.args and aim(name) is not None)
NOT_THE_RIGHTS = {"CONFLICT", "ILLEGAL_TRANSITION", "INVALID", "DUPLICATE", "LAST_ADMINISTRATOR", "LIMIT_REACHED"}
"""Refusals of what the viewer would have been allowed to do."""
WRITES = {
    "opportunityMove": "stage", "opportunityLose": "lostReason", "contractSign": "signedOn", "deliveryDeliver": "deliveredAt",
    "announcementSchedule": "publishAt", "scheduleOccurrenceCancel": "exceptions", "scheduleOccurrenceMove": "exceptions",
    "scheduleOccurrenceUpdate": "exceptions", "scheduleFollowingUpdate": "rrule", "scheduleFollowingCancel": "rrule",
    "callLink": "party", "callCustomerCreate": "party", "activityReschedule": "plannedAt",
}  # fmt: skip
"""Verbs that are refused where the field they write is frozen."""


@pytest.mark.parametrize("name", AIMED)
async def test_every_mutation_of_every_row(desk: Desk, name: str):
    wanted_of = aim(name)
    assert wanted_of is not None
    for batch in batched(sample(desk.company, wanted_of.type), BATCH):
        text = inputs.document([name] * len(batch))
        for oracle in desk.oracles:
            given = suited(oracle, name)
            calls = [given | {"id": str(row.id)} | ({"version": -1} if "version" in given else {}) for row in batch]
            answer = await desk.client.ask(oracle.viewer, text, inputs.variables(calls))
            for number, row in enumerate(batch):
                found = outcome(answer, f"m{number}")
                wanted = expected(oracle, name, row)
                if wanted is None and found in NOT_THE_RIGHTS:
                    found = None
                if wanted == "FORBIDDEN" and found == "ILLEGAL_TRANSITION" and name in WRITES:
                    wanted = found  # The flow is asked before the field.
                kind = "deleted" if row.values.get("deleted_at") else "seen" if oracle.sees(row) else "unseen"
                desk.tally.expect((oracle.viewer, name, kind), found, wanted, row.values.get("name", row.id))
    desk.tally.settle(14)


def suited(oracle: Oracle, name: str) -> dict[str, Any]:
    """A right call, with a party or a person that this viewer sees where it has to name one."""
    given = inputs.call(name)
    if name in ("callLink", "emailMessageLink"):
        given["input"] = {"partyId": _a_party(oracle)}
    if name in ("segmentAdd", "segmentRemove") and (seen := oracle.visible("Customer")):
        given["input"] = {"recordIds": [str(seen[0].id)]}
    if name == "opportunityOffer":
        seen = oracle.visible("Channel") or oracle.rows("Channel")
        given["input"]["channelId"] = str(seen[0].id)
    if name in ("callTransfer", "serviceCaseAssign") and oracle.kind == "CHANNEL":
        given["toId"] = str(oracle.id)
    return given


def _a_party(oracle: Oracle) -> str:
    seen = oracle.visible("Party")
    return str((seen or oracle.company.of("party"))[0].id)


def sample(company: Company, type_name: str) -> list[Fact]:
    """The rows that a mutation is aimed at: all of its own type and a few of the others in its table, every second of long
    tables."""
    rows = Oracle(company, "admin").rows(type_name)
    others = [row for row in company.of(TABLES[type_name]) if row not in rows][::6]
    deleted = [row for row in rows if row.values.get("deleted_at")]
    return [*(rows if len(rows) < 50 else deleted + rows[::2]), *others]


def expected(oracle: Oracle, name: str, row: Fact) -> str | None:
    """By the rules: the gate first, then whether it is there for the viewer at all, then whether it is theirs to change."""
    wanted = aim(name)
    assert wanted is not None
    if not oracle.holds(permission(name)):
        return "top FORBIDDEN"
    fits = row in oracle.rows(wanted.type)
    if wanted.restoring:
        return None if fits and oracle.may(wanted.action, row, deleted=True) else "NOT_FOUND"
    missing = oracle.missing(row) if fits else "NOT_FOUND"
    named = {"opportunityOffer": "Channel", "emailMessageLink": "Party"}.get(name)
    if named is not None and not oracle.visible(named) and oracle.reads(row) and oracle.does(wanted, row):
        return "NOT_FOUND"
    if name == "fileRemove" and row.values.get("record_kind") == Kind.EMAIL_MESSAGE:
        return "NOT_FOUND"  # what came with a letter, or went, stays with it
    frozen = oracle.freezes(snake(wanted.type), WRITES.get(name, ""))
    if name == "callLink" and not oracle.visible("Party") and not frozen:
        return "NOT_FOUND"
    if not fits or not oracle.sees(row):
        return "FORBIDDEN" if frozen and name in ("callLink", "callCustomerCreate") else missing
    return None if oracle.does(wanted, row) and not frozen else "FORBIDDEN"


async def test_purging(desk: Desk):
    unowned = ("tag", "pipeline", "ring_group", "competitor", "work_calendar", "calendar_day", "sla_policy")
    tables = (*OWNED_TABLES, *unowned, "blocked_number", "sms_account", "sms_template", "sms_opt_out")
    tables = (*tables, "email_template", "email_suppression")
    rows = [row for table in tables for row in desk.company.of(table) if row["deleted_at"]]
    rows += [row for table in OWNED_TABLES for row in desk.company.of(table)[:: 5 if table == "party" else 9]]
    for batch in batched(rows, BATCH):
        text = inputs.document(["recordPurge"] * len(batch))
        for oracle in desk.oracles:
            answer = await desk.client.ask(oracle.viewer, text, inputs.variables([{"id": str(row.id)} for row in batch]))
            for number, row in enumerate(batch):
                found = outcome(answer, f"m{number}")
                may = row.table in OWNED_TABLES and oracle.may("ADMINISTER", row, deleted=True)
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
    "partiesUpdate": ("UPDATE", {"paymentTermsDays": 7}),
    "partiesDelete": ("DELETE", {}),
}
PARTY_ENTITIES = ("customer", "channel", "supplier")


@pytest.mark.parametrize("name", sorted(BULK))
async def test_bulk_verbs_judge_each_record(desk: Desk, name: str):
    action, rest = BULK[name]
    rows = [row for table in (*OWNED_TABLES, "user_account", "tag", "ring_group") for row in desk.company.of(table)[::4]]
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
            owned = oracle.entity(row) in (PARTY_ENTITIES if name.startswith("parties") else OWNED)
            seen, may = owned and oracle.sees(row), owned and oracle.may(action, row)
            if name == "recordsTag" and oracle.freezes(oracle.entity(row), "tags"):
                may = False
            if name == "recordsUnshare" and may and seen and code == "NOT_FOUND":
                code = None  # Not shared with them: told of the principal, and only to whoever may share.
                desk.tally.expect(
                    (oracle.viewer, name, "field"), each["userErrors"][0]["field"], ["input", "principalIds"], row.id
                )
            missing = oracle.missing(row) if owned else "NOT_FOUND"
            wanted = missing if not seen else None if may else "FORBIDDEN"
            desk.tally.expect((oracle.viewer, name, oracle.entity(row)), code, wanted, row.values.get("name", row.id))
    desk.tally.settle(60)


IN_ONES_OWN_MAILBOX = ("emailDraftCreate", "emailDraftUpdate")
"""Nobody does these to everybody's: `tests/messaging/test_email_account.py` and `test_email_message.py`."""
WRITERS = [
    name for name in inputs.mutations()
    if name.endswith(("Create", "Update")) and name not in ("callCustomerCreate", *IN_ONES_OWN_MAILBOX, *BULK)
]  # fmt: skip


@pytest.mark.parametrize("name", WRITERS)
async def test_what_bad_input_is_put_beside_is_right(desk: Desk, name: str):
    """Else the tests of refusals would see the wrong refusal."""
    oracle = next(each for each in desk.oracles if each.viewer == "admin")
    given = inputs.complete(name, oracle)
    if "id" in given:
        given |= inputs.aimed(name, oracle.visible((aim(name) or Aim("", "")).type), oracle)
    answer = await desk.client.ask("admin", inputs.document([name]), inputs.variables([given]))
    assert outcome(answer, "m0") is None, answer


PARTY_NEEDED = WITH_THEIR_PARTY - {"activity"}
CREATED = sorted(
    name for name, made in inputs.mutations().items()
    if name.endswith("Create") and "id" not in made.args and name not in IN_ONES_OWN_MAILBOX
)  # fmt: skip


@pytest.mark.parametrize("name", CREATED)
async def test_creating_for_oneself_and_others(desk: Desk, name: str):
    """The gate, and for whom: owners outside the creator's scope are refused."""
    entity = snake(name.removesuffix("Create"))
    owners = ("agent", "junior", "outsider", "peer", "tree", "partner", None)
    for oracle in desk.oracles:
        calls = []
        for owner in owners if entity in OWNED else (None,):
            given = inputs.call(name)["input"]
            if owner is not None:
                given["ownerId"] = str(user_id(owner))
            if entity in PARTY_NEEDED:
                given["partyId"] = _a_party(oracle)
            calls.append({"input": given})
        answer = await desk.client.ask(oracle.viewer, inputs.document([name] * len(calls)), inputs.variables(calls))
        for number in range(len(calls)):
            owner = owners[number] if entity in OWNED else None
            found = outcome(answer, f"m{number}")
            desk.tally.expect(
                (oracle.viewer, name, f"for {owner}"),
                found,
                _creation(oracle, name, entity, owner, calls[number]["input"]),
                calls[number],
            )
    desk.tally.settle(14)


def _creation(oracle: Oracle, name: str, entity: str, owner: str | None, given: dict[str, Any]) -> str | None:
    if not oracle.holds(permission(name)):
        return "top FORBIDDEN"
    if any(oracle.freezes(entity, field.removesuffix("Id")) for field in given):
        return "FORBIDDEN"
    if entity not in OWNED:
        return None
    if entity in PARTY_NEEDED and not oracle.visible("Party"):
        return "NOT_FOUND"
    if owner is not None and oracle.kind != "STAFF" and owner != oracle.viewer:
        return "NOT_FOUND"
    person = oracle.person if owner is None else Oracle(oracle.company, owner).person
    assert person
    reached = oracle.reaches(oracle.scope(entity, "CREATE"), user_id(person.name), department_id(person.department))
    return None if reached else "FORBIDDEN"


ADDED = sorted(name for name in PROCESS_VERBS if name.endswith("Add"))


@pytest.mark.parametrize("name", ADDED)
async def test_adding_to_every_record_of_the_sales_process(desk: Desk, name: str):
    """The rights are those of the record; what else is wrong with the call is told of another field."""
    action = PROCESS_VERBS[name][1]
    for batch in batched([row for table in PROCESSES for row in desk.company.of(table)], BATCH):
        text = inputs.document([name] * len(batch))
        calls = [{"input": inputs.call(name)["input"] | {"recordId": str(row.id)}} for row in batch]
        for oracle in desk.oracles:
            answer = await desk.client.ask(oracle.viewer, text, inputs.variables(calls))
            for number, row in enumerate(batch):
                errors = answer.data[f"m{number}"]["userErrors"]
                found = next((each["code"] for each in errors if each["field"] == ["input", "recordId"]), None)
                wanted = "NOT_FOUND" if not oracle.reads(row) else None if oracle.may(action, row) else "FORBIDDEN"
                desk.tally.expect((oracle.viewer, name, row.table), found, wanted, row.id)
    desk.tally.settle(14)


SHOWN_AS = {
    "roleIds": "roles", "memberIds": "members", "attendeeUserIds": "attendees", "attendeeContactIds": "attendees",
}  # fmt: skip
"""Input field → the field of the type that shows what it writes, where the names do not tell."""


@pytest.mark.parametrize("name", [name for name in sorted(WRITERS) if name.endswith("Update") and aim(name)])
async def test_frozen_and_hidden_fields_cannot_be_written(desk: Desk, name: str):
    wanted = aim(name)
    assert wanted is not None
    type_name = wanted.type
    fields = inputs.update_fields(name)
    for oracle in desk.oracles:
        row = next((row for row in oracle.visible(type_name) if oracle.does(wanted, row)), None)
        if row is None:
            continue
        for field, value in fields.items():
            if field == "audience":
                value = {"userIds": [str(oracle.id)]}  # A partner's people can name nobody else.  # noqa: PLW2901
            other = {key: each for key, each in inputs.call(name).items() if key == "originalStartsAt"}
            asked = {"id": str(row.id), "version": row["version"], "input": {field: value}} | other
            answer = await desk.client.ask(oracle.viewer, inputs.document([name]), inputs.variables([asked]))
            found = outcome(answer, "m0")
            plain = SHOWN_AS.get(field, field.removesuffix("Id"))
            frozen = oracle.freezes(snake(type_name), plain)
            if field == "customFields":
                frozen |= any(oracle.freezes(oracle.entity(row), f"custom.{each['key']}") for each in value)
            if field == "roleIds" and not oracle.gate("role", "ADMINISTER"):
                frozen = True
            desk.tally.expect((oracle.viewer, f"{name}.{field}", "frozen"), found == "FORBIDDEN", frozen, (field, found))
    desk.tally.settle(2)


async def test_publishing_without_a_draft(desk: Desk):
    """Whoever may create announcements; with an audience of people that they see."""
    for oracle in desk.oracles:
        for audience in ({"userIds": [str(oracle.id)]}, {"everyone": True}):
            given = {"title": "news", "body": "much of it", "audience": audience}
            text, values = inputs.document(["announcementPublish"]), inputs.variables([{"input": given}])
            found = outcome(await desk.client.ask(oracle.viewer, text, values), "m0")
            frozen = any(oracle.freezes("announcement", field) for field in given)
            beyond = "everyone" in audience and oracle.kind != "STAFF"
            wanted = "FORBIDDEN" if frozen or beyond else None
            if not oracle.holds(permission("announcementPublish")):
                wanted = "top FORBIDDEN"
            desk.tally.expect((oracle.viewer, "announcementPublish", str(list(audience))), found, wanted)
    desk.tally.settle(28)


async def test_editing_the_rules_of_the_pool_and_handing_out(desk: Desk):
    """By the gate; and to people within the viewer's scope of handing customers over."""
    (policy,) = desk.company.of("pool_policy")
    customers = [row for row in desk.company.of("party") if row["owner_id"] is None and row["deleted_at"] is None]
    for oracle in desk.oracles:
        calls = {"poolPolicyUpdate": {"version": policy["version"], "input": {"warnDays": 4}}, "poolRecycle": {}}
        for name, given in calls.items():
            answer = await desk.client.ask(oracle.viewer, inputs.document([name]), inputs.variables([given]))
            partners = "NOT_FOUND" if name == "poolPolicyUpdate" else "FORBIDDEN"  # never beyond what is their own
            wanted = None if oracle.scope("pool", "ADMINISTER") == "ALL" else partners
            wanted = wanted if oracle.holds(SPECIAL[name]) else "top FORBIDDEN"
            desk.tally.expect((oracle.viewer, name, "gate"), outcome(answer, "m0"), wanted)
        for name in ("agent", "junior", "outsider"):
            given = {"input": {"ids": [str(row.id) for row in customers], "toId": str(user_id(name))}}
            answer = await desk.client.ask(oracle.viewer, inputs.document(["customersAssign"]), inputs.variables([given]))
            reached = oracle.reaches(oracle.scope("customer", "TRANSFER"), user_id(name), department_id(PEOPLE[name].department))
            unseen = oracle.kind != "STAFF" and user_id(name) != oracle.id
            wanted = "NOT_FOUND" if unseen else None if reached else "FORBIDDEN"
            if not oracle.holds("pool.transfer"):
                wanted = "top FORBIDDEN"
            desk.tally.expect((oracle.viewer, "customersAssign", name), outcome(answer, "m0"), wanted)
            for row, each in zip(customers, answer.data["m0"]["results"] if wanted is None else (), strict=False):
                codes = [error["code"] for error in each["userErrors"]]
                right = ["NOT_FOUND"] if row["type"] != "CUSTOMER" or not oracle.sees(row) else []
                desk.tally.expect((oracle.viewer, "customersAssign", "row"), codes, right, row["name"])
    desk.tally.settle(70)


async def test_planning_for_many_parties(desk: Desk):
    """Each party is judged by itself: seen or not, and for whom its activity would be."""
    parties = desk.company.of("party")[::3]
    text = inputs.document(["activitiesPlan"])
    for oracle in desk.oracles:
        if not oracle.holds(SPECIAL["activitiesPlan"]):
            continue
        for owner in (None, oracle.viewer):
            given = {**inputs.call("activitiesPlan")["input"], "partyIds": [str(row.id) for row in parties]}
            answer = await desk.client.ask(
                oracle.viewer, text, {"m0_input": given | ({"ownerId": str(oracle.id)} if owner else {})}
            )
            found = outcome(answer, "m0")
            if any(oracle.freezes("activity", field) for field in ("kind", "subject", "party", "plannedAt")):
                desk.tally.expect((oracle.viewer, "activitiesPlan", "frozen"), found, "FORBIDDEN")
                continue
            assert found is None, answer
            for row, each in zip(parties, answer.data["m0"]["results"], strict=True):
                code = each["userErrors"][0]["code"] if each["userErrors"] else None
                wanted = _planned(oracle, row, owner)
                desk.tally.expect((oracle.viewer, "activitiesPlan", f"for {owner and 'me'}"), code, wanted, row["name"])
    desk.tally.settle(20)


def _planned(oracle: Oracle, party: Fact, owner: str | None) -> str | None:
    if not oracle.reads(party):
        return oracle.missing(party)
    people = [name for name, person in PEOPLE.items() if person.active and user_id(name) == party["owner_id"]]
    person = PEOPLE[owner or (people[0] if people else oracle.viewer)]
    reached = oracle.reaches(oracle.scope("activity", "CREATE"), user_id(person.name), department_id(person.department))
    return None if reached else "FORBIDDEN"


async def test_what_only_partners_submit(desk: Desk):
    """Whoever works for a channel and may; our own people never."""
    given = {"title": "a new text", "customerName": "a new text"}
    text, values = inputs.document(["opportunitySubmit"]), inputs.variables([{"input": given}])
    for oracle in desk.oracles:
        found = outcome(await desk.client.ask(oracle.viewer, text, values), "m0")
        wanted = None if oracle.channel is not None else "FORBIDDEN"
        if not oracle.holds(SPECIAL["opportunitySubmit"]):
            wanted = "top FORBIDDEN"
        desk.tally.expect((oracle.viewer, "opportunitySubmit", "oneself"), found, wanted)
    desk.tally.settle(14)


async def test_commenting_on_what_one_sees(desk: Desk):
    """And on nothing else; only our own people say something among themselves."""
    rows = [row for table in ("channel_assignment", "channel_submission") for row in desk.company.of(table)]
    rows += desk.company.of("opportunity")[:3]
    for batch in batched(rows, BATCH // 2):
        calls = [
            {"input": {"recordId": str(row.id), "body": "a word", "internal": internal}}
            for row in batch
            for internal in (False, True)
        ]
        text, values = inputs.document(["commentAdd"] * len(calls)), inputs.variables(calls)
        for oracle in desk.oracles:
            answer = await desk.client.ask(oracle.viewer, text, values)
            for number, row in enumerate(row for row in batch for _ in range(2)):
                ours = number % 2 == 1
                wanted = "FORBIDDEN" if ours and oracle.kind != "STAFF" else None
                if row.table == "opportunity" or not oracle.reads(row):
                    wanted = "NOT_FOUND"
                way = "among ourselves" if ours else "to both sides"
                desk.tally.expect((oracle.viewer, f"commentAdd {way}", row.table), outcome(answer, f"m{number}"), wanted, row.id)
    desk.tally.settle(60)


async def test_publishing_information_to_channels(desk: Desk):
    """It takes to create announcements, and to see the channel that is meant; partners publish none."""
    for oracle in desk.oracles:
        for row in desk.company.of("party"):
            if row["name"] not in ("channel of outsider", "deleted channel of agent"):
                continue
            given = {"topic": "MARKET", "title": "t", "body": "b", "audience": {"channelIds": [str(row.id)]}}
            text, values = inputs.document(["channelInformationPublish"]), inputs.variables([{"input": given}])
            found = outcome(await desk.client.ask(oracle.viewer, text, values), "m0")
            wanted = None if oracle.reads(row) else "NOT_FOUND"
            if oracle.kind != "STAFF" or (wanted is None and oracle.freezes("announcement", "audience")):
                wanted = "FORBIDDEN"
            if not oracle.holds(SPECIAL["channelInformationPublish"]):
                wanted = "top FORBIDDEN"
            desk.tally.expect((oracle.viewer, "channelInformationPublish", row["name"]), found, wanted)
    desk.tally.settle(28)


async def test_saying_that_one_takes_calls(desk: Desk):
    for oracle in desk.oracles:
        answer = await desk.client.ask(oracle.viewer, inputs.document(["presenceSet"]), {"m0_state": "AWAY"})
        wanted = None if oracle.holds(SPECIAL["presenceSet"]) else "top FORBIDDEN"
        desk.tally.expect((oracle.viewer, "presenceSet", "oneself"), outcome(answer, "m0"), wanted)
    desk.tally.settle(14)


async def test_merging(desk: Desk):
    """UPDATE of the one that stays, DELETE of the other, each judged by itself; what was merged answers for its survivor."""
    party = desk.company.named("party", "customer of outsider")
    people = [row for row in desk.company.of("contact") if row["party_id"] == party.id]
    places = {"partyMerge": [row for row in desk.company.of("party") if row["type"] == "CUSTOMER"], "contactMerge": people}
    for name, rows in places.items():
        some = rows[::3]
        others = [(some[place - 1], rows[(place * 7 + 1) % len(rows)]) for place in range(len(some))]
        pairs = [(one, two) for one, both in zip(some, others, strict=True) for two in both]
        for batch in batched([pair for pair in pairs if pair[0] is not pair[1]], BATCH):
            text = inputs.document([name] * len(batch))
            calls = [{"input": {"survivorId": str(stays.id), "mergedId": str(goes.id)}} for stays, goes in batch]
            for oracle in desk.oracles:
                answer = await desk.client.ask(oracle.viewer, text, inputs.variables(calls))
                for number, (stays, goes) in enumerate(batch):
                    found = outcome(answer, f"m{number}")
                    wanted = {_merges(oracle, "UPDATE", stays), _merges(oracle, "DELETE", goes)} - {None}
                    same = not wanted and found == "INVALID"  # it would be above itself, or the like
                    agreed = same or (found in wanted if wanted else found is None)
                    desk.tally.expect((oracle.viewer, name, "pair"), agreed, True, (stays["name"], goes["name"], found, wanted))
    desk.tally.settle(28)


def _merges(oracle: Oracle, action: str, row: Fact) -> str | None:
    if not oracle.sees(row):
        return oracle.missing(row)
    return None if oracle.may(action, row) else "FORBIDDEN"


async def test_undoing_merges(desk: Desk):
    for oracle in desk.oracles:
        rows = desk.company.of("merge")
        text = inputs.document(["mergeUndo"] * len(rows))
        answer = await desk.client.ask(oracle.viewer, text, inputs.variables([{"id": str(row.id)} for row in rows]))
        for number, row in enumerate(rows):
            survivor, merged = (oracle.record(row[column]) for column in ("record_id", "merged_id"))
            gone = merged is None or not oracle.may("DELETE", merged, deleted=True)
            wanted = {_merges(oracle, "UPDATE", survivor) if survivor else "NOT_FOUND", "NOT_FOUND" if gone else None} - {None}
            found = outcome(answer, f"m{number}")
            # The ledger of these facts is older than thirty days.
            agreed = found in wanted if wanted else found in (None, "ILLEGAL_TRANSITION")
            desk.tally.expect((oracle.viewer, "mergeUndo", "entry"), agreed, True, (row["merged_name"], found, wanted))
    desk.tally.settle(14)


async def test_looking_for_duplicates(desk: Desk):
    """Whoever may make such a record may look whether there is one; what of it they see is what they see anywhere."""
    for oracle in desk.oracles:
        for entity in ("customer", "supplier"):
            row = desk.company.named("party", f"{entity} of outsider")
            given = {"entity": entity.upper(), "name": row["name"]}
            text = "mutation ($i: DuplicateCheckInput!) { m0: duplicateCheck(input: $i) {"
            text += " duplicates { restricted record { id } } userErrors { code } } }"
            answer = await desk.client.ask(oracle.viewer, text, {"i": given})
            wanted = None if oracle.gate(entity, "CREATE") else "FORBIDDEN"
            desk.tally.expect((oracle.viewer, "duplicateCheck", entity), outcome(answer, "m0"), wanted)
            if wanted is None:
                seen = oracle.reads(row)
                told = [{"restricted": False, "record": {"id": str(row.id)}}] if seen else [{"restricted": True, "record": None}]
                shown = told if seen or oracle.kind == "STAFF" else []
                desk.tally.expect((oracle.viewer, "duplicateCheck", "told"), answer.data["m0"]["duplicates"], shown)
    desk.tally.settle(28)


async def test_reading_notifications(desk: Desk):
    """Everybody reads their own; another's is not there, alone or among one's own."""
    rows = desk.company.of("notification")
    for oracle in desk.oracles:
        own = [str(row.id) for row in oracle.visible("Notification")]
        for batch in batched(rows, BATCH // 2):
            calls = [{"ids": ids} for row in batch for ids in ([str(row.id)], sorted({*own, str(row.id)}))]
            text = inputs.document(["notificationRead"] * len(calls))
            answer = await desk.client.ask(oracle.viewer, text, inputs.variables(calls))
            for number, row in enumerate(row for row in batch for _ in range(2)):
                way = "among one's own" if number % 2 else "alone"
                wanted = None if oracle.holds(SPECIAL["notificationRead"]) and oracle.reads(row) else "NOT_FOUND"
                kind = "own" if oracle.reads(row) else "another's"
                desk.tally.expect((oracle.viewer, f"notificationRead {way}", kind), outcome(answer, f"m{number}"), wanted, row.id)
        answer = await desk.client.ask(oracle.viewer, inputs.document(["notificationReadAll"]))
        wanted = None if oracle.holds(SPECIAL["notificationReadAll"]) else "top FORBIDDEN"
        desk.tally.expect((oracle.viewer, "notificationReadAll", "own"), outcome(answer, "m0"), wanted)
    desk.tally.settle(60)


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
    covered = {*AIMED, *CREATED, *ADDED, *BULK, "recordPurge", *SPECIAL_CASES}
    assert set(inputs.mutations()) == covered, "a mutation without a case: aim it here or give it a test of its own"
