"""What mutations answer: the record, read anew after the commit, and `userErrors`."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import strawberry
from strawberry.types import Info
from strawberry.utils.str_converters import to_camel_case

from crm.core.errors import Conflict, DomainError, Refusals
from crm.graph import reads
from crm.graph.nouns import noun_named, noun_of_record, optional, part, reference


async def _in_the_way(root: Any, info: Info) -> Any:
    key = None if root.record_id is None else UUID(root.record_id)
    entry = None if key is None else noun_of_record(key)
    return None if entry is None or key is None else await reads.one(info.context, entry, key)


async def _whose(root: Any, info: Info) -> Any:
    return None if root.owner_id is None else await reads.one(info.context, noun_named("User"), UUID(root.owner_id), card=True)


_in_the_way.__annotations__["return"] = optional(reference("system.Record"))
_whose.__annotations__["return"] = optional(reference("system.User"))


@part(of="its mutation", description="Why a mutation changed nothing.")
class UserError:
    """One refusal, for a person and for a form."""

    code: str = strawberry.field(description="The machine-readable reason: REQUIRED, INVALID, NOT_FOUND, CONFLICT, …")
    message: str = strawberry.field(description="The reason in words.")
    field: list[str] | None = strawberry.field(description="The argument it is about, as a path; null where it is about none.")
    current_version: int | None = strawberry.field(
        description="With CONFLICT over a version: the version the record has now.", default=None
    )
    record_id: strawberry.Private[str | None] = None
    owner_id: strawberry.Private[str | None] = None

    record = strawberry.field(
        resolver=_in_the_way,
        description="The record in the way: a duplicate, or what this one was merged into. Null where the viewer may not see it.",
    )
    owner = strawberry.field(
        resolver=_whose,
        description="With DUPLICATE of a record that the viewer may not see: whose it is (负责人), where that may be told.",
    )


def plain_error(error: UserError) -> dict[str, Any]:
    """One refusal as plain data, for results that are kept; `UserError(**…)` makes it again."""
    return {name: getattr(error, name) for name in ("code", "message", "field", "current_version", "record_id", "owner_id")}


@dataclass(slots=True)
class Done:
    """The outcome of a deed: the id it returned, or its refusals. Payload types read their fields from it."""

    id: UUID | None = None
    user_errors: list[UserError] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)
    once: dict[str, Any] = field(default_factory=dict)
    """Told with this very answer and kept nowhere, also not under an idempotency key: secrets."""


def refused(error: DomainError) -> Done:
    """The outcome of a deed that was refused."""
    errors = error.errors if isinstance(error, Refusals) else [error]
    return Done(user_errors=[_user_error(each) for each in errors])


def _user_error(error: DomainError) -> UserError:
    version = error.current_version if isinstance(error, Conflict) else None
    return UserError(
        code=error.code,
        message=error.message,
        field=list(error.field) or None,
        current_version=version,
        record_id=None if error.record is None else str(error.record),
        owner_id=None if error.owner is None else str(error.owner),
    )


USER_ERRORS = "Why nothing was changed; empty when it was done."


def payload_of(target: type, name: str | None = None, **beside: Any) -> type:
    """The payload type of a noun's mutations: `{ customer { … } userErrors { … } }`, the record null when refused.

    `beside` are further fields, read from the outcome.
    """
    noun_name = target.__name__

    async def record(root: Done, info: Info) -> Any:
        return None if root.id is None else await reads.shown(info, noun_named(noun_name), root.id)

    record.__annotations__["return"] = optional(target)
    label = name or f"{to_camel_case(noun_name[0].lower() + noun_name[1:])}"
    namespace: dict[str, Any] = {
        "__annotations__": {"user_errors": list[UserError]},
        "__module__": target.__module__,
        label: strawberry.field(resolver=record, description="The record as it is now; null when nothing was changed."),
        "user_errors": strawberry.field(description=USER_ERRORS),
        **beside,
    }
    return part(of="its mutation", description=f"What mutations of {noun_name} answer.")(
        type(f"{noun_name}Payload", (), namespace)
    )
