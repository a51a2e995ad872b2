"""What happens to opportunities: moved from stage to stage, won, lost, put aside, taken up again."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from crm.access.grants import Action
from crm.core.errors import Invalid
from crm.core.kinds import Kind
from crm.core.money import exceeds
from crm.models import Opportunity
from crm.rules.customers.opportunity_flow import CLOSED, OPPORTUNITY_FLOW, OpportunityStatus, OpportunityVerb
from crm.rules.customers.opportunity_weight import weighted_amount
from crm.services import custom_values
from crm.services.amounts import check_amounts
from crm.services.arguments import told_at
from crm.services.customers import projects, stage_stays, stages
from crm.services.deeds import Deed
from crm.services.owners import owned_by
from crm.services.party_links import refuse_leaving, refuse_other_party
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
from crm.services.references import resolved
from crm.services.system.organisation import ORGANISATION_CURRENCY, today
from crm.services.values import checked, columns

UNTOLD = dict.fromkeys(
    ("lost_reason_id", "lost_note", "won_reason_id", "won_note", "hold_reason_id", "hold_note", "resume_on"), None
)  # fmt: skip
"""Why it is where it is: told at the step that brings it there, and gone with the next."""
NEW = {"status": OpportunityStatus.OPEN.value, "amount": Decimal(0), "currency": ORGANISATION_CURRENCY}


async def create(deed: Deed, given: Mapping[str, Any]) -> UUID:
    """A new opportunity, in the first stage of the default pipeline unless another was chosen."""
    refuse_blank(given, ["title", "party_id"])
    check_frozen(deed, "opportunity", list(given))
    values = {**NEW, **await _decided(deed, given, None)}
    stage = await _entered(deed, values)
    values |= {"stage_id": stage["id"], "pipeline_id": stage["pipeline_id"]}
    values.setdefault("probability", stage["probability"])
    values = await owned_by(deed, "opportunity", values | _weighted(values))
    opportunity, changes = await insert(deed, Opportunity, Kind.OPPORTUNITY, values)
    changes += await custom_values.write(deed, opportunity, given, new=True)
    await stage_stays.begin(deed, opportunity, stage["id"])
    await record_change(deed, opportunity, "opportunity.create", changes)
    return opportunity.id


async def update(deed: Deed, record_id: str, version: int, given: Mapping[str, Any]) -> UUID:
    """New values of an opportunity; stage and status are changed by the verbs below."""
    opportunity: Any = await claim(deed, Opportunity, record_id, Action.UPDATE)
    check_version(opportunity, version)
    check_frozen(deed, "opportunity", list(given))
    values = await _decided(deed, given, opportunity)
    if values.get("party_id", opportunity.party_id) != opportunity.party_id:
        await refuse_leaving(deed, opportunity)
    values |= _weighted({**vars(opportunity), **values})
    changes = await custom_values.write(deed, opportunity, given)
    if changes := await revise(deed, opportunity, values, changes):
        await record_change(deed, opportunity, "opportunity.update", changes)
    return UUID(str(opportunity.id))


async def move(deed: Deed, record_id: str, stage_id: str) -> UUID:
    """Into another stage, whose probability it takes on."""
    opportunity: Any = await claim(deed, Opportunity, record_id, Action.UPDATE)
    status = OPPORTUNITY_FLOW.after(OpportunityStatus(opportunity.status), OpportunityVerb.MOVE)
    check_frozen(deed, "opportunity", ["stage_id"], ())
    reference = await resolved(deed, Opportunity, {"stage_id": stage_id}, path=())
    stage = await stages.chosen(deed, reference["stage_id"], ("stageId",))
    if stage["id"] == opportunity.stage_id:
        return UUID(str(opportunity.id))
    if stage["pipeline_id"] != opportunity.pipeline_id:
        check_frozen(deed, "opportunity", ["pipeline_id"], ())
    values = {"status": status.value, "stage_id": stage["id"], "pipeline_id": stage["pipeline_id"]}
    values["probability"] = stage["probability"]
    values |= _weighted({**vars(opportunity), **values})
    await stage_stays.end(deed, opportunity)
    await stage_stays.begin(deed, opportunity, stage["id"])
    await record_change(deed, opportunity, "opportunity.move", await revise(deed, opportunity, values))
    return UUID(str(opportunity.id))


async def win(deed: Deed, record_id: str, given: Mapping[str, Any]) -> UUID:
    """It was sold, and perhaps why."""
    return await _explained_step(deed, record_id, OpportunityVerb.WIN, "won", given)


async def lose(deed: Deed, record_id: str, given: Mapping[str, Any]) -> UUID:
    """It was not sold, and why."""
    return await _explained_step(deed, record_id, OpportunityVerb.LOSE, "lost", given)


async def hold(deed: Deed, record_id: str, given: Mapping[str, Any]) -> UUID:
    """It is put aside for now, perhaps why, and until when."""
    return await _explained_step(deed, record_id, OpportunityVerb.HOLD, "hold", given)


async def reopen(deed: Deed, record_id: str) -> UUID:
    """It is taken up again, in the stage it was in; unless a project came of it, which would carry out what is not sold."""
    opportunity: Any = await claim(deed, Opportunity, record_id, Action.UPDATE)
    OPPORTUNITY_FLOW.after(OpportunityStatus(opportunity.status), OpportunityVerb.REOPEN)
    if await projects.came_of(deed, opportunity.id):
        raise Invalid("A project came of this opportunity, so it stays won.", ("id",))
    return await _step(deed, opportunity, OpportunityVerb.REOPEN)


async def delete(deed: Deed, record_id: str) -> UUID:
    """Move an opportunity to the recycle bin."""
    opportunity = await claim(deed, Opportunity, record_id, Action.DELETE)
    await trash(deed, opportunity, "opportunity.delete")
    return opportunity.id


async def restore(deed: Deed, record_id: str) -> UUID:
    """Take an opportunity out of the recycle bin."""
    opportunity = await claim(deed, Opportunity, record_id, Action.DELETE, deleted=True)
    await untrash(deed, opportunity, "opportunity.restore")
    return opportunity.id


async def _explained_step(deed: Deed, record_id: str, verb: OpportunityVerb, why: str, given: Mapping[str, Any]) -> UUID:
    """A step with its reason (an option of the dictionary of that name), a note on it, and the day to come back to it."""
    opportunity: Any = await claim(deed, Opportunity, record_id, Action.UPDATE)
    OPPORTUNITY_FLOW.after(OpportunityStatus(opportunity.status), verb)
    values: dict[str, Any] = {}
    if given.get("reason_id") is not None:
        with told_at("input", "reasonId"):
            column = f"{why}_reason_id"
            check_frozen(deed, "opportunity", [column])
            values |= await resolved(
                deed, Opportunity, {column: given["reason_id"]}, dictionaries={column: f"{why}_reason"}
            )  # fmt: skip
    if "note" in given:
        with told_at("input", "note"):
            check_frozen(deed, "opportunity", [f"{why}_note"])
            values |= checked(Opportunity, {f"{why}_note": given["note"]})
    if (day := given.get("resume_on")) is not None:
        check_frozen(deed, "opportunity", ["resume_on"])
        if day < today(deed):
            raise Invalid("This day is over.", ("input", "resumeOn"))
        values["resume_on"] = day
    return await _step(deed, opportunity, verb, **values)


async def _step(deed: Deed, opportunity: Any, verb: OpportunityVerb, **values: Any) -> UUID:
    before = OpportunityStatus(opportunity.status)
    after = OPPORTUNITY_FLOW.after(before, verb)
    values = {**UNTOLD, **values, "status": after.value, "closed_at": deed.at if after in CLOSED else None}
    if after in CLOSED:
        await stage_stays.end(deed, opportunity)
    elif before in CLOSED:
        await stage_stays.begin(deed, opportunity, opportunity.stage_id)
    await record_change(deed, opportunity, f"opportunity.{verb.lower()}", await revise(deed, opportunity, values))
    return UUID(str(opportunity.id))


async def _entered(deed: Deed, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """The stage that was chosen, or the first one of the pipeline."""
    pipeline_id = values.get("pipeline_id")
    if values.get("stage_id") is None:
        return await stages.first(deed, pipeline_id)
    where = ("input", "stageId")
    stage = await stages.chosen(deed, values["stage_id"], where)
    if pipeline_id not in (None, stage["pipeline_id"]):
        raise Invalid("This stage belongs to another pipeline.", where)
    return stage


async def _decided(deed: Deed, given: Mapping[str, Any], opportunity: Any) -> dict[str, Any]:
    values, references = columns(Opportunity, given)
    check_amounts(values, ["amount"])
    refuse_outside(values.get("probability"), 0, 100, "probability")
    values |= await resolved(deed, Opportunity, references, current=opportunity)
    if {"party_id", "contact_id"} & set(values):
        whole = values if opportunity is None else {**vars(opportunity), **values}
        await refuse_other_party(deed, whole["party_id"], whole, {"contact_id": "contact"})
    return values


def _weighted(values: Mapping[str, Any]) -> dict[str, Any]:
    weighted = weighted_amount(values["amount"], values["probability"], values["currency"])
    if exceeds(weighted, 20, 4):
        raise Invalid("The amount is too large.", ("input", "amount"))
    return {"weighted_amount": weighted}
