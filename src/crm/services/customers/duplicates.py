"""Duplicates (查重): what a new record may be the same as, what is done about it, and whom that tells what.

Of a record that whoever acts may not see they are told that there is one, and whose it is: within the limit of
`disclosures.py`, and written down in `duplicate_disclosure`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from crm.access.grants import Rights, ViewerKind
from crm.access.sights import unseen
from crm.core.errors import DisclosingRefusals, DomainError, Duplicate, Refusals
from crm.core.ids import kind_of, new_id
from crm.core.kinds import Kind
from crm.rules.customers.disclosures import WINDOW
from crm.rules.customers.duplicates import (
    COLUMNS,
    FIELDS,
    DuplicateAction,
    DuplicateCriterion,
    EntryPoint,
    Key,
    Same,
    entry_point,
    fresh,
    judged,
)
from crm.services.customers.disclosures import tellable_to
from crm.services.customers.duplicate_search import Found, find, keys_of, rule_of_subject, subject_of
from crm.services.deeds import Deed

COMPARED = frozenset({"name", "credit_code", "phone_numbers", "email_addresses"})
"""What of a form is compared: a change of anything else makes no duplicate."""

_POLICIES = "SELECT entry_point, name, credit_code, phone, email FROM duplicate_policy WHERE subject = $1"
_HOLD = "SELECT pg_advisory_xact_lock(hashtextextended(k, 7261046)) FROM unnest($1::text[]) k"
_KEEP = """
INSERT INTO duplicate_disclosure (id, at, user_id, record_id, record_kind, owner_id, withheld)
SELECT k.id, $1, $2, k.record_id, k.kind, k.owner_id, k.withheld
FROM unnest($3::uuid[], $4::uuid[], $5::smallint[], $6::uuid[], $7::boolean[]) AS k(id, record_id, kind, owner_id, withheld)
WHERE NOT EXISTS (SELECT FROM duplicate_disclosure d
    WHERE d.user_id = $2 AND d.record_id = k.record_id AND d.withheld = k.withheld AND d.at > $8)
"""
_WORDS = {
    DuplicateCriterion.NAME: "this name",
    DuplicateCriterion.CREDIT_CODE: "this credit code",
    DuplicateCriterion.PHONE: "this phone number",
    DuplicateCriterion.EMAIL: "this e-mail address",
}


async def before(deed: Deed, entity: str, record_id: UUID, given: Mapping[str, Any]) -> list[Key] | None:
    """What a record can be found by before it is changed; None where the change touches nothing of it."""
    return await keys_of(deed, entity, record_id) if COMPARED & set(given) else None


async def check(
    deed: Deed,
    entity: str,
    record_id: UUID,
    *,
    known: Sequence[Key] = (),
    way: EntryPoint | None = None,
    apart: Sequence[UUID] = (),
) -> None:
    """Look whether a record that was just written is the same as another, and do as the policy of its way in says.

    `known` are the keys it had before. BLOCK refuses; WARN tells beside the outcome of the deed. Where any policy blocks, two
    records with one value wait for each other here, so that of two at once the second finds the first.
    """
    keys = fresh(await keys_of(deed, entity, record_id), known)
    policies = {row["entry_point"]: row for row in await deed.rows(_POLICIES, subject_of(entity).value)} if keys else {}
    policy = policies.get(way or entry_point(deed.channel))
    wanted = judged(keys, policy) if policy else []
    if not wanted:
        return
    blocked = {name for row in policies.values() for name in COLUMNS.values() if row[name] == DuplicateAction.BLOCK}
    held = sorted(
        {f"{entity} {each.key.criterion} {each.key.value}" for each in wanted if COLUMNS[each.key.criterion] in blocked}
    )
    if held:
        await deed.run(_HOLD, held)
    found = await find(deed, entity, [each.key for each in wanted], apart=[record_id, *apart])
    if not found:
        return
    hidden = await _unseen(deed, entity, found)
    if refused := _refusals(deed, wanted, found, hidden):
        raise refused
    deed.duplicates.extend(await told(deed, found, hidden))


async def look(deed: Deed, entity: str, keys: Sequence[Key], apart: Sequence[UUID]) -> list[dict[str, Any]]:
    """What somebody who asks is told of the records that have these values."""
    found = await find(deed, entity, keys, apart=apart)
    return await told(deed, found, await _unseen(deed, entity, found)) if found else []


async def of_record(deed: Deed, entity: str, record_id: UUID) -> list[dict[str, Any]]:
    """The records that one may be the same as, among those that the viewer sees: nothing else is told."""
    rights = deed.viewer.rights
    keys = [key for key in await keys_of(deed, entity, record_id) if not hidden_field(rights, entity, key.criterion)]
    found = await find(deed, entity, keys, apart=[record_id], rights=rights)
    return [_plain(each, restricted=False) for each in found]


async def told(deed: Deed, found: Sequence[Found], hidden: set[UUID]) -> list[dict[str, Any]]:
    """The records as whoever acts is told of them: those they may see, and of the others as much as may be disclosed."""
    secret = {each.id: each.owner for each in found if each.id in hidden}
    staff = deed.viewer.rights.kind is ViewerKind.STAFF  # to a partner's people nothing is told of what is not shared with them
    disclosed = await settle(deed, deed.actor, secret) if secret and staff and deed.actor is not None else set()
    return [_plain(each, restricted=each.id in hidden) for each in found if each.id not in hidden or each.id in disclosed]


async def settle(deed: Deed, person: UUID, secret: Mapping[UUID, UUID | None]) -> set[UUID]:
    """Of these records (→ whose they are), which this person may not see, those that they are told of. It is written down."""
    wanted = sorted(secret)
    allowed = {record for _, record in await tellable_to(deed, {person: wanted})}
    kinds = [int(kind_of(record) or 0) for record in wanted]
    withheld = [record not in allowed for record in wanted]
    ids = [new_id(Kind.DUPLICATE_DISCLOSURE) for _ in wanted]
    await deed.run(_KEEP, deed.at, person, ids, wanted, kinds, [secret[record] for record in wanted], withheld, deed.at - WINDOW)
    return allowed


def hidden_field(rights: Rights, entity: str, criterion: DuplicateCriterion) -> bool:
    """Whether every role of the viewer hides what the criterion looks at."""
    return f"{entity}.{FIELDS[criterion]}" in rights.hidden


async def _unseen(deed: Deed, entity: str, found: Sequence[Found]) -> set[UUID]:
    """Those that whoever acts may not be shown: they do not see them, or not the field in which they are the same."""
    statement = unseen(rule_of_subject(entity), [each.id for each in found], [deed.viewer])
    rows = await deed.rows(statement[0], *statement[1]) if statement else []
    rights = deed.viewer.rights
    masked = {each.id for each in found if all(hidden_field(rights, entity, key.criterion) for key in each.keys)}
    return {row["id"] for row in rows} | masked


def _refusals(deed: Deed, wanted: Sequence[Same], found: Sequence[Found], hidden: set[UUID]) -> DomainError | None:
    """One refusal for each value that is blocked; None where nothing is."""
    blocked = {each.key for each in wanted if each.action is DuplicateAction.BLOCK}
    errors: dict[Key, DomainError] = {}
    for each in sorted(found, key=lambda entry: entry.id in hidden):
        for key in blocked.intersection(each.keys):
            if key not in errors:
                errors[key] = Duplicate(f"There is a record with {_WORDS[key.criterion]}.", _path(key))
                errors[key].record, errors[key].owner = each.id, each.owner
    if not errors:
        return None
    listed = [errors[key] for key in sorted(errors)]
    secret = [error for error in listed if error.record in hidden]
    if not secret:
        for error in listed:
            error.owner = None
        return listed[0] if len(listed) == 1 else Refusals(listed)
    for error in listed:
        if error not in secret:
            error.owner = None
    return DisclosingRefusals(listed, partial(_disclose, deed.actor, deed.viewer.rights.kind, secret))


async def _disclose(person: UUID | None, kind: ViewerKind, secret: Sequence[DomainError], deed: Deed) -> None:
    """Write down what a refusal told of records not to be seen. Whose they are is told within the limit, and to staff."""
    owners = {error.record: error.owner for error in secret if error.record is not None}
    allowed = await settle(deed, person, owners) if person is not None else set()
    for error in secret:
        if error.record not in allowed or kind is not ViewerKind.STAFF:
            error.owner = None
        error.record = None


def _path(key: Key) -> tuple[str, ...]:
    match key.criterion:
        case DuplicateCriterion.PHONE:
            return ("input", "phoneNumbers", str(key.place), "raw")
        case DuplicateCriterion.EMAIL:
            return ("input", "emailAddresses", str(key.place), "address")
        case _:
            return ("input", FIELDS[key.criterion])


def _plain(found: Found, *, restricted: bool) -> dict[str, Any]:
    """As it is kept with an outcome: ids, from which what is shown is read anew."""
    return {
        "record": None if restricted else str(found.id),
        "owner": None if found.owner is None else str(found.owner),
        "criteria": sorted({key.criterion.value for key in found.keys}),
        "restricted": restricted,
    }
