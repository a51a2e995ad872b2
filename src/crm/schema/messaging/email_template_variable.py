"""The variables of templates for e-mail."""

from __future__ import annotations

import strawberry

from crm.graph.fields import column
from crm.graph.nouns import noun
from crm.schema.messaging.email_enums import EmailVariableSource


@noun("email_template_variable", order="position", part_of="EmailTemplate", description="A placeholder of a template (模板变量).")
class EmailTemplateVariable:
    """模板变量."""

    name: str = column("Its name, as it stands in {} (变量名).")
    source: EmailVariableSource = column("Where its value comes from (来源).")
    longest: int = column("How many characters a value may have (最大长度).")
    example: str | None = column("What could stand there (示例).")
    position: int = column("Its place in the list.", sort=True)


@strawberry.input(description="A placeholder of a template (模板变量).")
class EmailTemplateVariableInput:
    """模板变量."""

    name: str = strawberry.field(description="As it stands in {}: letters, digits and underscores.")
    source: EmailVariableSource = strawberry.field(
        description="Where its value comes from; GIVEN if absent.", default=EmailVariableSource.GIVEN
    )
    longest: int = strawberry.field(description="Of how many characters at most, 1 to 200.", default=50)
    example: str | None = strawberry.field(description="What could stand there.", default=None)
