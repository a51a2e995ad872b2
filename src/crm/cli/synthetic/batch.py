"""Rows on their way into the database: collected, then copied table by table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

from crm.cli.progress import ProgressBar
from crm.cli.synthetic.call_rows import CallCandidateRow, CallEventRow, CallMatchRow, CallRow
from crm.cli.synthetic.custom_rows import CustomValueRow
from crm.cli.synthetic.mail_rows import EmailAccountRow, EmailMemberRow, EmailMessageRow, EmailRecipientRow, EmailThreadRow
from crm.cli.synthetic.mark_rows import ChangeRow, RecordTagRow, ShareRow, TagRow
from crm.cli.synthetic.organisation_rows import (
    DepartmentRow,
    FieldGrantRow,
    PrincipalRow,
    RoleGrantRow,
    RoleMemberRow,
    RoleRow,
    UserRow,
)
from crm.cli.synthetic.party_rows import (
    ActivityRow,
    AddressRow,
    ContactRow,
    EmailAddressRow,
    ParticipantRow,
    PartyRow,
    PhoneNumberRow,
)
from crm.cli.synthetic.process_rows import (
    CompetitionRow,
    CompetitorRow,
    ForecastSnapshotRow,
    ProcessTaskRow,
    StakeholderRow,
    TeamMemberRow,
)
from crm.cli.synthetic.sales_rows import ContractRow, DeliveryLineRow, DeliveryRow, OpportunityRow, StageChangeRow
from crm.cli.synthetic.search_rows import SearchEntryRow
from crm.cli.synthetic.service_rows import MaintenanceRow, ProjectRow, ServiceCaseRow
from crm.services.deeds import Deed
from crm.store.database import Database

Row = TypeVar("Row")

TABLES: dict[type[Any], tuple[str, str]] = {
    RoleRow: ("role", "roles"),
    RoleGrantRow: ("role_grant", "role grants"),
    FieldGrantRow: ("field_grant", "field grants"),
    PrincipalRow: ("principal", "principals"),
    DepartmentRow: ("department", "departments"),
    UserRow: ("user_account", "users"),
    RoleMemberRow: ("role_member", "role members"),
    PartyRow: ("party", "parties"),
    ContactRow: ("contact", "contacts"),
    PhoneNumberRow: ("phone_number", "phone numbers"),
    EmailAddressRow: ("email_address", "e-mail addresses"),
    AddressRow: ("address", "addresses"),
    ActivityRow: ("activity", "activities"),
    ParticipantRow: ("activity_participant", "participants"),
    OpportunityRow: ("opportunity", "opportunities"),
    StageChangeRow: ("stage_change", "stage changes"),
    CompetitorRow: ("competitor", "competitors"),
    StakeholderRow: ("stakeholder", "stakeholders"),
    TeamMemberRow: ("team_member", "team members"),
    ProcessTaskRow: ("process_task", "tasks"),
    CompetitionRow: ("competition", "competitions"),
    ForecastSnapshotRow: ("forecast_snapshot", "forecasts"),
    ContractRow: ("contract", "contracts"),
    DeliveryRow: ("delivery", "deliveries"),
    DeliveryLineRow: ("delivery_line", "delivery lines"),
    ProjectRow: ("project", "projects"),
    MaintenanceRow: ("maintenance", "maintenance"),
    ServiceCaseRow: ("service_case", "service cases"),
    CallRow: ("call", "calls"),
    CallCandidateRow: ("call_candidate", "call candidates"),
    CallMatchRow: ("call_match", "call matches"),
    CallEventRow: ("call_event", "call events"),
    EmailAccountRow: ("email_account", "mailboxes"),
    EmailMemberRow: ("email_member", "members of mailboxes"),
    EmailThreadRow: ("email_thread", "conversations"),
    EmailMessageRow: ("email_message", "letters"),
    EmailRecipientRow: ("email_recipient", "recipients of letters"),
    TagRow: ("tag", "tags"),
    RecordTagRow: ("record_tag", "tags put on"),
    CustomValueRow: ("custom_value", "custom values"),
    ShareRow: ("share", "shares"),
    ChangeRow: ("change", "changes"),
    SearchEntryRow: ("search_entry", "search entries"),
}
"""Table and what people call its rows, in the order in which foreign keys allow them to be filled."""


class Batch:
    """Rows that wait to be written."""

    def __init__(self) -> None:
        self._rows: dict[type[Any], list[Any]] = {kind: [] for kind in TABLES}

    def add(self, row: Any) -> None:
        """One row more."""
        self._rows[type(row)].append(row)

    def of(self, kind: type[Row]) -> list[Row]:
        """The rows of one kind, which may still be changed."""
        return self._rows[kind]

    def filled(self) -> Iterator[type[Any]]:
        """The kinds there are rows of, in the order to write them."""
        return (kind for kind in TABLES if self._rows[kind])


class Writer:
    """Copies batches inside the transaction of a deed, and tells the progress how many of each kind there are by now."""

    def __init__(self, deed: Deed, progress: ProgressBar, parties: int) -> None:
        self._deed = deed
        self._progress = progress
        self._parties = parties
        self.counts: dict[str, int] = {}

    async def write(self, batch: Batch) -> None:
        """Copy every table of the batch; the database checks every row as it would any other."""
        for kind in batch.filled():
            table, label = TABLES[kind]
            rows, columns = batch.of(kind), kind._fields
            async with self._deed.tx.acquire_connection() as connection:
                await connection.copy_records_to_table(table, records=rows, columns=columns)
            self.count(label, len(rows))

    def count(self, label: str, more: int) -> None:
        """So many more of a kind are in."""
        self.counts[label] = done = self.counts.get(label, 0) + more
        self._progress(label, done, self._expected(done))

    def _expected(self, done: int) -> int:
        """How many there will be in the end, by the part of the parties that is written."""
        parties = self.counts.get("parties")
        return max(done, done * self._parties // parties) if parties else done


async def refresh_statistics(database: Database, *, vacuum: bool = False) -> None:
    """Let the planner know what is there now; with `vacuum` also that all of it is visible, as index-only scans need."""
    tables = ", ".join(table for table, _ in TABLES.values())
    async with database.connection() as connection:
        await connection.execute(f"{'VACUUM (ANALYZE)' if vacuum else 'ANALYZE'} {tables}, department_closure, reporting_closure")
