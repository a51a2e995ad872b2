"""GraphQL over HTTP: one thin route. Who is asking, is the document one of ours, execute, answer."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import orjson
from graphql import ExecutionResult, GraphQLError, OperationType, execute
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crm import metrics
from crm.access.viewer import ANONYMOUS, Viewer
from crm.access.viewers import Viewers
from crm.config import Settings
from crm.core.errors import Unauthenticated
from crm.endpoints import ide
from crm.endpoints.answers import answer_of, told
from crm.endpoints.documents import Documents, root_fields
from crm.graph.context import Operation, RightsMoved
from crm.graph.context import Request as RequestFacts
from crm.resolvers.root import build_schema
from crm.services.deeds import DiallingPlan
from crm.services.system import sessions
from crm.store.database import Database

PUBLIC_FIELDS = {"signIn", "__typename"}
INTROSPECTION = {"__schema", "__type"}
JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"
ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Services:
    """What resolvers reach through the operation besides reading."""

    database: Database
    viewers: Viewers
    dialling: DiallingPlan
    session_days: int
    secret: bytes


@dataclass(frozen=True, slots=True)
class Asked:
    """The parts of a GraphQL request."""

    query: str
    variables: dict[str, Any] | None
    operation_name: str | None


class Refused(Exception):
    """The request is answered with this status and message, and nothing is executed."""

    def __init__(self, status: int, message: str, code: str = "BAD_USER_INPUT", headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.code, self.headers = status, message, code, headers or {}


def routes(settings: Settings) -> list[Route]:
    """`/graphql`, without a slash at its end."""
    serve = Route("/graphql", Endpoint(settings).serve, methods=["GET", "POST"])
    return [serve, Route("/graphql/ide/{name}", ide.asset)] if settings.ide else [serve]


class Endpoint:
    """The schema with its documents, and what every operation is given."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.schema = build_schema()._schema
        # "Did you mean …" tells names of the schema: only to whom introspection would tell them.
        self.hide_suggestions = settings.introspection != "everyone"
        self.documents = Documents(self.schema, hide_suggestions=self.hide_suggestions)
        self._services: Services | None = None

    def services(self, database: Database) -> Services:
        """Made when the first request comes, for the database that is open then."""
        if self._services is None or self._services.database is not database:
            plan = DiallingPlan(self.settings.default_region, self.settings.default_area_code or None)
            key = self.settings.secret_key
            secret = key.get_secret_value().encode() if key else b""
            self._services = Services(database, Viewers(database, sessions.seen), plan, self.settings.session_days, secret)
        return self._services

    async def serve(self, request: Request) -> Response:
        """Answer one request; a browser that comes to look gets the IDE where that is switched on."""
        if request.method == "GET" and self.settings.ide and "text/html" in request.headers.get("accept", ""):
            return ide.page()
        media = GRAPHQL_JSON if GRAPHQL_JSON in request.headers.get("accept", "") else JSON
        try:
            asked = await _asked(request)
            body, status = await self._answered(request, asked)
        except Refused as refusal:
            metrics.graphql_requests.labels("refused").inc()
            body = {"errors": [{"message": refusal.message, "extensions": {"code": refusal.code}}]}
            return Response(orjson.dumps(body), refusal.status, refusal.headers, media)
        metrics.graphql_requests.labels("error" if "errors" in body else "ok").inc()
        if "data" not in body and media == GRAPHQL_JSON and status == 200:
            status = 400
        return Response(orjson.dumps(body), status, media_type=media)

    async def _answered(self, request: Request, asked: Asked) -> tuple[dict[str, Any], int]:
        services = self.services(request.app.state.database)
        token = _token(request)
        viewer = ANONYMOUS if token is None else await services.viewers.of(token)
        if viewer is None:
            raise _unauthenticated("This token is unknown, expired or revoked. Sign in again.")
        reference = str(request.scope.get("state", {}).get("request_id", ""))
        try:
            document = self.documents.read(asked.query)
        except GraphQLError as error:
            await _prove(services, token)
            return {"errors": [told(error, reference)]}, 200
        operation, fields = root_fields(document.node, asked.operation_name)
        self._check_fields(viewer, fields)
        if document.errors or "signIn" in fields:
            await _prove(services, token)
        if document.errors:
            return {"errors": [told(error, reference) for error in document.errors]}, 200
        if operation is not None and operation.operation is OperationType.SUBSCRIPTION:
            raise Refused(400, "Subscriptions need a WebSocket.")
        facts = RequestFacts(reference, request.client.host if request.client else "", request.headers.get("user-agent"), token)
        result = await self._executed(services, viewer, facts, document.node, asked)
        if any(isinstance(error.original_error, Unauthenticated) for error in result.errors or ()):
            raise _unauthenticated("The session has ended. Sign in again.")
        return answer_of(result, reference), 200

    def _check_fields(self, viewer: Viewer, fields: set[str]) -> None:
        """What the anonymous may select, and who may ask about the schema itself."""
        if fields & INTROSPECTION:
            allowed = self.settings.introspection == "everyone" or (
                self.settings.introspection == "signed_in" and not viewer.anonymous
            )
            if not allowed:
                raise (
                    _unauthenticated("Introspection is closed.") if viewer.anonymous else Refused(400, "Introspection is closed.")
                )
        if viewer.anonymous and fields - PUBLIC_FIELDS - INTROSPECTION:
            raise _unauthenticated("Sign in first.")

    async def _executed(
        self, services: Services, viewer: Viewer, facts: RequestFacts, document: Any, asked: Asked
    ) -> ExecutionResult:
        """Execute; again from the start where a query met a change of rights halfway."""
        for _ in range(ATTEMPTS):
            operation = Operation(services.database, viewer, facts, lambda: _load(services, facts.token), services)
            outcome = execute(
                self.schema,
                document,
                context_value=operation,
                variable_values=asked.variables,
                operation_name=asked.operation_name,
                hide_suggestions=self.hide_suggestions,
            )
            result = outcome if isinstance(outcome, ExecutionResult) else await outcome
            if await _holds(operation):
                return result
            fresh = await _load(services, facts.token)
            if fresh is None:
                raise _unauthenticated("The session has ended. Sign in again.")
            viewer = fresh
        return result


async def _holds(operation: Operation) -> bool:
    """Whether the answer was made under rights that held to its end. What was written is never done again.

    An answer that took no statement (`{ __typename }`) has not yet proven its token, so it is asked for here.
    """
    if operation.wrote or operation.viewer.anonymous:
        return True
    if not operation.reads and not operation.moved:
        with suppress(RightsMoved):
            await operation.fetch(lambda *_: "SELECT NULL::uuid AS id")
    return not operation.moved


async def _prove(services: Services, token: str | None) -> None:
    """Ask the database about a token whose request will send no statement that asks on the way: a bad one is always 401."""
    if token is not None and await services.viewers.load(token) is None:
        raise _unauthenticated("The session has ended. Sign in again.")


async def _load(services: Services, token: str | None) -> Viewer | None:
    return None if token is None else await services.viewers.load(token)


def _unauthenticated(message: str) -> Refused:
    return Refused(401, message, "UNAUTHENTICATED", {"WWW-Authenticate": "Bearer"})


def _token(request: Request) -> str | None:
    """The token of the Authorization header; None without a header. A header that is no bearer token is a bad one."""
    header = request.headers.get("authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise _unauthenticated("The Authorization header must read `Bearer` and a token.")
    return token.strip()


async def _asked(request: Request) -> Asked:
    if request.method != "POST":
        raise Refused(405, "Send a POST request with a JSON body.", headers={"Allow": "POST"})
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
        raise Refused(415, "The body must be application/json.")
    try:
        body = orjson.loads(await request.body())
    except orjson.JSONDecodeError:
        raise Refused(400, "The body is not JSON.") from None
    if not isinstance(body, dict) or not isinstance(body.get("query"), str):
        raise Refused(400, "The body must be a JSON object with a text `query`.")
    for name, kind in (("variables", dict), ("operationName", str), ("extensions", dict)):
        if body.get(name) is not None and not isinstance(body[name], kind):
            raise Refused(400, f"`{name}` is of the wrong type.")
    return Asked(body["query"], body.get("variables"), body.get("operationName"))
