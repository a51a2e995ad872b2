"""One field that a role hides or freezes."""

from __future__ import annotations

import strawberry

from crm.graph.fields import column
from crm.graph.nouns import noun
from crm.schema.system.enums import Restriction


@noun("field_grant", order="field", part_of="Role", description="A field that a role hides or freezes (字段权限).")
class FieldGrant:
    """字段权限."""

    entity: str = column("The entity, such as `customer`.")
    field: str = column("The field, as in the schema: `creditLimit`; of a custom field `custom.` and its key.", sort=True)
    restriction: Restriction = column("Hidden or frozen.")


@strawberry.input(description="A field that a role hides or freezes. Only fields that can be null can be hidden.")
class FieldGrantInput:
    """What `roleCreate` and `roleUpdate` take."""

    entity: str = strawberry.field(description="The entity, such as `customer`.")
    field: str = strawberry.field(
        description="The field, as in the schema: `creditLimit`; of a custom field `custom.` and its key."
    )
    restriction: Restriction = strawberry.field(description="Hidden or frozen.")
