"""Which reminders are to come: an event's rules, and for each person and rule one row that holds the next one.

Planned in the transaction of every change, so that no reminder is left over from how the event was before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from crm.access.grants import Action
from crm.core.errors import Forbidden, Invalid
from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.models import ReminderRule, ScheduleEvent
from crm.rules.office.recurrence import next_after
from crm.rules.office.reminder_flow import ReminderChannel, ReminderRecipients
from crm.services import value_rows
from crm.services.deeds import Deed
from crm.services.messaging.sms_recipients import refuse_hidden
from crm.services.office import exceptions
from crm.services.office.timing import row_of, series_of
from crm.services.records import FieldChange
from crm.services.topics import Topic

MOST_RULES = 5
MOST_MINUTES = 40_320
JUST_BEGUN = timedelta(minutes=1)
"""What began so short a time ago is still worth a reminder: an event that is entered for now would else have none."""


async def replace_rules(deed: Deed, event_id: UUID, given: Mapping[str, Any]) -> Sequence[FieldChange]:
    """The whole list of an event's reminders, where it is given."""
    if "reminders" not in given:
        return []
    if len(given["reminders"]) > MOST_RULES:
        raise Invalid(f"At most {MOST_RULES} reminders.", ("input", "reminders"))
    rows: list[dict[str, Any]] = []
    for place, item in enumerate(given["reminders"]):
        row = _rule(item, ("input", "reminders", str(place)))
        if row in rows:
            raise Invalid("This reminder is in the list already.", ("input", "reminders", str(place)))
        rows.append(row)
    parent, shown = ("schedule_event_id", event_id), ("channel", "minutes_before", "recipients")
    return await value_rows.replace(deed, ReminderRule, Kind.REMINDER_RULE, parent, "reminders", rows, shown)


_TEXTED = """
SELECT DISTINCT a.contact_id FROM schedule_attendee a
JOIN reminder_rule r ON r.schedule_event_id = a.schedule_event_id AND r.channel = 'SMS' AND r.recipients = 'CONTACTS'
WHERE a.schedule_event_id = $1 AND a.contact_id IS NOT NULL
"""


async def refuse_texts(deed: Deed, event_id: UUID, given: Mapping[str, Any]) -> None:
    """Whoever has contacts reminded by short message writes to them, and sees by the message which number they have."""
    if not {"reminders", "attendee_contact_ids"} & given.keys():
        return
    texted = [row["contact_id"] for row in await deed.rows(_TEXTED, event_id)]
    if not texted:
        return
    where = ("input", "reminders")
    if not deed.viewer.rights.allows("sms_message", Action.CREATE):
        raise Forbidden("You may not send short messages to contacts.", where)
    await refuse_hidden(deed, "contact", texted, where)


def _rule(item: Mapping[str, Any], where: tuple[str, ...]) -> dict[str, Any]:
    channel, minutes = ReminderChannel(item["channel"]), item["minutes_before"]
    recipients = ReminderRecipients(item.get("recipients", ReminderRecipients.STAFF))
    if recipients is ReminderRecipients.CONTACTS and channel is ReminderChannel.POPUP:
        raise Invalid("A contact has no screen of ours: remind them by a message.", (*where, "channel"))
    if not 0 <= minutes <= MOST_MINUTES:
        raise Invalid(f"Must be between 0 and {MOST_MINUTES}.", (*where, "minutesBefore"))
    return {"channel": channel.value, "minutes_before": minutes, "recipients": recipients.value}


# One row for all contacts, without a person: who they are is looked up when it is due.
_WANTED = """
SELECT p.user_id, r.channel, r.minutes_before
FROM reminder_rule r CROSS JOIN (
    SELECT owner_id AS user_id FROM schedule_event WHERE id = $1 AND owner_id IS NOT NULL
    UNION SELECT user_id FROM schedule_attendee
        WHERE schedule_event_id = $1 AND user_id IS NOT NULL AND answer <> 'DECLINED'
) p WHERE r.schedule_event_id = $1 AND r.recipients = 'STAFF'
UNION ALL SELECT NULL, r.channel, r.minutes_before FROM reminder_rule r
WHERE r.schedule_event_id = $1 AND r.recipients = 'CONTACTS' AND EXISTS (
    SELECT FROM schedule_attendee a WHERE a.schedule_event_id = $1 AND a.contact_id IS NOT NULL)
"""

_PLAN = """
INSERT INTO reminder_series (id, schedule_event_id, user_id, channel, minutes_before, occurrence_at, due_at)
SELECT k.id, $1, k.user_id, k.channel, k.minutes, $6::timestamptz, $6::timestamptz - make_interval(mins => k.minutes)
FROM unnest($2::uuid[], $3::uuid[], $4::text[], $5::int[]) AS k(id, user_id, channel, minutes)
WHERE (k.user_id IS NULL) = $8::boolean
ON CONFLICT {key}
DO UPDATE SET occurrence_at = excluded.occurrence_at, due_at = excluded.due_at
WHERE $7::boolean OR reminder_series.due_at IS NULL
"""
_PLANS = (
    (False, _PLAN.format(key="(schedule_event_id, user_id, channel, minutes_before)")),
    (True, _PLAN.format(key="(schedule_event_id, channel, minutes_before) WHERE user_id IS NULL")),
)
"""Whether for contacts → the statement: what makes a series unique is another key for them."""

_REST = """
UPDATE reminder_series s SET occurrence_at = NULL, due_at = NULL
WHERE s.schedule_event_id = $1 AND s.due_at IS NOT NULL AND NOT EXISTS (
    SELECT FROM unnest($2::uuid[], $3::text[], $4::int[]) AS k(user_id, channel, minutes)
    WHERE k.user_id IS NOT DISTINCT FROM s.user_id AND k.channel = s.channel AND k.minutes = s.minutes_before)
"""


async def plan(deed: Deed, event: Any, *, anew: bool) -> None:
    """Bring the series in line with the event's people and rules. The event is locked by whoever calls.

    `anew` where the occurrences changed. Else those that are planned stay as they are: a reminder that is due this very moment
    must not be lost over somebody's answer. Series are put to rest and never removed: their id is what keeps a reminder
    from firing twice for one occurrence, also for somebody who was away from the list for a while.
    """
    wanted = await deed.rows(_WANTED, event.id)
    people = [row["user_id"] for row in wanted]
    channels, minutes = [row["channel"] for row in wanted], [row["minutes_before"] for row in wanted]
    await deed.run(_REST, event.id, people, channels, minutes)
    if not wanted:
        return
    found = await exceptions.stored(deed, event.id) if event.rrule else ()
    following = next_after(series_of(row_of(event), found), deed.at - JUST_BEGUN)
    ids = [new_id(Kind.REMINDER_SERIES) for _ in wanted]
    occurrence_at = None if following is None else following.starts_at
    for for_contacts, statement in _PLANS:
        if for_contacts in {person is None for person in people}:
            await deed.run(statement, event.id, ids, people, channels, minutes, occurrence_at, anew, for_contacts)
    # Whoever waits for what is due looks again after the commit: it may be sooner than what they are waiting for.
    deed.news.append(Topic.REMINDERS)


async def rest(deed: Deed, event_id: UUID) -> None:
    """Nothing is to come of this event."""
    await deed.run(_REST, event_id, [], [], [])


_HELD = """
UPDATE reminder_series SET due_at = occurrence_at - make_interval(mins => minutes_before)
WHERE user_id = $1 AND due_at > occurrence_at - make_interval(mins => minutes_before)
"""


async def release(deed: Deed, user_id: UUID) -> None:
    """Somebody's quiet hours changed: what they held back is looked at again."""
    await deed.run(_HELD, user_id)
    deed.news.append(Topic.REMINDERS)


_REPEATING = """
SELECT e.* FROM schedule_event e
WHERE e.id > $1 AND e.rrule IS NOT NULL AND e.deleted_at IS NULL AND e.last_ends_at > $2
    AND EXISTS (SELECT FROM reminder_series s WHERE s.schedule_event_id = e.id)
ORDER BY e.id LIMIT $3 FOR NO KEY UPDATE OF e
"""


async def plan_anew(deed: Deed, after: UUID, batch: int) -> UUID | None:
    """Look again what comes next of the repeating events behind an id; the last of them, or None where there was none.

    For after the clock went back: what was skipped in a time that then did not pass is planned again. What fired for an
    occurrence does not fire for it twice.
    """
    last: UUID | None = None
    for row in await deed.rows(_REPEATING, after, deed.at, batch):
        event = ScheduleEvent._init_from_db(**row)
        await plan(deed, event, anew=True)
        last = row["id"]
    return last
