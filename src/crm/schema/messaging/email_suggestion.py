"""Whom a received message may be from."""

from __future__ import annotations

from enum import Enum

import strawberry

from crm.graph.fields import column, related
from crm.graph.nouns import noun
from crm.rules.messaging.mail_matching import Reason, SuggestionState


@strawberry.enum(description="Why somebody is suggested (匹配依据).")
class EmailSuggestionReason(Enum):
    """匹配依据."""

    SAME_ADDRESS = strawberry.enum_value(Reason.SAME_ADDRESS.value, description="Has this address, as others do (同一地址).")
    SAME_THREAD = strawberry.enum_value(Reason.SAME_THREAD.value, description="The conversation is with them (同一会话).")
    SAME_DOMAIN = strawberry.enum_value(Reason.SAME_DOMAIN.value, description="Has an address at the same company (同一域名).")


@strawberry.enum(description="What people said of a suggestion (建议状态).")
class EmailSuggestionState(Enum):
    """建议状态."""

    OPEN = strawberry.enum_value(SuggestionState.OPEN.value, description="Nothing yet (待确认).")
    ACCEPTED = strawberry.enum_value(SuggestionState.ACCEPTED.value, description="That is who it is from (已接受).")
    DISMISSED = strawberry.enum_value(SuggestionState.DISMISSED.value, description="It is not (已忽略).")


@noun(
    "email_suggestion",
    order="position",
    part_of="EmailMessage",
    description="Whom a received message may be from (匹配建议), of parties the viewer sees. `emailMessageLink` accepts one.",
)
class EmailSuggestion:
    """匹配建议."""

    reason: EmailSuggestionReason = column("Why (依据).")
    score: int = column("How likely, from 0 to 100 (可能性).")
    state: EmailSuggestionState = column("What people said of it (状态).")
    address: str = column("The address it was written from (发件地址).")
    position: int = column("The place in the list, the likeliest first.", sort=True)
    party = related("customers.Party", "party_id", "From which party it may be (单位).")
    contact = related("customers.Contact", "contact_id", "From whom there (联系人).")
