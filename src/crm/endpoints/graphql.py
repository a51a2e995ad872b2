"""GraphQL over HTTP: one thin route. Who is asking, is the document one of ours, execute, answer in time."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import orjson
from graphql import ExecutionResult, GraphQLError, OperationDefinitionNode, OperationType, get_operation_ast
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from crm import metrics
from crm.access.viewer import ANONYMOUS, Viewer
from crm.core.errors import BadUserInput, PersistedQueryNotFound, QueryTooComplex, RequestError, TimedOut, Unauthenticated
from crm.endpoints import ide
from crm.endpoints.answers import Answer, answered, refused
from crm.endpoints.bodies import read_asked
from crm.endpoints.budgets import charged
from crm.endpoints.execution import ENDED, Asked, Executor, Services, load
from crm.endpoints.negotiation import GRAPHQL_JSON, JSON, media_type
from crm.endpoints.refusals import Refused, spoilt_by, troubled, unauthenticated
from crm.endpoints.streams.frames import COMPLETE, EVENTS, HEADERS, next_event, takes_events
from crm.endpoints.streams.opening import Opening
from crm.endpoints.streams.stream import Stream
from crm.graph.context import Request as RequestFacts
from crm.graph.plans.planner import Planned
from crm.store.deadlines import deadline
from crm.store.errors import UNAVAILABLE

GRACE_SECONDS = 1.0
"""After its deadline a statement fails where it stands, so that its error has a path; what still goes on then is stopped."""


PATH = "/graphql"


def routes(executor: Executor) -> list[Route]:
    """`/graphql`, without a slash at its end."""
    serve = Route(PATH, Endpoint(executor).serve, methods=["GET", "POST"])
    return [serve, Route("/graphql/ide/{name}", ide.asset)] if executor.settings.ide else [serve]


class Direct:
    """Pure ASGI in front of the router: what nearly every request is goes straight to its endpoint, 0.1 ms sooner."""

    def __init__(self, app: ASGIApp, executor: Executor) -> None:
        self.app = app
        self.endpoint = Endpoint(executor)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Operations that are sent by POST; all else is routed."""
        if scope["type"] == "http" and scope["method"] == "POST" and scope["path"] == PATH:
            response = await self.endpoint.serve(Request(scope, receive))
            await response(scope, receive, send)
        else:
            await self.app(scope, receive, send)


class Endpoint:
    """The HTTP side of the executor."""

    def __init__(self, executor: Executor) -> None:
        self.executor = executor
        self.settings = executor.settings

    async def serve(self, request: Request) -> Response:
        """Answer one request; a browser that comes to look gets the IDE where that is switched on."""
        if request.method == "GET" and self.settings.ide and "text/html" in request.headers.get("accept", ""):
            return ide.page()
        accept = request.headers.get("accept")
        media, events = media_type(accept), takes_events(accept)
        if media is None and not events:
            return _refused(Refused(406, f"Answers are {GRAPHQL_JSON}, {JSON} or {EVENTS}."), JSON)
        try:
            answer = await self._in_time(request, events=events)
        except Refused as refusal:
            return _refused(refusal, media or JSON)
        if isinstance(answer, Stream):
            return answer
        metrics.graphql_requests.labels("error" if answer.failed else "ok").inc()
        if media is None:
            return Response(next_event(answer.body) + COMPLETE, headers=HEADERS)
        return _response(answer.body, 400 if media == GRAPHQL_JSON and not answer.begun else 200, media)

    async def _in_time(self, request: Request, *, events: bool) -> Answer | Stream:
        """Answer within `CRM_REQUEST_SECONDS`, the reading of the body included; say so where the database does not let us."""
        seconds = self.settings.request_seconds
        try:
            async with asyncio.timeout(seconds + GRACE_SECONDS) as scope:
                with deadline(seconds):
                    return await self._answered(request, await read_asked(request), events=events)
        except UNAVAILABLE as error:
            refusal = troubled(TimedOut() if scope.expired() else error)
            if refusal is None:
                raise
            raise refusal from None

    async def _answered(self, request: Request, asked: Asked, *, events: bool) -> Answer | Stream:
        services: Services = request.app.state.services
        token = token_of(request)
        viewer = ANONYMOUS if token is None else await services.viewers.of(token)
        if viewer is None:
            raise unauthenticated("This token is unknown, expired or revoked. Sign in again.")
        facts = _facts(request, token)
        try:
            asked = replace(asked, query=self.executor.persisted.text(asked.query, asked.extensions))
        except RequestError as error:
            await _prove(services, token)
            return _unbegun(error, facts.id)
        document = self.executor.documents.read(asked.query)
        root = document.root(asked.operation_name)
        fields = root.fields if root else frozenset()
        self._check_fields(viewer, fields)
        if document.errors or "signIn" in fields:
            await _prove(services, token)
        if document.errors:
            return refused(document.errors, facts.id)
        self.executor.persisted.keep(asked.query, asked.extensions)
        operation = get_operation_ast(document.node, asked.operation_name)
        _check_kind(request, operation, events=events)
        if operation is not None and operation.operation is OperationType.SUBSCRIPTION:
            last_seen = request.headers.get("last-event-id")
            opening = Opening(self.executor, services, facts, document, operation, asked, last_seen)
            return Stream(opening, lambda refusal: _refused(refusal, JSON))
        try:
            spent = await charged(document, asked, viewer, self.settings.cost_budget, lambda: _again(services, token))
            if self.executor.describes(fields):
                result: ExecutionResult | Planned | None = await self.executor.describe(services, facts, document.node, asked)
            else:
                result = await self.executor.run(services, viewer, facts, document.node, asked)
        except Unauthenticated as error:
            raise unauthenticated(error.message) from None
        except QueryTooComplex as error:
            return _unbegun(error, facts.id)
        assert result is not None
        _check_outcome(result, operation)
        return answered(result, facts.id).extended(spent.json)

    def _check_fields(self, viewer: Viewer, fields: frozenset[str]) -> None:
        refusal = self.executor.refusal(viewer, fields)
        if refusal is not None:
            raise unauthenticated(refusal) if viewer.anonymous else Refused(400, refusal)


def _facts(request: Request, token: str | None) -> RequestFacts:
    reference = str(request.scope.get("state", {}).get("request_id", ""))
    return RequestFacts(reference, request.client.host if request.client else "", request.headers.get("user-agent"), token)


def _check_kind(request: Request, operation: OperationDefinitionNode | None, *, events: bool) -> None:
    kind = None if operation is None else operation.operation
    if kind is OperationType.SUBSCRIPTION and not events:
        raise Refused(400, f"Subscriptions need a WebSocket, or `Accept: {EVENTS}`.")
    if kind is OperationType.MUTATION and request.method != "POST":
        raise Refused(405, "Mutations need POST.", headers={"Allow": "POST"})


def _check_outcome(result: ExecutionResult | Planned, operation: OperationDefinitionNode | None) -> None:
    """Refuse the whole where it must be asked again: a session that ended, a database that was away or too slow."""
    if any(isinstance(error.original_error, Unauthenticated) for error in result.errors or ()):
        raise unauthenticated(ENDED)
    cause = spoilt_by(result, operation)
    refusal = None if cause is None else troubled(cause)
    if refusal is not None:
        raise refusal


def _refused(refusal: Refused, media: str) -> Response:
    metrics.graphql_requests.labels("refused").inc()
    return _response(orjson.dumps(refusal.body), refusal.status, media, refusal.headers)


def _response(body: bytes, status: int, media: str, headers: dict[str, str] | None = None) -> Response:
    return Response(body, status, headers, f"{media}; charset=utf-8")


def _unbegun(error: RequestError, reference: str) -> Answer:
    """A request that does not begin. That a persisted document is unknown is 200 for clients, whatever they accept."""
    if isinstance(error, BadUserInput):
        raise Refused(400, error.message)
    answer = refused([GraphQLError(error.message, original_error=error)], reference)
    return replace(answer, begun=isinstance(error, PersistedQueryNotFound))


async def _again(services: Services, token: str | None) -> Viewer | None:
    return ANONYMOUS if token is None else await load(services, token)


async def _prove(services: Services, token: str | None) -> None:
    """Ask the database about a token whose request will send no statement that asks on the way: a bad one is always 401."""
    if token is not None and await load(services, token) is None:
        raise unauthenticated(ENDED)


def token_of(request: Request) -> str | None:
    """The token of the Authorization header; None without a header. A header that is no bearer token is a bad one.

    A token is read from nowhere else, no cookie, no address: a page of another origin can make a browser send a request, but
    not with somebody's token.
    """
    header = request.headers.get("authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise unauthenticated("The Authorization header must read `Bearer` and a token.")
    return token.strip()
