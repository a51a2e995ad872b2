"""The tools `query`, `command` and `watch`: they print and check the permission, and turn refusals into `userErrors`.

A root field is made by one of them or it does not get into the schema (a house test looks).
"""

from __future__ import annotations

import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Annotated, Any

import strawberry
from strawberry.types import Info

from crm.core.errors import DomainError, RecordNotFound
from crm.core.ids import parse_id
from crm.graph import reads
from crm.graph.context import Operation
from crm.graph.declarations import DECLARED, Root
from crm.graph.fields import list_page, with_list_arguments
from crm.graph.nouns import Noun, noun_named, optional, reference
from crm.graph.payloads import refused
from crm.resolvers.deeds import attempted
from crm.resolvers.inputs import plain_input
from crm.resolvers.permissions import check, directive_of
from crm.services.topics import STREAMS, Stream

KEY = "Makes the call safe to repeat: the same key with the same input answers the first result, for 7 days."


def query(permission: str | None, description: str, *, root: Root | None = None) -> Callable[[Callable[..., Any]], Any]:
    """A root field that reads: a decorator for its resolver, whose first parameter is the operation.

    `root` says that it reads a record or a list as such, so that a plan can.
    """

    def declare(read: Callable[..., Any]) -> Any:
        async def resolve(info: Info, **arguments: Any) -> Any:
            check(info.context, permission)
            return await read(info.context, **arguments)

        resolver = _with_signature(resolve, read)
        told = {} if root is None else {DECLARED: root}
        return strawberry.field(resolver=resolver, description=description, directives=[directive_of(permission)], metadata=told)

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

    resolve.__annotations__["return"] = optional(reference(target))
    resolve.__annotations__["id"] = Annotated[strawberry.ID, strawberry.argument(description="The record's id.")]
    return strawberry.field(
        resolver=resolve,
        description=description,
        directives=[directive_of(permission)],
        metadata={DECLARED: Root(target, permission, many=False)},
    )


async def find(operation: Operation, entry: Noun, record_id: str) -> Any:
    """The row of a client's id, or None: malformed, of another kind, unknown and invisible are one."""
    key = parse_id(record_id, entry.rule.kind) if entry.rule.kind is not None else None
    return None if key is None else await reads.named(operation, entry, key, window=True)


def listing(target: str, permission: str, description: str, *, search: bool = False, window: bool = False) -> Any:
    """`customers(first, after, last, before, filter, orderBy, search)`: the list of a noun.

    `window`: of those of its rows that lie behind the window of its table.
    """

    async def resolve(info: Info, **arguments: Any) -> Any:
        check(info.context, permission)
        return await list_page(info.context, noun_named(target), arguments, window=window)

    return strawberry.field(
        resolver=with_list_arguments(resolve, target, search=search),
        description=description,
        directives=[directive_of(permission)],
        metadata={DECLARED: Root(target, permission, many=True, window=window)},
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
                return await attempted(operation, permission, verb, act, arguments, idempotency_key)
            except DomainError as error:
                return refused(error)
            finally:
                operation.forget()

        key = inspect.Parameter(
            "idempotency_key",
            inspect.Parameter.KEYWORD_ONLY,
            default=None,
            annotation=Annotated[
                str | None,
                strawberry.argument(description=KEY),
            ],
        )
        # Nullable, so that one forbidden verb of several does not take the outcomes of the others with it.
        resolver = _with_signature(resolve, act, key, returns=optional(payload))
        return strawberry.mutation(resolver=resolver, description=description, directives=[directive_of(permission)])

    return declare


AFTER = "Everything after this cursor first, then what happens. Without it, what happens from now on."


def watch(stream: Stream, payload: type, description: str, *arguments: inspect.Parameter) -> Any:
    """A subscription: the field of one stream, with the stream's permission, its `after` and what narrows it (`listening.py`).

    It has no event source of its own. The socket asks the hub, and runs the selection for each event with a fresh operation; a
    source run by graphql-core would keep one operation, and with it one viewer, for as long as the subscription lives.
    """
    permission = STREAMS[stream].permission

    async def resolve(info: Info, **given: Any) -> Any:  # noqa: ARG001 -- Strawberry reads its signature
        raise NotImplementedError(f"{stream} is pushed by the hub.")
        yield  # type: ignore[unreachable]  # a subscription field has to be an asynchronous generator

    info = inspect.Parameter("info", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Info)
    annotation = Annotated[str | None, strawberry.argument(description=AFTER)]
    after = inspect.Parameter("after", inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
    returned = AsyncGenerator.__class_getitem__((payload, None))  # type: ignore[attr-defined]
    signature = inspect.Signature([info, *arguments, after], return_annotation=returned)
    resolve.__signature__ = signature  # type: ignore[attr-defined]
    return strawberry.subscription(
        resolver=resolve, name=stream.value, description=description, directives=[directive_of(permission)]
    )


def _with_signature(
    resolve: Callable[..., Any], declared: Callable[..., Any], *extra: inspect.Parameter, returns: Any = None
) -> Callable[..., Any]:
    """Give the wrapper the parameters of the declared function (less its first), so Strawberry reads the arguments from there."""
    signature = inspect.signature(declared)
    own = list(signature.parameters.values())[1:]
    info = inspect.Parameter("info", inspect.Parameter.POSITIONAL_OR_KEYWORD, annotation=Info)
    annotation = returns if returns is not None else signature.return_annotation
    resolve.__signature__ = inspect.Signature([info, *own, *extra], return_annotation=annotation)  # type: ignore[attr-defined]
    resolve.__module__ = declared.__module__
    resolve.__name__ = declared.__name__
    resolve.__doc__ = declared.__doc__
    return resolve


__all__ = ["command", "find", "listing", "plain_input", "query", "single", "watch"]
