"""The gate at delivery: which of an event's subscribers may see its record now, asked of the database for all of them at once.

Its verdict is never kept. What is kept is who the viewers are, and the statement finds out whether that is still true.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from crm.access.admission import Question, admission
from crm.access.grants import Rights
from crm.access.loading import load_by_sessions
from crm.access.viewer import Viewer, same_rights
from crm.endpoints.pushes.readers import Reader
from crm.graph.context import RightsMoved
from crm.graph.pushes import noun_of_event
from crm.notify.subscriptions import Subscription
from crm.services.topics import TOPICS, Topic
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

    async def judge(self, topic: Topic, record_id: UUID, subscribers: Sequence[Subscription]) -> Verdict:
        """Raises `RightsMoved` where rights are edited faster than they can be read."""
        rule, noun = TOPICS[topic], noun_of_event(topic, record_id)
        if noun is None:
            return Verdict(0, [], [])
        for _ in range(ATTEMPTS):
            groups = _by_rights(subscribers)
            known = {each.rendering.reader: each.rendering.reader.viewer for each in subscribers}
            asked = admission(noun.rule, tuple(groups), binned=rule.binned)
            values = asked.values(record_id, [[each.rendering.reader.viewer for each in those] for those in groups.values()])
            async with self.database.connection() as connection:
                row = await connection.fetchrow(asked.prepared.text, *values)
                moved = await self._renew(connection, asked.epoch(row), known)
            if not moved:
                return _verdict(asked, row, groups, rule.permission)
        raise RightsMoved

    async def _renew(self, connection: Any, epoch: int, known: Mapping[Reader, Viewer]) -> bool:
        """Load those anew who were known under another epoch; whether what they may do has changed, or who they are.

        The epoch is everybody's: where somebody else's rights were edited, the verdict holds. `known` is whom the statement asked
        about. The readers may have been renewed by another judgement meanwhile, and that says nothing of this one.
        """
        stale = {reader: viewer for reader, viewer in known.items() if viewer.epoch != epoch}
        if not stale:
            return False
        found = await load_by_sessions(connection, [each.session for each in stale.values() if each.session is not None])
        moved = False
        for reader, viewer in stale.items():
            fresh = found.get(viewer.session) if viewer.session is not None else None
            if fresh is None:
                continue  # the session has ended: the verdict says so
            moved = moved or not same_rights(fresh, viewer)
            reader.viewer = fresh
        return moved


def _by_rights(subscribers: Sequence[Subscription]) -> dict[Rights, list[Subscription]]:
    groups: dict[Rights, list[Subscription]] = {}
    for each in subscribers:
        groups.setdefault(each.rendering.reader.rights, []).append(each)
    return groups


def _verdict(
    asked: Question, row: Mapping[str, Any], groups: Mapping[Rights, Sequence[Subscription]], permission: str
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
