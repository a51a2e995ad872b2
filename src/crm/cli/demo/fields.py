"""The demo's custom fields with their values, and its segments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson

from crm.cli.demo.company import Company
from crm.cli.synthetic.batch import Batch
from crm.cli.synthetic.custom_rows import CustomValueRow
from crm.cli.synthetic.dice import Dice, weighted
from crm.cli.synthetic.party_rows import PartyRow
from crm.cli.synthetic.scene import Scene
from crm.core.kinds import Kind
from crm.services.custom_checks import text_columns
from crm.services.customers import segments
from crm.services.deeds import Deed
from crm.services.system import custom_fields, dictionaries, shares

FIELDS: Mapping[str, Mapping[str, Any]] = {
    "employees": {"type": "NUMBER", "label_zh": "员工人数", "label_en": "Employees", "sortable": True},
    "renewal_on": {"type": "DATE", "label_zh": "续约日期", "label_en": "Renewal", "sortable": True},
    "erp": {"type": "TEXT", "label_zh": "现有系统", "label_en": "System in use", "sortable": True},
    "channel_deal": {"type": "YES_NO", "label_zh": "渠道成交", "label_en": "Sold by a channel"},
    "interest": {"type": "OPTION", "label_zh": "关注产品", "label_en": "Interested in"},
}
PRODUCTS = {"sensors": ("传感器", "Sensors"), "drives": ("伺服驱动", "Drives"), "service": ("维保服务", "Service")}
SYSTEMS = weighted(用友=4, 金蝶=4, SAP=2, 自研=1, Oracle=1)
FILLED = 0.7
SEGMENTS: Mapping[str, Mapping[str, Any]] = {
    "重点大客户 Key accounts": {
        "customFields": [{"key": "employees", "number": {"gte": "1000"}}],
        "lifecycle": {"in": ["ACTIVE"]},
    },
    "待挽回客户 Win back": {"lifecycle": {"in": ["DORMANT", "LOST"]}, "not": {"creditLimit": {"isNull": True}}},
    "SAP 用户 SAP users": {"customFields": [{"key": "erp", "text": {"startsWith": "SAP"}}]},
}
INVITED = "年会邀请名单 Invited to the annual meeting"
GUESTS = 40


async def define(deed: Deed) -> dict[str, Any]:
    """The definitions by key, and under `options` what can be chosen."""
    made = await dictionaries.create(deed, {"code": "product_line", "name_zh": "产品线", "name_en": "Product lines"})
    options = []
    for code, (zh, en) in PRODUCTS.items():
        given = {"dictionary_id": str(made), "code": code, "label_zh": zh, "label_en": en}
        options.append(await dictionaries.create_item(deed, given))
    ids: dict[str, Any] = {"options": options}
    for position, (key, settings) in enumerate(FIELDS.items()):
        chosen = {"dictionary_id": str(made)} if settings["type"] == "OPTION" else {}
        field = {"entity": "customer", "key": key, "position": position, **settings, **chosen}
        ids[key] = await custom_fields.create(deed, field)
    return ids


def add_values(batch: Batch, dice: Dice, scene: Scene, customers: Sequence[PartyRow], ids: Mapping[str, Any]) -> None:
    """Most customers have most of them."""
    for customer in customers:
        values: dict[str, dict[str, Any]] = {
            "employees": {"number": Decimal(dice.pick((20, 50, 120, 300, 800, 1500, 6000)) + dice.between(0, 19))},
            "renewal_on": {"day": (scene.now + timedelta(days=dice.between(-60, 300))).date()},
            "erp": text_columns(dice.pick(SYSTEMS)),
            "channel_deal": {"yes_no": dice.chance(0.3)},
            "interest": {"option_id": dice.pick(ids["options"])},
        }
        for key, value in values.items():
            if dice.chance(FILLED):
                row_id = dice.id(Kind.CUSTOM_VALUE, customer.created_at)
                batch.add(CustomValueRow(row_id, ids[key], customer.id, int(Kind.PARTY), **value))


async def add_segments(deed: Deed, dice: Dice, company: Company, customers: Sequence[PartyRow]) -> None:
    """Segments of the manager's that agents read, and a list of guests of an agent's."""
    manager, agent = str(company.manager.id), str(company.team[0].id)
    for name, asked in SEGMENTS.items():
        given = {"name": name, "owner_id": manager, "holds": "CUSTOMER", "filter": orjson.dumps(asked).decode()}
        made = await segments.create(deed, given, ())
        await shares.share(deed, str(made), [str(company.agent_role)], "READ", None)
    static = await segments.create(deed, {"name": INVITED, "owner_id": agent, "holds": "CUSTOMER"}, ())
    guests: list[UUID] = list({dice.pick(customers).id: None for _ in range(GUESTS)})
    alive = {customer.id for customer in customers if customer.deleted_at is None}
    await segments.change_members(deed, str(static), [str(each) for each in guests if each in alive], joining=True)
