"""Who has a say in synthetic opportunities, who works on them, what is to be done, and who else wants them.

Only what is still under way has all this. It is made after the opportunities, with dice of its own: all else stays as the
seed made it before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from crm.cli.synthetic.batch import Batch
from crm.cli.synthetic.dice import Dice, weighted
from crm.cli.synthetic.mark_rows import ShareRow
from crm.cli.synthetic.party_rows import ContactRow
from crm.cli.synthetic.process_rows import CompetitionRow, CompetitorRow, ProcessTaskRow, StakeholderRow, TeamMemberRow
from crm.cli.synthetic.sales_rows import OpportunityRow
from crm.cli.synthetic.scene import Scene, day_of
from crm.core.kinds import Kind
from crm.core.pinyin import name_key

UNDER_WAY = ("OPEN", "ON_HOLD")
RIVALS = (
    ("华控自动化", "价格低，交期短", "售后网点少"), ("东方仪表", "老牌国企，资质齐全", "产品更新慢"),
    ("Siemens", "品牌与质量", "价格高"), ("中科智造", "软件能力强", "硬件外购"), ("恒通电气", "本地关系好", "产能有限"),
    ("ABB", "全线产品", "响应慢"), ("速达物联", "方案灵活", "规模小"), ("Rockwell", "北美标准", "国内备件少"),
)  # fmt: skip
"""Name, strengths, weaknesses."""
ROLES = weighted(DECISION_MAKER=25, APPROVER=10, INFLUENCER=20, EVALUATOR=15, USER=15, BUYER=12, GATEKEEPER=3)
ATTITUDES = weighted(UNKNOWN=30, NEUTRAL=25, SUPPORTER=25, CHAMPION=10, SCEPTIC=7, OPPONENT=3)
NOTES = ("最终拍板", "技术选型由其负责", "与我方合作多年", "听取设计院意见", "Signs the order", "Prefers the present supplier")
TEAM_ROLES = weighted(PRESALES=30, TECHNICAL=30, SALES=20, DELIVERY=10, SUPPORT=10)
TASKS = (
    "准备技术方案", "安排现场勘察", "提交正式报价", "样机测试", "确认付款条件", "邀请参观工厂", "准备投标文件",
    "Prepare the offer",
)  # fmt: skip
STATUSES = weighted(TODO=50, DOING=20, DONE=25, CANCELLED=5)
STATES = weighted(ACTIVE=75, WITHDRAWN=15, BEATEN=10)


def add_competitors(batch: Batch, dice: Dice, at: datetime, author: UUID | None) -> list[UUID]:
    """The catalogue; the ids of all of it."""
    made = []
    for name, strengths, weaknesses in RIVALS:
        made.append(dice.id(Kind.COMPETITOR, at))
        batch.add(CompetitorRow(made[-1], at, author, at, author, name, name_key(name), strengths, weaknesses))
    return made


def add_processes(
    batch: Batch, dice: Dice, scene: Scene, rivals: Sequence[UUID], colleagues: Mapping[UUID | None, Sequence[UUID]]
) -> None:
    """What hangs on the opportunities of a batch; `colleagues` are those who may be on the team of an owner."""
    people: dict[UUID, list[ContactRow]] = {}
    for person in batch.of(ContactRow):
        if person.deleted_at is None:
            people.setdefault(person.party_id, []).append(person)
    for row in batch.of(OpportunityRow):
        if row.status in UNDER_WAY and row.deleted_at is None:
            _stakeholders(batch, dice, scene, row, people.get(row.party_id, []))
            _tasks(batch, dice, scene, row, _team(batch, dice, scene, row, colleagues.get(row.owner_id, ())))
            if dice.chance(0.35):
                _competition(batch, dice, scene, row, dice.pick(rivals))


def _stakeholders(batch: Batch, dice: Dice, scene: Scene, row: OpportunityRow, people: Sequence[ContactRow]) -> None:
    for person in people[: dice.between(0, 2)]:
        at = dice.moment(max(row.created_at, person.created_at), scene.now)
        note = dice.pick(NOTES) if dice.chance(0.4) else None
        key, author = dice.id(Kind.STAKEHOLDER, at), row.created_by_id
        batch.add(StakeholderRow(key, at, author, at, author, row.id, person.id, dice.pick(ROLES), dice.pick(ATTITUDES), note))


def _team(batch: Batch, dice: Dice, scene: Scene, row: OpportunityRow, others: Sequence[UUID]) -> list[UUID]:
    """At times somebody besides the owner, with the share that goes with it; whoever may do tasks."""
    found = [] if row.owner_id is None else [row.owner_id]
    colleague = dice.pick(others) if others and dice.chance(0.3) else row.owner_id
    if colleague is not None and colleague != row.owner_id:
        at, author, access = dice.moment(row.created_at, scene.now), row.created_by_id, "EDIT" if dice.chance(0.7) else "READ"
        key, shared = dice.id(Kind.TEAM_MEMBER, at), dice.id(Kind.SHARE, at)
        batch.add(TeamMemberRow(key, at, author, at, author, row.id, colleague, dice.pick(TEAM_ROLES), access))
        batch.add(ShareRow(shared, row.id, int(Kind.OPPORTUNITY), colleague, access, "TEAM", author, at))
        found.append(colleague)
    return found


def _tasks(batch: Batch, dice: Dice, scene: Scene, row: OpportunityRow, who: Sequence[UUID]) -> None:
    for place in range(dice.between(0, 2)):
        at, status = dice.moment(row.created_at, scene.now), dice.pick(STATUSES)
        done = dice.moment(at, scene.now) if status == "DONE" else None
        due = day_of(scene.now + timedelta(days=dice.between(-10, 40)))
        key, author, assignee = dice.id(Kind.PROCESS_TASK, at), row.created_by_id, dice.pick(who) if who else None
        batch.add(
            ProcessTaskRow(key, at, author, done or at, author, row.id, dice.pick(TASKS), status, assignee, due, done, place)
        )  # fmt: skip


def _competition(batch: Batch, dice: Dice, scene: Scene, row: OpportunityRow, rival: UUID) -> None:
    at = dice.moment(row.created_at, scene.now)
    price = (row.amount * dice.between(80, 125) / 100).quantize(Decimal("0.01")) if dice.chance(0.5) else None
    key, author = dice.id(Kind.COMPETITION, at), row.created_by_id
    batch.add(CompetitionRow(key, at, author, at, author, row.id, rival, dice.pick(STATES), price))
