"""The viewer: who is asking, as everything below the endpoints knows them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from crm.access.grants import Action, Rights, Scope, ViewerKind


@dataclass(frozen=True, slots=True)
class Viewer:
    """A signed-in person (or the anonymous one), their rights, and the ids that are bound into every statement.

    `staff` is the viewer and everybody below them in the reporting line; `principals` is everything a share can name to reach
    them; `department_tree` is their department with all below it. `epoch` is the `rights_epoch` under which this was loaded.
    `channel` is the partner they work for, None for our own people.
    `budgets` are what their roles let them spend on one operation, None for a role that says nothing of it.
    """

    rights: Rights
    id: UUID | None = None
    username: str = ""
    session: UUID | None = None
    epoch: int = 0
    staff: tuple[UUID, ...] = ()
    principals: tuple[UUID, ...] = ()
    department: UUID | None = None
    department_tree: tuple[UUID, ...] = ()
    time_zone: str = "UTC"
    budgets: tuple[int | None, ...] = ()
    channel: UUID | None = None

    @property
    def anonymous(self) -> bool:
        """Whether nobody has signed in."""
        return self.rights.kind is ViewerKind.ANONYMOUS

    def budget(self, default: int) -> int:
        """What one operation of theirs may cost: of several roles the largest; a role that says nothing counts as the default."""
        return max((default if budget is None else budget for budget in self.budgets), default=default)

    def may_create_for(self, entity: str, owner: UUID | None, department: UUID | None) -> bool:
        """Whether the viewer may create a record of `entity` that this person of this department will own."""
        return self.reaches(self.rights.scope(entity, Action.CREATE), owner, department)

    def reaches(self, scope: Scope, owner: UUID | None, department: UUID | None) -> bool:
        """Whether a record with this owner and department lies inside a scope of this viewer's.

        The same decision as SQL is in `predicates.py`; `tests/access/test_scope_agrees.py` holds the two together.
        """
        match scope:
            case Scope.ALL:
                return True
            case Scope.OWN:
                return owner is not None and owner == self.id
            case Scope.OWN_AND_SUBORDINATES:
                return owner in self.staff
            case Scope.DEPARTMENT:
                return owner == self.id or (department is not None and department == self.department)
            case Scope.DEPARTMENT_TREE:
                return owner == self.id or department in self.department_tree
            case _:
                return False


def same_rights(one: Viewer, other: Viewer) -> bool:
    """Whether two loadings of one person differ in nothing but the epoch they were made under."""
    return replace(one, epoch=other.epoch) == other


ANONYMOUS = Viewer(rights=Rights(kind=ViewerKind.ANONYMOUS, scopes={}))
