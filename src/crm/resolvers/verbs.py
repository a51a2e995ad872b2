"""The tools `query`, `command` and `watch`: they print and check the permission, and turn refusals into `userErrors`.

A root field is made by one of them or it does not get into the schema (a house test looks).
"""

from __future__ import annotations

import asyncio
import hashlib
import inspect
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Any, Optional
from uuid import UUID

import asyncpg
import orjson
import strawberry
from strawberry.schema_directive import Location
from strawberry.types import Info
from strawberry.types.base import StrawberryMaybe, get_object_definition
from tortoise.exceptions import IntegrityError

from crm.access.grants import SIGNED_IN
from crm.core.errors import DomainError, Duplicate, FieldForbidden, RecordNotFound, Unauthenticated
from crm.core.ids import parse_id
from crm.graph import reads
from crm.graph.context import Operation
from crm.graph.fields import list_page, with_list_arguments
from crm.graph.nouns import Noun, noun_named, reference
from crm.graph.payloads import Done, refused
from crm.services import idempotency
from crm.services.deeds import Deed, StaleViewer, deed
from crm.services.values import loggable

ATTEMPTS = 4


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="requires",
    description="The permission without which the field answers FORBIDDEN: an entity and an action that a role of the viewer must"
    " grant, `staff` or `signed_in`; `*.share` is judged record by record.",
)
class Requires:
    """Printed on every root field that is not public."""

    permission: str


@strawberry.schema_directive(locations=[Location.FIELD_DEFINITION], name="public", description="Needs no token.")
class Public:
    """Printed on what the anonymous may use."""


def directive_of(permission: str | None) -> object:
    """The directive to print; None is public."""
    return Public() if permission is None else Requires(permission=permission)


def check(operation: Operation, permission: str | None) -> None:
    """Refuse a verb that no role of the viewer grants."""
    if permission is None:
        return
    if operation.viewer.anonymous:
        raise Unauthenticated
    if not operation.rights.holds(permission):
        raise FieldForbidden(permission)


def query(permission: str | None, description: str) -> Callable[[Callable[..., Any]], Any]:
    """A root field that reads: a decorator for its resolver, whose first parameter is the operation."""

    def declare(read: Callable[..., Any]) -> Any:
        async def resolve(info: Info, **arguments: Any) -> Any:
            check(info.context, permission)
            return await read(info.context, **arguments)

        resolver = _with_signature(resolve, read)
        return strawberry.field(resolver=resolver, description=description, directives=[directive_of(permission)])

    return declare


def single(target: str, permission: str, description: str) -> Any:
    """`customer(id)`: one record, or NOT_FOUND at the field's path for whatever this viewer cannot have."""

    async def resolve(info: Info, id: strawberry.ID) -> Any:
        check(info.context, permission)
        entry = noun_named(target)
        row = await find(info.context, entry, id)
        if row is None or (entry.source.fixed and row.noun is not entry):
            raise RecordNotFound
        return row

    resolve.__annotations__["return"] = Optional[reference(target)]  # noqa: UP045
    resolve.__annotations__["id"] = Annotated[strawberry.ID, strawberry.argument(description="The record's id.")]
    return strawberry.field(resolver=resolve, description=description, directives=[directive_of(permission)])


async def find(operation: Operation, entry: Noun, record_id: str) -> Any:
    """The row of a client's id, or None: malformed, of another kind, unknown and invisible are one."""
    key = parse_id(record_id, entry.rule.kind) if entry.rule.kind is not None else None
    return None if key is None else await reads.one(operation, entry, key)


def listing(target: str, permission: str, description: str, *, search: bool = False) -> Any:
    """`customers(first, after, last, before, filter, orderBy, search)`: the list of a noun."""

    async def resolve(info: Info, **arguments: Any) -> Any:
        check(info.context, permission)
        return await list_page(info.context, noun_named(target), arguments)

    return strawberry.field(
        resolver=with_list_arguments(resolve, target, search=search),
        description=description,
        directives=[directive_of(permission)],
    )


def command(permission: str, payload: type, description: str) -> Callable[[Callable[..., Awaitable[Any]]], Any]:
    """A mutation: a decorator for the function that calls the service.

    Its first parameter is the `Deed`; it returns the id that the payload reads back, or a `Done`. The transaction, the check that
    the viewer is still who they were, idempotency and refusals are here, once for all.
    """

    def declare(act: Callable[..., Awaitable[Any]]) -> Any:
        verb = act.__name__

        async def resolve(info: Info, idempotency_key: str | None = None, **arguments: Any) -> Any:
            operation: Operation = info.context
            operation.forget()
            operation.wrote = True
            try:
                return await _attempt(operation, permission, verb, act, arguments, idempotency_key)
            except DomainError as error:
                return refused(error)
            finally:
                operation.forget()

        key = inspect.Parameter(
            "idempotency_key",
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[
                Optional[str],  # noqa: UP045
                strawberry.argument(
                    description="Makes the call safe to repeat: the same key with the same input answers the first result (7 days)."
                ),
            ],
        )
        resolver = _with_signature(resolve, act, key, returns=payload)
        return strawberry.mutation(resolver=resolver, description=description, directives=[directive_of(permission)])

    return declare


async def _attempt(
    operation: Operation,
    permission: str,
    verb: str,
    act: Callable[..., Awaitable[Any]],
    arguments: dict[str, Any],
    key: str | None,
) -> Done:
    """Do it; again with fresh rights where they changed meanwhile, and again where the database chose it as a deadlock's victim."""
    for attempt in range(ATTEMPTS):
        check(operation, permission)
        try:
            return await _in_transaction(operation, verb, act, arguments, key)
        except StaleViewer:
            viewer = await operation.reload()
            if viewer is None:
                raise Unauthenticated("The session has ended. Sign in again.") from None
            operation.viewer = viewer
        except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError):
            await asyncio.sleep(0.01 * 2**attempt)
        except IntegrityError as error:
            raise _duplicate(error) from error
    raise TimeoutError(f"{verb} did not get through in {ATTEMPTS} attempts")


async def _in_transaction(
    operation: Operation, verb: str, act: Callable[..., Awaitable[Any]], arguments: dict[str, Any], key: str | None
) -> Done:
    async with deed(operation.database, operation.viewer, operation.request.id, dialling=operation.services.dialling) as opened:
        if key is not None:
            first = await idempotency.remembered(opened, key, verb, fingerprint(arguments))
            if first is not None:
                return _done(first)
        outcome = await act(opened, **arguments)
        if key is not None:
            await idempotency.remember(opened, key, _kept(outcome))
        return outcome if isinstance(outcome, Done) else Done(id=outcome)


def _kept(outcome: Any) -> Any:
    """What is remembered of a first result: ids, from which the payload is read anew."""
    return {"id": str(outcome.id) if isinstance(outcome, Done) and outcome.id else None if isinstance(outcome, Done) else str(outcome),
            "extra": outcome.extra if isinstance(outcome, Done) else {}}  # fmt: skip


def _done(kept: Any) -> Done:
    return Done(id=UUID(kept["id"]) if kept["id"] else None, extra=kept["extra"])


def fingerprint(arguments: dict[str, Any]) -> str:
    """What tells one input from another: all arguments, absent ones and nulls apart."""
    plain = {name: plain_input(value) for name, value in arguments.items()}
    return hashlib.sha256(orjson.dumps(loggable(plain), option=orjson.OPT_SORT_KEYS, default=str)).hexdigest()


def plain_input(value: Any) -> Any:
    """An input object as a mapping of what the client wrote, by column-style names; enums as their values."""
    definition = get_object_definition(value) if not isinstance(value, type) else None
    if definition is not None and definition.is_input:
        given = {}
        for item in definition.fields:
            found = getattr(value, item.python_name)
            if isinstance(found, strawberry.Some):
                given[item.python_name] = plain_input(found.value)
            elif found is not strawberry.UNSET and not (found is None and _is_maybe(item)):
                given[item.python_name] = plain_input(found)
        return given
    if isinstance(value, list):
        return [plain_input(each) for each in value]
    return value.value if hasattr(value, "value") and hasattr(value, "name") else value


def _is_maybe(item: Any) -> bool:
    return isinstance(item.type, StrawberryMaybe)


def watch(permission: str, description: str) -> Callable[[Callable[..., AsyncIterator[Any]]], Any]:
    """A subscription: a decorator for its event source. The gate is checked when it starts and before every event.

    The source yields events that it has already judged by their audience and `visible`; here the viewer is loaded anew for each,
    so that nothing is pushed to somebody whose rights or session ended since.
    """

    def declare(source: Callable[..., AsyncIterator[Any]]) -> Any:
        async def resolve(info: Info, **arguments: Any) -> Any:
            operation: Operation = info.context
            check(operation, permission)
            async for event in source(operation, **arguments):
                viewer = await operation.reload()
                if viewer is None:
                    raise Unauthenticated("The session has ended. Sign in again.")
                operation.viewer = viewer
                operation.forget()
                check(operation, permission)
                yield event

        resolver = _with_signature(resolve, source)
        return strawberry.subscription(resolver=resolver, description=description, directives=[directive_of(permission)])

    return declare


_CONSTRAINTS = {
    "user_account_username": ("This username is taken.", ("input", "username")),
    "user_account_extension": ("Somebody else has this extension.", ("input", "extension")),
    "tag_name": ("There is a tag with this name.", ("input", "name")),
    "role_name": ("There is a role with this name.", ("input", "name")),
    "dictionary_item_code": ("This dictionary has an option with this code.", ("input", "code")),
}
"""Unique indexes whose race two writers can lose to each other: what the loser is told."""


def _duplicate(error: IntegrityError) -> Exception:
    name = getattr(error.__cause__, "constraint_name", None) or getattr(
        error.args[0] if error.args else None, "constraint_name", None
    )
    told = _CONSTRAINTS.get(name or "")
    return Duplicate(*told) if told else error


def _with_signature(
    resolve: Callable[..., Any], declared: Callable[..., Any], *extra: inspect.Parameter, returns: Any = None
) -> Callable[..., Any]:
    """Give the wrapper the parameters of the declared function (less its first), so Strawberry reads the arguments from there."""
    signature = inspect.signature(declared)
    own = [parameter for parameter in list(signature.parameters.values())[1:]]
    info = inspect.Parameter("info", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Info)
    annotation = returns if returns is not None else signature.return_annotation
    resolve.__signature__ = inspect.Signature([info, *own, *extra], return_annotation=annotation)  # type: ignore[attr-defined]
    resolve.__module__ = declared.__module__
    resolve.__name__ = declared.__name__
    resolve.__doc__ = declared.__doc__
    return resolve


__all__ = ["SIGNED_IN", "check", "command", "directive_of", "find", "listing", "plain_input", "query", "single", "watch"]
