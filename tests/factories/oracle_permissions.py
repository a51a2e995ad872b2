"""What each root field requires, and what each mutation asks of the row it is aimed at: by the rules, in plain Python."""

from __future__ import annotations

from dataclasses import dataclass

from tests.factories.oracle_tables import snake

LISTED = {
    **dict.fromkeys(("User", "Department", "RingGroup", "DuplicatePolicy", "ChannelGroup", "Territory"), "staff"),
    **dict.fromkeys(("SmsAccount", "SmsTemplate", "EmailTemplate"), "staff"),
    "Role": "role.read", "Job": "signed_in",
    "Competitor": "staff", "ForecastSnapshot": "opportunity.read", "ProcessTask": "signed_in",
    "CallBack": "call.read",
    **dict.fromkeys(
        ("Dictionary", "DictionaryItem", "CustomField", "Tag", "Change", "Pipeline", "Announcement", "ScheduleEvent", "Reminder",
         "Notification", "WorkCalendar", "CalendarDay", "SlaPolicy", "Merge", "CalendarFeed"), "signed_in"
    ),
}  # fmt: skip
"""What reading a type requires that has no owner, or that is read without a grant; all others require READ of themselves."""

VERBS = {
    **dict.fromkeys(
        ("Update", "Complete", "Cancel", "Reopen", "Move", "Win", "Lose", "Hold", "Submit", "Withdraw", "Sign", "Activate",
         "Terminate", "Expire", "Add", "Remove", "Freeze",
         "Ship", "Deliver", "Return", "Unschedule", "Start", "Accept", "Respond", "Pend", "Resume",
         "Resolve", "Close", "Reschedule",
         "Accept", "Decline", "Register", "Dispatch", "Retry"), "update"
    ),
    "Create": "create", "Delete": "delete", "Restore": "delete", "ResetPassword": "administer",
    "Approve": "approve", "Reject": "approve", "Assign": "transfer",
}  # fmt: skip
NOUNS = (
    "customer", "channel", "supplier", "contact", "activity", "user", "department", "role", "tag", "dictionaryItem", "call",
    "ringGroup", "channelGroup", "territory", "channelAssignment", "channelSubmission", "marketingTask",
    "opportunity", "pipeline", "contract", "delivery", "announcement", "scheduleEvent", "segment", "customField",
    "competitor",
    "project", "maintenance", "serviceCase", "slaPolicy", "workCalendar", "calendarDay",
    "duplicatePolicy", "blockedNumber", "smsAccount", "smsTemplate", "smsOptOut", "smsBatch", "smsMessage",
    "emailAccount", "emailTemplate", "emailSuppression", "emailBatch",
)  # fmt: skip
_OF_PROCESSES = {
    "stakeholder": ("Update", "Remove"), "teamMember": ("Update", "Remove"), "competition": ("Update", "Remove"),
    "processTask": ("Update", "Remove", "Start", "Complete", "Cancel", "Reopen"),
}  # fmt: skip
PROCESS_VERBS = {
    f"{noun}{verb}": (noun, "SHARE" if noun == "teamMember" else "UPDATE")
    for noun, verbs in _OF_PROCESSES.items() for verb in ("Add", *verbs)
}  # fmt: skip
"""Verbs of what hangs on records of the sales process → what, and what must be had of its record."""
SPECIAL = {
    **{name: f"*.{action.lower()}" for name, (_, action) in PROCESS_VERBS.items()},
    "me": "signed_in", "accessOf": "staff", "node": "signed_in", "signIn": "public", "signOut": "signed_in",
    "jobRetry": "job.administer", "jobCancel": "job.administer",
    "sessionRevoke": "signed_in", "dictionaryItemCreate": "dictionary.administer",
    "dictionaryItemUpdate": "dictionary.administer",
    "dictionaryCreate": "dictionary.administer",
    **dict.fromkeys(
        ("customFieldCreate", "customFieldUpdate", "customFieldDelete", "customFieldRestore"), "custom_field.administer"
    ),
    "dictionaryItemDelete": "dictionary.administer", "dictionaryItemRestore": "dictionary.administer",
    "recordsShare": "*.share", "recordsUnshare": "*.share", "recordsTransfer": "*.transfer", "recordsTag": "*.update",
    "opportunityBoard": "opportunity.read",
    **dict.fromkeys(("partyMerge", "contactMerge", "mergeUndo"), "*.update"), "duplicateCheck": "*.create",
    **dict.fromkeys(("partyMergePreview", "contactMergePreview", "duplicatesOf"), "signed_in"),
    "passwordChange": "signed_in", "recordPurge": "*.administer", "deletedRecords": "*.delete",
    "search": "signed_in",
    "agents": "staff", "presenceSet": "staff", "unreadAnnouncementCount": "signed_in", "schedule": "signed_in",
    **dict.fromkeys(("callClaim", "callHold", "callResume", "callTransfer", "callEnd", "callLink", "callAmend"), "call.update"),
    "callDial": "call.update",
    **dict.fromkeys(("callBackClaim", "callBackRelease", "callBackComplete", "callBackCancel"), "call.update"),
    "callFigures": "call.read", "activityCalendar": "activity.read", "activitiesPlan": "activity.create",
    "callCustomerCreate": "customer.create", "opportunityConvert": "project.create", "serviceCaseReject": "service_case.update",
    "opportunityOffer": "channel_assignment.create", "opportunitySubmit": "channel_submission.create",
    "channelSubmissionReject": "channel_submission.update", "channelTaskReport": "marketing_task.read",
    "commentAdd": "signed_in", "commentRemove": "signed_in", "channelInformationPublish": "announcement.create",
    "announcementPublish": "announcement.create", "announcementSchedule": "announcement.create",
    "announcementRead": "signed_in", "announcementConfirm": "signed_in", "scheduleEventAnswer": "signed_in",
    "scheduleOccurrenceCancel": "schedule_event.update", "scheduleOccurrenceMove": "schedule_event.update",
    **dict.fromkeys(
        ("scheduleOccurrenceUpdate", "scheduleFollowingUpdate", "scheduleFollowingCancel"), "schedule_event.update"
    ),
    "reminderSnooze": "signed_in", "reminderDismiss": "signed_in", "quietHoursSet": "signed_in",
    "calendarFeedCreate": "signed_in", "calendarFeedRevoke": "signed_in",
    "incomingCalls": "call.read", "announcements": "signed_in", "reminders": "signed_in", "events": "signed_in",
    "mailReceived": "email_message.read",
    **dict.fromkeys(("poolCustomers", "poolPolicy"), "pool.read"),
    **dict.fromkeys(("customerClaim", "customerRelease"), "pool.update"),
    "contactPlan": "customer.read", "customersAssign": "pool.transfer",
    **dict.fromkeys(("poolPolicyUpdate", "poolRecycle"), "pool.administer"),
    **dict.fromkeys(("customerProtect", "customerUnprotect"), "customer.update"),
    **dict.fromkeys(("fileAttach", "fileRemove"), "*.update"),
    "smsMessageSend": "sms_message.create", **dict.fromkeys(("smsBatchSend", "smsBatchPreview"), "sms_batch.create"),
    **dict.fromkeys(("emailBatchSend", "emailBatchPreview"), "email_batch.create"), "emailAccountTest": "email_account.update",
    **dict.fromkeys(("emailDraftUpdate", "emailUndo", "emailRetry"), "email_message.update"),
    **dict.fromkeys(
        ("emailMessageArrange", "emailThreadMark", "emailMessageLink", "emailMessageUnlink", "emailSuggestionsDismiss"),
        "email_message.update",
    ),
    **dict.fromkeys(
        ("emailDraftCreate", "emailDraftSend", "emailSend", "emailReply", "emailForward"), "email_message.create"
    ),
    **dict.fromkeys(("emailMessageDelete", "emailMessageRestore"), "email_message.delete"),
    "partiesUpdate": "*.update", "partiesDelete": "*.delete",
    **dict.fromkeys(("unreadNotificationCount", "notificationRead", "notificationReadAll"), "signed_in"),
}  # fmt: skip
TOPICS = {
    "incomingCalls": "call.read", "announcements": "signed_in", "reminders": "signed_in",
    "callUpdates": "call.read", "presence": "staff", "recordChanges": "signed_in", "notifications": "signed_in",
    "jobProgress": "signed_in", "mailReceived": "email_message.read", "mailArrivals": "email_message.read",
}  # fmt: skip
"""What listening to each topic requires."""
TOLD_WHEN_GONE = {"callUpdates", "recordChanges"}
"""Topics by which whoever sees a record learns that it went into the recycle bin."""


@dataclass(frozen=True)
class Aim:
    """A mutation of one row: of which type, and what the viewer must have of it (`action`, or a `rule` of its own)."""

    type: str
    action: str
    restoring: bool = False
    rule: str = ""


OWN_RULES = {
    **{
        name: Aim(noun[0].upper() + noun[1:], action, rule="of its record")
        for name, (noun, action) in PROCESS_VERBS.items() if not name.endswith("Add")
    },
    **{name: Aim("Call", "UPDATE", rule="holds") for name in ("callHold", "callResume", "callTransfer", "callEnd", "callAmend")},
    "callBackClaim": Aim("CallBack", "UPDATE", rule="own"), "callBackRelease": Aim("CallBack", "UPDATE", rule="holds or above"),
    "callBackComplete": Aim("CallBack", "UPDATE", rule="holds"), "callBackCancel": Aim("CallBack", "UPDATE", rule="holds"),
    "callClaim": Aim("Call", "UPDATE", rule="rang"),
    "callCustomerCreate": Aim("Call", "UPDATE", rule="in hand"), "callLink": Aim("Call", "UPDATE", rule="unknown or held"),
    "announcementPublish": Aim("Announcement", "UPDATE"), "announcementSchedule": Aim("Announcement", "UPDATE"),
    "announcementRead": Aim("Announcement", "READ", rule="named"),
    "announcementConfirm": Aim("Announcement", "READ", rule="named"),
    "scheduleEventAnswer": Aim("ScheduleEvent", "READ", rule="named"),
    "scheduleOccurrenceCancel": Aim("ScheduleEvent", "UPDATE"), "scheduleOccurrenceMove": Aim("ScheduleEvent", "UPDATE"),
    **{
        name: Aim("ScheduleEvent", "UPDATE")
        for name in ("scheduleOccurrenceUpdate", "scheduleFollowingUpdate", "scheduleFollowingCancel")
    },
    "calendarFeedRevoke": Aim("CalendarFeed", "READ", rule="own"),
    "reminderSnooze": Aim("Reminder", "READ", rule="own"), "reminderDismiss": Aim("Reminder", "READ", rule="own"),
    "jobRetry": Aim("Job", "ADMINISTER"), "jobCancel": Aim("Job", "ADMINISTER"),
    "opportunityConvert": Aim("Opportunity", "UPDATE"), "serviceCaseReject": Aim("ServiceCase", "UPDATE"),
    "customerClaim": Aim("Customer", "READ", rule="of nobody"), "customerRelease": Aim("Customer", "UPDATE", rule="give back"),
    "customerProtect": Aim("Customer", "UPDATE"), "customerUnprotect": Aim("Customer", "UPDATE"),
    **{
        name: Aim("ChannelAssignment", "UPDATE", rule="their channel's")
        for name in ("channelAssignmentAccept", "channelAssignmentDecline")
    },
    **{
        name: Aim("ChannelAssignment", "UPDATE", rule="ours")
        for name in ("channelAssignmentRegister", "channelAssignmentWithdraw")
    },
    "channelSubmissionWithdraw": Aim("ChannelSubmission", "UPDATE", rule="their channel's"),
    "channelSubmissionRegister": Aim("ChannelSubmission", "UPDATE", rule="ours"),
    "channelSubmissionReject": Aim("ChannelSubmission", "UPDATE", rule="ours"),
    "channelTaskReport": Aim("ChannelTask", "READ", rule="their channel's"),
    "fileRemove": Aim("StoredFile", "UPDATE", rule="of the record"), "commentRemove": Aim("Comment", "READ", rule="author"),
    "opportunityOffer": Aim("Opportunity", "UPDATE", rule="ours"),
    **{
        f"marketingTask{verb}": Aim("MarketingTask", "UPDATE", rule="ours") for verb in ("Dispatch", "Complete", "Cancel")
    },
    "emailAccountTest": Aim("EmailAccount", "UPDATE"), "emailMessageDelete": Aim("EmailMessage", "DELETE", rule="works with"),
    "emailThreadMark": Aim("EmailThread", "UPDATE", rule="works with"),
    **{
        name: Aim("EmailMessage", "UPDATE", rule="works with")
        for name in ("emailMessageArrange", "emailMessageLink", "emailMessageUnlink", "emailSuggestionsDismiss")
    },
    **{
        name: Aim("EmailMessage", "UPDATE", rule="writes from")
        for name in ("emailDraftUpdate", "emailDraftSend", "emailUndo", "emailRetry", "emailReply", "emailForward")
    },
    "contractApprove": Aim("Contract", "APPROVE", rule="another's"),
    "contractReject": Aim("Contract", "APPROVE", rule="another's"),
}  # fmt: skip
"""Mutations that ask something else of their row than the scope of their verb, or whose name does not tell their type.

`holds`: only whoever has the call, or the entry of the call-back list; `holds or above`: or their superiors. `rang`: or whom it
rang. `in hand`: whoever has it, and while nobody has, whom it rang; `unknown or held`: the latter only where nobody knows whom it
is from. `named`: whoever is named beside the row. `own`: whoever sees it; one's own, where others' are not there. `another's`:
what somebody else owns and submitted. `of its record`: what the action takes of the record that it hangs on.
`of nobody`: whoever sees it; that it has an owner is no question of rights. `give back`: one's own by UPDATE, another's by
TRANSFER. `ours`: what the scope of the verb reaches, and for our own people alone. `their channel's`: only the people of the
channel that the row names. `author`: whoever wrote it. `works with`: whoever owns its
mailbox or is a member; `writes from`: and may send. `of the record`: as of its record, which it names by id.
"""


def split(name: str) -> tuple[str, str] | None:
    """`customerUpdate` → (`customer`, `Update`); None for names of another form."""
    return next(((noun, name[len(noun) :]) for noun in NOUNS if name.startswith(noun) and name[len(noun) :] in VERBS), None)


def type_of(noun: str) -> str:
    """`scheduleEvent` → `ScheduleEvent`."""
    return noun[0].upper() + noun[1:]


def aim(name: str) -> Aim | None:
    """What a mutation is aimed at; None for those of no single record."""
    if name in OWN_RULES:
        return OWN_RULES[name]
    found = split(name)
    return None if found is None else Aim(type_of(found[0]), VERBS[found[1]].upper(), restoring=found[1] == "Restore")


def permission(name: str, type_name: str | None = None) -> str:
    """What a root field requires by the rules; a field that follows no rule and stands in no table fails the matrix."""
    if name in SPECIAL:
        return SPECIAL[name]
    if type_name is not None:
        return LISTED.get(type_name) or f"{snake(type_name)}.read"
    if (found := split(name)) is not None:
        return f"{snake(found[0])}.{VERBS[found[1]]}"
    raise AssertionError(f"{name}: write down what it requires, in tests/factories/oracle_permissions.py")
