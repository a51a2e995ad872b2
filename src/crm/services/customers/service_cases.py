"""What happens to service cases: opened, taken on, answered, resolved, closed; and taken up again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crm.access.grants import Action
from crm.core.kinds import Kind
from crm.models import ServiceCase
from crm.rules.customers.service_case_flow import ANSWERS, SERVICE_CASE_FLOW, CasePriority, CaseStatus, CaseVerb
from crm.rules.system.notices import Notice
from crm.services import custom_values
from crm.services.arguments import reason_for
from crm.services.customers import case_clock
from crm.services.deeds import Deed
from crm.services.notices import notify_people
from crm.services.owners import department_of, owned_by
from crm.services.party_links import refuse_other_party
from crm.services.records import (
    check_frozen,
    check_version,
    claim,
    insert,
    record_change,
    refuse_blank,
    refuse_outside,
    revise,
    trash,
    untrash,
)
from crm.services.references import resolved, rule_of_table, visible_id
from crm.services.system.numbers import allot
from crm.services.values import checked, columns

NEW = {"status": CaseStatus.NEW.value, "priority": CasePriority.NORMAL.value}
LINKS = {"contact_id": "contact", "project_id": "project", "maintenance_id": "maintenance", "call_id": "call"}


async def create(deed: Deed, given: Mapping[str, Any]) -> UUID:
    """A new case: its clock starts, and its number is its own for good."""
    refuse_blank(given, ["subject", "party_id"])
    check_frozen(deed, "service_case", list(given))
    values = await owned_by(deed, "service_case", {**NEW, **await _decided(deed, given, None)})
    values["clock_started_at"] = deed.at
    values |= case_clock.reckoned(values, await case_clock.terms_for(deed, values["priority"]))
    values["number"] = await allot(deed, "SC")
    case, changes = await insert(deed, ServiceCase, Kind.SERVICE_CASE, values)
    changes += await custom_values.write(deed, case, given, new=True)
    await record_change(deed, case, "service_case.create", _told(changes))
    await notify_people(deed, Notice.HANDED_TO_YOU, case.id, [values["owner_id"]])
    return case.id


async def update(deed: Deed, record_id: str, version: int, given: Mapping[str, Any]) -> UUID:
    """New values of a case; another priority is another promise, from the moment on that the case was opened."""
    case: Any = await claim(deed, ServiceCase, record_id, Action.UPDATE)
    check_version(case, version)
    check_frozen(deed, "service_case", list(given))
    values = await _decided(deed, given, case)
    if values.get("priority", case.priority) != case.priority:
        terms = await case_clock.terms_for(deed, values["priority"])
        values |= case_clock.reckoned({**vars(case), **values}, terms)
    if changes := await revise(deed, case, values, await custom_values.write(deed, case, given)):
        await record_change(deed, case, "service_case.update", _told(changes))
    return UUID(str(case.id))


async def accept(deed: Deed, record_id: str) -> UUID:
    """Somebody begins to deal with it; one that nobody owns is theirs from now on."""
    case: Any = await claim(deed, ServiceCase, record_id, Action.UPDATE)
    taken: dict[str, Any] = {}
    if case.owner_id is None and deed.actor is not None:
        check_frozen(deed, "service_case", ["owner_id"], ())
        taken = {"owner_id": deed.actor, "department_id": await department_of(deed, deed.actor, ("id",))}
    return await _step(deed, case, CaseVerb.ACCEPT, taken)


async def assign(deed: Deed, record_id: str, to_id: str) -> UUID:
    """Somebody is to deal with it, and owns it from now on."""
    case: Any = await claim(deed, ServiceCase, record_id, Action.TRANSFER)
    owner = await visible_id(deed, rule_of_table("user_account"), to_id, ("toId",))
    former, department = case.owner_id, await department_of(deed, owner, ("toId",))
    await _step(deed, case, CaseVerb.ASSIGN, {"owner_id": owner, "department_id": department})
    if former != owner:
        await notify_people(deed, Notice.HANDED_TO_YOU, case.id, [owner])
        await notify_people(deed, Notice.TAKEN_OVER, case.id, [former])
    return UUID(str(case.id))


async def respond(deed: Deed, record_id: str) -> UUID:
    """The customer has heard from us. Only the first time counts."""
    return await _step(deed, await claim(deed, ServiceCase, record_id, Action.UPDATE), CaseVerb.RESPOND, {})


async def pend(deed: Deed, record_id: str, reason: str) -> UUID:
    """It waits for the customer, and what for; the clock stands still."""
    values = {"pending_reason": reason_for(ServiceCase, "pending_reason", reason), "pending_at": deed.at}
    return await _step(deed, await claim(deed, ServiceCase, record_id, Action.UPDATE), CaseVerb.PEND, values)


async def resume(deed: Deed, record_id: str) -> UUID:
    """It does not wait any more; what is due moves by the working time that passed."""
    return await _step(deed, await claim(deed, ServiceCase, record_id, Action.UPDATE), CaseVerb.RESUME, {})


async def resolve(deed: Deed, record_id: str, resolution: str) -> UUID:
    """The customer has what they wanted, and how."""
    values = {"resolution": reason_for(ServiceCase, "resolution", resolution, argument="resolution"), "resolved_at": deed.at}
    return await _step(deed, await claim(deed, ServiceCase, record_id, Action.UPDATE), CaseVerb.RESOLVE, values)


async def close(deed: Deed, record_id: str, given: Mapping[str, Any]) -> UUID:
    """It is over, with what the customer thinks of it."""
    case = await claim(deed, ServiceCase, record_id, Action.UPDATE)
    check_frozen(deed, "service_case", list(given))
    values = checked(ServiceCase, given)
    refuse_outside(values.get("satisfaction"), 1, 5, "satisfaction")
    return await _step(deed, case, CaseVerb.CLOSE, {**values, "closed_at": deed.at})


async def reject(deed: Deed, record_id: str, reason: str) -> UUID:
    """It is none of ours, and why."""
    values = {"reject_reason": reason_for(ServiceCase, "reject_reason", reason)}
    return await _step(deed, await claim(deed, ServiceCase, record_id, Action.UPDATE), CaseVerb.REJECT, values)


async def reopen(deed: Deed, record_id: str, reason: str) -> UUID:
    """It was not resolved after all, and why. A new clock starts; what was missed before stands in the log."""
    text = reason_for(ServiceCase, "reopen_reason", reason)
    case: Any = await claim(deed, ServiceCase, record_id, Action.UPDATE)
    anew = {
        "reopen_reason": text, "reopened_count": case.reopened_count + 1, "reject_reason": None,
        "clock_started_at": deed.at, "paused_seconds": 0, "escalation_level": 0, "resolution_breached": False,
        **dict.fromkeys(("resolved_at", "closed_at", "satisfaction", "satisfaction_note")),
    }  # fmt: skip
    if case.first_responded_at is None:
        anew["response_breached"] = False
    return await _step(deed, case, CaseVerb.REOPEN, anew)


async def delete(deed: Deed, record_id: str) -> UUID:
    """Move a case to the recycle bin, where nothing is due. Its number stays its own."""
    case = await claim(deed, ServiceCase, record_id, Action.DELETE)
    await trash(deed, case, "service_case.delete")
    return case.id


async def restore(deed: Deed, record_id: str) -> UUID:
    """Take a case out of the recycle bin."""
    case = await claim(deed, ServiceCase, record_id, Action.DELETE, deleted=True)
    await untrash(deed, case, "service_case.restore")
    return case.id


async def _step(deed: Deed, case: Any, verb: CaseVerb, values: Mapping[str, Any]) -> UUID:
    """Take a step of the flow, and let the clock follow: what was missed until now, then what is due from now on."""
    status = SERVICE_CASE_FLOW.after(CaseStatus(case.status), verb)
    terms = await case_clock.terms_of(deed, case)
    facts: dict[str, Any] = {"status": status.value}
    before = vars(case)
    if case.pending_at is not None and status is not CaseStatus.PENDING:
        facts |= {"paused_seconds": case_clock.paused(case, terms, deed.at), "pending_at": None}
        before = {**before, "paused_seconds": facts["paused_seconds"], "status": CaseStatus.ASSIGNED.value}
    facts |= case_clock.missed(before, terms, deed.at)
    if verb in ANSWERS and case.first_responded_at is None:
        facts["first_responded_at"] = deed.at
    facts |= values
    facts |= case_clock.reckoned({**vars(case), **facts}, terms)
    if changes := await revise(deed, case, facts):
        await record_change(deed, case, f"service_case.{verb.lower()}", _told(changes))
    return UUID(str(case.id))


def _told(changes: Any) -> Any:
    """What the log tells of a clock: what is due, not the marks it was reckoned by."""
    return [change for change in changes if change.field not in MARKS]


MARKS = frozenset({"policyVersion", "calendarVersion", "clockStartedAt", "escalateAt", "pausedSeconds"})


async def _decided(deed: Deed, given: Mapping[str, Any], case: Any) -> dict[str, Any]:
    values, references = columns(ServiceCase, given)
    values |= await resolved(deed, ServiceCase, references, dictionaries={"type_id": "case_type"}, current=case)
    party_id = values["party_id"] if case is None else case.party_id
    changed = values if case is None else {name: value for name, value in values.items() if value != getattr(case, name)}
    await refuse_other_party(deed, party_id, changed, LINKS)
    return values
