"""Users, departments and roles.

The card of a user (id, username, display name, department, active) is for all staff; what lies beyond it asks for `user.read`,
field by field, in the schema.
"""

from crm.access.branches import CRUD, Myself, SignedIn, Staff, Via, visible
from crm.access.grants import Action
from crm.core.kinds import Kind

user = visible(
    "user",
    Staff(),
    Myself("id"),
    table="user_account",
    kind=Kind.USER,
    gated=False,
    actions=frozenset({Action.CREATE, Action.READ, Action.UPDATE, Action.ADMINISTER}),
)
department = visible("department", Staff(), kind=Kind.DEPARTMENT, gated=False, actions=CRUD)
role = visible("role", Staff(), kind=Kind.ROLE, actions=CRUD | {Action.ADMINISTER})
role_grant = visible("role_grant", Via("role_id", "role"), recycled=False)
field_grant = visible("field_grant", Via("role_id", "role"), recycled=False)
role_member = visible("role_member", Via("role_id", "role"), recycled=False)
session = visible("session", Myself("user_id"), kind=Kind.SESSION, gated=False, recycled=False)
principal = visible("principal", SignedIn(), gated=False, recycled=False)
