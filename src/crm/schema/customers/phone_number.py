"""Phone numbers."""

from __future__ import annotations

import strawberry

from crm.graph.fields import column
from crm.graph.nouns import noun


@noun("phone_number", order="position", part_of="Party or Contact", description="A phone number (电话号码).")
class PhoneNumber:
    """电话号码."""

    raw: str = column("As somebody wrote it.", column="written")
    e164: str | None = column("In E.164 form such as +8657187654321; null for short codes and what is no number.")
    extension: str | None = column("The extension behind it (分机).")
    display: str = column("As people read it.")
    label: str | None = column("Such as `mobile`, `work`.")
    primary: bool = column("Whether it is the first to try.")
    position: int = column("Its place in the list.", sort=True)


@strawberry.input(description="A phone number.")
class PhoneNumberInput:
    """Normalised when stored."""

    raw: str = strawberry.field(description="The number as it is written; digits, +, spaces and an extension.")
    label: str | None = strawberry.field(description="Such as `mobile`, `work`.", default=None)
    primary: bool = strawberry.field(description="Whether it is the first to try.", default=False)
