"""Mailboxes and what is in them: a personal one is its owner's, a shared one its members', and either is seen by a role's scope.

Being somebody's superior opens none of their letters, unless a role says so: its scope has to hold the mailbox. A message has no
owner of its own, so whoever leaves a mailbox sees nothing of it any more; what it tells of a party is an activity, and seen as
such. Templates are no secret among our own people; the list of those who want no mail is read by whoever is granted that.
"""

from crm.access.branches import CRUD, OWNED_ACTIONS, Named, Owned, Shared, Staff, Via, visible
from crm.access.grants import Action
from crm.access.searched import Written, searched
from crm.core.kinds import Kind
from crm.core.search_tokens import Place

email_account = visible(
    "email_account",
    Owned(line=False),
    Named("email_member", "account_id", "user_id"),
    kind=Kind.EMAIL_ACCOUNT,
    actions=CRUD | {Action.TRANSFER, Action.ADMINISTER},
)
email_member = visible("email_member", Via("account_id", "email_account"), recycled=False)
email_rule = visible("email_rule", Via("account_id", "email_account"), recycled=False)
email_template = visible("email_template", Staff(), kind=Kind.EMAIL_TEMPLATE, gated=False, actions=CRUD)
email_template_variable = visible("email_template_variable", Via("template_id", "email_template"), recycled=False)
email_suppression = visible("email_suppression", Staff(), kind=Kind.EMAIL_SUPPRESSION, actions=CRUD)

email_batch = visible(
    "email_batch",
    Owned(),
    Shared(),
    kind=Kind.EMAIL_BATCH,
    actions=OWNED_ACTIONS - {Action.DELETE, Action.IMPORT, Action.ADMINISTER},
)
email_thread = visible(
    "email_thread",
    Via("account_id", "email_account"),
    kind=Kind.EMAIL_THREAD,
    actions=frozenset({Action.READ}),
    listed=True,
)
email_message = visible("email_message", Via("account_id", "email_account"), kind=Kind.EMAIL_MESSAGE, actions=CRUD, listed=True)
email_recipient = visible("email_recipient", Via("message_id", "email_message"), recycled=False)
email_attachment = visible("email_attachment", Via("message_id", "email_message"), recycled=False)
email_suggestion = visible("email_suggestion", Via("party_id", "party"), recycled=False)

searched(
    "email_message",
    Written("subject", Place.NAME),
    Written("from_name", Place.NAME, person=True),
    Written("from_address", Place.MAIL),
    Written("text", Place.TEXT),
    state="state",
)
