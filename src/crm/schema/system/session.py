"""Sessions: the devices a person is signed in on."""

from __future__ import annotations

from datetime import datetime

from strawberry.types import Info

from crm.graph.fields import column, computed
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.graph.rows import Row
from crm.schema.system.record import Node


@noun("session", order="-created_at", description="A device one is signed in on (会话). Everybody sees only their own.")
class Session(Node):
    """会话."""

    created_at: datetime = column("Signed in at.", sort=True)
    last_seen_at: datetime = column("Last used at, give or take a quarter of an hour.")
    expires_at: datetime = column("Ends by itself at.", sort=True)
    revoked_at: datetime | None = column("Was ended at.")
    address: str | None = column("The network address it was opened from.")
    user_agent: str | None = column("The program it was opened with.")

    @computed("Whether it is the session of this very request.")
    def current(root: Row, info: Info) -> bool:
        """Compared by id."""
        return bool(root.id == info.context.viewer.session)


SessionFilter = filter_of(Session)
SessionOrder = order_of(Session)
SessionPayload = payload_of(Session)
