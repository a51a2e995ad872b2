"""Ring groups and calls of the fixture company: whom they rang, whom they may be from, and who has them."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from tests.factories.company_call_lists import ENTRIES, entry_key
from tests.factories.company_rows import Company, Fact, bits, instant, key, owned, record, share, tag, user_id

from crm.core.kinds import Kind
from crm.core.pinyin import name_key

GROUPS = {"hotline": ("agent", "junior", "partner", "closed", "leaver"), "night": ("mixed", "hider"), "binned": ("agent",)}
STATES = ("RINGING", "ANSWERED", "HELD", "TRANSFERRED", "ENDED", "MISSED", "LOST")
PLACES = ("customer of agent", "channel of mixed", "supplier of outsider", "customer of closed", "deleted customer of agent")
OPEN = STATES[:4]
TAKEN = ("ANSWERED", "HELD", "TRANSFERRED", "ENDED", "LOST")
HOLDERS = {
    "admin": "ANSWERED", "outsider": "HELD", "agent": "ANSWERED", "junior": "TRANSFERRED", "partner": "HELD", "mixed": "ENDED",
    "closed": "ANSWERED", "hider": "ANSWERED", "double": "LOST", "clerk": "ANSWERED", "manager": "ENDED",
}  # fmt: skip
"""Who has a call, and in which state."""


def ring_groups(company: Company) -> None:
    """Two groups that ring, one in the recycle bin."""
    for place, (name, members) in enumerate(GROUPS.items()):
        group = company.add(
            "ring_group", **record(Kind.RING_GROUP, name, deleted=name == "binned"), name=name, name_key=name_key(name),
            strategy=("RING_ALL", "ROUND_ROBIN")[place % 2], ring_seconds=30 + place,
        )  # fmt: skip
        for position, number in enumerate((f"400{place}", f"+8621555500{place}")):
            company.add(
                "ring_group_number", id=key(Kind.RING_GROUP_NUMBER, f"{name} {number}"), ring_group_id=group.id,
                position=position, number=number,
            )  # fmt: skip
        for position, member in enumerate(members):
            company.add(
                "ring_group_member", id=key(Kind.RING_GROUP_MEMBER, f"{name} {member}"), ring_group_id=group.id,
                position=position, user_id=user_id(member),
            )  # fmt: skip


def calls(company: Company) -> None:
    """Calls that somebody has, that ring people who have nothing else to do with them, and that are found by their party."""
    hidden = company.named("party", "customer of outsider")
    for owner, state in HOLDERS.items():
        _call(
            company,
            f"call of {owner}",
            hidden if owner not in ("junior", "admin") else None,
            owner,
            state=state,
            rang=(owner, "outsider"),
        )
    for place in PLACES:
        _call(company, f"call at {place}", company.named("party", place), "leaver", state="ENDED", rang=("leaver",))
    for candidate in ("agent", "junior", "partner", "mixed", "closed", "norole", "hider", "tree", "underling"):
        _call(company, f"call rings {candidate}", hidden if bits(candidate) % 2 else None, None, rang=(candidate,))
    everybody = ("agent", "junior", "partner", "mixed", "closed", "norole", "leaver")
    _call(company, "call rings all", hidden, None, rang=everybody)
    _call(company, "call was missed by all", hidden, None, state="MISSED", rang=everybody)
    _call(company, "call handed to agent", hidden, "agent", state="TRANSFERRED", rang=("outsider", "agent", "mixed"))
    _call(company, "call rings nobody", None, None)
    for label in ("agent READ", "agent EDIT", "agent expired", "partner EDIT", "mixed EDIT", "closed EDIT", "sales READ"):
        shared = _call(company, f"call shared {label}", hidden, "outsider", state="ANSWERED", rang=("outsider",))
        share(company, shared.id, Kind.CALL, label)
    for owner in ("agent", "outsider", "mixed"):
        _call(company, f"deleted call of {owner}", hidden, owner, state="ENDED", rang=(owner, "agent", "closed"), deleted=True)


def _call(
    company: Company, name: str, party: Fact | None, owner: str | None, *, state: str = "RINGING", rang: tuple[str, ...] = (),
    deleted: bool = False,
) -> Fact:  # fmt: skip
    number = bits(name)
    at, tail = instant(f"ring {name}"), f"{number % 10**8:08d}"
    taken, over = state in TAKEN, state not in OPEN
    filed = state == "ENDED" and number % 2 == 0
    activities = [row.id for row in company.of("activity") if row["subject"] in ("activity of agent", "activity of nobody")]
    fact = company.add(
        "call", **owned(Kind.CALL, name, owner, None, deleted=deleted), source="pbx", external_id=name,
        direction=("INBOUND", "OUTBOUND", "INTERNAL")[number % 3], state=state, number_raw=f"0139{tail}",
        number_e164=f"+86139{tail}" if number % 4 else None, number_extension=None, number_tail=int(tail),
        number_display=f"139 {tail}" if number % 4 else None, line=("4000", "4001")[number % 2],
        ring_group_id=key(Kind.RING_GROUP, ("hotline", "night", "binned")[number % 3]) if number % 2 else None,
        ringing_at=at, expires_at=at + timedelta(seconds=60), answered_at=at + timedelta(seconds=5) if taken else None,
        ended_at=at + timedelta(seconds=90) if over else None, claimed_by_id=user_id(owner) if taken and owner else None,
        claimed_at=at + timedelta(seconds=5) if taken else None, party_id=party.id if party else None,
        contact_id=_somebody(company, party), activity_id=activities[number % 2] if filed else None,
        call_back_id=activities[0] if state == "MISSED" else None,
        disposition_id=key(Kind.DICTIONARY_ITEM, "call_disposition one") if filed else None, note=f"a note on {name}",
        follow_up_at=instant(f"follow {name}") if filed else None, filed_at=at + timedelta(seconds=99) if filed else None,
        recording_url=f"https://pbx.test/{number % 1000}", cause="normal" if over else None,
        ring_seconds=5 if taken else 90 if over else None, talk_seconds=85 if taken and over else None,
        blocked=number % 11 == 0, call_back_entry_id=entry_key(name) if name in ENTRIES else None,
    )  # fmt: skip
    for position, person in enumerate(dict.fromkeys(rang)):
        company.add(
            "call_candidate", id=key(Kind.CALL_CANDIDATE, f"{name} {person}"), call_id=fact.id, user_id=user_id(person),
            position=position,
        )  # fmt: skip
    _matches(company, fact, name)
    _events(company, fact, name, owner)
    tag(company, fact, Kind.CALL)
    return fact


def _somebody(company: Company, party: Fact | None) -> UUID | None:
    """One of the people at a party; at the one that hardly anybody sees, one whom the agent was shown."""
    if party is None:
        return None
    people = [row for row in company.of("contact") if row["party_id"] == party.id and row["deleted_at"] is None]
    shown = [row for row in people if row["name"] == "contact shared agent READ"]
    return UUID(str((shown or people)[0].id)) if people else None


MATCHED = ("customer of outsider", "customer of agent", "supplier of mixed", "deleted customer of agent", "channel of partner")


def _matches(company: Company, fact: Fact, name: str) -> None:
    """Up to three a call, of parties that are seen and not seen; some with a person whom other people see than the party."""
    number = bits(f"matches of {name}")
    for position in range(number % 4):
        party = company.named("party", MATCHED[(number + position) % len(MATCHED)])
        company.add(
            "call_match", id=key(Kind.CALL_MATCH, f"{name} {position}"), call_id=fact.id, position=position,
            score=100 - 10 * position, reason=("EXACT_NUMBER", "SAME_TAIL", "RECENT_CALLER")[position], party_id=party.id,
            contact_id=_somebody(company, party) if position != 1 else None, owner_id=party["owner_id"],
        )  # fmt: skip
        for row in [row for row in company.of("call_candidate") if row["call_id"] == fact.id]:
            _disclosure(company, fact, row["user_id"], party)


def _disclosure(company: Company, call: Fact, person: UUID, party: Fact) -> None:
    """Some whom the call rings were told of the match, some were not, and of some nothing is written down: they saw the party."""
    name = f"{call['external_id']} told {person} {party.id}"
    if bits(name) % 4:
        company.add(
            "call_disclosure", id=key(Kind.CALL_DISCLOSURE, name), at=instant(name), user_id=person, call_id=call.id,
            party_id=party.id, owner_id=party["owner_id"], withheld=bits(name) % 4 == 3,
        )  # fmt: skip


def _events(company: Company, fact: Fact, name: str, owner: str | None) -> None:
    """What the switchboard said, so that folding it anew gives the call as it stands there."""
    at, state = fact["ringing_at"], fact["state"]
    told = [("RINGING", at, None)]
    if fact["answered_at"] is not None:
        told.append(("ANSWERED", fact["answered_at"], owner))
    if state == "HELD":
        told.append(("HELD", at + timedelta(seconds=9), owner))
    if state == "TRANSFERRED":
        told.append(("TRANSFERRED", at + timedelta(seconds=9), owner))
    if fact["ended_at"] is not None:
        told.append(("LOST" if state == "LOST" else "MISSED" if state == "MISSED" else "ENDED", fact["ended_at"], None))
    for signal, moment, agent in told:
        company.add(
            "call_event", id=len(company.of("call_event")) + 1, call_id=fact.id, source="pbx", key=f"{name} {signal}",
            signal=signal, at=moment, agent_id=None if agent is None else user_id(agent), leg=None, cause=None, screen=False,
            received_at=moment,
        )  # fmt: skip
