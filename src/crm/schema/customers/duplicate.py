"""Duplicates: records that may be the same as another."""

from __future__ import annotations

from enum import Enum
from typing import Any
from uuid import UUID

import strawberry
from strawberry.types import Info

from crm.graph import reads
from crm.graph.nouns import noun_named, noun_of_record, part
from crm.graph.payloads import USER_ERRORS, Done, UserError
from crm.schema.customers.enums import DuplicateCriterion
from crm.schema.system.me import UserType
from crm.schema.system.record import Record


@strawberry.enum(description="Where duplicates are looked for: a customer is no duplicate of a supplier (查重范围).")
class DuplicateEntity(Enum):
    """查重范围."""

    CUSTOMER = "customer"
    CHANNEL = "channel"
    SUPPLIER = "supplier"
    CONTACT = "contact"


@part(of="the record, or told within a limit", description="A record that may be the same one (疑似重复).")
class Duplicate:
    """疑似重复."""

    criteria: list[DuplicateCriterion] = strawberry.field(description="In what it is the same (查重依据).")
    restricted: bool = strawberry.field(description="Whether the viewer may not see it: then `record` is null.")
    record_id: strawberry.Private[str | None] = None
    owner_id: strawberry.Private[str | None] = None

    @strawberry.field(description="The record, where the viewer may see it.")
    async def record(self, info: Info) -> Record | None:
        """Read under the viewer's rights."""
        key = None if self.record_id is None else UUID(self.record_id)
        entry = None if key is None else noun_of_record(key)
        found: Any = None if entry is None or key is None else await reads.one(info.context, entry, key)
        return found  # type: ignore[no-any-return]

    @strawberry.field(
        description="Who is responsible for it (负责人); of a record that one may not see, this is all that is told."
    )
    async def owner(self, info: Info) -> UserType | None:
        """Their card."""
        key = None if self.owner_id is None else UUID(self.owner_id)
        found: Any = None if key is None else await reads.one(info.context, noun_named("User"), key, card=True)
        return found  # type: ignore[no-any-return]


def duplicates_from(rows: list[dict[str, Any]]) -> list[Duplicate]:
    """Made from the plain data that deeds tell and idempotency keys keep."""
    return [
        Duplicate(
            criteria=[DuplicateCriterion(each) for each in row["criteria"]],
            restricted=row["restricted"],
            record_id=row["record"],
            owner_id=row["owner"],
        )
        for row in rows
    ]


def _told(root: Any) -> list[Duplicate]:
    done: Done = root
    return duplicates_from(done.extra.get("duplicates", []))


def duplicates_field() -> Any:
    """What payloads show beside a record that was written."""
    return strawberry.field(
        resolver=_told,
        description="Records that it may be the same as, where the policy of its way in says WARN (疑似重复).",
    )


@part(of="its mutation", description="What somebody is told who looks for duplicates.")
class DuplicateCheckPayload:
    """查重结果."""

    user_errors: list[UserError] = strawberry.field(description=USER_ERRORS)
    duplicates = strawberry.field(resolver=_told, description="Those that are most the same first, at most 50 (疑似重复).")


@strawberry.input(description="What a record would be found by. What is left out is not looked for.")
class DuplicateCheckInput:
    """查重."""

    entity: DuplicateEntity = strawberry.field(description="Where to look.")
    name: strawberry.Maybe[str] = strawberry.field(description="A name (名称); of contacts, with `partyId`.")
    credit_code: strawberry.Maybe[str] = strawberry.field(description="A unified social credit code (统一社会信用代码).")
    phone_numbers: strawberry.Maybe[list[str]] = strawberry.field(description="Phone numbers as they are written, at most 50.")
    email_addresses: strawberry.Maybe[list[str]] = strawberry.field(description="E-mail addresses, at most 50.")
    party_id: strawberry.Maybe[strawberry.ID] = strawberry.field(description="Where a contact works (所属单位).")
