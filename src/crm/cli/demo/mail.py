"""The demo company's e-mail: a mailbox that the team shares, a template, letters begun, and who wants none.

It has no server, so nothing leaves the machine.
"""

from __future__ import annotations

from dataclasses import replace

from crm.access.loading import load_by_user
from crm.cli.demo.company import Company
from crm.rules.messaging.email_flow import EmailAccountKind
from crm.services.deeds import Deed, Reading
from crm.services.messaging import email_accounts, email_drafts, email_suppressions, email_templates

TEMPLATE = {
    "name": "报价跟进 Quote", "category": "NOTICE", "subject": "{name}您好：{what}的报价",
    "text": "{name}您好，\n\n{what}的报价已发给{party}，如有疑问请随时联系。\n\n{sender}",
    "variables": [
        {"name": "name", "source": "CONTACT_NAME"}, {"name": "party", "source": "PARTY_NAME"},
        {"name": "sender", "source": "SENDER_NAME"}, {"name": "what", "example": "节能水泵"},
    ],
}  # fmt: skip
_CONTACTS = """
SELECT c.id, e.address FROM contact c JOIN email_address e ON e.contact_id = c.id
WHERE c.owner_id = $1 AND c.deleted_at IS NULL ORDER BY c.id LIMIT 1
"""


async def open_mailbox(deed: Deed, company: Company) -> None:
    """The manager opens it for the team, and each of them begins a letter in it."""
    template = await email_templates.create(deed, TEMPLATE)
    await email_suppressions.create(deed, {"address": "no-more@customer.example", "note": "来电说明 By telephone"})
    members = [{"user_id": str(owner.id)} for owner in company.team]
    given = {
        "address": "service@jiangnan.example", "name": "客服邮箱 Service", "display_name": "江南客服",
        "kind": EmailAccountKind.SHARED.value, "signature_text": "江南科技客服 0571-87654321", "members": members,
    }  # fmt: skip
    account = await email_accounts.create(await _acting(deed, company.manager.id), given)
    for owner in company.team:
        side = await _acting(deed, owner.id)
        for contact in await deed.rows(_CONTACTS, owner.id):
            letter = {
                "account_id": str(account), "to": [{"address": contact["address"]}], "contact_id": str(contact["id"]),
                "template_id": str(template), "variables": [{"name": "what", "value": "节能水泵"}],
            }  # fmt: skip
            await email_drafts.create(side, letter)


async def _acting(deed: Deed, user_id: object) -> Deed:
    viewer = None if user_id is None else await load_by_user(Reading(deed), user_id)  # type: ignore[arg-type]
    assert viewer is not None, "the team is there"
    return replace(deed, viewer=viewer)
