"""Finding the records that others may be the same as: by what is stored of one, or by what somebody asks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from crm.access.binds import Binds
from crm.access.branches import Visible, named
from crm.access.grants import Rights
from crm.access.predicates import TRUE, readable
from crm.rules.customers.duplicates import DuplicateCriterion, DuplicateSubject, Key
from crm.services.deeds import Deed

MOST_ROWS = 50
"""Of one criterion. A number that a thousand records share is a switchboard's, and tells nothing."""

CUSTOMER, CHANNEL, SUPPLIER, CONTACT = "customer", "channel", "supplier", "contact"

_KEYS = {
    DuplicateSubject.PARTY: """
SELECT 'NAME' AS criterion, normalised_name AS value, 0 AS place FROM party WHERE id = $1 AND normalised_name <> ''
UNION ALL SELECT 'CREDIT_CODE', credit_code, 0 FROM party WHERE id = $1 AND credit_code IS NOT NULL
UNION ALL SELECT 'PHONE', e164, position FROM phone_number WHERE party_id = $1 AND e164 IS NOT NULL
UNION ALL SELECT 'EMAIL', lower(address), position FROM email_address WHERE party_id = $1
""",
    # Two people of one name are the same one only where they work at the same place.
    DuplicateSubject.CONTACT: """
SELECT 'NAME' AS criterion, party_id || ' ' || lower(name) AS value, 0 AS place FROM contact WHERE id = $1
UNION ALL SELECT 'PHONE', e164, position FROM phone_number WHERE contact_id = $1 AND e164 IS NOT NULL
UNION ALL SELECT 'EMAIL', lower(address), position FROM email_address WHERE contact_id = $1
""",
}


@dataclass(slots=True)
class Found:
    """A record that is the same in something, and whose it is."""

    id: UUID
    owner: UUID | None
    keys: list[Key] = field(default_factory=list)


def subject_of(entity: str) -> DuplicateSubject:
    """Whether an entity is a sort of party."""
    return DuplicateSubject.CONTACT if entity == CONTACT else DuplicateSubject.PARTY


def rule_of_subject(entity: str) -> Visible:
    """Whose rows are looked through."""
    return named("contact" if entity == CONTACT else "party")


async def keys_of(deed: Deed, entity: str, record_id: UUID) -> list[Key]:
    """The values of a record by which it can be found to be another one."""
    rows = await deed.rows(_KEYS[subject_of(entity)], record_id)
    return [Key(DuplicateCriterion(row["criterion"]), row["value"], row["place"]) for row in rows]


async def find(
    deed: Deed, entity: str, keys: Sequence[Key], *, apart: Collection[UUID] = (), rights: Rights | None = None
) -> list[Found]:
    """The records of an entity, but those `apart`, that have one of these values; those first that have most of them.

    Without `rights` all of them: what whoever acts is told of those they may not see is for the caller to decide.
    """
    binds = Binds()
    values: dict[DuplicateCriterion, dict[str, Key]] = {}
    for key in keys:
        values.setdefault(key.criterion, {})[key.value] = key
    if not values:
        return []
    parts = [_rows_with(entity, criterion, list(known), apart, rights, binds) for criterion, known in values.items()]
    text, bound = binds.statement(" UNION ALL ".join(parts), deed.viewer)
    found: dict[UUID, Found] = {}
    for row in await deed.rows(text, *bound):
        entry = found.setdefault(row["id"], Found(row["id"], row["owner_id"]))
        key = values[DuplicateCriterion(row["criterion"])][row["value"]]
        if key not in entry.keys:
            entry.keys.append(key)
    return sorted(found.values(), key=lambda each: (-len(each.keys), each.id))[:MOST_ROWS]


def _rows_with(
    entity: str,
    criterion: DuplicateCriterion,
    values: list[str],
    apart: Collection[UUID],
    rights: Rights | None,
    binds: Binds,
) -> str:
    rule = rule_of_subject(entity)
    value, origin, test = _compared(entity, criterion, values, binds)
    type_ = next((value for value, name in rule.entities.items() if value and name == entity), None)
    tests = [test, "r.deleted_at IS NULL", f"r.id <> ALL({binds.value(list(apart))}::uuid[])"]
    if type_ is not None:
        tests.append(f"r.{rule.discriminator} = '{type_}'")
    if rights is not None and (seen := readable(rule, "r", rights, binds, fixed=type_)) != TRUE:
        tests.append(seen)
    columns = f"'{criterion}' AS criterion, {value} AS value, r.id, r.owner_id"
    return f"(SELECT {columns} FROM {origin} WHERE {' AND '.join(tests)} LIMIT {MOST_ROWS})"


def _compared(entity: str, criterion: DuplicateCriterion, values: list[str], binds: Binds) -> tuple[str, str, str]:
    """(value, tables, test) of one criterion."""
    table = rule_of_subject(entity).table
    match criterion:
        case DuplicateCriterion.NAME if entity == CONTACT:
            # The party first: its index narrows the search to the few who work there.
            places, names = zip(*(each.split(" ", 1) for each in values), strict=True)
            value = "r.party_id || ' ' || lower(r.name)"
            test = f"r.party_id = ANY({binds.value(list(places))}::uuid[])"
            return value, f"{table} r", f"{test} AND lower(r.name) = ANY({binds.value(list(names))}::text[])"
        case DuplicateCriterion.NAME | DuplicateCriterion.CREDIT_CODE:
            column = "r.normalised_name" if criterion is DuplicateCriterion.NAME else "r.credit_code"
            return column, f"{table} r", f"{column} = ANY({binds.value(values)}::text[])"
        case _:
            rows, column = (
                ("phone_number", "n.e164") if criterion is DuplicateCriterion.PHONE else ("email_address", "lower(n.address)")
            )
            origin = f"{rows} n JOIN {table} r ON r.id = n.{table}_id"
            return column, origin, f"{column} = ANY({binds.value(values)}::text[])"
