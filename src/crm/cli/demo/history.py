"""A change log for some of the demo's parties, told backwards: the rows are how things are, the log is how they came to be so."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from crm.cli.synthetic.batch import Batch
from crm.cli.synthetic.dice import Dice
from crm.cli.synthetic.mark_rows import ChangeRow
from crm.cli.synthetic.party_rows import ActivityRow, ContactRow, PartyRow
from crm.cli.synthetic.sales_rows import OpportunityRow
from crm.cli.synthetic.scene import Scene
from crm.core.kinds import Kind
from crm.core.naming import field_name
from crm.rules.customers.lifecycle import Lifecycle
from crm.services.deeds import Channel
from crm.services.records import DERIVED_OF_OWNED
from crm.services.values import loggable

LOGGED = 300
REQUEST = "demo"
STAMPS = frozenset(
    {"id", "created_at", "created_by_id", "updated_at", "updated_by_id", "version", "deleted_at", "deleted_by_id"}
    | {"last_contact_at", "next_contact_at"}
)
"""Columns of a party that are not values somebody entered."""

Told = tuple[str, Any, Any]
"""A column, its value before and after."""

DELETED: tuple[tuple[Kind, str, type[Any]], ...] = (
    (Kind.PARTY, "party", PartyRow),
    (Kind.CONTACT, "contact", ContactRow),
    (Kind.ACTIVITY, "activity", ActivityRow),
    (Kind.OPPORTUNITY, "opportunity", OpportunityRow),
)
"""What may lie in the recycle bin."""

Deletable = PartyRow | ContactRow | ActivityRow | OpportunityRow


def add_history(marks: Batch, records: Batch, dice: Dice, scene: Scene) -> None:
    """Write the log of some parties, count their versions up as the log says, and log every deletion."""
    rows = records.of(PartyRow)
    for place in sorted({dice.between(0, len(rows) - 1) for _ in range(LOGGED)}):
        if rows[place].deleted_at is None:
            rows[place] = _with_history(marks, dice, scene, rows[place])
    for kind, entity, of in DELETED:
        for row in records.of(of):
            if row.deleted_at is not None:
                party = row if isinstance(row, PartyRow) else None
                party_id, name = (party.id, party.type.lower()) if party else (row.party_id, entity)
                _log_deletion(marks, dice, row, kind, party_id, name)


def _log_deletion(marks: Batch, dice: Dice, row: Deletable, kind: Kind, party: UUID, entity: str) -> None:
    assert row.deleted_at is not None
    marks.add(_change(dice, (row.id, kind), party, f"{entity}.delete", row.deleted_at, row.deleted_by_id, []))


def _with_history(marks: Batch, dice: Dice, scene: Scene, party: PartyRow) -> PartyRow:
    """The entries of one party: what it was made with, and up to two values that were others then."""
    entity, actor, record = party.type.lower(), party.created_by_id, (party.id, Kind.PARTY)
    edits = [edit for edit in _edits(scene, party) if dice.chance(0.5)]
    first = {
        name: value
        for name, value in zip(PartyRow._fields, party, strict=True)
        if name not in STAMPS | DERIVED_OF_OWNED and value is not None
    }
    first |= {name: old for name, old, _ in edits}
    made = [(name, None, value) for name, value in first.items()]
    marks.add(_change(dice, record, party.id, f"{entity}.create", party.created_at, actor, made))
    at = party.created_at
    for edit in edits:
        at = dice.moment(at, scene.now)
        marks.add(_change(dice, record, party.id, f"{entity}.update", at, actor, [edit]))
    edited_at = max(at, party.updated_at)
    return party._replace(updated_at=edited_at, version=party.version + len(edits))


def _edits(scene: Scene, party: PartyRow) -> list[Told]:
    """What could have been edited: field, the value before, the value now."""
    before = Lifecycle.PROSPECT if party.lifecycle == Lifecycle.LEAD else Lifecycle.LEAD
    edits: list[Told] = [("lifecycle", before.value, party.lifecycle)]
    if party.credit_limit is not None:
        edits.append(("credit_limit", party.credit_limit / 2, party.credit_limit))
    level = scene.option("customer_level", "d")
    if party.level_id not in (None, level):
        edits.append(("level_id", level, party.level_id))
    return edits


def _change(
    dice: Dice,
    record: tuple[UUID, Kind],
    party: UUID,
    verb: str,
    at: datetime,
    actor: UUID | None,
    told: Sequence[Told],
) -> ChangeRow:
    changes = [{"field": field_name(name), "old": _printed(old), "new": _printed(new)} for name, old, new in told]
    return ChangeRow(
        id=dice.id(Kind.CHANGE, at),
        record_id=record[0],
        record_kind=int(record[1]),
        party_id=party,
        entity=verb.partition(".")[0],
        verb=verb,
        actor_id=actor,
        channel=Channel.SYSTEM.value,
        request_id=REQUEST,
        at=at,
        changes=json.dumps(changes, ensure_ascii=False),
    )


def _printed(value: Any) -> Any:
    """As services log it; money with the four decimals of its column."""
    return loggable(value.quantize(Decimal("0.0001")) if isinstance(value, Decimal) else value)
