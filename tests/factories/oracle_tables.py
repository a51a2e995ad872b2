"""The shape of the fixture company as the API shows it: which type stands in which table, and how rows refer to each other."""

from __future__ import annotations

import re

TABLES = {
    "Customer": "party", "Channel": "party", "Supplier": "party", "Party": "party", "Contact": "contact", "Activity": "activity",
    "User": "user_account", "Department": "department", "Role": "role", "RoleGrant": "role_grant", "FieldGrant": "field_grant",
    "Dictionary": "dictionary", "DictionaryItem": "dictionary_item", "Tag": "tag", "Session": "session", "Share": "share",
    "Change": "change", "PhoneNumber": "phone_number", "EmailAddress": "email_address", "Address": "address",
    "ActivityParticipant": "activity_participant", "Call": "call", "CallMatch": "call_match", "CallDisclosure": "call_disclosure",
    "RingGroup": "ring_group", "Job": "job", "CallBack": "call_back", "BlockedNumber": "blocked_number",
    "RingGroupNumber": "ring_group_number", "Pipeline": "pipeline", "Stage": "stage", "Opportunity": "opportunity",
    "StageChange": "stage_change", "Contract": "contract", "Delivery": "delivery", "DeliveryLine": "delivery_line",
    "Announcement": "announcement", "AnnouncementReceipt": "announcement_receipt", "ScheduleEvent": "schedule_event",
    "ScheduleAttendee": "schedule_attendee", "ScheduleException": "schedule_exception", "ReminderRule": "reminder_rule",
    "Reminder": "reminder", "Notification": "notification", "CustomField": "custom_field", "CustomValue": "custom_value",
    "Segment": "segment", "CalendarFeed": "calendar_feed",
    "Stakeholder": "stakeholder", "TeamMember": "team_member", "ProcessTask": "process_task", "Competition": "competition",
    "Competitor": "competitor", "ForecastSnapshot": "forecast_snapshot",
    "Project": "project", "Maintenance": "maintenance",
    "ServiceCase": "service_case", "SlaPolicy": "sla_policy", "WorkCalendar": "work_calendar", "WorkingHours": "working_hours",
    "CalendarDay": "calendar_day", "DuplicatePolicy": "duplicate_policy",
    "DuplicateDisclosure": "duplicate_disclosure", "Merge": "merge", "PoolPolicy": "pool_policy", "PoolLevel": "pool_level",
    "PoolStay": "pool_stay", "ChannelGroup": "channel_group", "Territory": "territory",
    "ChannelAssignment": "channel_assignment", "ChannelSubmission": "channel_submission", "Comment": "comment",
    "MarketingTask": "marketing_task", "ChannelTask": "channel_task",
    "SmsAccount": "sms_account", "SmsTemplate": "sms_template", "SmsTemplateVariable": "sms_template_variable",
    "StoredFile": "stored_file", "SmsOptOut": "sms_opt_out", "SmsBatch": "sms_batch", "SmsMessage": "sms_message",
    "EmailAccount": "email_account", "EmailMember": "email_member", "EmailRule": "email_rule", "EmailTemplate": "email_template",
    "EmailTemplateVariable": "email_template_variable", "EmailSuppression": "email_suppression", "EmailBatch": "email_batch",
    "EmailThread": "email_thread", "EmailMessage": "email_message", "EmailRecipient": "email_recipient",
    "EmailAttachment": "email_attachment", "EmailSuggestion": "email_suggestion",
}  # fmt: skip
"""GraphQL type → the table its rows stand in. A new type without a line here fails the matrix."""

PARTIES = {"Customer": "CUSTOMER", "Channel": "CHANNEL", "Supplier": "SUPPLIER"}
_AUTHORS = {"createdBy": ("created_by_id", "User", True), "updatedBy": ("updated_by_id", "User", True)}
_OWNED = {"owner": ("owner_id", "User", True), "department": ("department_id", "Department", True)}
_RECORD = _AUTHORS | _OWNED
PROCESSES = {
    "opportunity": "Opportunity", "project": "Project", "maintenance": "Maintenance", "service_case": "ServiceCase",
}  # fmt: skip
"""Table → type of the records of the sales process, which share stakeholders, team, tasks and competitors."""
PROCESS_PARTS = ("stakeholder", "team_member", "process_task", "competition")
_PART = _AUTHORS | {
    type_name[0].lower() + type_name[1:]: (f"{table}_id", type_name, False) for table, type_name in PROCESSES.items()
}
_TEXT = {"account": ("account_id", "SmsAccount", False), "template": ("template_id", "SmsTemplate", False)}
_LETTER = {"account": ("account_id", "EmailAccount", False), "template": ("template_id", "EmailTemplate", False)}
_WITH = {"party": ("party_id", "Party", False), "contact": ("contact_id", "Contact", False)}
TO_ONE: dict[str, dict[str, tuple[str, str, bool]]] = {
    "party": _RECORD | {
        name: (f"{column}_id", "DictionaryItem", True)
        for name, column in (("level", "level"), ("category", "category"), ("source", "source"), ("industry", "industry"),
                             ("region", "region"), ("creditGrade", "credit_grade"))
    } | {
        "parent": ("parent_id", "Party", False), "channelGroup": ("channel_group_id", "ChannelGroup", False),
        "territory": ("territory_id", "Territory", False), "channel": ("channel_id", "Channel", False),
    },
    "channel_group": _AUTHORS, "territory": _AUTHORS | {"parent": ("parent_id", "Territory", False)},
    "channel_assignment": _RECORD | {
        "opportunity": ("opportunity_id", "Opportunity", False), "channel": ("channel_id", "Channel", False),
    },
    "channel_submission": _RECORD | {
        "opportunity": ("opportunity_id", "Opportunity", False), "channel": ("channel_id", "Channel", False),
        "customer": ("customer_id", "Customer", False), "region": ("region_id", "DictionaryItem", True),
        "industry": ("industry_id", "DictionaryItem", True),
    },
    "marketing_task": _RECORD, "comment": {"author": ("author_id", "User", True)},
    "channel_task": {
        "task": ("marketing_task_id", "MarketingTask", False), "channel": ("channel_id", "Channel", False),
        "reportedBy": ("reported_by_id", "User", True),
    },
    "contact": _RECORD | {"party": ("party_id", "Party", False)},
    "activity": _RECORD | _WITH | {
        "outcomeOption": ("outcome_option_id", "DictionaryItem", True), "previous": ("previous_id", "Activity", False),
        "opportunity": ("opportunity_id", "Opportunity", False), "contract": ("contract_id", "Contract", False),
        "delivery": ("delivery_id", "Delivery", False), "project": ("project_id", "Project", False),
        "maintenance": ("maintenance_id", "Maintenance", False), "serviceCase": ("service_case_id", "ServiceCase", False),
    },
    "user_account": _AUTHORS | {
        "department": ("department_id", "Department", True), "manager": ("manager_id", "User", True),
        "channel": ("channel_id", "Channel", False),
    },
    "department": _AUTHORS | {"parent": ("parent_id", "Department", True), "head": ("head_id", "User", True)},
    "role": _AUTHORS, "dictionary": _AUTHORS, "tag": _AUTHORS, "ring_group": _AUTHORS, "pipeline": _AUTHORS,
    "competitor": _AUTHORS,
    "pool_policy": _AUTHORS, "pool_level": {"level": ("level_id", "DictionaryItem", True)},
    "pool_stay": {
        "formerOwner": ("former_owner_id", "User", True), "returnedBy": ("returned_by_id", "User", True),
        "owner": ("owner_id", "User", True), "handedBy": ("handed_by_id", "User", True),
    },
    "blocked_number": _AUTHORS,
    "dictionary_item": _AUTHORS | {
        "dictionary": ("dictionary_id", "Dictionary", True), "parent": ("parent_id", "DictionaryItem", True),
    },
    "share": {"grantedBy": ("granted_by_id", "User", True)},
    "change": {"actor": ("actor_id", "User", True), "onBehalfOf": ("on_behalf_of_id", "User", True)},
    "session": {}, "job": {"starter": ("starter_id", "User", True)},
    "address": {"region": ("region_id", "DictionaryItem", True)},
    "activity_participant": {"user": ("user_id", "User", True), "contact": ("contact_id", "Contact", False)},
    "call": _RECORD | _WITH | {
        "ringGroup": ("ring_group_id", "RingGroup", False), "claimedBy": ("claimed_by_id", "User", True),
        "activity": ("activity_id", "Activity", False), "callBack": ("call_back_id", "Activity", False),
        "disposition": ("disposition_id", "DictionaryItem", True), "callBackEntry": ("call_back_entry_id", "CallBack", False),
    },
    "call_back": {
        "call": ("call_id", "Call", False), "task": ("activity_id", "Activity", False), "answer": ("answer_id", "Call", False),
        "claimedBy": ("claimed_by_id", "User", True), "closedBy": ("closed_by_id", "User", True),
    },
    "call_match": _WITH | {"owner": ("owner_id", "User", True)},
    "call_disclosure": {
        "user": ("user_id", "User", True), "call": ("call_id", "Call", False), "party": ("party_id", "Party", False),
        "owner": ("owner_id", "User", True),
    },
    "opportunity": _RECORD | _WITH | {
        "pipeline": ("pipeline_id", "Pipeline", True), "stage": ("stage_id", "Stage", True),
        "lostReason": ("lost_reason_id", "DictionaryItem", True), "wonReason": ("won_reason_id", "DictionaryItem", True),
        "holdReason": ("hold_reason_id", "DictionaryItem", True),
    },
    "forecast_snapshot": _OWNED | {"pipeline": ("pipeline_id", "Pipeline", True)},
    "stakeholder": _PART | {"contact": ("contact_id", "Contact", False)},
    "team_member": _PART | {"user": ("user_id", "User", True)},
    "process_task": _PART | {"assignee": ("assignee_id", "User", True)},
    "competition": _PART | {"competitor": ("competitor_id", "Competitor", False)},
    "stage_change": {"stage": ("stage_id", "Stage", True), "changedBy": ("changed_by_id", "User", True)},
    "contract": _RECORD | _WITH | {
        "opportunity": ("opportunity_id", "Opportunity", False), "ourSigner": ("our_signer_id", "User", True),
        "approvedBy": ("approved_by_id", "User", True),
    },
    "delivery": _RECORD | _WITH | {"contract": ("contract_id", "Contract", False)},
    "project": _RECORD | _WITH | {
        "opportunity": ("opportunity_id", "Opportunity", False), "contract": ("contract_id", "Contract", False),
    },
    "maintenance": _RECORD | _WITH | {
        "delivery": ("delivery_id", "Delivery", False), "project": ("project_id", "Project", False),
    },
    "service_case": _RECORD | _WITH | {
        "type": ("type_id", "DictionaryItem", True), "project": ("project_id", "Project", False),
        "maintenance": ("maintenance_id", "Maintenance", False), "call": ("call_id", "Call", False),
        "slaPolicy": ("sla_policy_id", "SlaPolicy", False),
    },
    "work_calendar": _AUTHORS, "calendar_day": _AUTHORS | {"workCalendar": ("work_calendar_id", "WorkCalendar", False)},
    "sla_policy": _AUTHORS | {"workCalendar": ("work_calendar_id", "WorkCalendar", False)},
    "announcement": _RECORD,
    "announcement_receipt": {"user": ("user_id", "User", True)},
    "schedule_event": _RECORD | {
        "activity": ("activity_id", "Activity", False), "contract": ("contract_id", "Contract", False),
        "party": ("party_id", "Party", False),
    },
    "schedule_attendee": {"user": ("user_id", "User", True), "contact": ("contact_id", "Contact", False)},
    "custom_field": _AUTHORS | {"dictionary": ("dictionary_id", "Dictionary", True)},
    "custom_value": {
        "field": ("field_id", "CustomField", True), "option": ("option_id", "DictionaryItem", True),
        "user": ("user_id", "User", True),
    },
    "segment": _RECORD,
    "notification": {"actor": ("actor_id", "User", True)},
    "duplicate_policy": _AUTHORS,
    "duplicate_disclosure": {"user": ("user_id", "User", True), "owner": ("owner_id", "User", True)},
    "merge": {"actor": ("actor_id", "User", True), "undoneBy": ("undone_by_id", "User", True)},
    "reminder": {
        "event": ("schedule_event_id", "ScheduleEvent", False), "contact": ("contact_id", "Contact", False),
    },
    "calendar_feed": {},
    "stored_file": {"author": ("author_id", "User", True)},
    "sms_account": _AUTHORS, "sms_opt_out": _AUTHORS,
    "sms_template": _AUTHORS | {"account": ("account_id", "SmsAccount", False)},
    "sms_batch": _RECORD | _TEXT,
    "sms_message": _RECORD | _WITH | _TEXT | {
        "batch": ("batch_id", "SmsBatch", False), "recipient": ("recipient_id", "User", True),
        "activity": ("activity_id", "Activity", False), "replyTo": ("reply_to_id", "SmsMessage", False),
    },
    "email_account": _RECORD, "email_template": _AUTHORS, "email_suppression": _AUTHORS,
    "email_member": {"user": ("user_id", "User", True)}, "email_rule": {"assignee": ("assignee_id", "User", True)},
    "email_batch": _RECORD | _LETTER, "email_thread": _AUTHORS | _WITH | {"account": _LETTER["account"]},
    "email_message": _AUTHORS | _WITH | _LETTER | {
        "thread": ("thread_id", "EmailThread", False), "batch": ("batch_id", "EmailBatch", False),
        "assignee": ("assignee_id", "User", True), "activity": ("activity_id", "Activity", False),
        "replyTo": ("reply_to_id", "EmailMessage", False), "original": ("original_id", "StoredFile", False),
    },
    "email_recipient": _WITH, "email_suggestion": _WITH, "email_attachment": {"file": ("file_id", "StoredFile", False)},
}  # fmt: skip
"""Table → field → (column, type, whether the target's card is shown to whoever sees the row)."""


def _process(column: str) -> dict[str, tuple[str, str]]:
    """The lists that every record of the sales process has."""
    lists = {"stakeholders": "Stakeholder", "team": "TeamMember", "tasks": "ProcessTask", "competitors": "Competition"}
    return {name: (type_name, column) for name, type_name in lists.items()}


_EVERY = {
    "shares": ("Share", "record_id"), "changes": ("Change", "record_id"), "files": ("StoredFile", "record_id"),
}  # fmt: skip
TO_MANY: dict[str, dict[str, tuple[str, str]]] = {
    "party": _EVERY | {
        "subsidiaries": ("Party", "parent_id"), "contacts": ("Contact", "party_id"), "activities": ("Activity", "party_id"),
        "calls": ("Call", "party_id"), "opportunities": ("Opportunity", "party_id"), "contracts": ("Contract", "party_id"),
        "deliveries": ("Delivery", "party_id"), "trail": ("Change", "party_id"), "projects": ("Project", "party_id"),
        "maintenances": ("Maintenance", "party_id"), "serviceCases": ("ServiceCase", "party_id"),
        "poolStays": ("PoolStay", "party_id"), "customers": ("Customer", "channel_id"),
        "assignments": ("ChannelAssignment", "channel_id"), "submissions": ("ChannelSubmission", "channel_id"),
        "tasks": ("ChannelTask", "channel_id"), "smsMessages": ("SmsMessage", "party_id"),
        "emailMessages": ("EmailMessage", "party_id"),
    },
    "contact": _EVERY | {
        "activities": ("Activity", "contact_id"), "calls": ("Call", "contact_id"), "opportunities": ("Opportunity", "contact_id"),
        "stakes": ("Stakeholder", "contact_id"), "smsMessages": ("SmsMessage", "contact_id"),
        "emailMessages": ("EmailMessage", "contact_id"),
    },
    "activity": _EVERY | {
        "calls": ("Call", "activity_id"), "callBacks": ("Call", "call_back_id"), "followUps": ("Activity", "previous_id"),
        "smsMessages": ("SmsMessage", "activity_id"), "emailMessages": ("EmailMessage", "activity_id"),
    },
    "call": _EVERY | {"serviceCases": ("ServiceCase", "call_id")}, "call_back": {"calls": ("Call", "call_back_entry_id")},
    "opportunity": _EVERY | _process("opportunity_id") | {
        "stageHistory": ("StageChange", "opportunity_id"), "contracts": ("Contract", "opportunity_id"),
        "projects": ("Project", "opportunity_id"), "activities": ("Activity", "opportunity_id"),
        "assignments": ("ChannelAssignment", "opportunity_id"),
    },
    "competitor": {"competitions": ("Competition", "competitor_id")},
    "channel_group": {"channels": ("Channel", "channel_group_id")},
    "territory": {"children": ("Territory", "parent_id"), "channels": ("Channel", "territory_id")},
    "channel_assignment": _EVERY | {"comments": ("Comment", "record_id")},
    "channel_submission": _EVERY | {"comments": ("Comment", "record_id")},
    "marketing_task": _EVERY | {"channelTasks": ("ChannelTask", "marketing_task_id")},
    "contract": _EVERY | {"deliveries": ("Delivery", "contract_id"), "projects": ("Project", "contract_id"),
        "activities": ("Activity", "contract_id"),
    },
    "delivery": _EVERY | {"maintenances": ("Maintenance", "delivery_id"), "activities": ("Activity", "delivery_id")},
    "project": _EVERY | _process("project_id") | {
        "activities": ("Activity", "project_id"),
        "maintenances": ("Maintenance", "project_id"), "serviceCases": ("ServiceCase", "project_id"),
    },
    "maintenance": _EVERY | _process("maintenance_id") | {
        "activities": ("Activity", "maintenance_id"), "serviceCases": ("ServiceCase", "maintenance_id"),
    },
    "service_case": _EVERY | _process("service_case_id") | {"activities": ("Activity", "service_case_id")},
    "work_calendar": {"days": ("CalendarDay", "work_calendar_id")},
    "announcement": _EVERY | {"receipts": ("AnnouncementReceipt", "announcement_id")},
    "schedule_event": _EVERY,
    "segment": _EVERY,
    "sms_batch": _EVERY | {"messages": ("SmsMessage", "batch_id")},
    "sms_message": _EVERY | {"replies": ("SmsMessage", "reply_to_id")},
    "email_account": _EVERY | {"threads": ("EmailThread", "account_id"), "messages": ("EmailMessage", "account_id")},
    "email_batch": _EVERY | {"messages": ("EmailMessage", "batch_id")},
    "email_thread": {"messages": ("EmailMessage", "thread_id")},
    "email_message": {"replies": ("EmailMessage", "reply_to_id")},
    "user_account": {"reports": ("User", "manager_id")},
    "department": {"children": ("Department", "parent_id"), "members": ("User", "department_id")},
    "dictionary": {"items": ("DictionaryItem", "dictionary_id")},
    "dictionary_item": {"children": ("DictionaryItem", "parent_id")},
}  # fmt: skip
"""Table → paged list → (type, its column that names this row)."""

_REACH = ("phoneNumbers", "PhoneNumber"), ("emailAddresses", "EmailAddress"), ("addresses", "Address")
PARTS: dict[str, dict[str, tuple[str, str]]] = {
    "party": {name: (type_, "party_id") for name, type_ in _REACH},
    "contact": {name: (type_, "contact_id") for name, type_ in _REACH},
    "activity": {"participants": ("ActivityParticipant", "activity_id")},
    "role": {"grants": ("RoleGrant", "role_id"), "fieldGrants": ("FieldGrant", "role_id")},
    "call": {"matches": ("CallMatch", "call_id")},
    "ring_group": {"numbers": ("RingGroupNumber", "ring_group_id")},
    "pipeline": {"stages": ("Stage", "pipeline_id")}, "pool_policy": {"levels": ("PoolLevel", "policy_id")},
    "delivery": {"lines": ("DeliveryLine", "delivery_id")},
    "sms_template": {"variables": ("SmsTemplateVariable", "template_id")},
    "email_template": {"variables": ("EmailTemplateVariable", "template_id")},
    "email_account": {"members": ("EmailMember", "account_id"), "rules": ("EmailRule", "account_id")},
    "email_message": {"recipients": ("EmailRecipient", "message_id"), "attachments": ("EmailAttachment", "message_id"),
                      "suggestions": ("EmailSuggestion", "message_id")},
    "work_calendar": {"hours": ("WorkingHours", "work_calendar_id")},
    "schedule_event": {
        "attendees": ("ScheduleAttendee", "schedule_event_id"), "reminders": ("ReminderRule", "schedule_event_id"),
        "exceptions": ("ScheduleException", "schedule_event_id"),
    },
}  # fmt: skip
"""Table → plain list of value rows → (type, column)."""

_TAGGED = (
    "party", "contact", "activity", "call", "opportunity", "contract", "delivery", "announcement", "schedule_event", "project",
    "maintenance", "service_case", "channel_assignment", "channel_submission", "marketing_task", "segment", "sms_batch",
    "sms_message", "email_account", "email_batch",
)  # fmt: skip
PARTS |= {table: PARTS.get(table, {}) | {"customFields": ("CustomValue", "record_id")} for table in _TAGGED}
THROUGH: dict[str, dict[str, tuple[str, str, str, str]]] = {
    table: {"tags": ("Tag", "record_tag", "record_id", "tag_id")} for table in _TAGGED
}
THROUGH["call"]["candidates"] = ("User", "call_candidate", "call_id", "user_id")
THROUGH |= {
    "role": {"members": ("User", "role_member", "role_id", "user_id")},
    "user_account": {"roles": ("Role", "role_member", "user_id", "role_id")},
    "territory": {"regions": ("DictionaryItem", "territory_region", "territory_id", "region_id")},
    "ring_group": {"members": ("User", "ring_group_member", "ring_group_id", "user_id")},
}
"""Table → plain list over a link table → (type, link, near column, far column)."""

SHOWN_WITH_THE_ROW = {("call", "candidates")}
"""Lists over a link table whose people are shown to everybody who sees the row, partners' people included, as authors are."""

VALUE_ROWS = {
    "email_template_variable": ("email_template", "template_id"), "email_member": ("email_account", "account_id"),
    "email_rule": ("email_account", "account_id"), "email_recipient": ("email_message", "message_id"),
    "email_attachment": ("email_message", "message_id"), "email_suggestion": ("party", "party_id"),
    "sms_template_variable": ("sms_template", "template_id"),
    "territory_region": ("territory", "territory_id"),
    "activity_participant": ("activity", "activity_id"), "call_candidate": ("call", "call_id"),
    "ring_group_number": ("ring_group", "ring_group_id"), "ring_group_member": ("ring_group", "ring_group_id"),
    "pool_level": ("pool_policy", "policy_id"),
    "stage": ("pipeline", "pipeline_id"), "stage_change": ("opportunity", "opportunity_id"),
    "delivery_line": ("delivery", "delivery_id"), "working_hours": ("work_calendar", "work_calendar_id"),
    "schedule_attendee": ("schedule_event", "schedule_event_id"),
    "schedule_exception": ("schedule_event", "schedule_event_id"), "reminder_rule": ("schedule_event", "schedule_event_id"),
    "role_grant": ("role", "role_id"), "field_grant": ("role", "role_id"), "role_member": ("role", "role_id"),
}  # fmt: skip
"""Tables that are part of another: seen wherever that row is."""

NAMED = {
    "email_account": ("email_member", "account_id", None),
    "activity": ("activity_participant", "activity_id", None),
    "call": ("call_candidate", "call_id", None),
    "announcement": ("announcement_receipt", "announcement_id", ("PUBLISHED", "EXPIRED")),
    "schedule_event": ("schedule_attendee", "schedule_event_id", None),
}
"""Table → who sees a row because they are named beside it: (table of names, its column, the states in which that counts)."""

THEIR_CHANNELS = {"channel_assignment", "channel_submission", "channel_task"}
"""Tables whose rows name a channel, whose people see them."""

FOR_OUR_PEOPLE = {
    "channel_assignment": (("opportunity", "opportunity_id"), ("party", "channel_id")),
    "channel_submission": (("party", "channel_id"),), "channel_task": (("marketing_task", "marketing_task_id"),),
}  # fmt: skip
"""Table → the rows that show it to our own people wherever they see them, and to no partner."""

WITH_THEIR_PARTY = {
    "sms_message",
    "contact",
    "activity",
    "call",
    "opportunity",
    "contract",
    "delivery",
    "project",
    "maintenance",
    "service_case",
}
"""Tables whose rows are seen wherever their party is."""


def snake(name: str) -> str:
    """`creditLimit` → `credit_limit`, `ScheduleEvent` → `schedule_event`, `numberE164` → `number_e164`."""
    return re.sub(r"([A-Z])", lambda found: f"_{found[1].lower()}", name).lstrip("_")
