"""The demo company's calendar, notice board, hotline and second pipeline: written by the services, as people would."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from crm.cli.demo.company import Company
from crm.cli.synthetic.dice import Dice
from crm.cli.synthetic.scene import ZONE, Owner
from crm.services.customers import blocked_numbers, pipelines, ring_groups
from crm.services.deeds import Deed
from crm.services.messaging import announcements
from crm.services.office import schedule_events

HOTLINE, HOTLINE_NUMBER = "hotline", "4000"
SHANGHAI = "Asia/Shanghai"
POPUP = "POPUP"
RENEWALS = (("到期提醒 Due", 40), ("已报价 Quoted", 60), ("已确认 Confirmed", 95))
READ, CONFIRMED = 0.6, 0.5


async def open_hotline(deed: Deed, company: Company) -> UUID:
    """The number that all agents answer."""
    people = [str(each.id) for each in (*company.team, *company.apart)]
    given = {"name": HOTLINE, "numbers": [HOTLINE_NUMBER], "member_ids": people, "ring_seconds": 45}
    return await ring_groups.create(deed, given)


BLOCKED = (
    {"match": "NUMBER", "number": "+86 199 0000 0000", "reason": "骚扰电话 Nuisance caller"},
    {"match": "PREFIX", "number": "+234", "direction": "INBOUND", "reason": "诈骗号段 Fraud"},
    {"match": "PREFIX", "number": "170 0", "reason": "推销号段 Cold sellers"},
)


async def block_numbers(deed: Deed) -> None:
    """Who is not to ring the hotline: one number, and two sorts of them, one only for this quarter."""
    for place, given in enumerate(BLOCKED):
        more = {"until": deed.at + timedelta(days=90)} if place == len(BLOCKED) - 1 else {}
        await blocked_numbers.create(deed, {**given, **more})


async def open_office(deed: Deed, dice: Dice, company: Company) -> None:
    """A second pipeline, everybody's events, and an announcement that some have read."""
    stages = [{"name": name, "probability": probability} for name, probability in RENEWALS]
    await pipelines.create(deed, {"name": "续约 Renewal", "stages": stages})
    await block_numbers(deed)
    await _team_events(deed, company)
    for place, owner in enumerate((company.manager, *company.team, *company.apart)):
        await _own_events(deed, owner, place)
    await _announce(replace(deed, at=deed.at - timedelta(days=1)), dice, company)


async def _team_events(deed: Deed, company: Company) -> None:
    """The stand-up of every working day, the weekly round and the monthly review, which the manager leads."""
    team = [str(each.id) for each in company.team]
    manager = {"owner_id": str(company.manager.id), "attendee_user_ids": team}
    daily = "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR"
    await _event(deed, "晨会 Daily stand-up", _morning(deed, -30, 9), 15, 5, {**manager, "rrule": daily})
    weekly = {**manager, "rrule": "FREQ=WEEKLY;BYDAY=MO", "location": "三楼会议室 Meeting room 3"}
    await _event(deed, "销售周会 Weekly sales meeting", _morning(deed, -28, 10), 60, 15, weekly)
    monthly = {**manager, "rrule": "FREQ=MONTHLY;BYMONTHDAY=1"}
    await _event(deed, "月度回顾 Monthly review", _morning(deed, -60, 14), 90, 60, monthly)
    tour = {"attendee_user_ids": [str(each.id) for each in (*company.team, *company.apart)], "all_day": True}
    start = _morning(deed, 12, 0)
    await _event(deed, "产品培训日 Product training", start, 24 * 60, 1440, {**tour, "owner_id": str(company.manager.id)})


async def _own_events(deed: Deed, owner: Owner, place: int) -> None:
    """A visit of last week, one of the coming days, every day's list of calls, and a monthly report."""
    own = {"owner_id": str(owner.id)}
    await _event(deed, "客户拜访 Customer visit", _morning(deed, -6, 10 + place % 5), 60, 30, own)
    await _event(deed, "合同洽谈 Contract talk", _morning(deed, 1 + place % 4, 14), 60, 30, own)
    await _event(deed, "整理回访名单 Prepare the call list", _morning(deed, -20, 16), 30, 10, {**own, "rrule": "FREQ=DAILY"})
    report = {**own, "rrule": "FREQ=MONTHLY;BYMONTHDAY=-1"}
    await _event(deed, "个人月报 Monthly report", _morning(deed, -45, 17), 30, 60, report)


async def _event(deed: Deed, title: str, start: datetime, minutes: int, before: int, more: Mapping[str, Any]) -> None:
    rule = {"channel": POPUP, "minutes_before": before}
    given = {"title": title, "starts_at": start, "ends_at": start + timedelta(minutes=minutes), "time_zone": SHANGHAI}
    await schedule_events.create(deed, {**given, "reminders": [rule], **more})


async def _announce(deed: Deed, dice: Dice, company: Company) -> None:
    """Published yesterday to everybody; more than half have read it."""
    given = {
        "title": "假期值班安排 Holiday duty roster",
        "body": "假期热线照常值守，请各组于周五前确认排班。\n\nThe hotline stays open; every team confirms its roster by Friday.",
        "must_confirm": True,
        "pinned": True,
        "owner_id": str(company.manager.id),
        "audience": {"everyone": True},
    }
    key = await announcements.publish(deed, None, given)
    for row in await deed.rows("SELECT id FROM announcement_receipt WHERE announcement_id = $1 ORDER BY user_id", key):
        if dice.chance(READ):
            read = deed.at + timedelta(minutes=dice.between(2, 600))
            confirmed = read + timedelta(minutes=1) if dice.chance(CONFIRMED) else None
            await deed.run(
                "UPDATE announcement_receipt SET delivered_at = $2, read_at = $3, confirmed_at = $4 WHERE id = $1",
                row["id"], deed.at, read, confirmed,
            )  # fmt: skip


def _morning(deed: Deed, days: int, hour: int) -> datetime:
    """That hour in Shanghai, so many days from today."""
    today = deed.at.astimezone(ZONE).replace(hour=hour, minute=0, second=0, microsecond=0)
    return today + timedelta(days=days)
