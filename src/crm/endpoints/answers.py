"""From an execution's outcome to what a client reads: data, and errors with a code and nothing that is not theirs to know."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import orjson
import structlog
from graphql import ExecutionResult, GraphQLError

from crm.core.errors import FieldForbidden, RequestError
from crm.endpoints.refusals import trouble_of
from crm.graph.plans.planner import Planned

log = structlog.get_logger("crm.graphql")

_QUOTED = re.compile(r"[,.] [Ff]ound: .*|: [\[{].*|(?<=String cannot represent a non string value): .*", re.DOTALL)
"""graphql-core says what it found: the password beside the field that is missing, or where a number was meant to be a text."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A response body; whether the operation began at all, and whether there are errors in it."""

    body: bytes
    begun: bool
    failed: bool

    def extended(self, extensions: bytes) -> Answer:
        """The same with `extensions`, which are JSON already; the body is not looked into again."""
        return replace(self, body=b'%b,"extensions":%b}' % (self.body[:-1], extensions))


def answered(result: ExecutionResult | Planned, reference: str) -> Answer:
    """The answer of an operation that was executed. What PostgreSQL wrote is not looked into again."""
    if isinstance(result, ExecutionResult):
        body = answer_of(result, reference)
        return Answer(orjson.dumps(body), "data" in body, "errors" in body)
    if not result.errors:
        return Answer(b'{"data":%b}' % result.data, begun=True, failed=False)
    errors = orjson.dumps([told(error, reference) for error in once_each(result.errors)])
    return Answer(b'{"errors":%b,"data":%b}' % (errors, result.data), begun=True, failed=True)


def refused(errors: Iterable[GraphQLError], reference: str) -> Answer:
    """The answer to what is no executable document."""
    return Answer(orjson.dumps({"errors": [told(error, reference) for error in errors]}), begun=False, failed=True)


def answer_of(result: ExecutionResult, reference: str) -> dict[str, Any]:
    """The response body of an operation; without `data` where it could not begin (bad variables, unknown operation)."""
    body: dict[str, Any] = {}
    if result.errors:
        body["errors"] = [told(error, reference) for error in once_each(result.errors)]
    if result.data is not None or not result.errors or any(error.path for error in result.errors):
        body["data"] = result.data
    return body


def once_each(errors: Iterable[GraphQLError]) -> list[GraphQLError]:
    """A hidden field is told of once, at its first occurrence, and not for each of a thousand rows; the rest stays as it is."""
    first: dict[tuple[str, ...], GraphQLError] = {}
    others: list[GraphQLError] = []
    for error in errors:
        if not isinstance(error.original_error, FieldForbidden):
            others.append(error)
            continue
        names = tuple(str(part) for part in error.path or () if isinstance(part, str))
        if names not in first or _places(error) < _places(first[names]):
            first[names] = error
    return sorted([*first.values(), *others], key=_path)


def _path(error: GraphQLError) -> list[str]:
    """Errors come in the order of their paths: which of two loaders failed first must not show."""
    return [str(part).zfill(8) if isinstance(part, int) else part for part in error.path or ()]


def _places(error: GraphQLError) -> list[int]:
    return [part for part in error.path or () if isinstance(part, int)]


def told(error: GraphQLError, reference: str) -> dict[str, Any]:
    """One error as the client reads it. A crash is told as a reference to our log, where the cause stands."""
    original = error.original_error
    if original is None or isinstance(original, GraphQLError):
        message, extensions = _QUOTED.sub(".", error.message), {"code": "BAD_USER_INPUT"}
    elif isinstance(original, RequestError):
        message, extensions = original.message, original.extensions  # type: ignore[assignment]
    elif (trouble := trouble_of(original)) is not None:
        log.warning("field given up", code=trouble.code, reason=type(original).__name__)
        message, extensions = trouble.message, trouble.extensions  # type: ignore[assignment]
    else:
        log.error("field crashed", path=error.path, exc_info=original)
        message, extensions = "Something went wrong.", {"code": "INTERNAL", "reference": reference}
    shown: dict[str, Any] = {"message": message, "extensions": extensions}
    if error.locations:
        shown["locations"] = [{"line": place.line, "column": place.column} for place in error.locations]
    if error.path:
        shown["path"] = error.path
    return shown
