"""Reminders: planned with every change, fired once for each occurrence, late after downtime, snoozed and dismissed."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from tests.factories.api import Api, Office, opened, unknown
from tests.office.diary import (
    EVENT,
    REMINDER,
    due,
    fire,
    fired,
    planned,
    popup,
    soon,
    text,
    told,
)

from crm.core.ids import kind_of, parse_id
from crm.core.kinds import Kind
from crm.services.office.reminder_firing import fire_due, next_due

office = pytest.fixture(opened)
OWN = {"schedule_event.*": "OWN"}
RESULTS = "results { id userErrors { code message field currentVersion } }"
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


async def test_a_reminder_fires_when_it_is_due_and_once(office: Office):
    starts = soon(hours=2)
    made = await planned(office.admin, starts, **popup(30))
    at = starts - 30 * MINUTE
    assert await next_due(office.database) == at
    async with office.unchanged():
        assert await fire_due(office.database, at - MINUTE) == 0
    assert await fire_due(office.database, at) == 1
    found = await fired(office.admin)
    assert found == [
        {
            "id": found[0]["id"],
            "dueAt": text(at),
            "firedAt": text(at),
            "late": False,
            "channel": "POPUP",
            "state": "DUE",
            "occurrenceAt": text(starts),
            "snoozedUntil": None,
            "dismissedAt": None,
            "event": {"title": "周会", "startsAt": made["startsAt"]},
        }
    ]
    key = parse_id(found[0]["id"], Kind.REMINDER)
    assert key
    assert kind_of(key) is Kind.REMINDER
    assert await told(office) == [(found[0]["id"], [office.admin.id])]
    assert await next_due(office.database) is None
    async with office.unchanged():
        assert await fire_due(office.database, at + DAY) == 0


async def test_the_owner_and_all_who_have_not_declined_are_reminded(office: Office):
    bo, cy, di = [await office.hire(name) for name in ("bo", "cy", "di")]
    party = await office.admin.do("customerCreate", "customer { id }", input={"name": "华为"})
    contact = await office.admin.do("contactCreate", "contact { id }", input={"name": "王", "partyId": party["id"]})
    starts = soon(hours=2)
    people = {"attendeeUserIds": [bo.id, cy.id, di.id, office.admin.id], "attendeeContactIds": [contact["id"]]}
    made = await planned(office.admin, starts, **people, **popup(10))
    await bo.do("scheduleEventAnswer", EVENT, id=made["id"], answer="ACCEPTED")
    await cy.do("scheduleEventAnswer", EVENT, id=made["id"], answer="DECLINED")
    assert await fire(office, starts) == 3
    assert [len(await fired(each)) for each in (office.admin, bo, di)] == [1, 1, 1]
    assert await fired(cy) == []
    assert {tuple(audience) for _, audience in await told(office)} == {(each.id,) for each in (office.admin, bo, di)}


async def test_who_declines_and_comes_back_is_not_told_twice(office: Office):
    bo = await office.hire("bo")
    starts = soon(minutes=30)
    made = await planned(office.admin, starts, attendeeUserIds=[bo.id], **popup(60, 5))
    assert await fire(office, soon()) == 2
    for answer in ("DECLINED", "ACCEPTED"):
        await bo.do("scheduleEventAnswer", EVENT, id=made["id"], answer=answer)
    assert await fire(office, soon()) == 0
    assert await fire(office, starts) == 2
    assert len(await fired(bo)) == 2


async def test_a_series_goes_on_to_its_next_occurrence(office: Office):
    starts = soon(hours=2)
    await planned(office.admin, starts, rrule="FREQ=DAILY;COUNT=3", **popup(15))
    for number in range(3):
        at = starts + number * DAY - 15 * MINUTE
        assert await next_due(office.database) == at
        assert await fire_due(office.database, at) == 1
        assert await fire_due(office.database, at) == 0
    assert await next_due(office.database) is None
    assert [each["occurrenceAt"] for each in await fired(office.admin)] == [text(starts + n * DAY) for n in (2, 1, 0)]


async def test_after_downtime_there_is_one_for_the_latest_and_it_is_late(office: Office):
    starts = soon(hours=2)
    await planned(office.admin, starts, rrule="FREQ=DAILY", **popup(15))
    at = starts + 5 * DAY
    assert await fire(office, at) == 1
    assert len(await told(office)) == 1
    found = await fired(office.admin)
    assert [(each["occurrenceAt"], each["dueAt"], each["late"]) for each in found] == [(text(at), text(at - 15 * MINUTE), True)]
    assert await next_due(office.database) == starts + 6 * DAY - 15 * MINUTE


@pytest.mark.parametrize(("behind", "late"), [(0, False), (60, False), (61, True)])
async def test_more_than_a_minute_is_late(office: Office, behind, late):
    starts = soon(hours=2)
    await planned(office.admin, starts, **popup(0))
    await fire(office, starts + timedelta(seconds=behind))
    assert [each["late"] for each in await fired(office.admin)] == [late]


async def test_what_is_about_to_begin_is_told_at_once(office: Office):
    await planned(office.admin, soon(minutes=5), **popup(30))
    await planned(office.admin, soon(), **popup(0))
    await planned(office.admin, soon(hours=-3), **popup(0))
    assert await fire(office, soon(seconds=1)) == 2


async def test_moved_and_cancelled_occurrences_are_told_where_they_are(office: Office):
    starts = soon(hours=2)
    made = await planned(office.admin, starts, rrule="FREQ=DAILY;COUNT=3", **popup(10))
    moved = {"startsAt": text(starts + timedelta(hours=3)), "endsAt": text(starts + timedelta(hours=4))}
    await office.admin.do("scheduleOccurrenceMove", EVENT, id=made["id"], originalStartsAt=text(starts), **moved)
    await office.admin.do("scheduleOccurrenceCancel", EVENT, id=made["id"], originalStartsAt=text(starts + DAY))
    assert await fire(office, starts) == 0
    assert await fire(office, starts + timedelta(hours=3) - 10 * MINUTE) == 1
    assert await fire(office, starts + DAY) == 0
    assert await fire(office, starts + 2 * DAY - 10 * MINUTE) == 1
    assert [each["occurrenceAt"] for each in await fired(office.admin)] == [text(starts + 2 * DAY), moved["startsAt"]]
    assert await next_due(office.database) is None


async def test_a_new_time_plans_anew_and_a_new_title_does_not(office: Office):
    bo = await office.hire("bo")
    starts = soon(hours=2)
    made = await planned(office.admin, starts, **popup(30))
    before = await office.rows("SELECT * FROM reminder_series")
    await office.admin.do("scheduleEventUpdate", EVENT, id=made["id"], version=1, input={"title": "例会"})
    assert await office.rows("SELECT * FROM reminder_series") == before
    later = starts + DAY
    times = {"startsAt": text(later), "endsAt": text(later + MINUTE)}
    await office.admin.do("scheduleEventUpdate", EVENT, id=made["id"], version=2, input=times)
    assert await due(office) == [("admin", 30, text(later - 30 * MINUTE))]
    people = {"attendeeUserIds": [bo.id], **popup(5, 60)}
    await office.admin.do("scheduleEventUpdate", EVENT, id=made["id"], version=3, input=people)
    plan = [(minutes, text(later - minutes * MINUTE)) for minutes in (5, 60)]
    assert await due(office) == [(name, *each) for name in ("admin", "bo") for each in plan]
    await office.admin.do("scheduleEventUpdate", EVENT, id=made["id"], version=4, input={"reminders": [], "attendeeUserIds": []})
    assert await due(office) == []
    assert await fire(office, later) == 0


async def test_what_was_missed_is_not_lost_over_somebodys_answer(office: Office):
    bo = await office.hire("bo")
    starts = soon(hours=2)
    made = await planned(office.admin, starts, attendeeUserIds=[bo.id], rrule="FREQ=DAILY", **popup(30))
    await office.rows(
        "UPDATE reminder_series SET occurrence_at = occurrence_at - interval '1 day', due_at = due_at - interval '1 day'"
    )
    await bo.do("scheduleEventAnswer", EVENT, id=made["id"], answer="TENTATIVE")
    assert await fire(office, soon()) == 2


async def test_what_is_deleted_is_silent_and_what_comes_back_is_not(office: Office):
    starts = soon(hours=2)
    made = await planned(office.admin, starts, rrule="FREQ=DAILY", **popup(10))
    await office.admin.do("scheduleEventDelete", EVENT, id=made["id"])
    assert await next_due(office.database) is None
    async with office.unchanged():
        assert await fire_due(office.database, starts) == 0
    await office.admin.do("scheduleEventRestore", EVENT, id=made["id"])
    assert await fire(office, starts - 10 * MINUTE) == 1


async def test_who_has_left_is_told_nothing_and_the_series_goes_on(office: Office):
    bo = await office.hire("bo")
    starts = soon(hours=2)
    await planned(office.admin, starts, rrule="FREQ=DAILY", attendeeUserIds=[bo.id], **popup(10))
    await office.rows("UPDATE user_account SET active = false WHERE username = 'bo'")
    assert await fire(office, starts - 10 * MINUTE) == 1
    assert await office.value("SELECT count(*) FROM reminder WHERE user_id = $1", bo.id) == 0
    assert await due(office) == [(name, 10, text(starts + DAY - 10 * MINUTE)) for name in ("admin", "bo")]


@pytest.mark.parametrize("attended", [False, True])
async def test_who_gets_an_event_gets_its_reminders(office: Office, attended):
    """Handing over is a verb for records of any kind, and knows nothing of reminders."""
    bo = await office.hire("bo", OWN)
    starts = soon(hours=2)
    made = await planned(
        office.admin, starts, rrule="FREQ=DAILY", attendeeUserIds=[office.admin.id, bo.id][: 2 * attended], **popup(10)
    )
    if attended:
        await bo.do("scheduleEventAnswer", EVENT, id=made["id"], answer="DECLINED")
    await office.admin.do("recordsTransfer", RESULTS, input={"ids": [made["id"]], "toId": bo.id})
    for day in range(2):
        at = starts + day * DAY - 10 * MINUTE
        assert await fire(office, at) == 1 + attended
        assert [(len(await fired(bo)), len(await fired(office.admin)))] == [(day + 1, (day + 1) * attended)]
        assert [each["late"] for each in await fired(bo)] == [False] * (day + 1)


async def rung(office: Office) -> dict[str, Any]:
    """A reminder of the administrator's that has fired."""
    starts = soon(minutes=10)
    await planned(office.admin, starts, **popup(15))
    await fire(office, soon())
    found: dict[str, Any] = (await fired(office.admin))[0]
    return found


async def test_snoozed_it_comes_again_and_is_told_again(office: Office):
    reminder = await rung(office)
    snoozed = await office.admin.do("reminderSnooze", f"reminder {{ {REMINDER} }}", id=reminder["id"], minutes=5)
    assert snoozed["state"] == "SNOOZED"
    until = await office.value("SELECT snoozed_until FROM reminder")
    assert timedelta() < soon(minutes=5, seconds=1) - until < MINUTE
    assert await next_due(office.database) == until
    async with office.unchanged():
        assert await fire_due(office.database, until - timedelta(seconds=1)) == 0
    assert await fire_due(office.database, until) == 1
    assert await fired(office.admin) == [reminder]
    assert await told(office) == [(reminder["id"], [office.admin.id])] * 2
    assert await next_due(office.database) is None


async def test_a_snooze_can_be_made_longer_and_ended(office: Office):
    reminder = await rung(office)
    for minutes in (5, 10_080):
        await office.admin.do("reminderSnooze", f"reminder {{ {REMINDER} }}", id=reminder["id"], minutes=minutes)
    assert await fire(office, soon(minutes=6)) == 0
    dismissed = await office.admin.do("reminderDismiss", f"reminder {{ {REMINDER} }}", id=reminder["id"])
    assert (dismissed["state"], dismissed["snoozedUntil"]) == ("DISMISSED", None)
    assert dismissed["dismissedAt"] is not None
    assert await next_due(office.database) is None


async def test_dismissed_is_final(office: Office):
    reminder = await rung(office)
    await office.admin.do("reminderDismiss", f"reminder {{ {REMINDER} }}", id=reminder["id"])
    async with office.unchanged():
        assert await office.admin.refusals("reminderDismiss", id=reminder["id"]) == [("ILLEGAL_TRANSITION", None)]
        assert await office.admin.refusals("reminderSnooze", id=reminder["id"], minutes=5) == [("ILLEGAL_TRANSITION", None)]
        assert await fire_due(office.database, soon(days=1)) == 0


@pytest.mark.parametrize("minutes", [0, -1, 10_081, 2**31 - 1])
async def test_a_snooze_lasts_from_a_minute_to_a_week(office: Office, minutes):
    reminder = await rung(office)
    async with office.unchanged():
        assert await office.admin.refusals("reminderSnooze", id=reminder["id"], minutes=minutes) == [("INVALID", ["minutes"])]


async def test_reminders_are_ones_own(office: Office):
    boss = await office.hire("boss", OWN)
    bo = await office.hire("bo", OWN, manager_id=boss.id)
    await planned(bo, soon(minutes=10), **popup(15))
    await fire(office, soon())
    reminder = (await fired(bo))[0]["id"]
    assert await fired(boss) == await fired(office.admin) == []
    async with office.unchanged():
        for who in (boss, office.admin):
            assert (await who.asked("reminder", "id", id=reminder)).codes == ["NOT_FOUND"]
            assert await who.refusals("reminderSnooze", id=reminder, minutes=5) == [("NOT_FOUND", ["id"])]
            assert await who.refusals("reminderDismiss", id=reminder) == [("NOT_FOUND", ["id"])]
    assert (await bo.ask("reminder", "id", id=reminder))["id"] == reminder


@pytest.mark.parametrize("odd", ["", "\x00", "' OR 1=1", unknown(Kind.REMINDER), unknown(Kind.PARTY)])
async def test_an_odd_id_is_not_found(office: Office, odd):
    async with office.unchanged():
        assert await office.admin.refusals("reminderSnooze", id=odd, minutes=5) == [("NOT_FOUND", ["id"])]
        assert await office.admin.refusals("reminderDismiss", id=odd) == [("NOT_FOUND", ["id"])]


@pytest.mark.parametrize("gone", ["UPDATE schedule_event SET deleted_at = now()", "UPDATE user_account SET active = false"])
async def test_a_snooze_over_what_is_gone_ends_in_silence(office: Office, gone):
    reminder = await rung(office)
    await office.admin.do("reminderSnooze", f"reminder {{ {REMINDER} }}", id=reminder["id"], minutes=5)
    await office.rows(gone)
    assert await fire_due(office.database, soon(minutes=6)) == 0
    assert await next_due(office.database) is None, "or the scheduler would turn in circles"
    assert len(await told(office)) == 1


SEED = """
WITH made AS (
    INSERT INTO schedule_event (id, title, time_zone, local_start, duration_seconds, all_day, starts_at, ends_at, last_ends_at,
        created_at, updated_at, owner_id, version)
    SELECT gen_random_uuid(), 'e' || n, 'UTC', '2026-03-01T09:00:00', 60, false, '2026-03-01T09:00Z', '2026-03-01T09:01Z',
        '2026-03-01T09:01Z', now(), now(), $1::uuid, 1 FROM generate_series(1, $2::int) n RETURNING id)
INSERT INTO reminder_series (id, schedule_event_id, user_id, channel, minutes_before, occurrence_at, due_at)
SELECT gen_random_uuid(), id, $1::uuid, 'POPUP', 0, '2026-03-01T09:00Z', '2026-03-01T09:00Z' FROM made
"""


async def emptied(office: Office) -> int:
    """One scheduler, until nothing is left for it."""
    total, found = 0, -1
    while found:
        found = await fire_due(office.database, soon(), 50)
        total += found
    return total


async def test_two_schedulers_fire_each_reminder_once(office: Office):
    await office.rows(SEED, office.admin.id, 500)
    totals = await asyncio.gather(emptied(office), emptied(office))
    assert sum(totals) == 500
    assert min(totals) > 0, "both worked at it"
    assert await office.value("SELECT count(DISTINCT series_id) FROM reminder") == 500
    keys = [key for key, _ in await told(office)]
    assert len(keys) == len(set(keys)) == 500


async def test_what_another_is_firing_is_not_waited_for(office: Office):
    await office.rows(SEED, office.admin.id, 3)
    async with office.database.connection() as other, other.transaction():
        await other.execute("SELECT id FROM reminder_series LIMIT 1 FOR UPDATE")
        assert await asyncio.wait_for(fire_due(office.database, soon()), 5) == 2
    assert await fire_due(office.database, soon()) == 1


async def test_a_batch_takes_as_many_statements_for_two_hundred_as_for_two(office: Office):
    counts = []
    for rows in (2, 200):
        await office.rows(SEED, office.admin.id, rows)
        async with office.counted() as count:
            assert await fire_due(office.database, soon(), batch=200) == rows
        counts.append(len(count.queries))
    assert counts[0] == counts[1]


async def test_a_crash_leaves_everything_as_it_was(office: Office, monkeypatch):
    await office.rows(SEED, office.admin.id, 3)

    async def crash(*_: object) -> None:
        raise RuntimeError("the power went off")

    async with office.unchanged():
        with monkeypatch.context() as patch:
            patch.setattr("crm.services.events.record_many", crash)
            with pytest.raises(RuntimeError):
                await fire_due(office.database, soon())
    assert await fire_due(office.database, soon()) == 3


async def test_a_rule_that_cannot_be_read_any_more_stops_nobody_else(office: Office):
    starts = soon(hours=2)
    for number in range(3):
        await planned(office.admin, starts, rrule="FREQ=DAILY", title=f"会 {number}", **popup(0))
    await office.rows("UPDATE schedule_event SET time_zone = 'Europe/Atlantis' WHERE title = '会 1'")
    assert await fire_due(office.database, starts) == 3
    assert len(await due(office)) == 2


async def test_a_change_while_reminders_fire_wins(office: Office):
    """The event is changed while a scheduler holds its series: what is planned in the end is by the new time."""
    starts = soon(hours=2)
    for round_ in range(5):
        made = await planned(office.admin, starts, rrule="FREQ=DAILY", title=f"会 {round_}", **popup(0))
        later = starts + timedelta(hours=5)
        times = {"startsAt": text(later), "endsAt": text(later + MINUTE)}
        await asyncio.gather(
            fire_due(office.database, starts),
            office.admin.do("scheduleEventUpdate", EVENT, id=made["id"], version=1, input=times),
        )
        found = await office.rows("SELECT due_at FROM reminder_series WHERE schedule_event_id = $1", made["id"])
        assert [text(each["due_at"]) for each in found] == [text(later)]


async def test_a_list_of_reminders_takes_no_more_statements_for_many(office: Office):
    async def read(who: Api) -> int:
        async with office.counted() as count:
            await who.ask("reminders", f"nodes {{ {REMINDER} }}", first=100)
        return len(count.queries)

    await read(office.admin)
    counts = []
    for rows in (2, 98):
        await office.rows(SEED.replace("gen_random_uuid(), 'e'", MADE_ID + ", 'e'"), office.admin.id, rows)
        await emptied(office)
        counts.append(await read(office.admin))
    assert counts[0] == counts[1]


MADE_ID = (
    f"('0199' || substr(md5(random()::text), 1, 4) || '-0000-8{int(Kind.SCHEDULE_EVENT):03x}-8000-'"
    " || substr(md5(random()::text), 1, 12))::uuid"
)
