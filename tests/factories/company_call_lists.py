"""The block list and the call-back list of the fixture company."""

from __future__ import annotations

from datetime import timedelta

from tests.factories.company_rows import FUTURE, PAST, Company, bits, instant, key, record, user_id

from crm.core.kinds import Kind

BLOCKED = (
    ("NUMBER", "139 9999 0001", "+8613999990001", None, None), ("NUMBER", "139 9999 0002", "+8613999990002", "INBOUND", PAST),
    ("PREFIX", "+234", "+234", None, FUTURE), ("PREFIX", "400 800", "+86400800", "OUTBOUND", None),
    ("WITHHELD", None, None, "INBOUND", None), ("NUMBER", "binned", "+8613999990003", None, None),
)  # fmt: skip
ENTRIES = {
    "call was missed by all": ("OPEN", None), "call rings all": ("CLAIMED", "agent"), "call rings agent": ("OPEN", None),
    "call rings partner": ("CLAIMED", "partner"), "call rings mixed": ("DONE", "mixed"), "call rings closed": ("OPEN", None),
    "call rings hider": ("CLAIMED", "hider"), "call of agent": ("CLAIMED", "junior"), "call of outsider": ("CLAIMED", "admin"),
    "call of junior": ("CANCELLED", "junior"), "call of mixed": ("CLAIMED", "mixed"), "call rings nobody": ("OPEN", None),
    "call at customer of agent": ("OPEN", None), "call shared agent READ": ("CLAIMED", "outsider"),
    "deleted call of agent": ("OPEN", None), "call of manager": ("DONE", "manager"),
}  # fmt: skip
"""Latest call → where the entry stands, and with whom."""
SHARED = ("agent READ", "agent EDIT", "agent expired", "partner EDIT", "mixed EDIT", "closed EDIT")
TASKS = [
    *(
        f"activity of {owner}"
        for owner in ("nobody", "agent", "junior", "partner", "mixed", "double", "closed", "hider", "clerk")
    ),
    *(f"activity shared {label}" for label in SHARED),
    "deleted activity of agent",
]


def blocked_numbers(company: Company) -> None:
    for match, number, pattern, direction, until in BLOCKED:
        name = number or match
        company.add(
            "blocked_number", **record(Kind.BLOCKED_NUMBER, name, deleted=number == "binned"), match=match, number=number,
            pattern=pattern, direction=direction, reason=f"because of {name}" if bits(name) % 2 else None, until=until,
        )  # fmt: skip


def entry_key(call: str) -> object:
    """The id of the entry whose latest call has this name."""
    return key(Kind.CALL_BACK, call)


def call_backs(company: Company) -> None:
    """Entries that are seen with their call, whatever is seen of their task."""
    calls = {row["external_id"]: row for row in company.of("call")}
    for place, (name, (status, holder)) in enumerate(ENTRIES.items()):
        first, closed = instant(f"miss {name}"), status in ("DONE", "CANCELLED")
        company.add(
            "call_back", id=entry_key(name), created_at=first, number_key=f"key of {name}", call_id=calls[name].id,
            activity_id=key(Kind.ACTIVITY, TASKS[place]), status=status, missed_count=1 + place % 4, first_missed_at=first,
            last_missed_at=first + timedelta(minutes=place), due_at=first + timedelta(hours=1),
            claimed_by_id=user_id(holder) if holder else None, claimed_at=first + timedelta(minutes=5) if holder else None,
            closed_at=first + timedelta(minutes=9) if closed else None,
            closed_by_id=user_id("outsider") if closed else None,
            answer_id=calls["call of admin"].id if status == "DONE" else None,
            note=f"a note on {name}" if closed else None,
        )  # fmt: skip
