"""The public pool of the fixture company: its rules, and when which customer lay in it."""

from __future__ import annotations

from datetime import timedelta

from tests.factories.company_rows import Company, bits, instant, key, record, user_id

from crm.core.kinds import Kind


def pool(company: Company) -> None:
    policy = company.add(
        "pool_policy", **record(Kind.POOL_POLICY, "the rules") | {"version": 1}, recycle_days=45, warn_days=3,
        most_owned=None, claims_per_day=500,
        protect_days=30, most_protected=50, reclaim_days=None,
    )  # fmt: skip
    for place, (level, days) in enumerate((("one", 90), ("two", None))):
        company.add(
            "pool_level", id=key(Kind.POOL_LEVEL, level), policy_id=policy.id, position=place,
            level_id=key(Kind.DICTIONARY_ITEM, f"customer_level {level}"), recycle_days=days,
        )  # fmt: skip
    for party in company.of("party"):
        if party["type"] == "CUSTOMER" and bits(f"stays of {party['name']}") % 3:
            _stay(company, party.id, party["name"], ended=True)
        if party["type"] == "CUSTOMER" and party["owner_id"] is None and party["deleted_at"] is None:
            _stay(company, party.id, f"{party['name']} again", ended=False)


def _stay(company: Company, party_id: object, name: str, *, ended: bool) -> None:
    entered = instant(f"pool {name}")
    recycled = bits(name) % 2 == 0
    company.add(
        "pool_stay", id=key(Kind.POOL_STAY, name), party_id=party_id, entered_at=entered,
        cause="RECYCLED" if recycled else "RELEASED", reason=f"the reason of {name}", former_owner_id=user_id("peer"),
        returned_by_id=None if recycled else user_id("peer"), left_at=entered + timedelta(days=2) if ended else None,
        exit="ASSIGNED" if ended else None, owner_id=user_id("outsider") if ended else None,
        handed_by_id=user_id("chief") if ended else None,
    )  # fmt: skip
