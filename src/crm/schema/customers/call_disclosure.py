"""What calls have told people of customers whom they may not see."""

from __future__ import annotations

from datetime import datetime

from crm.graph.fields import column, related
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.schema.system.record import Node


@noun(
    "call_disclosure",
    entity="call_disclosure",
    order="-at",
    description="Somebody was told by a call that a party exists which they may not see, and who owns it (来电披露).",
)
class CallDisclosure(Node):
    """来电披露."""

    at: datetime = column("When (时间).", sort=True)
    withheld: bool = column("Whether they were not told, because it was too many in an hour (已拦截).")
    user = related("system.User", "user_id", "Whom the call rang (座席).", card=True)
    call = related("customers.Call", "call_id", "The call, where the viewer may see it (来电).")
    party = related("customers.Party", "party_id", "The party, where the viewer may see it (单位).")
    owner = related("system.User", "owner_id", "Who was responsible for it then (负责人).", card=True)


CallDisclosureFilter = filter_of(CallDisclosure)
CallDisclosureOrder = order_of(CallDisclosure)
