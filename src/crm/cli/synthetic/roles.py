"""Roles as data: what they grant, what they hide."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from crm.access.grants import Action, Restriction, Scope

RECORDS = "customer channel supplier contact activity"
DEALINGS = "call opportunity contract delivery project maintenance service_case schedule_event segment"
"""What people have to do with parties, beside contacts and activities."""
PARTNERING = "channel_assignment channel_submission marketing_task"
"""What is between us and channels."""
TEXTING = "sms_message sms_batch"
MAIL: Mapping[str, Mapping[Scope, str]] = {
    "email_account": {Scope.OWN: "CREATE READ UPDATE DELETE"},
    "email_message": {Scope.ALL: "CREATE READ UPDATE DELETE"},
    "email_thread": {Scope.ALL: "READ"},
}
"""One's own mailboxes and those one is a member of: the grants on what is in them only open the gate."""
ROWS_OF_THEIR_OWN = "CREATE READ UPDATE DELETE SHARE"


@dataclass(frozen=True, slots=True)
class Sketch:
    """One role: entities → scope → actions, words apart by spaces; and entity → restriction → fields."""

    name: str
    description: str
    grants: Mapping[str, Mapping[Scope, str]]
    restrictions: Mapping[str, Mapping[Restriction, str]] = field(default_factory=dict)

    def granted(self) -> list[tuple[str, Action, Scope]]:
        """Every single grant."""
        return [
            (entity, Action(action), scope)
            for entities, scopes in self.grants.items()
            for entity in entities.split()
            for scope, actions in scopes.items()
            for action in actions.split()
        ]

    def restricted(self) -> list[tuple[str, str, Restriction]]:
        """Every single field that is hidden or frozen."""
        return [
            (entity, name, restriction)
            for entities, kinds in self.restrictions.items()
            for entity in entities.split()
            for restriction, names in kinds.items()
            for name in names.split()
        ]
