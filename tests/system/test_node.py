"""`node(id)`: whatever has an id is shown as what it is or is not found; nobody crashes on an id of any kind."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest
from tests.factories.api import Api, Office, kept, unknown

from crm.core.clock import now, print_instant
from crm.core.errors import NOT_FOUND_TEXT
from crm.core.ids import EVERYONE_ID, make_id
from crm.core.kinds import Kind
from crm.rules.customers.call_states import CallDirection, Signal
from crm.rules.system.user_kinds import UserKind
from crm.services.customers.call_reports import CallReport, receive
from crm.services.customers.forecasts import take
from crm.services.deeds import Channel
from crm.services.jobs import Nothing, enqueue
from crm.services.office.reminder_firing import fire_due
from crm.services.system.accounts import system_deed
from crm.services.system.housekeeping import PURGE_JOBS

TABLES = {
    Kind.USER: "user_account", Kind.DEPARTMENT: "department", Kind.ROLE: "role", Kind.SESSION: "session", Kind.SHARE: "share",
    Kind.CHANGE: "change", Kind.DICTIONARY: "dictionary", Kind.DICTIONARY_ITEM: "dictionary_item", Kind.TAG: "tag",
    Kind.PARTY: "party", Kind.CONTACT: "contact", Kind.ACTIVITY: "activity", Kind.PHONE_NUMBER: "phone_number",
    Kind.EMAIL_ADDRESS: "email_address", Kind.ADDRESS: "address", Kind.CALL: "call", Kind.CALL_CANDIDATE: "call_candidate",
    Kind.CALL_MATCH: "call_match", Kind.RING_GROUP: "ring_group", Kind.RING_GROUP_NUMBER: "ring_group_number",
    Kind.RING_GROUP_MEMBER: "ring_group_member", Kind.PIPELINE: "pipeline", Kind.STAGE: "stage",
    Kind.OPPORTUNITY: "opportunity", Kind.STAGE_CHANGE: "stage_change", Kind.DELIVERY: "delivery",
    Kind.CALL_DISCLOSURE: "call_disclosure", Kind.POOL_POLICY: "pool_policy", Kind.POOL_LEVEL: "pool_level",
    Kind.POOL_STAY: "pool_stay", Kind.CALL_BACK: "call_back", Kind.BLOCKED_NUMBER: "blocked_number",
    Kind.DELIVERY_LINE: "delivery_line", Kind.CONTRACT: "contract", Kind.SCHEDULE_EVENT: "schedule_event",
    Kind.SCHEDULE_ATTENDEE: "schedule_attendee", Kind.SCHEDULE_EXCEPTION: "schedule_exception",
    Kind.REMINDER_RULE: "reminder_rule", Kind.REMINDER_SERIES: "reminder_series", Kind.REMINDER: "reminder",
    Kind.CALENDAR_FEED: "calendar_feed",
    Kind.ANNOUNCEMENT: "announcement", Kind.ANNOUNCEMENT_AUDIENCE: "announcement_audience",
    Kind.ANNOUNCEMENT_RECEIPT: "announcement_receipt", Kind.NOTIFICATION: "notification", Kind.JOB: "job",
    Kind.CUSTOM_FIELD: "custom_field", Kind.CUSTOM_VALUE: "custom_value", Kind.SEGMENT: "segment",
    Kind.STAKEHOLDER: "stakeholder", Kind.TEAM_MEMBER: "team_member", Kind.PROCESS_TASK: "process_task",
    Kind.COMPETITION: "competition", Kind.COMPETITOR: "competitor", Kind.FORECAST_SNAPSHOT: "forecast_snapshot",
    Kind.PROJECT: "project", Kind.MAINTENANCE: "maintenance", Kind.SERVICE_CASE: "service_case", Kind.SLA_POLICY: "sla_policy",
    Kind.WORK_CALENDAR: "work_calendar", Kind.WORKING_HOURS: "working_hours", Kind.CALENDAR_DAY: "calendar_day",
    Kind.DUPLICATE_POLICY: "duplicate_policy", Kind.DUPLICATE_DISCLOSURE: "duplicate_disclosure", Kind.MERGE: "merge",
    Kind.CHANNEL_GROUP: "channel_group", Kind.TERRITORY: "territory", Kind.CHANNEL_ASSIGNMENT: "channel_assignment",
    Kind.CHANNEL_SUBMISSION: "channel_submission", Kind.COMMENT: "comment", Kind.MARKETING_TASK: "marketing_task",
    Kind.CHANNEL_TASK: "channel_task", Kind.SMS_ACCOUNT: "sms_account", Kind.SMS_TEMPLATE: "sms_template",
    Kind.SMS_TEMPLATE_VARIABLE: "sms_template_variable", Kind.SMS_BATCH: "sms_batch", Kind.SMS_MESSAGE: "sms_message",
    Kind.SMS_OPT_OUT: "sms_opt_out", Kind.STORED_FILE: "stored_file",
    Kind.EMAIL_ACCOUNT: "email_account", Kind.EMAIL_MEMBER: "email_member", Kind.EMAIL_RULE: "email_rule",
    Kind.EMAIL_TEMPLATE: "email_template", Kind.EMAIL_TEMPLATE_VARIABLE: "email_template_variable",
    Kind.EMAIL_SUPPRESSION: "email_suppression", Kind.EMAIL_BATCH: "email_batch", Kind.EMAIL_THREAD: "email_thread",
    Kind.EMAIL_MESSAGE: "email_message", Kind.EMAIL_RECIPIENT: "email_recipient", Kind.EMAIL_ATTACHMENT: "email_attachment",
    Kind.EMAIL_SUGGESTION: "email_suggestion",
}  # fmt: skip
NODES = {
    Kind.USER: "User", Kind.DEPARTMENT: "Department", Kind.ROLE: "Role", Kind.SESSION: "Session", Kind.SHARE: "Share",
    Kind.CHANGE: "Change", Kind.DICTIONARY: "Dictionary", Kind.DICTIONARY_ITEM: "DictionaryItem", Kind.TAG: "Tag",
    Kind.CONTACT: "Contact", Kind.ACTIVITY: "Activity", Kind.CALL: "Call", Kind.RING_GROUP: "RingGroup",
    Kind.PIPELINE: "Pipeline", Kind.STAGE: "Stage", Kind.OPPORTUNITY: "Opportunity", Kind.STAGE_CHANGE: "StageChange",
    Kind.DELIVERY: "Delivery", Kind.CONTRACT: "Contract", Kind.SCHEDULE_EVENT: "ScheduleEvent", Kind.REMINDER: "Reminder",
    Kind.CALENDAR_FEED: "CalendarFeed",
    Kind.ANNOUNCEMENT: "Announcement", Kind.ANNOUNCEMENT_RECEIPT: "AnnouncementReceipt",
    Kind.POOL_POLICY: "PoolPolicy", Kind.POOL_STAY: "PoolStay",
    Kind.CALL_BACK: "CallBack", Kind.BLOCKED_NUMBER: "BlockedNumber",
    Kind.CALL_DISCLOSURE: "CallDisclosure", Kind.NOTIFICATION: "Notification", Kind.JOB: "Job",
    Kind.CUSTOM_FIELD: "CustomField", Kind.SEGMENT: "Segment",
    Kind.STAKEHOLDER: "Stakeholder", Kind.TEAM_MEMBER: "TeamMember", Kind.PROCESS_TASK: "ProcessTask",
    Kind.COMPETITION: "Competition", Kind.COMPETITOR: "Competitor",
    Kind.PROJECT: "Project",
    Kind.MAINTENANCE: "Maintenance", Kind.SERVICE_CASE: "ServiceCase", Kind.SLA_POLICY: "SlaPolicy",
    Kind.WORK_CALENDAR: "WorkCalendar", Kind.CALENDAR_DAY: "CalendarDay",
    Kind.DUPLICATE_POLICY: "DuplicatePolicy", Kind.DUPLICATE_DISCLOSURE: "DuplicateDisclosure", Kind.MERGE: "Merge",
    Kind.CHANNEL_GROUP: "ChannelGroup", Kind.TERRITORY: "Territory", Kind.CHANNEL_ASSIGNMENT: "ChannelAssignment",
    Kind.CHANNEL_SUBMISSION: "ChannelSubmission", Kind.COMMENT: "Comment", Kind.MARKETING_TASK: "MarketingTask",
    Kind.CHANNEL_TASK: "ChannelTask", Kind.SMS_ACCOUNT: "SmsAccount", Kind.SMS_TEMPLATE: "SmsTemplate",
    Kind.SMS_BATCH: "SmsBatch", Kind.SMS_MESSAGE: "SmsMessage", Kind.SMS_OPT_OUT: "SmsOptOut",
    Kind.STORED_FILE: "StoredFile",
    Kind.EMAIL_ACCOUNT: "EmailAccount", Kind.EMAIL_TEMPLATE: "EmailTemplate", Kind.EMAIL_SUPPRESSION: "EmailSuppression",
    Kind.EMAIL_BATCH: "EmailBatch", Kind.EMAIL_THREAD: "EmailThread", Kind.EMAIL_MESSAGE: "EmailMessage",
}  # fmt: skip
"""Kinds whose rows are nodes, and as what; a party is one of three, value rows are part of their party."""


@pytest.fixture(scope="module")
async def office(databases) -> AsyncIterator[Office]:
    """Something of every kind."""
    async for made in kept(databases):
        await made.department("总部")
        agent = await made.hire("agent", {"customer.READ": "OWN", "call.READ": "OWN"})
        await made.hire("nobody")
        values = {
            "phoneNumbers": [{"raw": "13800138000"}],
            "emailAddresses": [{"address": "a@b.test"}],
            "addresses": [{"street": "坂田"}],
        }
        for entity in ("customer", "channel", "supplier"):
            party = await made.admin.do(f"{entity}Create", f"{entity} {{ id }}", input={"name": entity, **values})
        await made.admin.do("contactCreate", "contact { id }", input={"name": "王芳", "partyId": party["id"], **values})
        given = {"kind": "CALL", "subject": "回访", "partyId": party["id"], "plannedAt": "2090-01-01T00:00:00Z"}
        await made.admin.do("activityCreate", "activity { id }", input=given)
        await made.admin.do("tagCreate", "tag { id }", input={"name": "x"})
        await made.admin.do("calendarFeedCreate", "path", input={"name": "x"})
        shared = {"ids": [party["id"]], "principalIds": [str(EVERYONE_ID)], "access": "READ"}
        await made.admin.do("recordsShare", "results { id }", input=shared)
        await _sales(made, party["id"])
        await _news(made, agent)
        await _work(made)
        await _custom(made)
        await _twins(made)
        await _pool(made)
        await _channels(made)
        await _texts(made, party["id"])
        await _mail(made, party["id"])
        await _file(made, party["id"])
        yield made


async def _sales(made: Office, party: str) -> None:
    told = {"partyId": party, "title": "x"}
    opportunity = await made.admin.do("opportunityCreate", "opportunity { id }", input=told)
    await _process(made, party, opportunity["id"])
    await made.admin.do("contractCreate", "contract { id }", input={**told, "kind": "SALES"})
    lines = [{"product": "x", "quantity": "1"}]
    await made.admin.do("deliveryCreate", "delivery { id }", input={"partyId": party, "lines": lines})
    for noun in ("project", "maintenance"):
        await made.admin.do(f"{noun}Create", f"{noun} {{ id }}", input=told)
    await made.admin.do("serviceCaseCreate", "serviceCase { id }", input={"partyId": party, "subject": "x"})
    day = {"workCalendarId": str(await made.value("SELECT id FROM work_calendar")), "fallsOn": "2026-02-17", "kind": "HOLIDAY"}
    await made.admin.do("calendarDayCreate", "calendarDay { id }", input=day)


async def _process(made: Office, party: str, opportunity: str) -> None:
    contact = await made.admin.do("contactCreate", "contact { id }", input={"name": "李雷", "partyId": party})
    helper, rival = await made.hire("helper"), await made.admin.do("competitorCreate", "competitor { id }", input={"name": "x"})
    on = {"recordId": opportunity}
    await made.admin.do("stakeholderAdd", "stakeholder { id }", input={**on, "contactId": contact["id"], "role": "USER"})
    await made.admin.do("teamMemberAdd", "teamMember { id }", input={**on, "userId": helper.id})
    await made.admin.do("processTaskAdd", "processTask { id }", input={**on, "title": "x"})
    await made.admin.do("competitionAdd", "competition { id }", input={**on, "competitorId": rival["id"]})


async def _news(made: Office, agent: Api) -> None:
    """A call to a ring group that tells the agent of somebody they may not see; an announcement; a reminder that has fired."""
    me = made.admin.id
    group = {"name": "hotline", "numbers": ["4000"], "memberIds": [me, agent.id]}
    await made.admin.do("ringGroupCreate", "ringGroup { id }", input=group)
    report = CallReport("pbx", "e1", "c1", Signal.RINGING, CallDirection.INBOUND, "13800138000", "4000", now())
    missed = CallReport("pbx", "e2", "c2", Signal.MISSED, CallDirection.INBOUND, "13900139000", "4000", now())
    async with system_deed(made.database, "test", channel=Channel.TELEPHONY) as deed:
        await receive(deed, report)
        await receive(deed, missed)
    await made.admin.do("blockedNumberCreate", "blockedNumber { id }", input={"match": "WITHHELD"})
    news = {"title": "t", "body": "b", "audience": {"userIds": [me]}}
    await made.admin.do("announcementPublish", "announcement { id }", input=news)
    starts = now().replace(microsecond=0)
    event = await made.admin.do(
        "scheduleEventCreate",
        "scheduleEvent { id }",
        input={
            "title": "t", "startsAt": print_instant(starts), "endsAt": print_instant(starts + timedelta(hours=1)),
            "timeZone": "UTC", "rrule": "FREQ=DAILY;COUNT=9", "attendeeUserIds": [me],
            "reminders": [{"channel": "POPUP", "minutesBefore": 0}],
        },
    )  # fmt: skip
    third = print_instant(starts + timedelta(days=2))
    await made.admin.do("scheduleOccurrenceCancel", "scheduleEvent { id }", id=event["id"], originalStartsAt=third)
    await fire_due(made.database, now())


async def _custom(made: Office) -> None:
    """A custom field with a value, on a segment."""
    given = {"entity": "segment", "key": "size", "type": "NUMBER", "labelZh": "规模", "labelEn": "Size"}
    await made.admin.do("customFieldCreate", "customField { id }", input=given)
    values = [{"key": "size", "number": "1"}]
    await made.admin.do("segmentCreate", "segment { id }", input={"name": "x", "holds": "CUSTOMER", "customFields": values})


async def _pool(made: Office) -> None:
    """A customer that was given back, and a level with days of its own."""
    given = await made.admin.do("customerCreate", "customer { id }", input={"name": "pooled"})
    await made.admin.do("customerRelease", "customer { id }", id=given["id"], reason="x")
    options = "SELECT i.id FROM dictionary_item i JOIN dictionary d ON d.id = i.dictionary_id"
    item = await made.value(f"{options} WHERE d.code = 'customer_level' LIMIT 1")
    levels = [{"levelId": str(item), "recycleDays": 9}]
    await made.admin.do("poolPolicyUpdate", "poolPolicy { id }", version=1, input={"levels": levels})


async def _work(made: Office) -> None:
    """A notification of the administrator, with whom somebody shares a customer; a job that nobody has started."""
    giver = await made.hire("giver", {"customer.CREATE": "OWN", "customer.READ": "OWN", "customer.SHARE": "OWN"})
    given = await giver.do("customerCreate", "customer { id }", input={"name": "given"})
    shared = {"ids": [given["id"]], "principalIds": [made.admin.id], "access": "READ"}
    await giver.do("recordsShare", "results { id }", input=shared)
    async with system_deed(made.database, "test") as deed:
        await enqueue(deed, PURGE_JOBS, Nothing())
        await take(deed)


async def _twins(made: Office) -> None:
    """Somebody is told of a supplier whom they may not see; two suppliers become one, and two again."""
    looking = await made.hire("looking", {"supplier.CREATE": "OWN"})
    await looking.do("duplicateCheck", "duplicates { restricted }", input={"entity": "SUPPLIER", "name": "supplier"})
    second = await made.admin.do("supplierCreate", "supplier { id }", input={"name": "twin"})
    first = (await made.admin.ask("suppliers", "nodes { id }", search="supplier"))["nodes"][0]
    merged = await made.admin.do("partyMerge", "merge { id }", input={"survivorId": first["id"], "mergedId": second["id"]})
    await made.admin.do("mergeUndo", "record { id }", id=merged["id"])


async def _channels(made: Office) -> None:
    """What is between us and a channel, and its person."""
    channel = str(await made.value("SELECT id FROM party WHERE type = 'CHANNEL'"))
    for noun in ("channelGroup", "territory"):
        await made.admin.do(f"{noun}Create", f"{noun} {{ id }}", input={"name": "x"})
    opportunity = str(await made.value("SELECT id FROM opportunity"))
    given = {"channelId": channel}
    assignment = await made.admin.do("opportunityOffer", "channelAssignment { id }", id=opportunity, input=given)
    await made.admin.do("commentAdd", "comment { id }", input={"recordId": assignment["id"], "body": "x"})
    task = await made.admin.do("marketingTaskCreate", "marketingTask { id }", input={"title": "x"})
    await made.admin.do("marketingTaskDispatch", "marketingTask { id }", id=task["id"], audience={"channelIds": [channel]})
    grants = {"channel_submission.CREATE": "OWN", "channel_submission.READ": "OWN"}
    seller = await made.hire("reseller", grants, kind=UserKind.CHANNEL.value, channel_id=channel)
    await seller.do("opportunitySubmit", "channelSubmission { id }", input={"title": "x", "customerName": "x"})


async def _texts(made: Office, party: str) -> None:
    """A template with a placeholder, one short message and one for many, and somebody who wants none."""
    given = {"name": "x", "category": "NOTICE", "text": "{x}"}
    await made.admin.do("smsTemplateCreate", "smsTemplate { id }", input=given)
    await made.admin.do("smsMessageSend", "smsMessage { id }", input={"number": "13800138000", "text": "x"})
    await made.admin.do("smsBatchSend", "smsBatch { id }", input={"name": "x", "text": "x", "partyIds": [party]})
    await made.admin.do("smsOptOutCreate", "smsOptOut { id }", input={"number": "13800138001"})


async def _mail(made: Office, party: str) -> None:
    """A shared mailbox with a rule, a letter with an attachment in it, one for many, a template, and somebody who wants none."""
    template = {"name": "x", "category": "NOTICE", "subject": "{x}", "text": "x"}
    await made.admin.do("emailTemplateCreate", "emailTemplate { id }", input=template)
    await made.admin.do("emailSuppressionCreate", "emailSuppression { id }", input={"address": "a@gone.example"})
    member = await made.hire("member")
    rule = {"name": "x", "conditions": [{"field": "FROM", "value": "x"}]}
    box = await made.admin.do(
        "emailAccountCreate", "emailAccount { id }",
        input={"address": "a@b.example", "name": "x", "smtpHost": "smtp.b.example", "kind": "SHARED", "rules": [rule],
               "members": [{"userId": member.id}]},
    )  # fmt: skip
    headers = {"Authorization": f"Bearer {made.admin.token}", "Content-Type": "text/plain"}
    sent = await made.client.post("/files?name=y.txt", content=b"y", headers=headers)
    letter = {"accountId": box["id"], "subject": "x", "text": "x"}
    given = {**letter, "to": [{"address": "b@c.example"}], "fileIds": [sent.json()["id"]]}
    message = await made.admin.do("emailSend", "emailMessage { id }", input=given)
    await made.admin.do("emailBatchSend", "emailBatch { id }", input={**letter, "name": "x", "partyIds": [party]})
    await made.rows(
        "INSERT INTO email_suggestion (id, message_id, position, party_id, reason, address, score, state)"
        " VALUES ($1, $2, 0, $3, 'SAME_DOMAIN', 'x', 0, 'OPEN')",
        make_id(Kind.EMAIL_SUGGESTION, 1, 1), UUID(message["id"]), UUID(party),
    )  # fmt: skip


async def _file(made: Office, record: str) -> None:
    headers = {"Authorization": f"Bearer {made.admin.token}", "Content-Type": "text/plain"}
    sent = await made.client.post("/files?name=x.txt", content=b"x", headers=headers)
    given = {"fileId": sent.json()["id"], "recordId": record}
    await made.admin.do("fileAttach", "storedFile { id }", input=given)


async def shown(api: Api, key: str) -> str | None:
    """The type that `node` shows, or None where it is not found; anything else fails."""
    answer = await api.asked("node", "id __typename", id=key)
    assert answer.status == 200, answer.body
    if answer.errors:
        assert (answer.codes, answer.errors[0]["message"], answer.data) == (["NOT_FOUND"], NOT_FOUND_TEXT, {"node": None})
        return None
    assert answer.data["node"]["id"] == key
    return str(answer.data["node"]["__typename"])


def test_every_kind_is_tried():
    assert TABLES.keys() | {Kind.EVERYONE} == set(Kind)


@pytest.mark.parametrize("kind", TABLES, ids=lambda kind: kind.name)
async def test_an_id_of_every_kind_is_a_node_or_not_found(office: Office, kind: Kind):
    rows = await office.rows(f"SELECT id FROM {TABLES[kind]} ORDER BY id LIMIT 40")
    assert rows
    own = await office.rows("SELECT id FROM session WHERE user_id = $1 AND revoked_at IS NULL", office.admin.id)
    for (key,) in rows:
        found = await shown(office.admin, str(key))
        if kind is Kind.SESSION:
            assert found == ("Session" if key in {each[0] for each in own} else None)
        elif kind is Kind.NOTIFICATION:
            whose = await office.value("SELECT user_id::text FROM notification WHERE id = $1", key)
            assert found == ("Notification" if whose == office.admin.id else None)
        elif kind is Kind.PARTY:
            assert found in ("Customer", "Channel", "Supplier")
        else:
            assert found == NODES.get(kind)


async def test_a_party_is_shown_as_the_type_it_is(office: Office):
    for key, type_ in await office.rows("SELECT id, type FROM party"):
        assert (await shown(office.admin, str(key))).upper() == type_


@pytest.mark.parametrize("kind", list(Kind), ids=lambda kind: kind.name)
async def test_an_unknown_id_of_every_kind_is_not_found(office: Office, kind: Kind):
    assert await shown(office.admin, unknown(kind)) is None


async def test_principals_are_no_nodes_beyond_the_users_departments_roles_and_channels(office: Office):
    assert await shown(office.admin, str(EVERYONE_ID)) is None
    for key, kind in await office.rows("SELECT id, kind FROM principal"):
        assert await shown(office.admin, str(key)) == ("Channel" if kind == Kind.PARTY else NODES.get(Kind(kind)))


@pytest.mark.parametrize("odd", ["", "x", "\x00" * 36, "0" * 36, str(make_id(4000, 1, 1)), str(EVERYONE_ID).upper() + " "])
async def test_an_odd_id_is_not_found(office: Office, odd):
    assert await shown(office.admin, odd) is None


async def test_an_id_in_capitals_is_the_same_id(office: Office):
    key = str(await office.value("SELECT id FROM tag"))
    assert (await office.admin.ask("node", "id", id=key.upper())) == {"id": key}


async def test_without_rights_nothing_but_the_cards_and_the_options_is_found(office: Office):
    nobody = await office.signed_in("nobody")
    found = {
        kind.name: await shown(nobody, str(await office.value(f"SELECT min(id::text) FROM {TABLES[kind]}"))) for kind in TABLES
    }
    open_ = {
        "USER",
        "DEPARTMENT",
        "DICTIONARY",
        "DICTIONARY_ITEM",
        "TAG",
        "RING_GROUP",
        "PIPELINE",
        "STAGE",
        "COMPETITOR",
        "CUSTOM_FIELD",
    }
    open_ |= {
        "WORK_CALENDAR",
        "CALENDAR_DAY",
        "SLA_POLICY",
        "DUPLICATE_POLICY",
        "CHANNEL_GROUP",
        "TERRITORY",
        "SMS_ACCOUNT",
        "SMS_TEMPLATE",
        "EMAIL_TEMPLATE",
    }
    assert {name for name, type_ in found.items() if type_} == open_


async def test_a_partners_person_finds_themselves_and_no_colleague(office: Office):
    channel = await office.value("SELECT id FROM party WHERE type = 'CHANNEL'")
    partner = await office.hire("partner", {"customer.*": "ALL"}, kind=UserKind.CHANNEL.value, channel_id=str(channel))
    assert await shown(partner, partner.id) == "User"
    assert await shown(partner, office.admin.id) is None
    assert await shown(partner, str(await office.value("SELECT id FROM department"))) is None


@pytest.mark.parametrize("field", ["customer", "contact", "user", "tag", "dictionaryItem", "role"])
async def test_single_fields_take_ids_of_every_kind_without_a_crash(office: Office, field):
    for kind in Kind:
        assert (await office.admin.asked(field, "id", id=unknown(kind))).codes == ["NOT_FOUND"]
