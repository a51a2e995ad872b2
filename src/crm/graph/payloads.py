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
from crm.graph.nouns import noun_named, optional, part


@part(of="its mutation", description="Why a mutation changed nothing.")
class UserError:
    """One refusal, for a person and for a form."""

    code: str = strawberry.field(description="The machine-readable reason: REQUIRED, INVALID, NOT_FOUND, CONFLICT, …")
    message: str = strawberry.field(description="The reason in words.")
    field: list[str] | None = strawberry.field(description="The argument it is about, as a path; null where it is about none.")
    current_version: int | None = strawberry.field(
        description="With CONFLICT over a version: the version the record has now.", default=None
    )


@dataclass(slots=True)
class Done:
    """The outcome of a deed: the id it returned, or its refusals. Payload types read their fields from it."""

    id: UUID | None = None
    user_errors: list[UserError] = field(default_factory=list)
    extra: dict[str, Any] = field(default_factory=dict)


def refused(error: DomainError) -> Done:
    """The outcome of a deed that was refused."""
    errors = error.errors if isinstance(error, Refusals) else [error]
    return Done(user_errors=[_user_error(each) for each in errors])


def _user_error(error: DomainError) -> UserError:
    version = error.current_version if isinstance(error, Conflict) else None
    return UserError(code=error.code, message=error.message, field=list(error.field) or None, current_version=version)


USER_ERRORS = "Why nothing was changed; empty when it was done."


def payload_of(target: type, name: str | None = None) -> type:
    """The payload type of a noun's mutations: `{ customer { … } userErrors { … } }`, the record null when refused."""
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
    }
    return part(of="its mutation", description=f"What mutations of {noun_name} answer.")(
        type(f"{noun_name}Payload", (), namespace)
    )
