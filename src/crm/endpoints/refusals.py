"""Requests that are answered with a status and one error, whatever went wrong before or beside their execution."""

from __future__ import annotations

import structlog
from graphql import ExecutionResult, OperationDefinitionNode, OperationType

from crm.core.errors import TimedOut, Unauthenticated, Unavailable
from crm.graph.plans.planner import Planned
from crm.store.errors import LATE, is_away

log = structlog.get_logger("crm.requests")

CHALLENGE = {"WWW-Authenticate": "Bearer"}


class Refused(Exception):
    """The request is answered with this status and message, and nothing is executed."""

    def __init__(
        self, status: int, message: str, code: str = "BAD_USER_INPUT", headers: dict[str, str] | None = None, **details: object
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.headers = status, message, headers or {}
        self.extensions: dict[str, object] = {"code": code, **details}

    @property
    def body(self) -> dict[str, object]:
        """The whole answer."""
        return {"errors": [{"message": self.message, "extensions": self.extensions}]}


def unauthenticated(message: str) -> Refused:
    """401, in every media type."""
    return Refused(401, message, Unauthenticated.code, CHALLENGE)


def trouble_of(error: BaseException | None) -> Unavailable | TimedOut | None:
    """What a client is told of a database that is away or late; None for whatever is not the database's doing."""
    if isinstance(error, Unavailable | TimedOut):
        return error
    if isinstance(error, LATE):
        return TimedOut()
    return Unavailable() if is_away(error) else None


def spoilt_by(result: ExecutionResult | Planned, operation: OperationDefinitionNode | None) -> BaseException | None:
    """The trouble with the database that leaves nothing of an answer worth having: the whole is refused, and asked again.

    Verbs of a mutation that are done must not look undone: where there are such, the answer stands, and the trouble is told at
    the path of the verb it hit.
    """
    mutates = operation is not None and operation.operation is OperationType.MUTATION
    if mutates and isinstance(result, ExecutionResult) and any(value is not None for value in (result.data or {}).values()):
        return None
    causes = [error.original_error for error in result.errors or ()]
    return next((cause for cause in causes if trouble_of(cause) is not None), None)


def troubled(error: BaseException) -> Refused | None:
    """503 and when to come back, or 504: the same again would take as long again. None as from `trouble_of`."""
    trouble = trouble_of(error)
    if trouble is None:
        return None
    log.warning("request given up", code=trouble.code, reason=type(error).__name__)
    if isinstance(trouble, TimedOut):
        return Refused(504, trouble.message, trouble.code)
    seconds = str(trouble.details["retryAfter"])
    return Refused(503, trouble.message, trouble.code, {"Retry-After": seconds}, **trouble.details)
