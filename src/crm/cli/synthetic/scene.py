"""What synthetic records can refer to: the instant taken for now, the dictionaries, the stages, the people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from uuid import UUID

from crm.core.errors import Invalid
from crm.rules.customers.service_case_flow import CasePriority
from crm.services.customers.case_clock import Terms, terms_for
from crm.services.deeds import Deed

Options = Mapping[tuple[str, str], UUID]

ZONE = timezone(timedelta(hours=8))
"""Shanghai, which has one time all year: a fixed offset is worked out ten times as fast as the named zone."""


@dataclass(frozen=True, slots=True)
class Owner:
    """Who a record belongs to, and who else of that department may take part in an activity. Nobody owns the public pool."""

    id: UUID | None
    department: UUID | None
    author: UUID | None
    colleagues: Sequence[UUID] = ()


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage of a pipeline; its probability in whole per cent."""

    id: UUID
    probability: int


@dataclass(frozen=True, slots=True)
class Pipeline:
    """The pipeline that opportunities go through."""

    id: UUID
    stages: Sequence[Stage]


@dataclass(frozen=True, slots=True)
class Telephone:
    """What calls are told to have come through: the switchboard's name and the number that was dialled, with its ring group."""

    source: str
    line: str
    ring_group: UUID | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """The surroundings of all records of one filling. `approvers` judge contracts: the first of them that is not the owner."""

    now: datetime
    options: Options
    pipeline: Pipeline
    approvers: Sequence[UUID]
    telephone: Telephone
    terms: Mapping[str, Terms] = field(default_factory=dict)
    """What service cases are promised, by priority; nothing where the records are told from an instant long ago."""

    def option(self, dictionary: str, code: str) -> UUID | None:
        """The dictionary's option with this code, unless an administrator removed it."""
        return self.options.get((dictionary, code))

    def approver(self, owner: UUID | None) -> UUID | None:
        """Who approved something of this owner."""
        return next((each for each in self.approvers if each != owner), None)


def day_of(instant: datetime) -> date:
    """The day of the organisation's papers."""
    return instant.astimezone(ZONE).date()


async def read_options(deed: Deed) -> Options:
    """Every option that can be chosen, by the codes of its dictionary and its own."""
    rows = await deed.rows(
        "SELECT d.code AS dictionary, i.code, i.id FROM dictionary_item i JOIN dictionary d ON d.id = i.dictionary_id"
        " WHERE i.active AND i.deleted_at IS NULL AND d.deleted_at IS NULL"
    )
    return {(row["dictionary"], row["code"]): row["id"] for row in rows}


async def read_pipeline(deed: Deed) -> Pipeline:
    """The pipeline that new opportunities go through, as the product made it or as somebody changed it."""
    rows = await deed.rows(
        "SELECT s.id, s.probability, s.pipeline_id FROM stage s WHERE s.active AND s.pipeline_id ="
        " (SELECT id FROM pipeline WHERE active AND deleted_at IS NULL ORDER BY position, id LIMIT 1) ORDER BY s.position, s.id"
    )
    if not rows:
        raise Invalid("There is no pipeline: fill an empty database.")
    return Pipeline(rows[0]["pipeline_id"], [Stage(row["id"], row["probability"]) for row in rows])


async def read_terms(deed: Deed) -> Mapping[str, Terms]:
    """What cases of each priority are promised."""
    found = {priority.value: await terms_for(deed, priority.value) for priority in CasePriority}
    return {priority: terms for priority, terms in found.items() if terms is not None}
