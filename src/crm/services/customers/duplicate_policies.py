"""What is done about duplicates by which way in: rows that every organisation has, and that administrators edit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from crm.access.grants import Action
from crm.core.clock import now
from crm.core.errors import Invalid
from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.models import DuplicatePolicy
from crm.rules.customers.duplicates import COLUMNS, DuplicateAction, DuplicateSubject, EntryPoint, default_action
from crm.services.deeds import Database, Deed
from crm.services.records import check_frozen, check_version, claim, record_change, revise
from crm.services.values import checked


async def ensure(database: Database) -> None:
    """Write the policies that are missing. Run after every migration."""
    async with database.transaction() as tx:
        await tx.execute_query("SELECT pg_advisory_xact_lock(7261008)")
        rows = await DuplicatePolicy.all().using_db(tx).values_list("subject", "entry_point")
        at, there = now(), set(rows)
        missing = [
            DuplicatePolicy(
                id=new_id(Kind.DUPLICATE_POLICY), created_at=at, updated_at=at, subject=subject.value, entry_point=way.value,
                **{column: default_action(subject, way, criterion).value for criterion, column in COLUMNS.items()},
            )
            for subject in DuplicateSubject
            for way in EntryPoint
            if (subject.value, way.value) not in there
        ]  # fmt: skip
        if missing:
            await DuplicatePolicy.bulk_create(missing, using_db=tx)


async def update(deed: Deed, record_id: str, version: int, given: Mapping[str, Any]) -> UUID:
    """Another action for some criteria, from the next record on. What is the same already stays."""
    policy: Any = await claim(deed, DuplicatePolicy, record_id, Action.UPDATE)
    check_version(policy, version)
    check_frozen(deed, "duplicate_policy", list(given))
    values = checked(DuplicatePolicy, given)
    people = policy.subject == DuplicateSubject.CONTACT
    if people and values.get("credit_code", DuplicateAction.ALLOW) != DuplicateAction.ALLOW:
        raise Invalid("People have no credit code.", ("input", "creditCode"))
    if changes := await revise(deed, policy, values):
        await record_change(deed, policy, "duplicate_policy.update", changes)
    return UUID(str(policy.id))
