"""The records that a sale goes through (销售过程), and that share stakeholders, team, tasks and competitors.

Each table of what they share has one column for each of them, of which one is filled. This is the list that models, rights,
deeds and tests go by; `docs/guides/join-the-sales-process.md` says what joins it.
"""

from __future__ import annotations

from dataclasses import dataclass

from crm.core.kinds import Kind


@dataclass(frozen=True, slots=True)
class SalesProcess:
    """One sort of such records: its table, which is the name of its entity as well, and its kind."""

    table: str
    kind: Kind

    @property
    def column(self) -> str:
        """The column that names it in what they share."""
        return f"{self.table}_id"


PROCESSES: tuple[SalesProcess, ...] = (
    SalesProcess("opportunity", Kind.OPPORTUNITY),
    SalesProcess("project", Kind.PROJECT),
    SalesProcess("maintenance", Kind.MAINTENANCE),
    SalesProcess("service_case", Kind.SERVICE_CASE),
)
"""All of them, in the order in which a sale comes by."""
