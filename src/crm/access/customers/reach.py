"""Phone numbers, e-mail and postal addresses: part of their party or contact, with no right of their own."""

from crm.access.branches import Via, visible
from crm.core.kinds import Kind

_PARENTS = (Via("party_id", "party"), Via("contact_id", "contact"))

phone_number = visible("phone_number", *_PARENTS, kind=Kind.PHONE_NUMBER, recycled=False)
email_address = visible("email_address", *_PARENTS, kind=Kind.EMAIL_ADDRESS, recycled=False)
address = visible("address", *_PARENTS, kind=Kind.ADDRESS, recycled=False)
