"""What can be asked of and done with mailboxes, templates and addresses that want none (电子邮箱, 邮件模板, 邮件退订)."""

from __future__ import annotations

from uuid import UUID

import strawberry

from crm.access.grants import STAFF_ONLY
from crm.resolvers.verbs import command, listing, plain_input, single
from crm.schema.messaging.email_account import EmailAccountCreateInput, EmailAccountPayload, EmailAccountUpdateInput
from crm.schema.messaging.email_suppression import EmailSuppressionCreateInput, EmailSuppressionPayload
from crm.schema.messaging.email_template import EmailTemplateCreateInput, EmailTemplatePayload, EmailTemplateUpdateInput
from crm.services.deeds import Deed
from crm.services.messaging import email_accounts, email_suppressions, email_templates


@strawberry.type
class EmailAccountQuery:
    """Reading what mail is sent by."""

    email_account = single("messaging.EmailAccount", "email_account.read", "One mailbox (电子邮箱).")
    email_accounts = listing("messaging.EmailAccount", "email_account.read", "The mailboxes (电子邮箱) that the viewer may see.")
    email_template = single("messaging.EmailTemplate", STAFF_ONLY, "One template for e-mail (邮件模板).")
    email_templates = listing("messaging.EmailTemplate", STAFF_ONLY, "The templates for e-mail (邮件模板).", search=True)
    email_suppression = single(
        "messaging.EmailSuppression", "email_suppression.read", "One address that gets nothing in bulk (邮件退订)."
    )
    email_suppressions = listing(
        "messaging.EmailSuppression", "email_suppression.read", "The addresses that get nothing in bulk (邮件退订)."
    )


@strawberry.type
class EmailAccountMutation:
    """Writing what mail is sent by."""

    @command("email_account.create", EmailAccountPayload, "A new mailbox of the viewer's own (新建邮箱).")
    async def email_account_create(deed: Deed, input: EmailAccountCreateInput) -> UUID:
        """Its passwords are kept encrypted; whether it lets us in is tried at once."""
        return await email_accounts.create(deed, plain_input(input))

    @command(
        "email_account.update", EmailAccountPayload, "New values of a mailbox (修改邮箱); `version` is the one that was read."
    )
    async def email_account_update(deed: Deed, id: strawberry.ID, version: int, input: EmailAccountUpdateInput) -> UUID:
        """An old version answers CONFLICT with the current one."""
        return await email_accounts.update(deed, id, version, plain_input(input))

    @command(
        "email_account.update",
        EmailAccountPayload,
        "Have the log-in of a mailbox tried (测试邮箱): its states tell, some seconds later.",
    )
    async def email_account_test(deed: Deed, id: strawberry.ID) -> UUID:
        """UNTRIED until then; whoever watches the record is told."""
        return await email_accounts.test(deed, id)

    @command(
        "email_account.delete", EmailAccountPayload, "Move a mailbox to the recycle bin (删除邮箱), out of sight with all in it."
    )
    async def email_account_delete(deed: Deed, id: strawberry.ID) -> UUID:
        """The payload's record is null: deleted records are not read."""
        return await email_accounts.delete(deed, id)

    @command("email_account.delete", EmailAccountPayload, "Take a mailbox out of the recycle bin (恢复邮箱).")
    async def email_account_restore(deed: Deed, id: strawberry.ID) -> UUID:
        """Whoever may delete may restore."""
        return await email_accounts.restore(deed, id)

    @command("email_template.create", EmailTemplatePayload, "A new template for e-mail (新建邮件模板).")
    async def email_template_create(deed: Deed, input: EmailTemplateCreateInput) -> UUID:
        """With the variables that it names."""
        return await email_templates.create(deed, plain_input(input))

    @command(
        "email_template.update",
        EmailTemplatePayload,
        "New values of a template (修改邮件模板); `version` is the one that was read.",
    )
    async def email_template_update(deed: Deed, id: strawberry.ID, version: int, input: EmailTemplateUpdateInput) -> UUID:
        """An old version answers CONFLICT with the current one."""
        return await email_templates.update(deed, id, version, plain_input(input))

    @command("email_template.delete", EmailTemplatePayload, "Move a template to the recycle bin (删除邮件模板).")
    async def email_template_delete(deed: Deed, id: strawberry.ID) -> UUID:
        """The payload's record is null: deleted records are not read."""
        return await email_templates.delete(deed, id)

    @command("email_template.delete", EmailTemplatePayload, "Take a template out of the recycle bin (恢复邮件模板).")
    async def email_template_restore(deed: Deed, id: strawberry.ID) -> UUID:
        """Whoever may delete may restore."""
        return await email_templates.restore(deed, id)

    @command(
        "email_suppression.create", EmailSuppressionPayload, "Write down that an address gets nothing in bulk (登记邮件退订)."
    )
    async def email_suppression_create(deed: Deed, input: EmailSuppressionCreateInput) -> UUID:
        """Each address once."""
        return await email_suppressions.create(deed, plain_input(input))

    @command("email_suppression.delete", EmailSuppressionPayload, "The address wants mail again (取消邮件退订).")
    async def email_suppression_delete(deed: Deed, id: strawberry.ID) -> UUID:
        """The payload's record is null: deleted records are not read."""
        return await email_suppressions.delete(deed, id)

    @command("email_suppression.delete", EmailSuppressionPayload, "It does not want it after all (恢复邮件退订).")
    async def email_suppression_restore(deed: Deed, id: strawberry.ID) -> UUID:
        """Whoever may delete may restore."""
        return await email_suppressions.restore(deed, id)
