"""Which channels are meant: by region, territory, group and industry, resolved at the moment something is sent to them.

What is named of one sort widens (one of these regions), different sorts narrow (and one of these industries); channels that are
named themselves come on top. Regions, industries and territories hold all that lies below them, a territory also the channels of
the regions it covers. Only channels that the sender may see are meant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from crm.access.binds import Binds
from crm.access.predicates import readable
from crm.core.errors import DomainError, Invalid, Refusals
from crm.core.naming import camel_case
from crm.models import ChannelSubmission, Party
from crm.services.arguments import told_at
from crm.services.customers.channel_fields import require_channel
from crm.services.deeds import Deed
from crm.services.references import resolved, rule_of_table

SORTS = {"region_ids": "region_id", "industry_ids": "industry_id", "channel_group_ids": "channel_group_id",
         "territory_ids": "territory_id"}  # fmt: skip
DICTIONARIES = {"region_id": "region", "industry_id": "industry"}
MOST = 50
NOBODY = "This reaches no channel."

_BELOW_ITEMS = """
WITH RECURSIVE below(id) AS (SELECT unnest({given}::uuid[])
    UNION SELECT i.id FROM dictionary_item i JOIN below ON i.parent_id = below.id) SELECT id FROM below
"""
_BELOW_TERRITORIES = """
WITH RECURSIVE below(id) AS (SELECT unnest({given}::uuid[])
    UNION SELECT t.id FROM territory t JOIN below ON t.parent_id = below.id WHERE t.deleted_at IS NULL) SELECT id FROM below
"""
_COVERED = """
WITH RECURSIVE below(id) AS (SELECT r.region_id FROM territory_region r WHERE r.territory_id IN ({territories})
    UNION SELECT i.id FROM dictionary_item i JOIN below ON i.parent_id = below.id) SELECT id FROM below
"""


async def channels_of(deed: Deed, audience: Mapping[str, Any], where: tuple[str, ...]) -> list[UUID]:
    """The channels an audience reaches now, in the order of their ids; one that reaches none is refused."""
    wanted = await _named(deed, audience, where)
    if not any(wanted.values()):
        raise Invalid("Name a region, territory, group, industry or channel.", where)
    binds = Binds()
    seen = readable(rule_of_table("party"), "p", deed.viewer.rights, binds, fixed="CHANNEL")
    tests = [_test(sort, binds.value(keys)) for sort, keys in wanted.items() if keys and sort != "channel_ids"]
    meant = [f"({' AND '.join(tests)})"] if tests else []
    meant.append(f"p.id = ANY({binds.value(wanted['channel_ids'])}::uuid[])")
    query = f"SELECT p.id FROM party p WHERE p.type = 'CHANNEL' AND ({' OR '.join(meant)}) AND {seen} ORDER BY p.id"
    text, values = binds.statement(query, deed.viewer)
    found = [row["id"] for row in await deed.rows(text, *values)]
    if not found:
        raise Invalid(NOBODY, where)
    return found


def _test(sort: str, given: str) -> str:
    """What a channel has to fulfil for the things of one sort."""
    if sort == "channel_group_ids":
        return f"p.channel_group_id = ANY({given}::uuid[])"
    if sort == "territory_ids":
        territories = _BELOW_TERRITORIES.format(given=given)
        return f"(p.territory_id IN ({territories}) OR p.region_id IN ({_COVERED.format(territories=territories)}))"
    return f"p.{SORTS[sort]} IN ({_BELOW_ITEMS.format(given=given)})"


async def _named(deed: Deed, audience: Mapping[str, Any], where: tuple[str, ...]) -> dict[str, list[UUID]]:
    """What an audience names, each checked: the viewer sees it, and it is of its sort. All that is wrong is refused together."""
    found: dict[str, list[UUID]] = {name: [] for name in (*SORTS, "channel_ids")}
    errors: list[DomainError] = []
    for name, keys in found.items():
        given: Sequence[str] = audience.get(name) or ()
        if len(given) > MOST:
            errors.append(Invalid(f"At most {MOST} entries.", (*where, camel_case(name))))
            continue
        for place, text in enumerate(dict.fromkeys(given)):
            try:
                with told_at(*where, camel_case(name), str(place)):
                    keys.append(await _one(deed, name, text))
            except DomainError as error:
                errors.append(error)
    if errors:
        raise errors[0] if len(errors) == 1 else Refusals(errors)
    return found


async def _one(deed: Deed, name: str, text: str) -> UUID:
    column = SORTS.get(name, "channel_id")
    model = ChannelSubmission if column == "channel_id" else Party
    key: UUID = (await resolved(deed, model, {column: text}, dictionaries=DICTIONARIES))[column]
    if column == "channel_id":
        await require_channel(deed, key, ())
    return key
