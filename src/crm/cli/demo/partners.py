"""What is between the demo company and its channels: written by the services, by both sides, as people would."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from crm.access.loading import load_by_user
from crm.cli.demo.company import Company
from crm.services.customers import (
    channel_assignments,
    channel_groups,
    channel_information,
    channel_submissions,
    marketing_tasks,
    submission_registrations,
    territories,
)
from crm.services.deeds import Deed, Reading
from crm.services.system import comments

GROUPS = (("金牌伙伴 Gold partners", "年销售额三百万以上 Above three million a year"), ("银牌伙伴 Silver partners", None),
          ("推荐伙伴 Referral partners", None))  # fmt: skip
TERRITORIES: tuple[tuple[str, str | None, tuple[str, ...]], ...] = (
    ("全国 Nationwide", None, ()), ("华东大区 East", "全国 Nationwide", ("shanghai", "jiangsu", "zhejiang")),
    ("华南大区 South", "全国 Nationwide", ("guangdong", "fujian")), ("长三角 Yangtze delta", "华东大区 East", ("jiangsu",)),
)  # fmt: skip
BROUGHT = (
    ("智慧园区门禁 Access control for a park", "苏州金鸡湖园区管理有限公司", "钱主任", "0512-66680012", "186000"),
    ("仓储扫码改造 Barcode scanners for a warehouse", "宁波港顺物流有限公司", "沈经理", "0574-87650031", "92000"),
    ("门店收银升级 New tills for shops", "杭州西溪便利连锁有限公司", "金店长", "0571-88990017", "45500"),
)  # fmt: skip
_OPEN = """
SELECT id FROM opportunity o WHERE o.status = 'OPEN' AND o.deleted_at IS NULL AND o.owner_id = ANY($1)
ORDER BY o.amount DESC, o.id LIMIT 6
"""
_PLACED = """
UPDATE party p SET channel_group_id = ($1::uuid[])[1 + n.place % 3], territory_id = ($2::uuid[])[1 + n.place % 4]
FROM (SELECT id, row_number() OVER (ORDER BY id) AS place FROM party WHERE type = 'CHANNEL') n
WHERE n.id = p.id AND n.place % 5 < 4
"""
_SERVED = """
UPDATE party p SET channel_id = $1 FROM (
    SELECT id FROM party WHERE type = 'CUSTOMER' AND deleted_at IS NULL AND owner_id = ANY($2) ORDER BY id LIMIT 12 OFFSET $3) c
WHERE c.id = p.id
"""
_OF_CHANNEL = "SELECT id, name FROM party WHERE channel_id = $1 ORDER BY id LIMIT 1"


async def open_partnerships(deed: Deed, company: Company, partners: Sequence[UUID]) -> None:
    """Groups and territories, what was offered and brought, a task, and news; `partners` are people of two channels."""
    await _places(deed)
    sides = [replace(deed, viewer=viewer) for key in partners if (viewer := await load_by_user(Reading(deed), key)) is not None]
    channels = [str(side.viewer.channel) for side in sides]
    team = [each.id for each in company.team]
    for place, channel in enumerate(channels):
        await deed.run(_SERVED, UUID(channel), team, 12 * place)
    await _assign(deed, company, sides, [str(row["id"]) for row in await deed.rows(_OPEN, team)])
    await _submissions(deed, company, sides)
    await _marketing(deed, company, sides, channels)


async def _places(deed: Deed) -> None:
    """Most channels stand in a group and a territory."""
    groups = [await channel_groups.create(deed, {"name": name, "description": about}) for name, about in GROUPS]
    regions = {
        row["code"]: str(row["id"])
        for row in await deed.rows(
            "SELECT i.code, i.id FROM dictionary_item i JOIN dictionary d ON d.id = i.dictionary_id WHERE d.code = 'region'"
        )
    }
    made: dict[str, UUID] = {}
    for name, above, covered in TERRITORIES:
        given: dict[str, Any] = {"name": name, "region_ids": [regions[code] for code in covered if code in regions]}
        if above is not None:
            given["parent_id"] = str(made[above])
        made[name] = await territories.create(deed, given)
    await deed.run(_PLACED, groups, list(made.values()))


async def _assign(deed: Deed, company: Company, sides: Sequence[Deed], opportunities: Sequence[str]) -> None:
    """Offers at every point of their way, and what was said of one of them."""
    brief = "客户已初步沟通，预算在批。请两周内上门。 First talks held, budget under way; please visit within two weeks."
    for place, opportunity in enumerate(opportunities):
        side = sides[place % len(sides)]
        earlier = replace(deed, at=deed.at - timedelta(days=6 - place))
        given = {"channel_id": str(side.viewer.channel), "brief": brief, "owner_id": str(company.alliance.id)}
        key = str(await channel_assignments.offer(earlier, opportunity, given))
        partner = replace(side, at=earlier.at + timedelta(hours=5))
        match place:
            case 0 | 1:
                await channel_assignments.accept(partner, key)
                await channel_assignments.register(replace(deed, at=partner.at + timedelta(hours=1)), key, 90)
            case 2:
                await channel_assignments.accept(partner, key)
                await comments.add(partner, {"record_id": key, "body": "已约下周二拜访。 Visit agreed for next Tuesday."})
            case 3:
                await channel_assignments.decline(partner, key, "本月人手不足 No capacity this month")


async def _submissions(deed: Deed, company: Company, sides: Sequence[Deed]) -> None:
    """One that became an opportunity of a customer there was, one that was turned down, one that waits."""
    for place, (title, customer, person, phone, amount) in enumerate(BROUGHT):
        side = replace(sides[place % len(sides)], at=deed.at - timedelta(days=5 - place))
        served = (await deed.rows(_OF_CHANNEL, side.viewer.channel))[0]
        name = served["name"] if place == 0 else customer
        given = {"title": title, "customer_name": name, "contact_name": person, "phone": phone, "amount": Decimal(amount)}
        key = str(await channel_submissions.submit(side, given))
        later = replace(deed, at=side.at + timedelta(hours=20))
        if place == 0:
            chosen = {"customer_id": str(served["id"]), "owner_id": str(company.manager.id)}
            await submission_registrations.register(later, key, chosen)
        elif place == 1:
            await channel_submissions.reject(later, key, "已由直销跟进 Our own sales are in touch already")
        else:
            await comments.add(later, {"record_id": key, "body": "请补充门店数量。 How many shops are there?"})


async def _marketing(deed: Deed, company: Company, sides: Sequence[Deed], channels: Sequence[str]) -> None:
    """A task of which one channel has done a part, and news of a competitor."""
    task = {
        "title": "秋季产品推广 Autumn promotion",
        "description": "每家走访十个老客户并反馈。 Ten existing customers each, with feedback.",
        "due_on": (deed.at + timedelta(days=30)).date(),
        "owner_id": str(company.alliance.id),
    }
    earlier = replace(deed, at=deed.at - timedelta(days=3))
    key = await marketing_tasks.create(earlier, task)
    await marketing_tasks.dispatch(earlier, str(key), {"channel_ids": channels})
    side = sides[0]
    part = await deed.rows(
        "SELECT id FROM channel_task WHERE marketing_task_id = $1 AND channel_id = $2", key, side.viewer.channel
    )
    report = {"percent": 40, "report": "已走访四家。 Four visited so far."}
    await marketing_tasks.report(replace(side, at=deed.at - timedelta(days=1)), str(part[0]["id"]), report)
    news = {
        "topic": "COMPETITOR",
        "title": "竞品降价提醒 A competitor lowers prices",
        "body": "主要型号降价约一成。 Main models are ten per cent cheaper.",
        "audience": {"channel_ids": list(channels)},
        "owner_id": str(company.alliance.id),
    }
    await channel_information.publish(earlier, news)
