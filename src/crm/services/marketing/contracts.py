"""What happens to contracts, from the draft to the last day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from crm.access.grants import Action
from crm.core.errors import Forbidden, Invalid
from crm.core.kinds import Kind
from crm.models import Contract
from crm.rules.marketing.contract_flow import CONTRACT_FLOW, EDITABLE, ContractStatus, ContractVerb
from crm.rules.system.notices import Notice
from crm.services import custom_values
from crm.services.amounts import check_amounts
from crm.services.arguments import reason_for
from crm.services.deeds import Deed
from crm.services.documents import refuse_closed
from crm.services.notices import notify_people
from crm.services.owners import owned_by
from crm.services.party_links import refuse_other_party
from crm.services.records import (
    check_frozen,
    check_version,
    claim,
    insert,
    record_change,
    refuse_blank,
    revise,
    trash,
    untrash,
)
from crm.services.references import resolved
from crm.services.system.numbers import allot
from crm.services.system.organisation import ORGANISATION_CURRENCY, today
from crm.services.values import columns

NEW = {
    "status": ContractStatus.DRAFT.value,
    "amount": Decimal(0),
    "currency": ORGANISATION_CURRENCY,
    "exchange_rate": Decimal(1),
}


async def create(deed: Deed, given: Mapping[str, Any]) -> UUID:
    """A new draft, with its number for good."""
    refuse_blank(given, ["title", "kind", "party_id"])
    check_frozen(deed, "contract", list(given))
    values = await owned_by(deed, "contract", {**NEW, **await _decided(deed, given, None)})
    values["number"] = await allot(deed, "CT")
    contract, changes = await insert(deed, Contract, Kind.CONTRACT, values)
    changes += await custom_values.write(deed, contract, given, new=True)
    await record_change(deed, contract, "contract.create", changes)
    return contract.id


async def update(deed: Deed, record_id: str, version: int, given: Mapping[str, Any]) -> UUID:
    """New values of a draft, or of one that was rejected."""
    contract = await claim(deed, Contract, record_id, Action.UPDATE)
    check_version(contract, version)
    check_frozen(deed, "contract", list(given))
    values = await _decided(deed, given, contract)
    changes = await custom_values.write(deed, contract, given)
    if ContractStatus(contract.status) not in EDITABLE:
        refuse_closed(contract, values, changes)
    if changes := await revise(deed, contract, values, changes):
        await record_change(deed, contract, "contract.update", changes)
    return contract.id


async def submit(deed: Deed, record_id: str) -> UUID:
    """It is to be approved; from now on its fields stay as they are."""
    return await _step(deed, record_id, ContractVerb.SUBMIT, submitted_at=deed.at, reject_reason=None)


async def withdraw(deed: Deed, record_id: str) -> UUID:
    """It is not to be approved after all, and a draft again."""
    return await _step(deed, record_id, ContractVerb.WITHDRAW, submitted_at=None)


async def approve(deed: Deed, record_id: str) -> UUID:
    """Somebody else says yes."""
    return await _judge(deed, record_id, ContractVerb.APPROVE, approved_by_id=deed.actor, approved_at=deed.at)


async def reject(deed: Deed, record_id: str, reason: str) -> UUID:
    """Somebody else says no, and why; it can be changed and submitted again."""
    return await _judge(deed, record_id, ContractVerb.REJECT, reject_reason=reason_for(Contract, "reject_reason", reason))


async def sign(deed: Deed, record_id: str, signed_on: date | None) -> UUID:
    """Both sides have signed: today, unless another day is given."""
    check_frozen(deed, "contract", ["signed_on"], ())
    return await _step(deed, record_id, ContractVerb.SIGN, signed_on=signed_on or today(deed))


async def activate(deed: Deed, record_id: str) -> UUID:
    """It is being carried out."""
    return await _step(deed, record_id, ContractVerb.ACTIVATE)


async def complete(deed: Deed, record_id: str) -> UUID:
    """All that was agreed is done."""
    return await _step(deed, record_id, ContractVerb.COMPLETE)


async def terminate(deed: Deed, record_id: str, reason: str) -> UUID:
    """It ends before its time, and why."""
    text = reason_for(Contract, "cancel_reason", reason)
    return await _step(deed, record_id, ContractVerb.TERMINATE, cancelled_at=deed.at, cancel_reason=text)


async def expire(deed: Deed, record_id: str) -> UUID:
    """Its time is over."""
    return await _step(deed, record_id, ContractVerb.EXPIRE)


async def delete(deed: Deed, record_id: str) -> UUID:
    """Move a contract to the recycle bin. Its number stays its own."""
    contract = await claim(deed, Contract, record_id, Action.DELETE)
    await trash(deed, contract, "contract.delete")
    return contract.id


async def restore(deed: Deed, record_id: str) -> UUID:
    """Take a contract out of the recycle bin."""
    contract = await claim(deed, Contract, record_id, Action.DELETE, deleted=True)
    await untrash(deed, contract, "contract.restore")
    return contract.id


async def _step(deed: Deed, record_id: str, verb: ContractVerb, **values: Any) -> UUID:
    return await _take(deed, await claim(deed, Contract, record_id, Action.UPDATE), verb, values)


_JUDGED = {ContractVerb.APPROVE: Notice.APPROVED, ContractVerb.REJECT: Notice.REJECTED}


async def _judge(deed: Deed, record_id: str, verb: ContractVerb, **values: Any) -> UUID:
    """Approving and rejecting is for somebody who neither owns the contract nor submitted it."""
    contract: Any = await claim(deed, Contract, record_id, Action.APPROVE)
    CONTRACT_FLOW.after(ContractStatus(contract.status), verb)
    submitter = await _submitter(deed, contract.id)
    if deed.actor in {contract.owner_id, submitter}:
        raise Forbidden("Nobody judges a contract of their own.", ("id",))
    await _take(deed, contract, verb, values)
    await notify_people(deed, _JUDGED[verb], contract.id, [contract.owner_id, submitter])
    return UUID(str(contract.id))


async def _submitter(deed: Deed, contract_id: UUID) -> UUID | None:
    """Who submitted it last, by the change log; others may own it since."""
    query = "SELECT actor_id FROM change WHERE record_id = $1 AND verb = 'contract.submit' ORDER BY at DESC, id DESC LIMIT 1"
    found = await deed.rows(query, contract_id)
    return found[0]["actor_id"] if found else None


async def _take(deed: Deed, contract: Any, verb: ContractVerb, values: dict[str, Any]) -> UUID:
    status = CONTRACT_FLOW.after(ContractStatus(contract.status), verb)
    changes = await revise(deed, contract, {**values, "status": status.value})
    await record_change(deed, contract, f"contract.{verb.lower()}", changes)
    return UUID(str(contract.id))


async def _decided(deed: Deed, given: Mapping[str, Any], contract: Any) -> dict[str, Any]:
    values, references = columns(Contract, given)
    check_amounts(values, ["amount"])
    values |= await resolved(deed, Contract, references, current=contract)
    whole = values if contract is None else {**vars(contract), **values}
    starts, ends = whole.get("starts_on"), whole.get("ends_on")
    if starts is not None and ends is not None and ends < starts:
        raise Invalid("It cannot end before it starts.", ("input", "endsOn" if "ends_on" in values else "startsOn"))
    links = {"contact_id": "contact", "opportunity_id": "opportunity"}
    await refuse_other_party(deed, whole["party_id"], values, links, movable=frozenset({"opportunity"}))
    return values
