"""Synthetic activities: planned, done and cancelled ones, with times that a service could have written."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from crm.cli.synthetic import words
from crm.cli.synthetic.batch import Batch
from crm.cli.synthetic.dice import Dice, weighted
from crm.cli.synthetic.party_rows import ActivityRow, ParticipantRow
from crm.cli.synthetic.people import With
from crm.cli.synthetic.scene import Owner, Scene
from crm.core.kinds import Kind
from crm.rules.customers.activity_flow import ActivityKind, ActivityStatus

KINDS = weighted(CALL=40, VISIT=14, MEETING=10, EMAIL=14, SMS=5, NOTE=9, TASK=8)
OUTCOMES = weighted(reached=40, interested=20, agreed=12, refused=6, later=10, no_answer=12)
STATUSES = weighted(DONE=68, PLANNED=24, CANCELLED=8)
AHEAD = timedelta(days=28)
OVERDUE = timedelta(days=10)
YEAR = timedelta(days=365)
TOGETHER = (ActivityKind.VISIT.value, ActivityKind.MEETING.value)


class Times(NamedTuple):
    """When an activity was entered, was to happen, happened, and was last touched; `version` counts what was done to it."""

    created: datetime
    planned: datetime | None
    done: datetime | None
    updated: datetime
    version: int


def add_activity(batch: Batch, dice: Dice, scene: Scene, whom: With) -> ActivityRow:
    """One activity, with those who take part in it."""
    status, kind, language = dice.pick(STATUSES), dice.pick(KINDS), int(whom.english)
    times = _times(dice, status, max(whom.since, scene.now - YEAR), scene.now)
    contact = dice.pick(whom.people).id if whom.people and dice.chance(0.8) else None
    done = times.done is not None
    key = dice.id(Kind.ACTIVITY, times.created)
    row = ActivityRow(
        id=key,
        created_at=times.created,
        created_by_id=whom.owner.author,
        updated_at=times.updated,
        updated_by_id=whom.owner.author,
        version=times.version,
        owner_id=whom.owner.id,
        department_id=whom.owner.department,
        kind=kind,
        subject=dice.pick(words.SUBJECTS[kind])[language],
        content=dice.pick(words.NOTES)[language] if kind == ActivityKind.NOTE else None,
        party_id=whom.party,
        contact_id=contact,
        planned_at=times.planned,
        done_at=times.done,
        status=status,
        outcome=dice.pick(words.OUTCOMES)[language] if done and dice.chance(0.7) else None,
        next_step=dice.pick(words.NEXT_STEPS)[language] if done and dice.chance(0.4) else None,
        outcome_option_id=_outcome(scene, key) if done else None,
    )
    batch.add(row)
    if kind in TOGETHER:
        _add_participants(batch, dice, row, whom.owner)
    return row


def _outcome(scene: Scene, key: UUID) -> UUID | None:
    """What came of it as an option, for three of five. By its id and not by another roll, which would change all that follows."""
    return scene.option("activity_outcome", OUTCOMES[key.int % len(OUTCOMES)]) if key.int % 5 < 3 else None


def _times(dice: Dice, status: str, since: datetime, now: datetime) -> Times:
    """An activity is entered before it is due and done after it was entered; half of what is done was never planned."""
    if status == ActivityStatus.DONE:
        done = dice.appointment(since, now)
        if dice.chance(0.5):
            return Times(done, None, done, done, 1)
        created = max(since, done - timedelta(days=dice.between(1, 10)))
        return Times(created, done, done, done, 2)
    if status == ActivityStatus.CANCELLED:
        created = dice.appointment(since, now)
        planned = created + timedelta(days=dice.between(1, 14))
        return Times(created, planned, None, min(planned, now), 2)
    late = dice.chance(0.2)
    planned = dice.appointment(max(since, now - OVERDUE), now) if late else dice.appointment(now, now + AHEAD)
    created = max(since, min(planned, now) - timedelta(days=dice.between(1, 10)))
    return Times(created, planned, None, created, 1)


def _add_participants(batch: Batch, dice: Dice, activity: ActivityRow, owner: Owner) -> None:
    """The contact, where there is one, and at times a colleague."""
    position = 0
    if activity.contact_id is not None:
        key = dice.id(Kind.ACTIVITY, activity.created_at)
        batch.add(ParticipantRow(key, activity.id, None, activity.contact_id, position))
        position = 1
    if owner.colleagues and dice.chance(0.4):
        key = dice.id(Kind.ACTIVITY, activity.created_at)
        batch.add(ParticipantRow(key, activity.id, dice.pick(owner.colleagues), None, position))
