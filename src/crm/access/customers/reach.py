"""Phone numbers, e-mail and postal addresses: part of their party or contact, with no right of their own.

Of a customer that somebody sees in the pool and no other way they get numbers and e-mail addresses masked, and no postal address.
"""

from crm.access.branches import Via, visible
from crm.core.kinds import Kind

_PARENTS = (Via("party_id", "party"), Via("contact_id", "contact"))
_POOLED = (Via("party_id", "party", window=True), Via("contact_id", "contact"))

_SHOWN = "CASE WHEN {row}.extension IS NULL THEN {row}.display ELSE left({row}.display, -length({row}.extension) - 1) END"
_FEW = rf"length(regexp_replace({_SHOWN}, '\D', '', 'g')) < 8"
_LAST_TWO = rf"regexp_replace({_SHOWN}, '\d(?=(?:\D*\d){{2}})', '*', 'g')"
_LAST_FOUR = rf"regexp_replace({_SHOWN}, '\d(?=(?:\D*\d){{4,7}}\D*$)', '*', 'g')"
_NUMBER = f"CASE WHEN {_FEW} THEN {_LAST_TWO} ELSE {_LAST_FOUR} END"
"""`138 **** 5678`, as `rules/customers/phone_numbers.mask` has it. Made from one column however the number was written: two masks
of one number would tell more than either."""
_NOTHING = "NULL::varchar"
_ADDRESS = "left({row}.address, 1) || '***' || substr({row}.address, strpos({row}.address, '@'))"
"""`w***@example.com`."""

phone_number = visible(
    "phone_number",
    *_POOLED,
    kind=Kind.PHONE_NUMBER,
    recycled=False,
    masks={"written": _NUMBER, "display": _NUMBER, "e164": _NOTHING, "extension": _NOTHING},
)
email_address = visible("email_address", *_POOLED, kind=Kind.EMAIL_ADDRESS, recycled=False, masks={"address": _ADDRESS})
address = visible("address", *_PARENTS, kind=Kind.ADDRESS, recycled=False)
