"""Definitions of custom fields are read by everybody, as the schema is; values with their record, unless a role hides them.

They stand on the card of a customer in the public pool, whose list is filtered by them as any other.
"""

from crm.access.branches import SignedIn, ViaRecord, visible
from crm.access.grants import Action
from crm.core.kinds import Kind

custom_field = visible(
    "custom_field",
    SignedIn(),
    kind=Kind.CUSTOM_FIELD,
    gated=False,
    actions=frozenset({Action.READ, Action.ADMINISTER}),
)
custom_value = visible(
    "custom_value", ViaRecord(owned=True, window=True), kind=Kind.CUSTOM_VALUE, recycled=False, shows="field_id"
)
