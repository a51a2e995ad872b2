"""Definitions of custom fields are read by everybody, as the schema is; values with their record, unless a role hides them."""

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
custom_value = visible("custom_value", ViaRecord(owned=True), kind=Kind.CUSTOM_VALUE, recycled=False, shows="field_id")
