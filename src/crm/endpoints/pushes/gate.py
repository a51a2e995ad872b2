"""The gate at delivery: which of an event's subscribers may see its record now, asked of the database for all of them at once.

Its verdict is never kept. What is kept is who the viewers are, and the statement finds out whether that is still true.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from crm.access.admission import Admission, admission
from crm.access.grants import Rights
from crm.access.loading import load_by_sessions
from crm.access.viewer import same_rights
from crm.graph.context import RightsMoved
from crm.graph.nouns import noun_named
from crm.notify.subscriptions import Subscription
from crm.services.topics import TopicRule
from crm.store.database import Database

ATTEMPTS = 3


@dataclass(slots=True)
class Verdict:
    """Who may see it, whose session has ended, and the rights' epoch for which this was found."""

    epoch: int
    admitted: list[Subscription]
    ended: list[Subscription]


class Gate:
    """Judges by one database."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def judge(self, rule: TopicRule, record_id: UUID, subscribers: Sequence[Subscription]) -> Verdict:
        """Raises `RightsMoved` where rights are edited faster than they can be read."""
        for _ in range(ATTEMPTS):
            groups = _by_rights(subscribers)
            viewers = [(rights, [each.rendering.reader.viewer for each in those]) for rights, those in groups.items()]
            asked = admission(noun_named(rule.type).rule, record_id, viewers)
            async with self.database.connection() as connection:
                row = await connection.fetchrow(asked.text, *asked.values)
                moved = await self._renew(connection, asked.epoch(row), subscribers)
            if not moved:
                return _verdict(asked, row, groups, rule.permission)
        raise RightsMoved

    async def _renew(self, connection: Any, epoch: int, subscribers: Iterable[Subscription]) -> bool:
        """Load those anew who were known under another epoch; whether what they may do has changed, or who they are.

        The epoch is everybody's: where somebody else's rights were edited, the verdict holds.
        """
        stale = {each.rendering.reader for each in subscribers if each.rendering.reader.viewer.epoch != epoch}
        if not stale:
            return False
        known = {reader.viewer.session: reader.viewer for reader in stale}
        found = await load_by_sessions(connection, [session for session in known if session is not None])
        moved = False
        for reader in stale:
            fresh = found.get(reader.viewer.session)
            if fresh is None:
                continue  # the session has ended: the verdict says so
            moved = moved or not same_rights(fresh, reader.viewer)
            reader.viewer = fresh
        return moved


def _by_rights(subscribers: Sequence[Subscription]) -> dict[Rights, list[Subscription]]:
    groups: dict[Rights, list[Subscription]] = {}
    for each in subscribers:
        groups.setdefault(each.rendering.reader.rights, []).append(each)
    return groups


def _verdict(
    asked: Admission, row: Mapping[str, Any], groups: Mapping[Rights, Sequence[Subscription]], permission: str
) -> Verdict:
    ended = asked.ended(row)
    verdict = Verdict(asked.epoch(row), [], [])
    place = 0
    for (rights, those), denied in zip(groups.items(), asked.denied(row), strict=True):
        shut = denied if denied is not None and rights.holds(permission) else range(len(those))
        for number, each in enumerate(those):
            if place in ended:
                verdict.ended.append(each)
            elif number not in shut:
                verdict.admitted.append(each)
            place += 1
    return verdict
