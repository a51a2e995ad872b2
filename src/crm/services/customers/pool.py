"""What people do with the public pool: claim, give back, hand out; and protect what is theirs from being recycled."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from crm.access.grants import Action
from crm.core.errors import Conflict, Forbidden, Invalid, LimitReached, NotFound
from crm.models import Party, PoolStay
from crm.rules.customers.lifecycle import PartyType
from crm.rules.customers.pool import PoolCause, PoolExit, claim_refused, comes_back
from crm.rules.system.notices import Notice
from crm.services.arguments import reason_for
from crm.services.customers import pool_policies
from crm.services.customers.call_rows import locked_own
from crm.services.customers.pool_stays import put_in, take_out
from crm.services.deeds import Deed
from crm.services.notices import notify_people
from crm.services.owners import department_of
from crm.services.records import check_frozen, record_change, revise, rule_of
from crm.services.records import claim as claim_record
from crm.services.references import visible_id
from crm.services.system.organisation import ORGANISATION_ZONE
from crm.services.system.owned import recipient

PERSON_LOCK = 7_261_009
CUSTOMER = {"type": PartyType.CUSTOMER.value}

OPEN_OPPORTUNITY = (
    "SELECT 1 FROM opportunity o WHERE o.party_id = {party} AND o.status IN ('OPEN', 'ON_HOLD') AND o.deleted_at IS NULL"
)
_HELD = "SELECT count(*) AS held FROM party WHERE owner_id = $1 AND type = 'CUSTOMER' AND deleted_at IS NULL"
_CLAIMED = "SELECT count(*) AS claimed FROM pool_stay WHERE owner_id = $1 AND left_at >= $2 AND exit = 'CLAIMED'"
_GIVEN_UP = "SELECT max(entered_at) AS at FROM pool_stay WHERE party_id = $1 AND former_owner_id = $2"
_PROTECTED = """
SELECT count(*) AS held FROM party
WHERE owner_id = $1 AND protected_until > $2 AND id <> $3 AND type = 'CUSTOMER' AND deleted_at IS NULL
"""


async def claim(deed: Deed, record_id: str) -> UUID:
    """Take a customer out of the pool for oneself. Of two who do so at once one has it, and the other is told."""
    assert deed.actor is not None
    await _one_at_a_time(deed, deed.actor)  # two claims of one person at once must count each other
    party = await _in_pool(deed, record_id, ("id",))
    rules = await pool_policies.rules(deed)
    given_up = (await deed.rows(_GIVEN_UP, party.id, deed.actor))[0]["at"]
    if not comes_back(rules, given_up, deed.at):
        raise LimitReached(f"Whoever had this customer takes it again after {rules.reclaim_days} days.", ("id",))
    held = (await deed.rows(_HELD, deed.actor))[0]["held"]
    claimed = (await deed.rows(_CLAIMED, deed.actor, _midnight(deed)))[0]["claimed"]
    if (refusal := claim_refused(rules, held, claimed)) is not None:
        raise LimitReached(refusal, ("id",))
    to = deed.actor, await department_of(deed, deed.actor, ("id",))
    await take_out(deed, party, to, PoolExit.CLAIMED, "claim")
    return UUID(str(party.id))


async def assignee(deed: Deed, to: str) -> tuple[UUID, UUID | None]:
    """Whom customers of the pool are handed to: somebody within the viewer's scope of transferring customers."""
    owner, department = await recipient(deed, to)
    if not deed.viewer.reaches(deed.viewer.rights.scope("customer", Action.TRANSFER), owner, department):
        raise Forbidden("You may not hand customers to this person.", ("input", "toId"))
    return owner, department


async def assign(deed: Deed, record_id: str, to: tuple[UUID, UUID | None]) -> UUID:
    """Hand a customer of the pool to somebody. The limits of claiming are for those who help themselves."""
    party = await _in_pool(deed, record_id, ("input", "ids"))
    await take_out(deed, party, to, PoolExit.ASSIGNED, "assign")
    await notify_people(deed, Notice.HANDED_TO_YOU, party.id, [to[0]])
    return UUID(str(party.id))


async def release(deed: Deed, record_id: str, reason: str) -> UUID:
    """Give a customer of one's own to the pool; another's only with the right to transfer it."""
    owner = await _owner_of(deed, record_id)
    action = Action.UPDATE if owner == deed.actor else Action.TRANSFER
    party: Any = await claim_record(deed, Party, record_id, action, fixed=CUSTOMER)
    if party.owner_id is None or party.owner_id != owner:
        raise Conflict("This customer lies in the pool already, or changed hands just now.", ("id",))
    text = reason_for(PoolStay, "reason", reason)
    if await deed.rows(OPEN_OPPORTUNITY.format(party="$1"), party.id):
        raise Invalid("It has open opportunities; win, lose or hand them over first.", ("id",))
    row = {"id": party.id, "owner_id": party.owner_id, "protected_until": party.protected_until}
    await put_in(deed, [row], PoolCause.RELEASED, "release", text)
    await notify_people(deed, Notice.TAKEN_OVER, party.id, [party.owner_id])
    return UUID(str(party.id))


async def protect(deed: Deed, record_id: str, days: int) -> UUID:
    """Keep a customer from being recycled for so many days, whether or not anybody deals with it."""
    rules = await pool_policies.rules(deed)
    if not 1 <= days <= rules.protect_days:
        raise Invalid(f"Between 1 and {rules.protect_days} days.", ("days",))
    party = await _own(deed, record_id)
    held = (await deed.rows(_PROTECTED, party.owner_id, deed.at, party.id))[0]["held"]
    if held >= rules.most_protected:
        raise LimitReached(f"Nobody has more than {rules.most_protected} protected customers.", ("id",))
    changes = await revise(deed, party, {"protected_until": deed.at + timedelta(days=days)})
    await record_change(deed, party, "customer.protect", changes)
    return UUID(str(party.id))


async def unprotect(deed: Deed, record_id: str) -> UUID:
    """End the protection of a customer."""
    party = await _own(deed, record_id)
    if changes := await revise(deed, party, {"protected_until": None}):
        await record_change(deed, party, "customer.unprotect", changes)
    return UUID(str(party.id))


async def _in_pool(deed: Deed, record_id: str, where: tuple[str, ...]) -> Any:
    """Lock a customer of the pool. Whoever was a moment too late is told that somebody has it, if they saw it a moment ago."""
    key = await visible_id(deed, rule_of(Party), record_id, where, window=True)
    party = await locked_own(deed, Party, key)
    if party is None or party.type != PartyType.CUSTOMER:
        raise NotFound(where)
    if party.owner_id is not None:
        raise Conflict("Somebody has this customer already.", where)
    return party


async def _own(deed: Deed, record_id: str) -> Any:
    """Claim a customer that has an owner, whose protected ones are counted: one change after another."""
    owner = await _owner_of(deed, record_id)
    if owner is not None:
        await _one_at_a_time(deed, owner)
    party: Any = await claim_record(deed, Party, record_id, Action.UPDATE, fixed=CUSTOMER)
    check_frozen(deed, "customer", ["protected_until"], ())
    if party.owner_id is None:
        raise Invalid("This customer lies in the pool.", ("id",))
    if party.owner_id != owner:
        raise Conflict("This customer changed hands just now.", ("id",))
    return party


async def _owner_of(deed: Deed, record_id: str) -> UUID | None:
    """Whose it is, not yet locked: what may be done, and whose count is held, follows from it. It is looked at again."""
    key = await visible_id(deed, rule_of(Party), record_id, ("id",), window=True)
    found: UUID | None = (await deed.rows("SELECT owner_id FROM party WHERE id = $1", key))[0]["owner_id"]
    return found


async def _one_at_a_time(deed: Deed, person: UUID) -> None:
    await deed.run("SELECT pg_advisory_xact_lock($1, hashtext($2))", PERSON_LOCK, str(person))


def _midnight(deed: Deed) -> datetime:
    """When the day of the organisation began."""
    return deed.at.astimezone(ORGANISATION_ZONE).replace(hour=0, minute=0, second=0, microsecond=0)
