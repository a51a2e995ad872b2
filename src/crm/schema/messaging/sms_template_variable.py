"""The variables of templates for short messages."""

from __future__ import annotations

import strawberry

from crm.graph.fields import column
from crm.graph.nouns import noun
from crm.schema.messaging.sms_enums import SmsVariableSource


@noun("sms_template_variable", order="position", part_of="SmsTemplate", description="A placeholder of a template (模板变量).")
class SmsTemplateVariable:
    """模板变量."""

    name: str = column("Its name, as it stands in {} in the text (变量名).")
    source: SmsVariableSource = column("Where its value comes from (来源).")
    longest: int = column("How many characters a value may have (最大长度).")
    example: str | None = column("What could stand there (示例).")
    position: int = column("Its place in the list.", sort=True)


@strawberry.input(description="A placeholder of a template (模板变量).")
class SmsTemplateVariableInput:
    """模板变量."""

    name: str = strawberry.field(description="As it stands in {} in the text: letters, digits and underscores.")
    source: SmsVariableSource = strawberry.field(
        description="Where its value comes from; GIVEN if absent.", default=SmsVariableSource.GIVEN
    )
    longest: int = strawberry.field(description="Of how many characters at most, 1 to 200.", default=50)
    example: str | None = strawberry.field(description="What could stand there.", default=None)
