"""A mutation's function, run as a deed: fresh rights, one transaction, one effect for each idempotency key."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

from crm.core.errors import DisclosingRefusals, Unauthenticated
from crm.graph.context import Operation, RightsMoved
from crm.graph.payloads import Done
from crm.resolvers.inputs import fingerprint
from crm.resolvers.permissions import check
from crm.services import idempotency
from crm.services.attempts import PASSING, REFUSED, duplicate_of
from crm.services.deeds import Deed, StaleViewer, deed
from crm.services.system.accounts import SYSTEM

ATTEMPTS = 4
MOST_MOVES = 25
"""The epoch is everybody's: while somebody hires people one after another, a deed may have to begin many times."""


async def attempted(
    operation: Operation,
    permission: str,
    verb: str,
    act: Callable[..., Awaitable[Any]],
    arguments: dict[str, Any],
    key: str | None,
) -> Done:
    """Do it; again with fresh rights where they changed meanwhile, and again where the database chose it as a victim."""
    attempt = moves = 0
    while attempt < ATTEMPTS and moves < MOST_MOVES:
        check(operation, permission)
        try:
            return await _in_transaction(operation, verb, act, arguments, key)
        except StaleViewer:
            viewer = await operation.reload()
            if viewer is None:
                raise Unauthenticated("The session has ended. Sign in again.") from None
            operation.viewer = viewer
            moves += 1
        except DisclosingRefusals as refusal:
            async with deed(operation.services.database, SYSTEM, operation.request.id) as opened:
                await refusal.afterwards(opened)
            raise
        except PASSING:
            await asyncio.sleep(0.01 * 2**attempt)
            attempt += 1
        except REFUSED as error:
            raise duplicate_of(error, verb) from error
    raise RightsMoved if moves == MOST_MOVES else TimeoutError(f"{verb} did not get through in {ATTEMPTS} attempts")


async def consulted(operation: Operation, ask: Callable[[Deed], Awaitable[Any]]) -> Any:
    """Ask a deed's tools a question that takes several statements, under fresh rights. Nothing is written by it."""
    for _ in range(MOST_MOVES):
        try:
            async with deed(
                operation.services.database, operation.viewer, operation.request.id, dialling=operation.services.dialling
            ) as opened:
                return await ask(opened)
        except StaleViewer:
            viewer = await operation.reload()
            if viewer is None:
                raise Unauthenticated("The session has ended. Sign in again.") from None
            operation.viewer = viewer
    raise RightsMoved


async def _in_transaction(
    operation: Operation, verb: str, act: Callable[..., Awaitable[Any]], arguments: dict[str, Any], key: str | None
) -> Done:
    services = operation.services
    async with deed(
        services.database, operation.viewer, operation.request.id, dialling=services.dialling, vault=services.vault
    ) as opened:
        if key is not None:
            first = await idempotency.remembered(opened, key, verb, fingerprint(arguments, operation.services.secret))
            if first is not None:
                return _done(first)
        returned = await act(opened, **arguments)
        outcome = returned if isinstance(returned, Done) else Done(id=returned)
        if opened.duplicates:
            outcome.extra["duplicates"] = opened.duplicates
        if key is not None:
            await idempotency.remember(opened, key, _kept(outcome))
        return outcome


def _kept(outcome: Done) -> dict[str, Any]:
    """What is remembered of a first result: ids, from which the payload is read anew."""
    return {"id": None if outcome.id is None else str(outcome.id), "extra": outcome.extra}


def _done(kept: Any) -> Done:
    return Done(id=UUID(kept["id"]) if kept["id"] else None, extra=kept["extra"])
