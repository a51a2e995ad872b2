"""What the roles of the fixture company grant, and which fields they hide or freeze."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from crm.access.branches import grantable

CORE = ("customer", "channel", "supplier", "contact", "activity")
WORK = ("call", "opportunity", "contract", "delivery", "project", "maintenance", "service_case", "segment")
WORK_OF_PARTNERS = tuple(entity for entity in WORK if entity != "delivery")
PARTNERING = ("channel_assignment", "channel_submission", "marketing_task")
UNGATED = ("announcement", "schedule_event")
"""Owned entities that nobody needs a grant to read: whoever they are for sees them."""
TEXTING = ("sms_batch", "sms_message")
MAILING = ("email_account", "email_batch")
LETTERS = ("email_message", "email_thread")
"""What is in mailboxes, and has no owner of its own: a grant opens the gate, the mailbox the rows."""
OWNED = (*CORE, *WORK, *PARTNERING, *UNGATED, *TEXTING, *MAILING)


@dataclass(frozen=True)
class RoleFacts:
    """What a role grants and what it hides or freezes, by `entity.field`."""

    grants: Mapping[tuple[str, str], str]
    hidden: frozenset[str] = frozenset()
    frozen: frozenset[str] = frozenset()


def _all(actions: str, scope: str, entities: Iterable[str] = CORE) -> dict[tuple[str, str], str]:
    """As far as there are such permissions: a history is not deleted."""
    there = {entity: {str(action.value) for action in actions} for entity, actions in grantable().items()}
    return {(entity, action): scope for entity in entities for action in actions.split() if action in there[entity]}


CRUD = "CREATE READ UPDATE DELETE"
ROLES: dict[str, RoleFacts] = {
    "administrator": RoleFacts({(e, str(a.value)): "ALL" for e, actions in grantable().items() for a in actions}),
    # UPDATE of announcements reaches further than READ: what may be changed and not be seen is still not to be had.
    "chief": RoleFacts(
        _all("CREATE READ UPDATE TRANSFER", "OWN_AND_SUBORDINATES", OWNED) | _all("DELETE SHARE", "OWN", OWNED)
        | _all("READ", "ALL", ["user", "role", "department", "tag"]) | {("dictionary", "ADMINISTER"): "ALL"}
        | {("contract", "APPROVE"): "OWN_AND_SUBORDINATES", ("announcement", "UPDATE"): "ALL"}
        | _all("CREATE UPDATE DELETE", "ALL", ["pipeline", "work_calendar", "sla_policy"])

        | _all(CRUD, "ALL", ["blocked_number"]) | _all(CRUD, "ALL", ["channel_group"])
        | _all("READ UPDATE", "ALL", ["ring_group"]) | _all(CRUD, "ALL", ["sms_account", "sms_template", "sms_opt_out"])
        | _all(CRUD, "ALL", ["email_template", "email_suppression", *LETTERS])
        | {("job", "READ"): "ALL", ("job", "ADMINISTER"): "OWN"}
    ),
    "manager": RoleFacts(
        _all(f"{CRUD} SHARE TRANSFER", "OWN_AND_SUBORDINATES", OWNED) | _all(CRUD, "ALL", ["tag"]) | {("user", "READ"): "ALL"}
        | {("contract", "APPROVE"): "DEPARTMENT_TREE", ("contract", "DELETE"): "NONE", ("blocked_number", "READ"): "ALL"}
        | _all("READ CREATE", "ALL", ["sms_opt_out", "sms_template", "email_suppression", "email_template"])
        | _all(CRUD, "ALL", LETTERS)
        | _all(CRUD, "ALL", ["calendar_day"])
        | _all("READ UPDATE TRANSFER", "ALL", ["pool"])
    ),
    "agent": RoleFacts(
        _all(
            f"{CRUD} SHARE", "OWN",
            [*CORE, "call", "opportunity", "delivery", "schedule_event", "project", "service_case", "segment"],
        )
        | _all("CREATE READ UPDATE", "OWN", ["contract", "announcement", "maintenance", "channel_assignment", "marketing_task"])
        | _all("CREATE READ UPDATE", "OWN", [*TEXTING, *MAILING]) | _all(CRUD, "ALL", LETTERS)
        | {("tag", "CREATE"): "ALL", ("channel_submission", "READ"): "OWN"}
        | _all("READ UPDATE", "ALL", ["pool"])
    ),
    "department": RoleFacts(
        _all("CREATE READ UPDATE SHARE TRANSFER", "DEPARTMENT", OWNED) | _all("DELETE", "OWN", OWNED)
        | {("department", "READ"): "ALL", ("contract", "APPROVE"): "DEPARTMENT", ("email_thread", "READ"): "ALL"}
    ),
    "tree": RoleFacts(
        _all("CREATE READ DELETE TRANSFER", "DEPARTMENT_TREE", OWNED) | _all("UPDATE", "DEPARTMENT", OWNED)
        | {("delivery", "READ"): "NONE"}
    ),
    "partner": RoleFacts(
        _all(f"{CRUD} SHARE TRANSFER", "ALL", [*CORE, *WORK_OF_PARTNERS, *UNGATED]) | {("tag", "READ"): "ALL"}
        | _all("READ ADMINISTER", "ALL", ["job"]) | _all("READ UPDATE TRANSFER ADMINISTER", "ALL", ["pool"])
        | _all("CREATE READ UPDATE", "ALL", [*PARTNERING, *TEXTING, *MAILING, *LETTERS])
    ),
    "hider": RoleFacts(
        _all("READ", "ALL", [*OWNED, *LETTERS, "job", "blocked_number"]) | _all("CREATE UPDATE SHARE TRANSFER", "OWN", OWNED),
        hidden=frozenset({
            "job.reason",
            "customer.creditLimit", "customer.tags", "contact.phoneNumbers", "activity.party", "customer.source",
            "blocked_number.reason", "call.recordingUrl",
            "call.numberE164", "call.contact", "opportunity.amount", "contract.amount", "contract.shares", "delivery.freight",
            "delivery.lines", "maintenance.cost", "service_case.satisfaction", "announcement.readCount",
            "channel_assignment.brief", "channel_submission.phone", "sms_message.e164", "sms_batch.cost",
            "email_account.signatureText", "email_batch.sendAt",
            "marketing_task.description", "channel.assignments", "schedule_event.attendees", "schedule_event.location",
            "customer.custom.size", "customer.custom.uses", "contact.custom.mark", "activity.customFields",
        }),
        frozen=frozenset({
            "customer.note", "contact.title", "activity.content", "supplier.tags", "channel.website", "call.note",
            "opportunity.title", "opportunity.stage", "contract.note", "project.note", "service_case.product",
            "delivery.waybill", "announcement.body",
            "announcement.audience", "marketing_task.dueOn", "sms_batch.name", "sms_message.text",
            "email_batch.subject", "email_account.name",
            "schedule_event.description", "schedule_event.reminders", "customer.custom.since", "segment.description",
        }),
    ),
    "hiding": RoleFacts(
        _all("READ CREATE UPDATE", "OWN", ["customer", "contact", "activity", "call", "opportunity"]),
        hidden=frozenset({
            "customer.creditLimit", "contact.birthdayOn", "activity.content", "customer.phoneNumbers", "call.number",
            "call.matches", "opportunity.probability",
        }),
    ),
    "showing": RoleFacts(
        _all("READ", "DEPARTMENT", ["customer", "contact", "opportunity", "contract", "call"]) | {("user", "READ"): "ALL"},
        hidden=frozenset({"contact.birthdayOn", "contract.amount", "call.number", "opportunity.stageHistory"}),
    ),
    # A candidate of calls, somebody invited and a recipient: the first of these gates is closed, the other two are none.
    "closed": RoleFacts(
        _all("READ UPDATE", "OWN", ["email_account"]) | _all("READ UPDATE", "ALL", LETTERS)
        | _all("READ", "DEPARTMENT", ["customer", "contract"]) | _all(f"{CRUD} SHARE", "OWN", ["activity", "delivery"])
        | _all(CRUD, "NONE", ["contact", "call", "opportunity"])
    ),
    "mixed": RoleFacts(
        _all("CREATE READ UPDATE", "OWN", ["customer", "contact", "activity", "call", "opportunity"])
        | _all("READ", "DEPARTMENT", ["channel", "delivery", "maintenance"]) | _all("CREATE READ UPDATE", "OWN", ["project"])
        | _all("DELETE", "ALL", ["customer", "contact", "contract"])
        | _all("READ UPDATE", "OWN", ["channel_assignment"])
        | {("email_account", "READ"): "OWN", ("email_message", "READ"): "ALL"}
        | _all("READ", "DEPARTMENT", ["channel_submission", "marketing_task"])
        | {("contract", "READ"): "OWN", ("announcement", "UPDATE"): "OWN", ("schedule_event", "UPDATE"): "ALL"}
        | {("job", "ADMINISTER"): "ALL", ("job", "READ"): "OWN", ("pool", "READ"): "ALL"}
    ),
    "clerk": RoleFacts(
        _all("READ CREATE UPDATE", "OWN", ["customer", "contact"]) | _all("CREATE READ UPDATE ADMINISTER", "ALL", ["user"])
        | _all("CREATE UPDATE DELETE", "ALL", ["department"]) | {("call", "READ"): "OWN"}
        | _all("CREATE READ UPDATE", "ALL", ["announcement"]) | _all(CRUD, "ALL", ["ring_group", "territory"])
        | _all("CREATE READ", "ALL", ["pipeline", "sla_policy", "work_calendar"]) | _all("READ ADMINISTER", "ALL", ["job"])
    ),
    "retired": RoleFacts(_all("READ", "ALL", OWNED)),
}  # fmt: skip
