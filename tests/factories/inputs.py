"""Mutations as the house tests send them: for each root field a call that would be right, and every place in it where an id can
stand.

Inputs are made from the schema; what a rule wants beyond it (an active option, a free name) is written down once, by input field.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    get_nullable_type,
)
from tests.factories.company import department_id, key, role_id, user_id
from tests.factories.walk import SCHEMA

from crm.core.clock import print_instant
from crm.core.ids import new_id
from crm.core.kinds import Kind

Path = tuple[str | int, ...]


def item(code: str) -> str:
    """An option that can be chosen."""
    return str(key(Kind.DICTIONARY_ITEM, f"{code} one"))


SOON = (datetime.now(UTC) + timedelta(days=30)).replace(microsecond=0).isoformat()
"""What has to lie ahead, and not too far."""

RIGHT: dict[str, Any] = {
    "levelId": item("customer_level"), "categoryId": item("customer_type"), "sourceId": item("customer_source"),
    "industryId": item("industry"), "regionId": item("region"), "creditGradeId": item("credit_grade"),
    "dictionaryId": str(key(Kind.DICTIONARY, "industry")), "DictionaryItemInput.parentId": item("industry"),
    "DictionaryItemCreateInput.parentId": item("industry"), "DepartmentInput.parentId": str(department_id("hq")),
    "headId": str(user_id("chief")), "managerId": str(user_id("chief")), "departmentId": str(department_id("support")),
    "toId": str(user_id("agent")), "principalIds": str(user_id("agent")), "roleIds": str(role_id("agent")),
    "addIds": str(key(Kind.TAG, "hot")), "removeIds": str(key(Kind.TAG, "cold")), "userId": str(user_id("agent")),
    "raw": "13912345678", "postalCode": "310000", "address": "a@b.test", "street": "Road 1", "country": "CN",
    "colour": "#123456", "code": "fresh",
    "username": "somebody.new", "password": "long enough to pass 7", "current": "-", "timeZone": "UTC", "locale": "en",
    "creditCode": None,
    "entity": "customer", "field": "creditLimit", "expiresAt": "2126-01-01T00:00:00Z", "extension": "7777",
    "UserCreateInput.kind": None,
    "recordId": str(key(Kind.OPPORTUNITY, "opportunity of agent")), "competitorId": str(key(Kind.COMPETITOR, "Nokia")),
    "assigneeId": str(user_id("agent")),
    "pipelineId": str(key(Kind.PIPELINE, "main")), "stageId": str(key(Kind.STAGE, "main lead")),
    "opportunityMove.stageId": str(key(Kind.STAGE, "main deal")), "StageInput.id": str(key(Kind.STAGE, "main lead")),
    "reasonId": item("lost_reason"), "OpportunityWinInput.reasonId": item("won_reason"),
    "OpportunityHoldInput.reasonId": item("hold_reason"), "resumeOn": "2099-01-01",
    "disposition": "one", "currency": "EUR", "ringSeconds": 45, "publishAt": SOON,
    "followUpAt": SOON, "startsAt": "2026-03-01T09:00:00Z", "endsAt": "2026-03-01T10:00:00Z", "allDay": False,
    "DeliveryLineInput.unit": "pc", "originalStartsAt": "2026-03-01T09:00:00Z",
    "rrule": "FREQ=DAILY;COUNT=3", "minutesBefore": 15,
    "channelGroupId": str(key(Kind.CHANNEL_GROUP, "gold")),
    "channelIds": str(key(Kind.PARTY, "channel of agent")), "territoryId": str(key(Kind.TERRITORY, "south")),
    "TerritoryCreateInput.parentId": str(key(Kind.TERRITORY, "north")), "regionIds": item("region"),
    "TerritoryUpdateInput.parentId": str(key(Kind.TERRITORY, "south")), "respondBy": SOON, "industryIds": item("industry"),
    "territoryIds": str(key(Kind.TERRITORY, "south")),
    "OpportunitySubmitInput.phone": "13912345678",
    "channelGroupIds": str(key(Kind.CHANNEL_GROUP, "gold")), "percent": 40, "protectionDays": 30,
    "ourSignerId": str(user_id("chief")), "memberIds": str(user_id("agent")), "userIds": str(user_id("agent")),
    "departmentIds": str(department_id("support")), "attendeeUserIds": str(user_id("agent")), "everyone": True,
    "customFields": {"key": "mark", "text": "fresh"}, "filter": {"customers": {"name": {"startsWith": "customer"}}},
    "recordIds": str(key(Kind.PARTY, "customer of agent")), "unique": False,
    "CustomFieldCreateInput.key": "fresh", "CustomFieldCreateInput.dictionaryId": None, "target": None,
    "typeId": item("case_type"), "workCalendarId": str(key(Kind.WORK_CALENDAR, "office")), "weekday": 2, "begins": "09:00",
    "ends": "18:00", "fallsOn": "2031-07-07", "likeWeekday": 2, "CalendarDayCreateInput.kind": "WORKDAY",
    "CalendarDayUpdateInput.kind": "WORKDAY", "responseMinutes": 30, "resolutionMinutes": 60, "nearPercent": 70,
    "satisfaction": 3,
    "PartyMergeChoice.field": "NOTE", "ContactMergeChoice.field": "NOTE", "survivorVersion": None, "mergedVersion": None,
    "DuplicateCheckInput.entity": "CONTACT", "DuplicateCheckInput.phoneNumbers": "13912345678",
    "accountId": str(key(Kind.SMS_ACCOUNT, "main")), "templateId": str(key(Kind.SMS_TEMPLATE, "greeting")), "sendAt": SOON,
    "fileId": str(key(Kind.STORED_FILE, "loose of admin")),
    "contactIds": str(key(Kind.CONTACT, "contact of agent")), "partyIds": str(key(Kind.PARTY, "customer of agent")),
    **{f"Sms{name}SendInput.{field}": None for name in ("Message", "Batch") for field in ("text", "variables", "category")},
    "SmsMessageSendInput.partyId": None, "SmsMessageSendInput.number": "13912345678", "expectedRecipients": None,
    "smsBatchSend.filter": None,
    **{f"SmsAccount{verb}Input.url": "https://sms.example.com/send" for verb in ("Create", "Update")},
    "SmsAccountCreateInput.driver": "FILE", "SmsAccountUpdateInput.driver": "FILE", "quietFrom": "21:00", "quietUntil": "08:00",
    "SmsTemplateVariableInput.name": "who", "SmsTemplateCreateInput.text": "{who}", "SmsTemplateUpdateInput.text": "{who}",
    "SmsTemplateVariableInput.source": None, "SmsOptOutCreateInput.number": "13900001111", "signature": "江南", "sender": "1069",
    "optOutText": "回T退订",
    **{f"Email{name}Input.accountId": str(key(Kind.EMAIL_ACCOUNT, "box of admin")) for name in ("Draft", "Send", "BatchSend")},
    **{
        f"Email{name}Input.{field}": None for name in ("Draft", "Send", "BatchSend", "DraftUpdate")
        for field in ("templateId", "variables", "html", "fileIds", "replyToId", "contactId", "partyId", "category")
    },
    "EmailAddressee.address": "reader@there.test", "EmailArrangeInput.folder": None, "emailBatchSend.filter": None,
    "EmailSuppressionCreateInput.address": "x@gone.test",
    **{
        f"EmailAccount{verb}Input.{name}": value for verb in ("Create", "Update")
        for name, value in {
            "address": "new@mail.test", "replyTo": "reply@mail.test", "smtpHost": "smtp.mail.test", "imapHost": "imap.mail.test",
            "smtpPort": None, "imapPort": None, "smtpSecurity": "STARTTLS", "imapSecurity": "TLS", "returnPath": None,
            "members": None,
            "rules": None, "receiveSince": None, "kind": None, "perDay": 5,
        }.items()
    },
    "EmailTemplateVariableInput.name": "who", "EmailTemplateCreateInput.text": "{who}", "EmailTemplateUpdateInput.text": "{who}",
    "EmailTemplateVariableInput.source": None,
    "outcomeOptionId": item("activity_outcome"), "number": "139 0000 1111", "until": "2126-01-01T00:00:00Z", "perDay": 3,
    "idempotencyKey": None, "costBudget": 5_000, "active": True, "contactCycleDays": 7, "paymentTermsDays": 30,
}  # fmt: skip
"""Values for input fields by name (`Type.name` where the name alone does not tell); None leaves the field out."""

OF_A_PARTY = (
    "contactId", "opportunityId", "contractId", "activityId", "deliveryId", "projectId", "maintenanceId", "callId",
)  # fmt: skip
"""Inputs that name something which has to belong to the right party."""

NEEDED = {"name", "labelZh", "labelEn", "holds", "number"}
"""Optional in the schema, where creating and updating share an input, and needed by the rules."""

TEXTS = {
    "String": "a new text",
    "Int": 1,
    "Boolean": True,
    "Decimal": "12.50",
    "DateTime": "2026-03-01T09:00:00Z",
    "Date": "1990-01-02",
}


def mutations() -> dict[str, GraphQLField]:
    """Every mutation there is."""
    assert SCHEMA.mutation_type
    return dict(SCHEMA.mutation_type.fields)


def call(name: str, *, full: bool = False) -> dict[str, Any]:
    """Arguments for a mutation: those it needs, or (`full`) all it takes, with a fresh id wherever no right one is known."""
    made = mutations()[name]
    given = {
        argument: value
        for argument, each in made.args.items()
        if (full or isinstance(each.type, GraphQLNonNull)) and (value := _value(each.type, argument, name, full=full)) is not None
    }
    if name == "pipelineCreate":
        # The stages of a new pipeline are new.
        for stage in given["input"]["stages"]:
            stage.pop("id", None)
    _fit_type(name, given.get("input"))
    return given


def _fit_type(name: str, given: Any) -> None:
    """What a party of another type has is no right input for one of this: the three share theirs."""
    type_ = next((each for each in ("customer", "channel", "supplier") if name in (f"{each}Create", f"{each}Update")), None)
    if type_ is None:
        return
    for field, owner in (("channelGroupId", "channel"), ("territoryId", "channel"), ("channelId", "customer")):
        if owner != type_:
            given.pop(field, None)
    if "categoryId" in given:
        given["categoryId"] = item(f"{type_}_type")


def target(rows: list[Any], oracle: Any) -> Any:
    """A row that everything can be written to: a draft, tied to no person of a party, and not the last of its kind."""

    def unsuited(row: Any) -> tuple[bool, ...]:
        values = row.values
        open_ = values.get("status", "DRAFT") in ("DRAFT", "OPEN", "PLANNED")
        known = row.id == oracle.id or "administrator" in values.values() or "chief" in values.values()
        tied = [values.get(column) for column in ("contact_id", "opportunity_id", "contract_id", "delivery_id")]
        return known, not open_, any(tied)

    return min(rows, key=unsuited)


PARTS_OF_A_SERIES = ("scheduleOccurrenceUpdate", "scheduleFollowingUpdate")
"""Verbs that are aimed at an occurrence of a repeating event."""


def aimed(name: str, rows: list[Any], oracle: Any) -> dict[str, Any]:
    """Which row a call is aimed at. Of a series the last of four: one is cancelled, one is moved, and the first is no part."""
    row = target([row for row in rows if name not in PARTS_OF_A_SERIES or row["rrule"] is not None], oracle)
    at = {"originalStartsAt": print_instant(row["starts_at"] + timedelta(days=3))} if name in PARTS_OF_A_SERIES else {}
    return {"id": str(row.id), "version": row["version"], **at}


OF_ONE_PARTY = ("channelId", "attendeeContactIds", "parentId", "recordId")
"""Further inputs whose row would have to be of one party with the others'."""


def complete(name: str, oracle: Any) -> dict[str, Any]:
    """A call with all that it takes which would be done by this viewer: what it names is there, and of one party."""
    given = call(name, full=True)
    given.pop("idempotencyKey", None)
    for field in (*OF_A_PARTY, *OF_ONE_PARTY, "assigneeId"):
        given["input"].pop(field, None)
    if "participants" in given["input"]:
        given["input"]["participants"] = [{"userId": RIGHT["userId"]}]
    for field, row in (("partyId", oracle.visible("Party")[0].id), ("ownerId", oracle.id)):
        if field in given["input"]:
            given["input"][field] = str(row)
    if name == "scheduleOccurrenceUpdate":
        del given["input"]["rrule"]  # one occurrence does not repeat
    if name == "opportunityUpdate":
        del given["input"]["partyId"]  # one that a project came of stays where it is
    return given


def example(made: GraphQLInputObjectType) -> dict[str, Any]:
    """An input with everything in it that it may have."""
    return dict(_value(made, "input", made.name, full=True))


def _value(type_: Any, name: str, owner: str, *, full: bool, depth: int = 0) -> Any:
    inner = get_nullable_type(type_)
    if isinstance(inner, GraphQLList):
        one = _value(inner.of_type, name, owner, full=full, depth=depth + 1)
        return None if one is None else [one]
    for known in (f"{owner}.{name}", name):
        if known in RIGHT:
            return RIGHT[known]
    named = get_named_type(type_)
    if isinstance(named, GraphQLInputObjectType):
        return {
            field: value
            for field, each in named.fields.items()
            if (full or isinstance(each.type, GraphQLNonNull) or field in NEEDED)
            and (value := _value(each.type, field, named.name, full=full, depth=depth + 1)) is not None
        }
    if isinstance(named, GraphQLEnumType):
        return next(iter(named.values))
    if named.name == "ID":
        return str(new_id(Kind.PARTY))
    return f"{name} {owner}" if named.name == "String" else TEXTS[named.name]


def update_fields(name: str) -> dict[str, Any]:
    """Input fields of an update with a value of the right form for each."""
    made = get_named_type(mutations()[name].args["input"].type)
    assert isinstance(made, GraphQLInputObjectType)
    return {field: _value(each.type, field, made.name, full=True) for field, each in made.fields.items()}


def id_places(name: str) -> list[Path]:
    """Where ids stand in the full call of a mutation, inside lists and nested inputs too."""
    return list(_places(SCHEMA.mutation_type.fields[name].args, call(name, full=True), ()))  # type: ignore[union-attr]


def _places(fields: Any, values: dict[str, Any], path: Path) -> Iterator[Path]:
    for name, value in values.items():
        named = get_named_type(fields[name].type)
        for place, each in enumerate(value if isinstance(value, list) else [value]):
            here = (*path, name, place) if isinstance(value, list) else (*path, name)
            if isinstance(named, GraphQLInputObjectType):
                yield from _places(named.fields, each, here)
            elif named.name == "ID":
                yield here


def placed(values: Any, path: Path, put: Any) -> Any:
    """The values with another one at a path."""
    if not path:
        return put
    head, *rest = path
    if isinstance(values, list):
        return [placed(each, tuple(rest), put) if place == head else each for place, each in enumerate(values)]
    return {**values, head: placed(values[head], tuple(rest), put)}


def document(names: list[str], *, echo: bool = False) -> str:
    """One request with these mutations under the aliases m0, m1, …, their arguments in variables `m0_id`, `m0_input`, …

    Every argument is a nullable variable with a default only where the schema has none, so a call may leave any out.
    """
    heads, parts = [], []
    for number, name in enumerate(names):
        made = mutations()[name]
        heads += [f"$m{number}_{argument}: {each.type}" for argument, each in made.args.items() if argument != "idempotencyKey"]
        given = ", ".join(f"{argument}: $m{number}_{argument}" for argument in made.args if argument != "idempotencyKey")
        payload = get_named_type(made.type)
        assert isinstance(payload, GraphQLObjectType)
        results = " results { id userErrors { code message field } record { id } }" if "results" in payload.fields else ""
        parts.append(f"m{number}: {name}{f'({given})' if given else ''} {{ userErrors {{ code message field }}{results} }}")
    return f"mutation {'(' + ', '.join(heads) + ')' if heads else ''} {{ {' '.join(parts)} }}"


def variables(calls: list[dict[str, Any]]) -> dict[str, Any]:
    """The variables of a `document` for these calls."""
    return {f"m{number}_{argument}": value for number, given in enumerate(calls) for argument, value in given.items()}
