"""Notifications of the fixture company: about records that their receivers see, may not see, and that are gone."""

from __future__ import annotations

from itertools import cycle
from uuid import UUID

from tests.factories.company_rows import Company, bits, instant, key, user_id

from crm.core.kinds import Kind
from crm.rules.system.notices import Notice

RECEIVERS = ("admin", "manager", "agent", "junior", "partner", "hider", "closed", "mixed", "norole", "leaver")
ABOUT = (
    (Kind.PARTY, "customer of agent"), (Kind.PARTY, "customer of outsider"), (Kind.PARTY, "deleted customer of agent"),
    (Kind.CALL, "call of agent"), (Kind.ANNOUNCEMENT, "PUBLISHED of agent"), (Kind.PARTY, "purged"),
)  # fmt: skip


def notifications(company: Company) -> None:
    """Each of the receivers has one about each record, by somebody or by nobody, read or not."""
    notices = cycle(Notice)
    for receiver in RECEIVERS:
        for kind, name in ABOUT:
            _notification(company, receiver, key(kind, name), kind, f"{receiver} {name}", next(notices))


def _notification(company: Company, receiver: str, record: UUID, kind: Kind, name: str, notice: Notice) -> None:
    number, at = bits(f"notification {name}"), instant(f"notification {name}")
    company.add(
        "notification", id=key(Kind.NOTIFICATION, name), user_id=user_id(receiver), kind=notice.value, record_id=record,
        record_kind=int(kind), actor_id=user_id("outsider") if number % 3 else None, created_at=at,
        read_at=instant(f"read {name}") if number % 2 else None,
    )  # fmt: skip
