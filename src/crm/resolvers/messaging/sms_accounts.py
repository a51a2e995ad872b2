"""What can be asked of and done with accounts and templates for short messages, and with opt-outs (短信账号, 短信模板, 退订)."""

from __future__ import annotations

from uuid import UUID

import strawberry

from crm.access.grants import STAFF_ONLY
from crm.resolvers.verbs import command, listing, plain_input, single
from crm.schema.messaging.sms_account import SmsAccountCreateInput, SmsAccountPayload, SmsAccountUpdateInput
from crm.schema.messaging.sms_opt_out import SmsOptOutCreateInput, SmsOptOutPayload
from crm.schema.messaging.sms_template import SmsTemplateCreateInput, SmsTemplatePayload, SmsTemplateUpdateInput
from crm.services.deeds import Deed
from crm.services.messaging import sms_accounts, sms_opt_outs, sms_templates


@strawberry.type
class SmsAccountQuery:
    """Reading what messages are sent by."""

    sms_account = single("messaging.SmsAccount", STAFF_ONLY, "One account for short messages (短信账号).")
    sms_accounts = listing("messaging.SmsAccount", STAFF_ONLY, "The accounts for short messages (短信账号).")
    sms_template = single("messaging.SmsTemplate", STAFF_ONLY, "One template (短信模板).")
    sms_templates = listing("messaging.SmsTemplate", STAFF_ONLY, "The templates (短信模板).", search=True)
    sms_opt_out = single("messaging.SmsOptOut", "sms_opt_out.read", "One number that wants no messages (短信退订).")
    sms_opt_outs = listing("messaging.SmsOptOut", "sms_opt_out.read", "The numbers that want no messages (短信退订).")


@strawberry.type
class SmsAccountMutation:
    """Writing what messages are sent by."""

    @command("sms_account.create", SmsAccountPayload, "A new account for short messages (新建短信账号).")
    async def sms_account_create(deed: Deed, input: SmsAccountCreateInput) -> UUID:
        """Its secret is kept encrypted."""
        return await sms_accounts.create(deed, plain_input(input))

    @command(
        "sms_account.update", SmsAccountPayload, "New values of an account (修改短信账号); `version` is the one that was read."
    )
    async def sms_account_update(deed: Deed, id: strawberry.ID, version: int, input: SmsAccountUpdateInput) -> UUID:
        """An old version answers CONFLICT with the current one."""
        return await sms_accounts.update(deed, id, version, plain_input(input))

    @command("sms_account.delete", SmsAccountPayload, "Move an account to the recycle bin (删除短信账号); nothing is sent by it.")
    async def sms_account_delete(deed: Deed, id: strawberry.ID) -> UUID:
        """The payload's record is null: deleted records are not read."""
        return await sms_accounts.delete(deed, id)

    @command(
        "sms_account.delete", SmsAccountPayload, "Take an account out of the recycle bin (恢复短信账号); it is not primary then."
    )
    async def sms_account_restore(deed: Deed, id: strawberry.ID) -> UUID:
        """Whoever may delete may restore."""
        return await sms_accounts.restore(deed, id)

    @command("sms_template.create", SmsTemplatePayload, "A new template (新建短信模板).")
    async def sms_template_create(deed: Deed, input: SmsTemplateCreateInput) -> UUID:
        """With the variables of its text."""
        return await sms_templates.create(deed, plain_input(input))

    @command(
        "sms_template.update", SmsTemplatePayload, "New values of a template (修改短信模板); `version` is the one that was read."
    )
    async def sms_template_update(deed: Deed, id: strawberry.ID, version: int, input: SmsTemplateUpdateInput) -> UUID:
        """An old version answers CONFLICT with the current one."""
        return await sms_templates.update(deed, id, version, plain_input(input))

    @command("sms_template.delete", SmsTemplatePayload, "Move a template to the recycle bin (删除短信模板).")
    async def sms_template_delete(deed: Deed, id: strawberry.ID) -> UUID:
        """The payload's record is null: deleted records are not read."""
        return await sms_templates.delete(deed, id)

    @command("sms_template.delete", SmsTemplatePayload, "Take a template out of the recycle bin (恢复短信模板).")
    async def sms_template_restore(deed: Deed, id: strawberry.ID) -> UUID:
        """Whoever may delete may restore."""
        return await sms_templates.restore(deed, id)

    @command("sms_opt_out.create", SmsOptOutPayload, "Write down that a number wants no short messages (登记退订).")
    async def sms_opt_out_create(deed: Deed, input: SmsOptOutCreateInput) -> UUID:
        """Each number once."""
        return await sms_opt_outs.create(deed, plain_input(input))

    @command("sms_opt_out.delete", SmsOptOutPayload, "The number wants messages again (取消退订).")
    async def sms_opt_out_delete(deed: Deed, id: strawberry.ID) -> UUID:
        """The payload's record is null: deleted records are not read."""
        return await sms_opt_outs.delete(deed, id)

    @command("sms_opt_out.delete", SmsOptOutPayload, "It does not want them after all (恢复退订).")
    async def sms_opt_out_restore(deed: Deed, id: strawberry.ID) -> UUID:
        """Whoever may delete may restore."""
        return await sms_opt_outs.restore(deed, id)
