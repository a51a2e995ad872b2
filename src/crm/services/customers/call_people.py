"""Whose telephones a call rings: found by extension, username or ring group, and kept beside the call as its candidates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from crm.access.grants import ViewerKind
from crm.access.loading import load_by_users
from crm.core.errors import Invalid
from crm.core.ids import new_id
from crm.core.kinds import Kind
from crm.rules.customers.phone_numbers import parse
from crm.services.deeds import Deed, DiallingPlan, Reading

RING_SECONDS = 60
"""How long a call is taken to ring where no ring group says otherwise."""

_PEOPLE = """
SELECT id, username, extension FROM user_account
WHERE active AND deleted_at IS NULL AND (extension = ANY($1::text[]) OR lower(username) = ANY($2::text[]))
"""
_GROUP = """
SELECT g.id, g.ring_seconds, ARRAY(
    SELECT m.user_id FROM ring_group_member m JOIN user_account u ON u.id = m.user_id
    WHERE m.ring_group_id = g.id AND u.active AND u.deleted_at IS NULL ORDER BY m.position) AS members
FROM ring_group g WHERE g.deleted_at IS NULL AND {found} ORDER BY g.id LIMIT 1
"""
_GROUP_BY_DIGITS = _GROUP.format(
    found="EXISTS (SELECT FROM ring_group_number n"
    " WHERE n.ring_group_id = g.id AND regexp_replace(n.number, '[^0-9]', '', 'g') = $1)"
)
_GROUP_BY_NAME = _GROUP.format(found="lower(g.name) = lower($1)")
_GROUP_BY_ID = _GROUP.format(found="g.id = $1")
_GROUP_NUMBERS = """
SELECT g.id, n.number FROM ring_group g JOIN ring_group_number n ON n.ring_group_id = g.id
WHERE g.deleted_at IS NULL ORDER BY g.id, n.position
"""
_ADD = """
INSERT INTO call_candidate (id, call_id, user_id, position)
SELECT n.id, $1, n.user_id, n.place + (SELECT count(*) FROM call_candidate c WHERE c.call_id = $1)
FROM unnest($2::uuid[], $3::uuid[]) WITH ORDINALITY AS n(id, user_id, place)
ON CONFLICT (call_id, user_id) DO NOTHING RETURNING user_id
"""


@dataclass(frozen=True, slots=True)
class People:
    """The active people whom the names of some reports mean."""

    by_extension: Mapping[str, UUID]
    by_username: Mapping[str, UUID]

    def agent(self, name: str | None) -> UUID | None:
        """Whom a switchboard means: an extension, or else a username. Nobody where it names a stranger."""
        if name is None:
            return None
        return self.by_extension.get(name.strip()) or self.by_username.get(name.strip().lower())

    def extensions(self, names: Iterable[str]) -> list[UUID]:
        """The people with these extensions, in their order."""
        return [self.by_extension[name.strip()] for name in names if name.strip() in self.by_extension]


@dataclass(frozen=True, slots=True)
class RungGroup:
    """A ring group that a call rings, with its members."""

    id: UUID
    seconds: int
    members: tuple[UUID, ...]


async def people_named(deed: Deed, names: Iterable[str]) -> People:
    """Everybody whom one of these names could mean, in one statement."""
    wanted = sorted({name.strip() for name in names if name.strip()})
    rows = await deed.rows(_PEOPLE, wanted, [name.lower() for name in wanted]) if wanted else []
    return People(
        {row["extension"]: row["id"] for row in rows if row["extension"] is not None},
        {row["username"].lower(): row["id"] for row in rows},
    )


async def group_called(deed: Deed, dialled: str) -> RungGroup | None:
    """The ring group that somebody dialled: by a number of its own, however it is written, or by its name."""
    dialled = dialled.strip()
    if not dialled:
        return None
    found = await _group_of_number(deed, dialled) or await deed.rows(_GROUP_BY_NAME, dialled)
    return RungGroup(found[0]["id"], found[0]["ring_seconds"], tuple(found[0]["members"])) if found else None


async def _group_of_number(deed: Deed, dialled: str) -> Sequence[Mapping[str, Any]]:
    digits = "".join(char for char in dialled if char in "0123456789")
    if not digits:
        return []
    if exact := await deed.rows(_GROUP_BY_DIGITS, digits):
        return exact
    worldwide = _e164(dialled, deed.dialling)
    if worldwide is None:
        return []
    rows = await deed.rows(_GROUP_NUMBERS)
    same = next((row["id"] for row in rows if _e164(row["number"], deed.dialling) == worldwide), None)
    return [] if same is None else await deed.rows(_GROUP_BY_ID, same)


@lru_cache(maxsize=2048)
def _e164(written: str, plan: DiallingPlan) -> str | None:
    try:
        return parse(written, region=plan.region, area_code=plan.area_code).e164
    except ValueError:
        return None


async def add_candidates(deed: Deed, call_id: UUID, people: Iterable[UUID | None]) -> bool:
    """Name these people beside the call, after those who are there already; whether anybody is new."""
    wanted = list(dict.fromkeys(user for user in people if user is not None))
    if not wanted:
        return False
    ids = sorted(new_id(Kind.CALL_CANDIDATE) for _ in wanted)  # lists of links are read in the order of their ids
    return bool(await deed.rows(_ADD, call_id, ids, wanted))


async def check_takes_calls(deed: Deed, user_id: UUID, where: tuple[str, ...]) -> None:
    """Refuse somebody who could do nothing with a call that is handed to them: the caller would wait for ever."""
    for viewer in await load_by_users(Reading(deed), [user_id]):
        if viewer.rights.kind is ViewerKind.STAFF and viewer.rights.holds("call.read") and viewer.rights.holds("call.update"):
            return
    raise Invalid("This person cannot take calls: no role of theirs lets them read and update calls.", where)


async def candidates_of(deed: Deed, call_id: UUID) -> list[UUID]:
    """Everybody named beside the call, in the order in which they came to it."""
    rows = await deed.rows("SELECT user_id FROM call_candidate WHERE call_id = $1 ORDER BY position, id", call_id)
    return [row["user_id"] for row in rows]
