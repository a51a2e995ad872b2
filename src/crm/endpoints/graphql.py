"""GraphQL over HTTP: one thin route. Who is asking, is the document one of ours, execute, answer."""

from __future__ import annotations

import orjson
from graphql import GraphQLError, OperationType
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from crm import metrics
from crm.access.viewer import ANONYMOUS, Viewer
from crm.core.errors import Unauthenticated
from crm.endpoints import ide
from crm.endpoints.answers import Answer, answered, refused
from crm.endpoints.documents import root_fields
from crm.endpoints.execution import ENDED, Asked, Executor, Services, load
from crm.graph.context import Request as RequestFacts

JSON = "application/json"
GRAPHQL_JSON = "application/graphql-response+json"


class Refused(Exception):
    """The request is answered with this status and message, and nothing is executed."""

    def __init__(self, status: int, message: str, code: str = "BAD_USER_INPUT", headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.code, self.headers = status, message, code, headers or {}


def routes(executor: Executor) -> list[Route]:
    """`/graphql`, without a slash at its end."""
    serve = Route("/graphql", Endpoint(executor).serve, methods=["GET", "POST"])
    return [serve, Route("/graphql/ide/{name}", ide.asset)] if executor.settings.ide else [serve]


class Endpoint:
    """The HTTP side of the executor."""

    def __init__(self, executor: Executor) -> None:
        self.executor = executor
        self.settings = executor.settings

    async def serve(self, request: Request) -> Response:
        """Answer one request; a browser that comes to look gets the IDE where that is switched on."""
        if request.method == "GET" and self.settings.ide and "text/html" in request.headers.get("accept", ""):
            return ide.page()
        media = GRAPHQL_JSON if GRAPHQL_JSON in request.headers.get("accept", "") else JSON
        try:
            asked = await _asked(request)
            answer = await self._answered(request, asked)
        except Refused as refusal:
            metrics.graphql_requests.labels("refused").inc()
            body = {"errors": [{"message": refusal.message, "extensions": {"code": refusal.code}}]}
            return Response(orjson.dumps(body), refusal.status, refusal.headers, media)
        metrics.graphql_requests.labels("error" if answer.failed else "ok").inc()
        status = 400 if media == GRAPHQL_JSON and not answer.begun else 200
        return Response(answer.body, status, media_type=media)

    async def _answered(self, request: Request, asked: Asked) -> Answer:
        services: Services = request.app.state.services
        token = _token(request)
        viewer = ANONYMOUS if token is None else await services.viewers.of(token)
        if viewer is None:
            raise _unauthenticated("This token is unknown, expired or revoked. Sign in again.")
        reference = str(request.scope.get("state", {}).get("request_id", ""))
        try:
            document = self.executor.documents.read(asked.query)
        except GraphQLError as error:
            await _prove(services, token)
            return refused([error], reference)
        operation, fields = root_fields(document.node, asked.operation_name)
        self._check_fields(viewer, fields)
        if document.errors or "signIn" in fields:
            await _prove(services, token)
        if document.errors:
            return refused(document.errors, reference)
        if operation is not None and operation.operation is OperationType.SUBSCRIPTION:
            raise Refused(400, "Subscriptions need a WebSocket.")
        facts = RequestFacts(reference, request.client.host if request.client else "", request.headers.get("user-agent"), token)
        try:
            result = await self.executor.run(services, viewer, facts, document.node, asked)
        except Unauthenticated as error:
            raise _unauthenticated(error.message) from None
        assert result is not None
        if any(isinstance(error.original_error, Unauthenticated) for error in result.errors or ()):
            raise _unauthenticated(ENDED)
        return answered(result, reference)

    def _check_fields(self, viewer: Viewer, fields: set[str]) -> None:
        refusal = self.executor.refusal(viewer, fields)
        if refusal is not None:
            raise _unauthenticated(refusal) if viewer.anonymous else Refused(400, refusal)


async def _prove(services: Services, token: str | None) -> None:
    """Ask the database about a token whose request will send no statement that asks on the way: a bad one is always 401."""
    if token is not None and await load(services, token) is None:
        raise _unauthenticated(ENDED)


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
