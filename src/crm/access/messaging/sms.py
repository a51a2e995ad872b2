"""Short messages: their senders, and wherever their party or their bulk message is visible.

Accounts and templates are no secret among our own people, who choose from them; what an account holds beyond its name takes the
right to change it. The list of those who opted out is read by whoever is granted that.
"""

from crm.access.branches import CRUD, OWNED_ACTIONS, Owned, Shared, Staff, Via, visible
from crm.access.grants import Action
from crm.core.kinds import Kind

sms_account = visible("sms_account", Staff(), kind=Kind.SMS_ACCOUNT, gated=False, actions=CRUD)
sms_template = visible("sms_template", Staff(), kind=Kind.SMS_TEMPLATE, gated=False, actions=CRUD)
sms_template_variable = visible("sms_template_variable", Via("template_id", "sms_template"), recycled=False)
sms_opt_out = visible("sms_opt_out", Staff(), kind=Kind.SMS_OPT_OUT, actions=CRUD)

_TRAIL = OWNED_ACTIONS - {Action.DELETE, Action.IMPORT, Action.ADMINISTER}
"""What was sent to whom is a history: nobody deletes it."""

sms_batch = visible("sms_batch", Owned(), Shared(), kind=Kind.SMS_BATCH, actions=_TRAIL)
sms_message = visible(
    "sms_message",
    Owned(),
    Shared(),
    Via("party_id", "party"),
    Via("batch_id", "sms_batch"),
    kind=Kind.SMS_MESSAGE,
    actions=_TRAIL,
)
