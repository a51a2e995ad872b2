"""Entering the hub for a subscription that came by HTTP."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from graphql import OperationDefinitionNode

from crm.access.viewer import Viewer
from crm.endpoints.documents import Document
from crm.endpoints.execution import Asked, Executor, Services
from crm.endpoints.pushes.opening import begin
from crm.endpoints.pushes.readers import Reader
from crm.graph.context import Request as RequestFacts
from crm.notify.feeds import Feed
from crm.notify.subscriptions import Subscription


@dataclass(frozen=True, slots=True)
class Opening:
    """What is asked for. `last_seen` is the `Last-Event-ID` of a client that comes back."""

    executor: Executor
    services: Services
    facts: RequestFacts
    document: Document
    operation: OperationDefinitionNode
    asked: Asked
    last_seen: str | None

    async def begin(self, viewer: Viewer, feed: Feed) -> Subscription:
        """Listen; raises what speaks against it: `RequestError`, `WrongVariables`, or that the database is away."""
        reader = Reader(viewer, self.facts)
        async with asyncio.timeout(self.executor.settings.request_seconds):
            return await begin(
                self.executor, self.services, reader, self.document, self.operation, self.asked, feed, self.last_seen
            )
