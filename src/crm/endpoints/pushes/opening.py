"""Beginning a subscription, whatever transport it came by."""

from __future__ import annotations

import sys
from dataclasses import replace

from graphql import OperationDefinitionNode

from crm.endpoints.budgets import charged
from crm.endpoints.documents import Document
from crm.endpoints.execution import Asked, Executor, Services, load
from crm.endpoints.pushes.readers import Reader, renewed
from crm.endpoints.pushes.selections import Selection, listened
from crm.notify.subscriptions import Sink, Subscription
from crm.resolvers.listening import chosen


async def begin(
    executor: Executor,
    services: Services,
    reader: Reader,
    document: Document,
    operation: OperationDefinitionNode,
    asked: Asked,
    sink: Sink,
    last_seen: str | None = None,
) -> Subscription:
    """Enter the hub, where nothing speaks against it.

    `last_seen` goes before the `after` of the document: a client that reconnects by itself repeats what it sent the first time,
    and says apart what it has seen since.
    """
    listening = listened(executor, document.node, operation, asked)
    viewer = await renewed(services, reader)
    assert viewer.id is not None
    choice = chosen(listening.stream, listening.arguments, viewer.rights)
    await charged(document, asked, viewer, executor.settings.cost_budget, lambda: load(services, reader.facts.token))
    asked = replace(asked, query=sys.intern(asked.query))  # thousands ask the same
    selection = Selection(document.node, asked, reader, listening.key)
    after = last_seen or listening.after
    return await services.hub.subscribe(listening.stream, viewer.id, selection, sink, after, choice.topics, choice.records)
