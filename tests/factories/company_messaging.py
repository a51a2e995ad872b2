"""Announcements of the fixture company, in every state, with whoever they were published to."""

from __future__ import annotations

from datetime import timedelta

from tests.factories.company_rows import FUTURE, Company, Fact, bits, instant, key, owned, principal_id, share, tag, user_id

from crm.core.kinds import Kind

READERS = ("agent", "junior", "partner", "mixed", "closed", "norole", "leaver")
OUT = ("PUBLISHED", "EXPIRED", "WITHDRAWN")
AUDIENCES = ((("everyone", ""),), (("department", "sales"), ("user", "partner")), (("role", "agent"), ("user", "norole")),
             (("party", "channel of outsider"), ("user", "agent")))  # fmt: skip


def announcements(company: Company) -> None:
    """Drafts of several people, what is out, what was taken back, and what lies in the recycle bin."""
    for owner in (None, "outsider", "agent", "partner", "mixed", "closed", "hider", "double", "norole", "manager"):
        _announcement(company, f"draft of {owner or 'nobody'}", owner, "DRAFT")
    for status in ("SCHEDULED", *OUT):
        _announcement(company, f"{status} for all", "outsider", status, told=READERS)
        _announcement(company, f"{status} of agent", "agent", status, told=("agent", "partner", "manager"))
    for reader in ("agent", "partner", "mixed", "closed", "norole", "hider", "underling"):
        _announcement(company, f"news for {reader}", "outsider", "PUBLISHED", told=(reader,))
    _announcement(company, "news for nobody we know", "outsider", "PUBLISHED", told=("leaver",))
    for label in ("agent READ", "agent EDIT", "agent expired", "partner EDIT", "mixed EDIT", "clerk EDIT", "east_team EDIT"):
        shared = _announcement(company, f"announcement shared {label}", "outsider", "PUBLISHED", told=("leaver", "agent"))
        share(company, shared.id, Kind.ANNOUNCEMENT, label)
    for owner in ("agent", "outsider"):
        _announcement(company, f"deleted announcement of {owner}", owner, "PUBLISHED", told=READERS, deleted=True)


def _announcement(
    company: Company, name: str, owner: str | None, status: str, *, told: tuple[str, ...] = (), deleted: bool = False
) -> Fact:
    number = bits(name)
    out = status in OUT
    published = instant(f"publish {name}")
    fact = company.add(
        "announcement", **owned(Kind.ANNOUNCEMENT, name, owner, None, deleted=deleted),
        topic=("NOTICE", "MARKET", "PRODUCT")[number % 3],
        title=name, body=f"the body of {name}",
        status=status, pinned=bool(number % 2), must_confirm=bool(number % 3), published_at=published if out else None,
        publish_at=FUTURE - timedelta(days=900) if status == "SCHEDULED" else None,
        expires_at=published + timedelta(days=2) if status == "EXPIRED" else None,
        withdrawn_at=published + timedelta(days=1) if status == "WITHDRAWN" else None,
    )  # fmt: skip
    for place, named in enumerate(AUDIENCES[number % len(AUDIENCES)]):
        company.add(
            "announcement_audience", id=key(Kind.ANNOUNCEMENT_AUDIENCE, f"{name} {place}"), announcement_id=fact.id,
            principal_id=principal_id(named), position=place,
        )  # fmt: skip
    for reader in told if out else ():
        far = bits(f"{name} {reader}") % 4
        company.add(
            "announcement_receipt", id=key(Kind.ANNOUNCEMENT_RECEIPT, f"{name} {reader}"), announcement_id=fact.id,
            user_id=user_id(reader), delivered_at=published + timedelta(minutes=1) if far else None,
            read_at=published + timedelta(minutes=2) if far > 1 else None,
            confirmed_at=published + timedelta(minutes=3) if far > 2 else None,
        )  # fmt: skip
    tag(company, fact, Kind.ANNOUNCEMENT)
    return fact
