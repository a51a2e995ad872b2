"""The people of the demo company.

The log-ins that the demo prints have its public password. The others are there to own and to be shared with: nobody signs in as
one of them before an administrator has set a password, so that no account with a known password is ever overlooked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from crm.cli.demo import roles
from crm.cli.synthetic.dice import Dice
from crm.cli.synthetic.organisation import Organisation
from crm.cli.synthetic.scene import Owner

TEAM = (("陈晓燕", 1001), ("刘志强", 1002), ("黄思雨", 1003), ("周文博", 1004), ("吴佳琪", 1005), ("徐浩然", 1006))
APART = (("孙若彤 Grace Sun", 1007), ("马宇航 Mark Ma", 1008))


@dataclass(frozen=True, slots=True)
class Company:
    """Everybody the records refer to."""

    organisation: Organisation
    admin: UUID
    manager: Owner
    team: Sequence[Owner]
    apart: Sequence[Owner]
    buyer: Owner
    alliance: Owner
    finance: UUID
    service: UUID
    agent_role: UUID
    partner_role: UUID


def make_company(dice: Dice, at: datetime, administrator: UUID, password_hash: str) -> Company:
    """Put the company together; the partner's person follows once there is a channel to work for."""
    made = Organisation(dice, at)
    root = made.department("总公司 Head office")
    sales = made.department("销售中心 Sales", root)
    first, second = made.department("销售一部 Sales 1", sales), made.department("销售二部 Sales 2", sales)
    service = made.department("客服中心 Customer service", root)
    buying, channels, money = (made.department(name, root) for name in ("采购部 Purchasing", "渠道部 Channels", "财务部 Finance"))
    agent_role, own_role = made.role(roles.AGENT), made.role(roles.OWN_ONLY)
    admin = made.user("admin", "系统管理员 Administrator", root, [administrator], password_hash=password_hash)
    manager = made.user("manager", "赵国强 Manager", first, [made.role(roles.MANAGER)], password_hash=password_hash)
    made.head(first, manager)
    team = _agents(made, TEAM, 1, first, agent_role, manager, password_hash)
    apart = _agents(made, APART, len(TEAM) + 1, second, own_role, None, password_hash)
    buyer = made.user("buyer", "沈丽华", buying, [made.role(roles.PURCHASING)])
    alliance = made.user("alliance", "高俊杰", channels, [made.role(roles.CHANNELS)])
    finance = made.user("finance", "林静", money, [made.role(roles.FINANCE)])
    for department, user in ((root, admin), (buying, buyer), (channels, alliance), (money, finance)):
        made.head(department, user)
    return Company(
        organisation=made,
        admin=admin,
        manager=Owner(manager, first, manager, team),
        team=[Owner(user, first, user, [manager, *team]) for user in team],
        apart=[Owner(user, second, user) for user in apart],
        buyer=Owner(buyer, buying, buyer),
        alliance=Owner(alliance, channels, alliance),
        finance=finance,
        service=service,
        agent_role=agent_role,
        partner_role=made.role(roles.PARTNER),
    )


PARTNERS = ("何伟（合作伙伴）", "罗敏（合作伙伴）")


def partner_users(company: Company, dice: Dice, at: datetime, channels: Sequence[UUID]) -> tuple[Organisation, list[UUID]]:
    """`partner1` and `partner2`, each of whom works for another of these channels."""
    made, roles_ = Organisation(dice, at), [company.partner_role]
    people = enumerate(zip(PARTNERS, channels, strict=True), 1)
    return made, [made.user(f"partner{place}", name, None, roles_, channel=channel) for place, (name, channel) in people]


def _agents(
    made: Organisation,
    people: Sequence[tuple[str, int]],
    first: int,
    department: UUID,
    role: UUID,
    manager: UUID | None,
    password_hash: str,
) -> list[UUID]:
    return [
        made.user(
            f"agent{number}", name, department, [role], manager=manager, extension=str(extension), password_hash=password_hash
        )
        for number, (name, extension) in enumerate(people, first)
    ]
