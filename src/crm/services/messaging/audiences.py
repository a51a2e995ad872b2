"""Whom an announcement is meant for, and which people these are at the moment it is published."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from crm.access.grants import STAFF_ONLY
from crm.core.errors import DomainError, Forbidden, NotFound, Refusals
from crm.core.ids import EVERYONE_ID, parse_id
from crm.core.kinds import Kind
from crm.models import AnnouncementAudience
from crm.rules.system.user_kinds import UserKind
from crm.services import value_rows
from crm.services.deeds import Deed
from crm.services.records import FieldChange
from crm.services.references import rule_of_table, visible_id
from crm.services.system.shares import require_principal

AUDIENCE = ("input", "audience")
_NAMED = (
    ("department_ids", "departmentIds", Kind.DEPARTMENT),
    ("role_ids", "roleIds", Kind.ROLE),
    ("user_ids", "userIds", Kind.USER),
    ("channel_ids", "channelIds", Kind.PARTY),
)
_TABLES = {Kind.DEPARTMENT: "department", Kind.USER: "user_account", Kind.PARTY: "party"}


async def replace(deed: Deed, announcement_id: UUID, given: Mapping[str, Any]) -> Sequence[FieldChange]:
    """Write the audience where one was given, as a whole; the change, or none where it is the same."""
    if "audience" not in given:
        return []
    rows = [{"principal_id": principal} for principal in await _principals(deed, given["audience"])]
    parent, shown = ("announcement_id", announcement_id), ("principal_id",)
    return await value_rows.replace(
        deed, AnnouncementAudience, Kind.ANNOUNCEMENT_AUDIENCE, parent, "audience", rows, shown, {"principal_id": "principal"}
    )


_PEOPLE = f"""
WITH audience AS MATERIALIZED (SELECT a.principal_id AS id FROM announcement_audience a WHERE a.announcement_id = $1)
SELECT u.id FROM user_account u
WHERE u.active AND u.deleted_at IS NULL AND (
    u.id IN (SELECT id FROM audience)
    OR u.id IN (SELECT m.user_id FROM role_member m JOIN role r ON r.id = m.role_id JOIN audience a ON a.id = r.id
                WHERE r.deleted_at IS NULL)
    OR u.channel_id IN (SELECT id FROM audience)
    OR u.kind = '{UserKind.STAFF.value}' AND (
        EXISTS (SELECT FROM audience WHERE id = $2)
        OR u.department_id IN (SELECT c.descendant_id FROM department_closure c JOIN audience a ON a.id = c.ancestor_id)
    )
)
ORDER BY u.id
"""
"""A partner's people are reached by name, by role and by the channel they work for, never as members of a department or as
everyone: just as with shares."""


async def people(deed: Deed, announcement_id: UUID) -> list[UUID]:
    """Everybody the audience reaches now, each once: active people alone, departments with all below them."""
    return [row["id"] for row in await deed.rows(_PEOPLE, announcement_id, EVERYONE_ID)]


async def _principals(deed: Deed, audience: Mapping[str, Any]) -> list[UUID]:
    """The principals that an audience names, each once; all that is wrong is refused together."""
    found: dict[UUID, None] = {}
    errors: list[DomainError] = []
    staff = deed.viewer.rights.holds(STAFF_ONLY)
    if audience.get("everyone"):
        if staff:
            found[EVERYONE_ID] = None
        else:
            errors.append(Forbidden("Only a member of staff may address everyone.", (*AUDIENCE, "everyone")))
    for text, kind, where in _written(audience):
        try:
            found[await _principal(deed, text, kind, where)] = None
        except DomainError as error:
            errors.append(error)
    if errors:
        raise errors[0] if len(errors) == 1 else Refusals(errors)
    return list(found)


def _written(audience: Mapping[str, Any]) -> Iterator[tuple[str, Kind, tuple[str, ...]]]:
    """Each id with the kind it must have and the path it stands at."""
    for name, label, kind in _NAMED:
        for place, text in enumerate(audience.get(name) or ()):
            yield text, kind, (*AUDIENCE, label, str(place))


async def _principal(deed: Deed, text: str, kind: Kind, where: tuple[str, ...]) -> UUID:
    """A department, person or channel that the author sees. A role needs no right to read it, for staff: it is no secret."""
    if kind is not Kind.ROLE:
        found = await visible_id(deed, rule_of_table(_TABLES[kind]), text, where)
        if kind is Kind.PARTY:
            await require_principal(deed, found, where)
        return found
    key = parse_id(text, Kind.ROLE)
    if key is None or not deed.viewer.rights.holds(STAFF_ONLY):
        raise NotFound(where)
    if not await deed.rows("SELECT 1 FROM role WHERE id = $1 AND deleted_at IS NULL", key):
        raise NotFound(where)
    return key
