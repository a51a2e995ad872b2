"""The demo company's e-mail: a mailbox that the team shares and one of somebody's own, with letters, a template, who wants none.

Neither mailbox has a server, so nothing leaves the machine.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from email.utils import format_datetime
from uuid import UUID

from crm.access.loading import load_by_user
from crm.cli.demo.company import Company
from crm.cli.synthetic.batch import Batch
from crm.cli.synthetic.dice import Dice
from crm.cli.synthetic.mail import Mailbox, add_mailbox
from crm.services.deeds import Deed, Reading
from crm.services.messaging import email_drafts, email_intake, email_suppressions, email_templates
from crm.services.messaging.email_arrivals import Fetched, understood

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
_UNKNOWN = """
From: 王敏 <purchasing.wang@{domain}>
To: {to}
Subject: 新任采购，请寄产品目录
Date: {date}
Message-ID: <catalogue@{domain}>

您好，

我是新来的采购，前任已离职。请寄一份最新的产品目录和价格表。

王敏
"""


def open_mailboxes(batch: Batch, dice: Dice, company: Company, at: datetime) -> list[Mailbox]:
    """The first of the team writes from a mailbox of their own, the others from one that the manager opened for all."""
    first = company.team[0]
    members = [owner.id for owner in company.team if owner.id is not None]
    own = add_mailbox(batch, dice, at, first, "陈晓燕 Chen Xiaoyan", "chen.xiaoyan")
    return [own, add_mailbox(batch, dice, at, company.manager, "江南客服 Service", "service", members)]


async def begin_letters(deed: Deed, company: Company, boxes: Sequence[Mailbox]) -> None:
    """Each of the team begins a letter in the shared mailbox, and somebody new writes to it from a customer's domain."""
    shared = boxes[-1]
    template = await email_templates.create(deed, TEMPLATE)
    await email_suppressions.create(deed, {"address": "no-more@customer.example", "note": "来电说明 By telephone"})
    contacts = []
    for owner in company.team:
        side = await _acting(deed, owner.id)
        for contact in await deed.rows(_CONTACTS, owner.id):
            letter = {
                "account_id": str(shared.id), "to": [{"address": contact["address"]}], "contact_id": str(contact["id"]),
                "template_id": str(template), "variables": [{"name": "what", "value": "节能水泵"}],
            }  # fmt: skip
            await email_drafts.create(side, letter)
            contacts.append(contact)
    await _unknown(deed, shared, contacts[0]["address"].rpartition("@")[2])


async def _unknown(deed: Deed, box: Mailbox, domain: str) -> None:
    """Of the customer whose domain it is, and perhaps of others: that is for people to say."""
    at = deed.at - timedelta(hours=2)
    text = _UNKNOWN.format(domain=domain, to=box.address, date=format_datetime(at))
    raw = text.strip().replace("\n", "\r\n").encode()
    account = (await deed.rows("SELECT * FROM email_account WHERE id = $1", box.id))[0]
    message = await email_intake.written(deed, account, understood(Fetched(1, 1, at, len(raw), raw)))
    # A server that this mailbox is connected to some day numbers its messages from 1, too.
    await deed.run("UPDATE email_message SET uid = NULL, uid_validity = NULL WHERE id = $1", message)


async def _acting(deed: Deed, user_id: UUID | None) -> Deed:
    viewer = None if user_id is None else await load_by_user(Reading(deed), user_id)
    assert viewer is not None, "the team is there"
    return replace(deed, viewer=viewer)
