"""What the subscription `mailReceived` pushes."""

from __future__ import annotations

from typing import Any

import strawberry
from strawberry.types import Info

from crm.graph.nouns import noun_named, part
from crm.graph.reads import shown
from crm.schema.messaging.email_message import EmailMessage


async def _message(root: Any, info: Info) -> EmailMessage:
    """The message, for whoever is told."""
    return await shown(info, noun_named("EmailMessage"), root.row.id, root.row)  # type: ignore[no-any-return]


@part(of="EmailMessage", description="A message that came into a mailbox which the viewer sees (新邮件).")
class MailNews:
    """Made from anything that has a `cursor` and a `row`."""

    cursor: str = strawberry.field(description="Give it back as `after` to go on behind this event.")
    message: EmailMessage = strawberry.field(resolver=_message, description="The message as it is now.")
