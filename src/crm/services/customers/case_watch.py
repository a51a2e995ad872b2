"""Service cases that are running late: whoever owns them is told, and the people above.

Any number of processes may look at the same time. A case that another one has in hand is left to it, and whoever comes second
finds that there is nothing to tell any more: each step is told once.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog

from crm.core.clock import now
from crm.models import ServiceCase
from crm.rules.customers.service_clock import STEPS_UP, Escalation
from crm.rules.system.notices import Notice
from crm.services.customers import case_clock
from crm.services.deeds import Channel, Database, Deed
from crm.services.notices import notify_people
from crm.services.records import FieldChange, record_change
from crm.services.system.accounts import system_deed
from crm.store.errors import is_away

BATCH = 500

log = structlog.get_logger("crm.cases")

_LATE = "c.escalate_at <= $1 AND c.deleted_at IS NULL"
# Of every policy only the ticking cases that were reckoned by another version of it, or of its calendar.
_OUTDATED = """
c.status IN ('NEW', 'ASSIGNED') AND c.deleted_at IS NULL AND EXISTS (SELECT FROM sla_policy p
    JOIN work_calendar w ON w.id = p.work_calendar_id
    WHERE p.id = c.sla_policy_id AND (p.version, w.version) IS DISTINCT FROM (c.policy_version, c.calendar_version))
"""
_ABOVE = """
SELECT superior_id FROM reporting_closure WHERE subordinate_id = $1 AND depth BETWEEN 1 AND $2 ORDER BY depth
"""


async def sweep(database: Database) -> int:
    """Reckon anew what the settings have moved, then tell what is late by now; how many were told of."""
    return await look(database, now())


async def look(database: Database, at: datetime) -> int:
    """The same at an instant, each case in a transaction of its own: one that fails holds up no other."""
    await _each(database, _OUTDATED, (), _retime)

    async def escalate(deed: Deed, case: Any) -> bool:
        return await _escalate(deed, case, at)

    return await _each(database, _LATE, (at,), escalate)


async def _each(database: Database, which: str, values: tuple[object, ...], act: Callable[[Deed, Any], Awaitable[bool]]) -> int:
    async with database.transaction() as tx:
        query = f"SELECT c.id FROM service_case c WHERE {which} ORDER BY c.escalate_at, c.id LIMIT {BATCH}"
        rows = await tx.execute_query_dict(query, list(values))
    return sum([await _one(database, which, values, row["id"], act) for row in rows])


async def _one(
    database: Database, which: str, values: tuple[object, ...], case_id: UUID, act: Callable[[Deed, Any], Awaitable[bool]]
) -> bool:
    place = len(values) + 1
    query = f"SELECT c.* FROM service_case c WHERE {which} AND c.id = ${place} FOR NO KEY UPDATE OF c SKIP LOCKED"
    try:
        async with system_deed(database, "case watch", channel=Channel.SCHEDULE) as deed:
            found = await deed.rows(query, *values, case_id)
            if not found:
                return False
            case = ServiceCase._init_from_db(**found[0])
            case._saved_in_db = True
            return await act(deed, case)
    except Exception as error:
        if is_away(error):
            raise
        log.exception("case was not looked after", case=str(case_id))
        return False


async def _retime(deed: Deed, case: Any) -> bool:
    """What is due by the settings as they are now; not an edit, so neither version nor log entry."""
    await _write(deed, case, case_clock.reckoned(vars(case), await case_clock.terms_of(deed, case)))
    return True


async def _escalate(deed: Deed, case: Any, at: datetime) -> bool:
    """Note what is late, tell whom it concerns where that is news, and say when to look again."""
    terms = await case_clock.terms_of(deed, case)
    found = case_clock.verdict(vars(case), terms, at)
    level, before = found.level, Escalation(case.escalation_level)
    noted = {
        "escalation_level": int(level),
        "response_breached": found.response_breached,
        "resolution_breached": found.resolution_breached,
    }
    changes = [
        FieldChange(name, getattr(case, column), noted[column])
        for column, name in _NAMES.items()
        if getattr(case, column) != noted[column]
    ]
    await _write(deed, case, noted | case_clock.reckoned({**vars(case), **noted}, terms))
    if changes:
        await record_change(deed, case, "service_case.escalate", changes)
    if level > before:
        people = [row["superior_id"] for row in await deed.rows(_ABOVE, case.owner_id, STEPS_UP[level])]
        await notify_people(deed, Notice.ESCALATED, case.id, [case.owner_id, *people])
    return bool(changes)


_NAMES = {
    "escalation_level": "escalationLevel",
    "response_breached": "responseBreached",
    "resolution_breached": "resolutionBreached",
}


async def _write(deed: Deed, case: Any, values: dict[str, Any]) -> None:
    case.update_from_dict(values)
    await case.save(using_db=deed.tx, update_fields=list(values))
