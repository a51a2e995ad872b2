"""Templates for e-mail."""

from __future__ import annotations

import strawberry

from crm.graph.fields import column, owned_list
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.schema.messaging.email_enums import EmailCategory
from crm.schema.messaging.email_template_variable import EmailTemplateVariableInput
from crm.schema.system.record import Record


@noun(
    "email_template",
    entity="email_template",
    order="name",
    description="A letter that is sent again and again, with placeholders such as {name} (邮件模板). All staff choose from them.",
)
class EmailTemplate(Record):
    """邮件模板."""

    name: str = column("Its name (名称).", sort="name_key")
    category: EmailCategory = column("What its messages are for (类别).")
    subject: str = column("The subject (主题).", filterable=False)
    text: str = column("The text, without signature (正文).", filterable=False)
    html: str | None = column("The same in HTML (富文本正文).", filterable=False)
    active: bool = column("Whether it can be chosen (启用).")
    variables = owned_list("messaging.EmailTemplateVariable", "template_id", "Its placeholders (变量).")


EmailTemplateFilter = filter_of(EmailTemplate)
EmailTemplateOrder = order_of(EmailTemplate)
EmailTemplatePayload = payload_of(EmailTemplate)


@strawberry.input(description="What creation and update of a template have in common.")
class EmailTemplateValues:
    """邮件模板."""

    html: strawberry.Maybe[str | None] = strawberry.field(
        description="The text in HTML; made harmless, values are escaped in it."
    )
    active: strawberry.Maybe[bool] = strawberry.field(description="False: nobody can choose it.")
    variables: strawberry.Maybe[list[EmailTemplateVariableInput]] = strawberry.field(
        description="The whole list of its placeholders; those that it names and that are missing join as GIVEN."
    )


@strawberry.input(description="The values of a template. Absent fields stay as they are; null clears.")
class EmailTemplateUpdateInput(EmailTemplateValues):
    """What an update takes."""

    name: strawberry.Maybe[str] = strawberry.field(description="Its name, unique.")
    category: strawberry.Maybe[EmailCategory] = strawberry.field(description="What its messages are for.")
    subject: strawberry.Maybe[str] = strawberry.field(description="The subject, at most 200 characters.")
    text: strawberry.Maybe[str] = strawberry.field(description="The text, without signature.")


@strawberry.input(description="A new template.")
class EmailTemplateCreateInput(EmailTemplateValues):
    """Name, category, subject and text must be given."""

    name: str = strawberry.field(description="Its name, unique.")
    category: EmailCategory = strawberry.field(description="What its messages are for.")
    subject: str = strawberry.field(description="The subject, at most 200 characters.")
    text: str = strawberry.field(description="The text, without signature.")
