"""The demo company's short messages: templates, some to customers, one answer and one who wants no more.

Nothing leaves the machine: its account writes to a file.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from crm.access.loading import load_by_user
from crm.cli.demo.company import Company
from crm.core.errors import DomainError
from crm.services.deeds import Deed, Reading
from crm.services.messaging import sms_messages, sms_replies, sms_templates
from crm.services.messaging.sms_replies import Reply

TEMPLATES: tuple[tuple[str, str, str, tuple[dict[str, Any], ...]], ...] = (
    ("预约上门 Visit", "NOTICE", "{name}您好，{sender}将于{when}上门，请留意来电。",
     ({"name": "name", "source": "CONTACT_NAME"}, {"name": "sender", "source": "SENDER_NAME"},
      {"name": "when", "example": "周二上午"})),
    ("合同到期 Renewal", "NOTICE", "{party}：合同{no}将于{day}到期，欢迎联系续签。",
     ({"name": "party", "source": "PARTY_NAME"}, {"name": "no", "longest": 30}, {"name": "day"})),
    ("秋季上新 Autumn", "MARKETING", "{name}您好，秋季新品已到，老客户九折。", ({"name": "name", "source": "CONTACT_NAME"},)),
)  # fmt: skip
_CONTACTS = """
SELECT c.id, n.e164 FROM contact c JOIN phone_number n ON n.contact_id = c.id
WHERE c.owner_id = $1 AND c.deleted_at IS NULL AND n.e164 LIKE '+861%' ORDER BY c.id LIMIT 3
"""
ANSWERS = ("可以，下午三点方便。 Yes, three in the afternoon.", "TD")


async def send_texts(deed: Deed, company: Company) -> None:
    """Each of the team writes to some contacts; they go out when the demo serves, and become activities then."""
    made = [
        await sms_templates.create(deed, {"name": name, "category": kind, "text": text, "variables": list(variables)})
        for name, kind, text, variables in TEMPLATES
    ]
    account = (await deed.rows('SELECT * FROM sms_account WHERE "primary"'))[0]
    reached = []
    for owner in company.team:
        viewer = None if owner.id is None else await load_by_user(Reading(deed), owner.id)
        assert viewer is not None, "the team is there"
        side = replace(deed, viewer=viewer)
        for contact in await deed.rows(_CONTACTS, owner.id):
            values = [{"name": "when", "value": "周二上午"}]
            given = {"contact_id": str(contact["id"]), "template_id": str(made[0]), "variables": values}
            try:
                await sms_messages.send(side, given)
            except DomainError:
                continue  # a landline that looks like a mobile number
            reached.append(contact["e164"])
    replies = [
        Reply(f"demo {place}", number, text, deed.at + timedelta(seconds=place))
        for place, (number, text) in enumerate(zip(reached, ANSWERS, strict=False))
    ]
    await sms_replies.receive_all(deed, account, replies)
