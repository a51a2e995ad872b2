"""What was merged in the fixture company, what is done about duplicates, and whom looking for them told what."""

from __future__ import annotations

from datetime import timedelta

from tests.factories.company_rows import Company, bits, instant, key, record, user_id

from crm.core.kinds import Kind

TOLD = ("agent", "outsider", "hider", "partner")
SEEN = ("customer of agent", "customer of outsider", "supplier of mixed", "deleted customer of agent")


def merges(company: Company) -> None:
    """Merges of records that are there, one of which was undone; a ledger outlives what is purged."""
    for table, kind in (("party", Kind.PARTY), ("contact", Kind.CONTACT)):
        for fact in [row for row in company.of(table) if row["merged_into_id"] is not None]:
            _merge(company, kind, fact["name"], fact["merged_into_id"], fact.id, undone=False)
    survivor = company.named("party", "supplier of agent")
    _merge(company, Kind.PARTY, "purged", survivor.id, key(Kind.PARTY, "purged"), undone=True)


def _merge(company: Company, kind: Kind, name: str, survivor: object, merged: object, *, undone: bool) -> None:
    at = instant(f"merge {name}")
    company.add(
        "merge", id=key(Kind.MERGE, name), at=at, actor_id=user_id("admin") if bits(name) % 2 else user_id("agent"),
        record_id=survivor, record_kind=int(kind), merged_id=merged, merged_name=name, expires_at=at + timedelta(days=30),
        undone_at=at + timedelta(days=1) if undone else None, undone_by_id=user_id("manager") if undone else None, kept="{}",
    )  # fmt: skip


def duplicates(company: Company) -> None:
    """All is let pass here: the tests of other things make records by the dozen that are alike."""
    for subject in ("PARTY", "CONTACT"):
        for way in ("FORM", "IMPORT", "TELEPHONY", "OTHER"):
            company.add(
                "duplicate_policy", **record(Kind.DUPLICATE_POLICY, f"{subject} {way}"), subject=subject, entry_point=way,
                name="WARN" if way == "IMPORT" else "ALLOW", credit_code="ALLOW", phone="ALLOW", email="ALLOW",
            )  # fmt: skip
    for person in TOLD:
        for name in SEEN:
            party = company.named("party", name)
            fact = f"{person} told of {name}"
            company.add(
                "duplicate_disclosure", id=key(Kind.DUPLICATE_DISCLOSURE, fact), at=instant(fact), user_id=user_id(person),
                record_id=party.id, record_kind=int(Kind.PARTY), owner_id=party["owner_id"], withheld=bits(fact) % 3 == 0,
            )  # fmt: skip
