"""Departments, roles and users in rows, for fillings that need hundreds of people at once and ids that a seed decides.

The closure tables and the epoch of rights are left to the service that keeps them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from crm.cli.synthetic.batch import Batch
from crm.cli.synthetic.dice import Dice
from crm.cli.synthetic.organisation_rows import (
    DepartmentRow,
    FieldGrantRow,
    PrincipalRow,
    RoleGrantRow,
    RoleMemberRow,
    RoleRow,
    UserRow,
)
from crm.cli.synthetic.reach import Whose, mobile
from crm.cli.synthetic.roles import Sketch
from crm.core.errors import Invalid
from crm.core.kinds import Kind
from crm.core.pinyin import name_key
from crm.rules.system.user_kinds import UserKind
from crm.services.deeds import Deed
from crm.services.system.defaults import ADMINISTRATOR
from crm.services.system.hierarchies import DEPARTMENTS, REPORTING, bump_epoch, rebuild

NO_PASSWORD = "!"  # noqa: S105 -- no hash at all: nobody signs in with a password until one is set
DOMAIN = "crm.example"


@dataclass
class Organisation:
    """An organisation being put together. `at` is when all of it was entered."""

    dice: Dice
    at: datetime
    password_hash: str = NO_PASSWORD
    batch: Batch = field(default_factory=Batch)
    heads: dict[UUID, UUID] = field(default_factory=dict)

    def department(self, name: str, above: UUID | None = None) -> UUID:
        """A new department."""
        key = self._principal(Kind.DEPARTMENT)
        self.batch.add(DepartmentRow(key, self.at, self.at, name, name_key(name)[:400], above))
        return key

    def role(self, sketch: Sketch) -> UUID:
        """A new role with its grants and restrictions."""
        key = self._principal(Kind.ROLE)
        self.batch.add(RoleRow(key, self.at, self.at, sketch.name, sketch.description))
        for entity, action, scope in sketch.granted():
            self.batch.add(RoleGrantRow(key, entity, action.value, scope.value))
        for entity, name, restriction in sketch.restricted():
            self.batch.add(FieldGrantRow(key, entity, name, restriction.value))
        return key

    def user(
        self,
        username: str,
        name: str,
        department: UUID | None,
        roles: Sequence[UUID],
        *,
        manager: UUID | None = None,
        extension: str | None = None,
        channel: UUID | None = None,
        password_hash: str | None = None,
    ) -> UUID:
        """A new person; who has a channel is a partner's."""
        key = self._principal(Kind.USER)
        kind = UserKind.STAFF if channel is None else UserKind.CHANNEL
        number = mobile(self.dice, Whose(self.at), 0, primary=True).written
        self.batch.add(
            UserRow(
                id=key,
                created_at=self.at,
                updated_at=self.at,
                username=username,
                display_name=name,
                name_key=name_key(name, person=True)[:400],
                kind=kind.value,
                email=f"{username}@{DOMAIN}",
                mobile=number,
                department_id=department,
                manager_id=manager,
                channel_id=channel,
                password_hash=password_hash or self.password_hash,
                extension=extension,
            )
        )
        for role in roles:
            self.batch.add(RoleMemberRow(role, key))
        return key

    def head(self, department: UUID, user: UUID) -> None:
        """This person heads that department."""
        self.heads[department] = user

    def _principal(self, kind: Kind) -> UUID:
        """The id of a new department, role or user, with which records can be shared."""
        key = self.dice.id(kind, self.at)
        self.batch.add(PrincipalRow(key, int(kind)))
        return key


async def administrator_role(deed: Deed) -> UUID:
    """The role that every database starts with."""
    found = await deed.rows("SELECT id FROM role WHERE name = $1 AND deleted_at IS NULL", ADMINISTRATOR)
    if not found:
        raise Invalid(f"There is no role {ADMINISTRATOR!r}: fill an empty database.")
    key: UUID = found[0]["id"]
    return key


async def finish(deed: Deed, organisation: Organisation) -> None:
    """Once the rows are written: heads, closure tables, and word to every loaded viewer. The caller holds `hierarchies.lock`."""
    for department, user in organisation.heads.items():
        await deed.run("UPDATE department SET head_id = $2 WHERE id = $1", department, user)
    await rebuild(deed, DEPARTMENTS)
    await rebuild(deed, REPORTING)
    await bump_epoch(deed)


async def refuse_again(deed: Deed, username: str, what: str) -> None:
    """A second filling would meet the ids and names of the first."""
    if await deed.rows("SELECT 1 FROM user_account WHERE username = $1", username):
        raise Invalid(f"This database holds {what} already (user {username} is there): use an empty one.")
