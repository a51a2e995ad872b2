"""What was done with a party moves its last contact, and by its cycle (联系周期) the next one; what is undone moves them back.

Neither is an edit of the party, so its version stays and its change log says nothing. A day that somebody sets by hand holds
until the next contact.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from crm.models import Party
from crm.rules.customers.contact_cycle import last_contact_at, next_contact_at
from crm.services.deeds import Deed

_LATEST = """
SELECT max(done_at) AS at FROM activity WHERE party_id = $1 AND status = 'DONE' AND deleted_at IS NULL AND id <> $2
"""
_MOVED = ("last_contact_at", "next_contact_at")


async def lock_party_of(deed: Deed, activity_id: UUID | None) -> None:
    """Lock the party of an activity before the activity itself, as the house's lock order says.

    Which party that is stands in the activity, so it is read unlocked; whoever claims the activity next looks again.
    """
    party = await deed.rows("SELECT party_id FROM activity WHERE id = $1", activity_id)
    if party and party[0]["party_id"] is not None:
        await deed.run("SELECT id FROM party WHERE id = $1 FOR NO KEY UPDATE", party[0]["party_id"])


async def touch_party(deed: Deed, party_id: UUID | None, done_at: datetime) -> None:
    """The party was dealt with."""
    if party_id is None:
        return
    party: Any = await Party.filter(id=party_id).using_db(deed.tx).select_for_update(no_key=True).get()
    last = last_contact_at(party.last_contact_at, done_at)
    if last == party.last_contact_at:
        return
    party.last_contact_at = last
    if party.contact_cycle_days:
        party.next_contact_at = next_contact_at(last, party.contact_cycle_days)
    await party.save(using_db=deed.tx, update_fields=_MOVED)


async def untouch_party(deed: Deed, activity: Any) -> None:
    """What was done is not done after all: where it was the last contact, that is the one before it.

    The next contact moves back only if it stands where the cycle had put it: without any other contact it is due when the
    activity was planned for, or at once.
    """
    if activity.party_id is None or activity.done_at is None:
        return
    party: Any = await Party.filter(id=activity.party_id).using_db(deed.tx).select_for_update(no_key=True).get()
    if party.last_contact_at != activity.done_at:
        return
    latest = (await deed.rows(_LATEST, party.id, activity.id))[0]["at"]
    cycle = party.contact_cycle_days
    if cycle and party.next_contact_at == next_contact_at(activity.done_at, cycle):
        party.next_contact_at = next_contact_at(latest, cycle) if latest else activity.planned_at or deed.at
    party.last_contact_at = latest
    await party.save(using_db=deed.tx, update_fields=_MOVED)
