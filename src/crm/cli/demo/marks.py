"""Tags on the demo's records, and with whom they are shared."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from crm.cli.demo.company import Company
from crm.cli.demo.records import Parties
from crm.cli.synthetic.batch import Batch
from crm.cli.synthetic.dice import Dice
from crm.cli.synthetic.mark_rows import RecordTagRow, ShareRow, TagRow
from crm.cli.synthetic.party_rows import PartyRow
from crm.cli.synthetic.scene import Scene
from crm.core.ids import EVERYONE_ID
from crm.core.kinds import Kind

TAGS = (
    ("重点跟进 Priority", "#d4380d"), ("年框客户 Annual contract", "#389e0d"), ("价格敏感 Price-sensitive", "#d48806"),
    ("展会线索 Trade fair", "#0958d9"), ("需技术支持 Needs engineering", "#531dab"), ("长期合作 Long-standing", "#08979c"),
    ("试用中 On trial", "#7cb305"), ("投诉中 Complaint open", "#cf1322"),
)  # fmt: skip
TAGGED = 0.25
SHARES = 120


def add_tags(batch: Batch, dice: Dice, company: Company, parties: Sequence[PartyRow], at: datetime) -> None:
    """Some tags, and one to three of them on every fourth party."""
    tags = []
    for name, colour in TAGS:
        tags.append(dice.id(Kind.TAG, at))
        batch.add(TagRow(tags[-1], at, company.admin, at, company.admin, name, colour))
    for party in parties:
        if dice.chance(TAGGED):
            for tag in {dice.pick(tags): None for _ in range(dice.between(1, 3))}:
                batch.add(RecordTagRow(party.id, int(Kind.PARTY), tag))


def add_shares(batch: Batch, dice: Dice, scene: Scene, company: Company, made: Parties, partner: UUID) -> None:
    """Customers are shared with people, a department and a role; channels and suppliers with everyone too.

    Nothing here shows agent7 and agent8 a customer of somebody else: that they see only their own is a promise of the demo.
    """
    theirs = {owner.id for owner in company.apart}
    colleagues = [owner.id for owner in (*company.team, company.manager) if owner.id is not None]
    principals = [*colleagues, *colleagues, company.service, company.finance, company.agent_role, partner, partner]
    customers = [each.row for each in made.customers]
    owned = [party for party in customers if party.owner_id is not None and party.owner_id not in theirs]
    pairs = {(dice.pick(owned), dice.pick(principals)): None for _ in range(SHARES)}
    for party, principal in pairs:
        if principal != party.owner_id:
            access = "EDIT" if principal in colleagues and dice.chance(0.4) else "READ"
            batch.add(_share(dice, scene, party, principal, access))
    for each in (*made.channels[::6], *made.suppliers[::6]):
        batch.add(_share(dice, scene, each.row, EVERYONE_ID, "READ"))


def _share(dice: Dice, scene: Scene, party: PartyRow, principal: UUID, access: str) -> ShareRow:
    """A share given by hand; one in five ends some day, and of these some have ended."""
    at = dice.moment(max(party.created_at, scene.now - timedelta(days=180)), scene.now)
    ends = at + timedelta(days=dice.between(30, 200)) if dice.chance(0.2) else None
    key = dice.id(Kind.SHARE, at)
    return ShareRow(key, party.id, int(Kind.PARTY), principal, access, "MANUAL", party.owner_id, at, ends)
