"""Templates for short messages."""

from __future__ import annotations

import strawberry

from crm.graph.fields import column, owned_list, related
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.schema.messaging.sms_enums import SmsCategory
from crm.schema.messaging.sms_template_variable import SmsTemplateVariableInput
from crm.schema.system.record import Record


@noun(
    "sms_template",
    entity="sms_template",
    order="name",
    description="A text that is sent again and again, with placeholders such as {name} (短信模板). All staff choose from them.",
)
class SmsTemplate(Record):
    """短信模板."""

    name: str = column("Its name (名称).", sort="name_key")
    category: SmsCategory = column("What its messages are for (类别).")
    text: str = column("The text, without signature (内容).", filterable=False)
    provider_code: str | None = column("What the provider that approved it calls it (模板编号).")
    active: bool = column("Whether it can be chosen (启用).")
    account = related("messaging.SmsAccount", "account_id", "By which account it is sent, if it is for one (短信账号).")
    variables = owned_list("messaging.SmsTemplateVariable", "template_id", "Its placeholders (变量).")


SmsTemplateFilter = filter_of(SmsTemplate)
SmsTemplateOrder = order_of(SmsTemplate)
SmsTemplatePayload = payload_of(SmsTemplate)


@strawberry.input(description="What creation and update of a template have in common.")
class SmsTemplateValues:
    """短信模板."""

    provider_code: strawberry.Maybe[str | None] = strawberry.field(description="What the provider calls it.")
    account_id: strawberry.Maybe[strawberry.ID | None] = strawberry.field(description="By which account it is sent.")
    active: strawberry.Maybe[bool] = strawberry.field(description="False: nobody can choose it.")
    variables: strawberry.Maybe[list[SmsTemplateVariableInput]] = strawberry.field(
        description="The whole list of its placeholders; those of the text that are missing join as GIVEN."
    )


@strawberry.input(description="The values of a template. Absent fields stay as they are; null clears.")
class SmsTemplateUpdateInput(SmsTemplateValues):
    """What an update takes."""

    name: strawberry.Maybe[str] = strawberry.field(description="Its name, unique.")
    category: strawberry.Maybe[SmsCategory] = strawberry.field(description="What its messages are for.")
    text: strawberry.Maybe[str] = strawberry.field(description="The text, at most 1,000 characters, without signature.")


@strawberry.input(description="A new template.")
class SmsTemplateCreateInput(SmsTemplateValues):
    """Name, category and text must be given."""

    name: str = strawberry.field(description="Its name, unique.")
    category: SmsCategory = strawberry.field(description="What its messages are for.")
    text: str = strawberry.field(description="The text, at most 1,000 characters, without signature.")
