"""E-mail addresses."""

from __future__ import annotations

import strawberry

from crm.graph.fields import column
from crm.graph.nouns import noun


@noun("email_address", order="position", part_of="Party or Contact", description="An e-mail address (电子邮件地址).")
class EmailAddress:
    """电子邮件地址."""

    address: str = column("The address.")
    label: str | None = column("Such as `work`.")
    primary: bool = column("Whether it is the first to try.")
    position: int = column("Its place in the list.", sort=True)


@strawberry.input(description="An e-mail address.")
class EmailAddressInput:
    """Checked for its form."""

    address: str = strawberry.field(description="The address.")
    label: str | None = strawberry.field(description="Such as `work`.", default=None)
    primary: bool = strawberry.field(description="Whether it is the first to try.", default=False)
