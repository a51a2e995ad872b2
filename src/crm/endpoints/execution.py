"""Executing a GraphQL document for somebody, whatever transport it came by: rights as they are, or from the start again."""

from __future__ import annotations

import asyncio
from collections.abc import Set
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import structlog
from graphql import ExecutionResult, GraphQLError, execute

from crm import metrics
from crm.access.commonness import Commonness
from crm.access.viewer import Viewer
from crm.access.viewers import Viewers
from crm.config import Settings
from crm.core.errors import Unauthenticated
from crm.core.vault import Vault
from crm.endpoints.allowed import allowed
from crm.endpoints.documents import Documents
from crm.endpoints.finishing import finished
from crm.endpoints.persisted import Persisted
from crm.graph.context import Operation, RightsMoved
from crm.graph.context import Request as RequestFacts
from crm.graph.plans.operations import PlannedExecutor
from crm.graph.plans.planner import Planned, Planner
from crm.notify.hub import Hub
from crm.notify.presence import Presence
from crm.resolvers.root import build_schema
from crm.services.deeds import DiallingPlan
from crm.services.system import sessions
from crm.store.database import Database
from crm.store.errors import LATE, is_away

log = structlog.get_logger("crm.graphql")

PUBLIC_FIELDS = {"signIn", "__typename"}
INTROSPECTION = {"__schema", "__type"}
ATTEMPTS = 3
ENDED = "The session has ended. Sign in again."


@dataclass(frozen=True, slots=True)
class Services:
    """What resolvers and sockets reach besides reading."""

    database: Database
    viewers: Viewers
    dialling: DiallingPlan
    session_days: int
    secret: bytes
    vault: Vault
    presence: Presence
    hub: Hub
    commonness: Commonness = field(default_factory=Commonness)


@dataclass(frozen=True, slots=True)
class Asked:
    """The parts of a GraphQL request."""

    query: str
    variables: dict[str, Any] | None
    operation_name: str | None
    extensions: dict[str, Any] | None = None


class Executor:
    """The schema with its documents, and what every operation is given."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        schema = build_schema()
        self.schema = schema._schema
        self.plans = Planner(schema) if settings.plans else None
        # "Did you mean …" tells names of the schema: only to whom introspection would tell them.
        self.hide_suggestions = settings.introspection != "everyone"
        self.documents = Documents(self.schema, hide_suggestions=self.hide_suggestions)
        self.persisted = Persisted(allowed(settings.documents))

    def services(self, database: Database, presence: Presence, hub: Hub) -> Services:
        """What operations on this database are given."""
        plan = DiallingPlan.of(self.settings)
        key = self.settings.secret_key
        secret = key.get_secret_value().encode() if key else b""
        viewers, days = Viewers(database, sessions.seen), self.settings.session_days
        return Services(database, viewers, plan, days, secret, Vault(secret), presence, hub)

    def refusal(self, viewer: Viewer, fields: Set[str]) -> str | None:
        """Why these root fields are not executed at all for this viewer: the anonymous, and who asks about the schema itself."""
        if fields & INTROSPECTION:
            allowed = self.settings.introspection == "everyone" or (
                self.settings.introspection == "signed_in" and not viewer.anonymous
            )
            if not allowed:
                return "Introspection is closed."
        if viewer.anonymous and fields - PUBLIC_FIELDS - INTROSPECTION:
            return "Sign in first."
        return None

    async def run(
        self,
        services: Services,
        viewer: Viewer,
        facts: RequestFacts,
        document: Any,
        asked: Asked,
    ) -> ExecutionResult | Planned:
        """Execute; again from the start where a reading met a change of rights halfway."""
        for _ in range(ATTEMPTS):
            operation = Operation(
                services.database, viewer, facts, lambda: load(services, facts.token), services, self.plans, document
            )
            result = await self._once(operation, document, asked)
            if await _holds(operation):
                return result
            fresh = await load(services, facts.token)
            if fresh is None:
                raise Unauthenticated(ENDED)
            viewer = fresh
        return result

    async def shown(self, operation: Operation, document: Any, asked: Asked, root: object | None) -> ExecutionResult:
        """Execute by graphql-core: from a root value, where it is a subscription's selection for one event."""
        outcome = execute(
            self.schema,
            document,
            root_value=root,
            context_value=operation,
            variable_values=asked.variables,
            operation_name=asked.operation_name,
            executor_class=PlannedExecutor,
            hide_suggestions=self.hide_suggestions,
        )
        return outcome if isinstance(outcome, ExecutionResult) else await finished(outcome)

    def describes(self, fields: Set[str]) -> bool:
        """Whether an operation with these root fields asks about the schema and nothing else."""
        return bool(fields & INTROSPECTION) and fields <= INTROSPECTION | {"__typename"}

    async def describe(self, services: Services, facts: RequestFacts, document: Any, asked: Asked) -> ExecutionResult:
        """Answer what only asks about the schema: in a thread, for it waits for nothing and takes long in one piece."""
        if facts.token is not None and await load(services, facts.token) is None:
            raise Unauthenticated(ENDED)
        outcome = await asyncio.to_thread(
            execute,
            self.schema,
            document,
            variable_values=asked.variables,
            operation_name=asked.operation_name,
            hide_suggestions=self.hide_suggestions,
        )
        assert isinstance(outcome, ExecutionResult)
        return outcome

    async def _once(self, operation: Operation, document: Any, asked: Asked) -> ExecutionResult | Planned:
        if self.plans is not None:
            planned = await self._planned(operation, document, asked)
            if planned is not None:
                return planned
        return await self.shown(operation, document, asked, None)

    async def _planned(self, operation: Operation, document: Any, asked: Asked) -> ExecutionResult | Planned | None:
        """By one statement; None where graphql-core has to answer. A plan that fails is our mistake and not the client's loss."""
        assert self.plans is not None
        try:
            return await self.plans.answer(operation, document, asked.variables, asked.operation_name)
        except Exception as error:
            # Rights that moved are looked at by `_holds`; what the database cannot do now it cannot do level by level either.
            if isinstance(error, (RightsMoved, *LATE)) or is_away(error):
                return ExecutionResult(None, [GraphQLError(str(error), original_error=error)])
            log.exception("plan failed")
            metrics.graphql_plans.labels("failed").inc()
            return None


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


async def load(services: Services, token: str | None) -> Viewer | None:
    """The viewer of a token as the database has it now."""
    return None if token is None else await services.viewers.load(token)
