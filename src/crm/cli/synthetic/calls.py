"""Synthetic calls that are over: answered and filed as an activity, or missed and owed a call back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from crm.cli.synthetic import sales_words
from crm.cli.synthetic.batch import Batch
from crm.cli.synthetic.call_rows import CallCandidateRow, CallEventRow, CallMatchRow, CallRow
from crm.cli.synthetic.dice import Dice, weighted
from crm.cli.synthetic.party_rows import ActivityRow
from crm.cli.synthetic.people import Person, With
from crm.cli.synthetic.scene import Scene
from crm.core.kinds import Kind

INWARD = weighted(ENDED=80, MISSED=14, ABANDONED=6)
OUTWARD = weighted(ENDED=92, BUSY=8)
INWARD_PART = 0.7
UNANSWERED = ("MISSED", "ABANDONED")
CAUSES = {"ABANDONED": "originator_cancel", "BUSY": "user_busy"}
YEAR = timedelta(days=365)
LONGEST = timedelta(minutes=30)
RINGS = timedelta(seconds=60)
STILL_OWED = timedelta(days=7)
"""A call back that is older has been made."""
MOST_OTHERS = 2
OUTCOMES = {
    "resolved": ("已解决", "Resolved"),
    "follow_up": ("需跟进", "Follow-up"),
    "quote": ("要求报价", "Quote wanted"),
    "complaint": ("投诉", "Complaint"),
    "other": ("其他", "Other"),
}
DISPOSITIONS = weighted(resolved=45, follow_up=20, quote=20, complaint=5, other=10)


class _Facts(NamedTuple):
    """What happened: who called whom, how it ended, and when."""

    id: UUID
    inward: bool
    state: str
    person: Person
    rang: datetime
    answered: datetime | None
    ended: datetime
    holder: UUID
    outcome: str


def add_call(batch: Batch, dice: Dice, scene: Scene, whom: With) -> ActivityRow | None:
    """One call with its events, whom it rang and who it was from; the activity that came of it, if one did."""
    holder, latest = whom.owner.id, scene.now - LONGEST
    if holder is None or not whom.people or whom.since >= latest:
        return None
    facts = _facts(dice, holder, dice.pick(whom.people), max(whom.since, scene.now - YEAR), latest)
    activity = _activity(batch, dice, scene, whom, facts)
    batch.add(_call_row(dice, scene, whom, facts, activity.id if activity else None))
    people = [holder]
    if facts.inward and whom.owner.colleagues:
        others = (dice.pick(whom.owner.colleagues) for _ in range(dice.between(0, MOST_OTHERS)))
        people = list(dict.fromkeys((holder, *others)))
    keys = sorted(dice.id(Kind.CALL_CANDIDATE, facts.rang) for _ in people)  # lists of links are read in the order of their ids
    for place, (key, person) in enumerate(zip(keys, people, strict=True)):
        batch.add(CallCandidateRow(key, facts.id, person, place))
    reason = "EXACT_EXTENSION" if facts.person.phone.extension else "EXACT_NUMBER"
    match = dice.id(Kind.CALL_MATCH, facts.rang)
    batch.add(CallMatchRow(match, facts.id, 0, 100, reason, whom.party, facts.person.id, holder))
    _add_events(batch, scene, facts)
    return activity


def _facts(dice: Dice, holder: UUID, person: Person, since: datetime, latest: datetime) -> _Facts:
    inward = dice.chance(INWARD_PART)
    state = dice.pick(INWARD if inward else OUTWARD)
    rang = dice.appointment(since, latest)
    key, outcome = dice.id(Kind.CALL, rang), dice.pick(DISPOSITIONS)
    if state != "ENDED":
        return _Facts(key, inward, state, person, rang, None, rang + timedelta(seconds=dice.between(8, 45)), holder, outcome)
    answered = rang + timedelta(seconds=dice.between(4, 25))
    ended = answered + timedelta(seconds=dice.between(20, 1_500))
    return _Facts(key, inward, state, person, rang, answered, ended, holder, outcome)


def _call_row(dice: Dice, scene: Scene, whom: With, facts: _Facts, activity: UUID | None) -> CallRow:
    held, phone = facts.holder if facts.answered else None, facts.person.phone
    return CallRow(
        id=facts.id,
        created_at=facts.rang,
        updated_at=facts.ended,
        updated_by_id=held,
        version=4 if held else 2,
        owner_id=held,
        department_id=whom.owner.department if held else None,
        source=scene.telephone.source,
        external_id=_name(scene, facts),
        direction="INBOUND" if facts.inward else "OUTBOUND",
        state=facts.state,
        number_raw=phone.written,
        number_e164=phone.e164,
        number_extension=phone.extension,
        number_tail=phone.tail,
        number_display=phone.display,
        line=scene.telephone.line,
        ring_group_id=scene.telephone.ring_group if facts.inward else None,
        ringing_at=facts.rang,
        expires_at=facts.rang + RINGS,
        answered_at=facts.answered,
        ended_at=facts.ended,
        claimed_by_id=held,
        claimed_at=facts.answered,
        party_id=whom.party,
        contact_id=facts.person.id,
        activity_id=activity if held else None,
        call_back_id=None if held else activity,
        disposition_id=scene.option("call_disposition", facts.outcome) if held else None,
        note=dice.pick(sales_words.CALL_NOTES)[whom.english] if held and dice.chance(0.3) else None,
        filed_at=facts.ended if held else None,
        cause=CAUSES.get(facts.state),
        ring_seconds=int(((facts.answered or facts.ended) - facts.rang).total_seconds()),
        talk_seconds=int((facts.ended - facts.answered).total_seconds()) if facts.answered else None,
    )


def _activity(batch: Batch, dice: Dice, scene: Scene, whom: With, facts: _Facts) -> ActivityRow | None:
    """What is kept of an answered call, and the task of calling back where nobody answered one."""
    at, told = facts.ended, dict[str, Any]()
    if facts.answered:
        subject = (("去电", "Outgoing call"), ("来电", "Incoming call"))[facts.inward][whom.english]
        told |= {"kind": "CALL", "subject": subject, "outcome": OUTCOMES[facts.outcome][whom.english], "planned_at": None}
        return _kept(batch, dice, whom, facts, told | {"status": "DONE", "done_at": at, "updated_at": at, "version": 1})
    if facts.state not in UNANSWERED:
        return None
    subject = ("回电", "Call back")[whom.english]
    told |= {"kind": "TASK", "subject": subject, "outcome": None, "planned_at": at}
    if at > scene.now - STILL_OWED:
        return _kept(batch, dice, whom, facts, told | {"status": "PLANNED", "done_at": None, "updated_at": at, "version": 1})
    done = at + timedelta(seconds=dice.between(600, 2 * 86_400))
    return _kept(batch, dice, whom, facts, told | {"status": "DONE", "done_at": done, "updated_at": done, "version": 2})


def _kept(batch: Batch, dice: Dice, whom: With, facts: _Facts, told: dict[str, Any]) -> ActivityRow:
    at = facts.ended
    row = ActivityRow(
        id=dice.id(Kind.ACTIVITY, at),
        created_at=at,
        created_by_id=facts.holder if facts.answered else None,
        updated_by_id=facts.holder,
        owner_id=facts.holder,
        department_id=whom.owner.department,
        content=None,
        party_id=whom.party,
        contact_id=facts.person.id,
        next_step=None,
        **told,
    )
    batch.add(row)
    return row


def _add_events(batch: Batch, scene: Scene, facts: _Facts) -> None:
    """What the switchboard told, and that the outcome was entered: folded, they give the row of the call."""
    source, name, cause = scene.telephone.source, _name(scene, facts), CAUSES.get(facts.state)
    rung = None if facts.inward else facts.holder
    batch.add(CallEventRow(facts.id, source, f"{name}-1", "RINGING", facts.rang, rung, None, False, facts.rang))
    if facts.answered:
        answered, holder = facts.answered, facts.holder
        batch.add(CallEventRow(facts.id, source, f"{name}-2", "ANSWERED", answered, holder, None, False, answered))
    last = "MISSED" if facts.state == "MISSED" else "ENDED"
    batch.add(CallEventRow(facts.id, source, f"{name}-3", last, facts.ended, None, cause, False, facts.ended))
    if facts.answered:
        batch.add(CallEventRow(facts.id, "screen", f"{name}-4", "FILED", facts.ended, facts.holder, None, True, facts.ended))


def _name(scene: Scene, facts: _Facts) -> str:
    """The switchboard's name for the call."""
    return f"{scene.telephone.source}-{facts.id.hex[16:]}"
