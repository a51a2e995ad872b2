"""What a subscription listens to: which topics of its stream, and which records of theirs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from crm.access.grants import Rights
from crm.core.errors import BadUserInput, FieldForbidden
from crm.core.ids import parse_id
from crm.services.topics import STREAMS, TOPICS, Stream, Topic, topics_of

MOST_RECORDS = 100
"""As many as a page of a list holds: a client watches what it shows."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The topics, and the records that those count for which are listened to by record."""

    topics: frozenset[Topic]
    records: frozenset[UUID] = frozenset()


def chosen(stream: Stream, arguments: Mapping[str, Any], rights: Rights) -> Choice:
    """Read the arguments of a subscription. Refuses what no role of the viewer opens, and what makes no sense."""
    if not rights.holds(STREAMS[stream].permission):
        raise FieldForbidden(STREAMS[stream].permission)
    if "topics" not in arguments:
        return Choice(topics_of(stream))
    topics = frozenset(Topic(each.value) for each in arguments["topics"])
    if not topics:
        raise BadUserInput("`topics` names at least one.")
    for topic in sorted(topics):
        if not rights.holds(TOPICS[topic].permission):
            raise FieldForbidden(TOPICS[topic].permission)
    return Choice(topics, _records(topics, arguments.get("records")))


def _records(topics: frozenset[Topic], given: Sequence[str] | None) -> frozenset[UUID]:
    """The records named. One that the viewer may not see is as one that never changes."""
    needed = any(TOPICS[topic].by_record for topic in topics)
    if needed != bool(given):
        raise BadUserInput("RECORD_CHANGES needs `records`." if needed else "`records` is for RECORD_CHANGES.")
    if len(given or ()) > MOST_RECORDS:
        raise BadUserInput(f"`records` names at most {MOST_RECORDS}.")
    found = [parse_id(each) for each in given or ()]
    if None in found:
        raise BadUserInput("`records` names what is no record's id.")
    return frozenset(key for key in found if key is not None)
