"""Customers of the demo that somebody has typed in a second time, for whoever looks for duplicates to find and merge."""

from __future__ import annotations

from collections.abc import Sequence

from crm.cli.synthetic.batch import Batch
from crm.cli.synthetic.party_rows import PartyRow
from crm.cli.synthetic.people import Known
from crm.core.pinyin import name_key
from crm.rules.customers.party_names import normalised_name

TWINS = 8


def name_twins(batch: Batch, known: Sequence[Known]) -> None:
    """Some customers of one department are called like another of it, but for the legal form."""
    by_department: dict[object, list[PartyRow]] = {}
    for each in known:
        if each.row.owner_id is not None:
            by_department.setdefault(each.row.department_id, []).append(each.row)
    largest: list[PartyRow] = max(by_department.values(), key=len)
    newest = sorted(largest, key=lambda row: row.created_at)[-2 * TWINS :]
    names = {twin.id: f"{row.name} Co., Ltd." for row, twin in zip(newest[::2], newest[1::2], strict=True)}
    rows = batch.of(PartyRow)
    for place, row in enumerate(rows):
        if (name := names.get(row.id)) is not None:
            rows[place] = row._replace(name=name, name_key=name_key(name), normalised_name=normalised_name(name))
