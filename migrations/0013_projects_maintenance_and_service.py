"""Projects, maintenance and service cases; what cases are promised, and by which calendar it is counted.

The same conventions as in 0004: one index for each order, each edge and each way to one's own rows.
"""

from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

CHECKS = {
    ("project", "status"): "status IN ('PLANNING', 'ACTIVE', 'ON_HOLD', 'COMPLETED', 'CANCELLED')",
    ("project", "budget"): "budget >= 0",
    ("project", "cost"): "cost >= 0",
    ("project", "dates"): "starts_on IS NULL OR due_on IS NULL OR due_on >= starts_on",
    ("project", "completed"): "(status = 'COMPLETED') = (completed_at IS NOT NULL)",
    ("maintenance", "status"): "status IN ('PLANNED', 'IN_PROGRESS', 'DONE', 'CANCELLED')",
    ("maintenance", "cost"): "cost >= 0",
    ("maintenance", "done"): "(status = 'DONE') = (done_at IS NOT NULL)",
    ("work_calendar", "name"): "name <> ''",
    ("working_hours", "weekday"): "weekday BETWEEN 1 AND 7",
    ("working_hours", "span"): "begins < ends",
    ("calendar_day", "kind"): "kind IN ('HOLIDAY', 'WORKDAY')",
    ("calendar_day", "weekday"): "like_weekday BETWEEN 1 AND 7",
    ("calendar_day", "hours"): "(kind = 'WORKDAY') = (like_weekday IS NOT NULL)",
    ("sla_policy", "priority"): "priority IN ('LOW', 'NORMAL', 'HIGH', 'URGENT')",
    ("sla_policy", "minutes"): "response_minutes BETWEEN 1 AND resolution_minutes",
    ("sla_policy", "near"): "near_percent BETWEEN 1 AND 99",
    ("service_case", "status"): "status IN ('NEW', 'ASSIGNED', 'PENDING', 'RESOLVED', 'CLOSED', 'REJECTED')",
    ("service_case", "priority"): "priority IN ('LOW', 'NORMAL', 'HIGH', 'URGENT')",
    ("service_case", "satisfaction"): "satisfaction BETWEEN 1 AND 5",
    ("service_case", "pending"): "(status = 'PENDING') = (pending_at IS NOT NULL)",
    ("service_case", "level"): "escalation_level BETWEEN 0 AND 4",
    ("service_case", "alarm"): "escalate_at IS NULL OR status IN ('NEW', 'ASSIGNED')",
}  # fmt: skip

UNIQUES = {
    "project_opportunity": "project (opportunity_id) WHERE opportunity_id IS NOT NULL AND deleted_at IS NULL",
    "work_calendar_name": "work_calendar (lower(name)) WHERE deleted_at IS NULL",
    "calendar_day_once": "calendar_day (work_calendar_id, falls_on) WHERE deleted_at IS NULL",
    "sla_policy_priority": "sla_policy (priority) WHERE deleted_at IS NULL",
}

INDEXES = {
    "project_by_party": "project (party_id, created_at, id)",
    "project_by_contact": "project (contact_id, created_at, id)",
    "project_by_opportunity": "project (opportunity_id, created_at, id)",
    "project_by_contract": "project (contract_id, created_at, id)",
    "project_by_owner": "project (owner_id, created_at, id)",
    "project_by_department": "project (department_id, created_at, id)",
    "project_by_created": "project (created_at, id) WHERE deleted_at IS NULL",
    "project_by_updated": "project (updated_at, id) WHERE deleted_at IS NULL",
    "project_by_due": "project (due_on, id) WHERE deleted_at IS NULL",
    "project_deleted": "project (deleted_at, id) WHERE deleted_at IS NOT NULL",
    "maintenance_by_party": "maintenance (party_id, created_at, id)",
    "maintenance_by_contact": "maintenance (contact_id, created_at, id)",
    "maintenance_by_delivery": "maintenance (delivery_id, created_at, id)",
    "maintenance_by_project": "maintenance (project_id, created_at, id)",
    "maintenance_by_owner": "maintenance (owner_id, created_at, id)",
    "maintenance_by_department": "maintenance (department_id, created_at, id)",
    "maintenance_by_created": "maintenance (created_at, id) WHERE deleted_at IS NULL",
    "maintenance_by_updated": "maintenance (updated_at, id) WHERE deleted_at IS NULL",
    "maintenance_by_due": "maintenance (due_on, id) WHERE deleted_at IS NULL",
    "maintenance_by_warranty": "maintenance (warranty_ends_on, id) WHERE deleted_at IS NULL",
    "maintenance_deleted": "maintenance (deleted_at, id) WHERE deleted_at IS NOT NULL",
    "service_case_by_party": "service_case (party_id, created_at, id)",
    "service_case_by_contact": "service_case (contact_id, created_at, id)",
    "service_case_by_project": "service_case (project_id, created_at, id)",
    "service_case_by_maintenance": "service_case (maintenance_id, created_at, id)",
    "service_case_by_call": "service_case (call_id, created_at, id)",
    "service_case_by_owner": "service_case (owner_id, created_at, id)",
    "service_case_by_department": "service_case (department_id, created_at, id)",
    "service_case_by_created": "service_case (created_at, id) WHERE deleted_at IS NULL",
    "service_case_by_updated": "service_case (updated_at, id) WHERE deleted_at IS NULL",
    "service_case_by_response": "service_case (response_due_at, id) WHERE deleted_at IS NULL",
    "service_case_by_resolution": "service_case (resolution_due_at, id) WHERE deleted_at IS NULL",
    "service_case_deleted": "service_case (deleted_at, id) WHERE deleted_at IS NOT NULL",
    "service_case_escalating": "service_case (escalate_at) WHERE escalate_at IS NOT NULL AND deleted_at IS NULL",
    "service_case_ticking": "service_case (sla_policy_id, policy_version, calendar_version) WHERE status IN ('NEW', 'ASSIGNED')",
    "work_calendar_by_name": "work_calendar (name_key, id) WHERE deleted_at IS NULL",
    "work_calendar_by_created": "work_calendar (created_at, id) WHERE deleted_at IS NULL",
    "work_calendar_by_updated": "work_calendar (updated_at, id) WHERE deleted_at IS NULL",
    "work_calendar_deleted": "work_calendar (deleted_at, id) WHERE deleted_at IS NOT NULL",
    "working_hours_of": "working_hours (work_calendar_id, position)",
    "calendar_day_of": "calendar_day (work_calendar_id, falls_on, id)",
    "calendar_day_by_date": "calendar_day (falls_on, id) WHERE deleted_at IS NULL",
    "calendar_day_by_created": "calendar_day (created_at, id) WHERE deleted_at IS NULL",
    "calendar_day_by_updated": "calendar_day (updated_at, id) WHERE deleted_at IS NULL",
    "calendar_day_deleted": "calendar_day (deleted_at, id) WHERE deleted_at IS NOT NULL",
    "sla_policy_by_name": "sla_policy (name_key, id) WHERE deleted_at IS NULL",
    "sla_policy_by_created": "sla_policy (created_at, id) WHERE deleted_at IS NULL",
    "sla_policy_by_updated": "sla_policy (updated_at, id) WHERE deleted_at IS NULL",
    "sla_policy_by_calendar": "sla_policy (work_calendar_id)",
    "sla_policy_deleted": "sla_policy (deleted_at, id) WHERE deleted_at IS NOT NULL",
}  # fmt: skip

PARTS = {
    "stakeholder": "Stakeholder", "team_member": "TeamMember", "process_task": "ProcessTask", "competition": "Competition",
}  # fmt: skip
ONCE = {"stakeholder": "contact_id", "team_member": "user_id", "competition": "competitor_id"}
JOINED = {"project": "Project", "maintenance": "Maintenance", "service_case": "ServiceCase"}
"""The records that join the sales process: column of what they share, and model."""

for part in PARTS:
    order = "position" if part == "process_task" else "created_at"
    for process in JOINED:
        INDEXES[f"{part}_of_{process}"] = f"{part} ({process}_id, {order}, id) WHERE {process}_id IS NOT NULL"
        if part in ONCE:
            UNIQUES[f"{part}_once_of_{process}"] = f"{part} ({process}_id, {ONCE[part]}) WHERE {process}_id IS NOT NULL"

NOTICES = ("HANDED_TO_YOU", "TAKEN_OVER", "SHARED_WITH_YOU", "ASSIGNED", "DELETED", "APPROVED", "REJECTED")


def _joined(part: str, name: str, model: str) -> ops.AddField:
    key = fields.ForeignKeyField(
        f"crm.{model}", source_field=f"{name}_id", null=True, db_constraint=True, to_field="id", related_name=False,
        on_delete=OnDelete.CASCADE,
    )  # fmt: skip
    return ops.AddField(model_name=part, name=name, field=key)


def _one_of(*processes: str) -> str:
    """A part hangs on one of these."""
    columns = ", ".join(f"{process}_id" for process in processes)
    return " ".join(
        f"ALTER TABLE {part} DROP CONSTRAINT {part}_one_check,"
        f" ADD CONSTRAINT {part}_one_check CHECK (num_nonnulls({columns}) = 1);"
        for part in PARTS
    )


def _noticed(*kinds: str) -> str:
    allowed = ", ".join(repr(each) for each in kinds)
    return (
        "ALTER TABLE notification DROP CONSTRAINT notification_kind_check;"
        f" ALTER TABLE notification ADD CONSTRAINT notification_kind_check CHECK (kind IN ({allowed}));"
    )


def _forward() -> str:
    return " ".join(
        [
            *(f'ALTER TABLE {table} ALTER COLUMN name_key TYPE varchar(400) COLLATE "C";' for table in ("work_calendar", "sla_policy")),
            *(f"ALTER TABLE {table} ADD CONSTRAINT {table}_{what}_check CHECK ({test});" for (table, what), test in CHECKS.items()),
            *(f"CREATE UNIQUE INDEX {name} ON {what.replace(' (', ' USING btree (', 1)};" for name, what in UNIQUES.items()),
            *(f"CREATE INDEX {name} ON {what.replace(' (', ' USING btree (', 1)};" for name, what in INDEXES.items()),
            _noticed(*NOTICES, "ESCALATED"),
            _one_of("opportunity", *JOINED),
        ]
    )


def _backward() -> str:
    return " ".join(
        [
            *(f"DELETE FROM {part} WHERE opportunity_id IS NULL;" for part in PARTS),
            _one_of("opportunity"),
            "DELETE FROM notification WHERE kind = 'ESCALATED';",
            _noticed(*NOTICES),
            *(f"DROP INDEX {name};" for name in (*UNIQUES, *INDEXES)),
            *(f"ALTER TABLE {table} DROP CONSTRAINT {table}_{what}_check;" for table, what in CHECKS),
        ]
    )


class Migration(migrations.Migration):
    dependencies = [("crm", "0012_sales_process")]

    initial = False

    operations = [
        ops.CreateModel(
            name='Project',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('created_by', fields.ForeignKeyField('crm.User', source_field='created_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('updated_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_by', fields.ForeignKeyField('crm.User', source_field='updated_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('version', fields.IntField(default=1)),
                ('deleted_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('deleted_by', fields.ForeignKeyField('crm.User', source_field='deleted_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('owner', fields.ForeignKeyField('crm.User', source_field='owner_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('department', fields.ForeignKeyField('crm.Department', source_field='department_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('number', fields.CharField(unique=True, max_length=40)),
                ('title', fields.CharField(max_length=200)),
                ('status', fields.CharField(default='PLANNING', max_length=10)),
                ('party', fields.ForeignKeyField('crm.Party', source_field='party_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('contact', fields.ForeignKeyField('crm.Contact', source_field='contact_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('opportunity', fields.ForeignKeyField('crm.Opportunity', source_field='opportunity_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('contract', fields.ForeignKeyField('crm.Contract', source_field='contract_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('starts_on', fields.DateField(null=True)),
                ('due_on', fields.DateField(null=True)),
                ('budget', fields.DecimalField(null=True, max_digits=20, decimal_places=4)),
                ('cost', fields.DecimalField(default=0, max_digits=20, decimal_places=4)),
                ('started_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('completed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('hold_reason', fields.TextField(null=True, unique=False)),
                ('cancelled_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('cancel_reason', fields.TextField(null=True, unique=False)),
                ('note', fields.TextField(null=True, unique=False)),
            ],
            options={'table': 'project', 'app': 'crm', 'pk_attr': 'id', 'table_description': '项目. What is carried out for a party. `cost` is kept in step with its maintenance; it is no edit of the project.'},
            bases=['OwnedRecord'],
        ),
        ops.CreateModel(
            name='Maintenance',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('created_by', fields.ForeignKeyField('crm.User', source_field='created_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('updated_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_by', fields.ForeignKeyField('crm.User', source_field='updated_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('version', fields.IntField(default=1)),
                ('deleted_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('deleted_by', fields.ForeignKeyField('crm.User', source_field='deleted_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('owner', fields.ForeignKeyField('crm.User', source_field='owner_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('department', fields.ForeignKeyField('crm.Department', source_field='department_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('title', fields.CharField(max_length=200)),
                ('status', fields.CharField(default='PLANNED', max_length=12)),
                ('party', fields.ForeignKeyField('crm.Party', source_field='party_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('contact', fields.ForeignKeyField('crm.Contact', source_field='contact_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('delivery', fields.ForeignKeyField('crm.Delivery', source_field='delivery_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('project', fields.ForeignKeyField('crm.Project', source_field='project_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('product', fields.CharField(null=True, max_length=500)),
                ('warranty_ends_on', fields.DateField(null=True)),
                ('due_on', fields.DateField(null=True)),
                ('started_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('done_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('result', fields.TextField(null=True, unique=False)),
                ('cost', fields.DecimalField(null=True, max_digits=20, decimal_places=4)),
                ('cancelled_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('cancel_reason', fields.TextField(null=True, unique=False)),
                ('note', fields.TextField(null=True, unique=False)),
            ],
            options={'table': 'maintenance', 'app': 'crm', 'pk_attr': 'id', 'table_description': '后期维护. One piece of work on what was delivered to a party.'},
            bases=['OwnedRecord'],
        ),
        ops.CreateModel(
            name='WorkCalendar',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('created_by', fields.ForeignKeyField('crm.User', source_field='created_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('updated_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_by', fields.ForeignKeyField('crm.User', source_field='updated_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('version', fields.IntField(default=1)),
                ('deleted_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('deleted_by', fields.ForeignKeyField('crm.User', source_field='deleted_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('name', fields.CharField(max_length=60)),
                ('name_key', fields.CharField(max_length=400)),
                ('time_zone', fields.CharField(max_length=64)),
            ],
            options={'table': 'work_calendar', 'app': 'crm', 'pk_attr': 'id', 'table_description': '工作日历. Its version counts the changes of its days too: what was reckoned by an older one is reckoned anew.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='CalendarDay',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('created_by', fields.ForeignKeyField('crm.User', source_field='created_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('updated_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_by', fields.ForeignKeyField('crm.User', source_field='updated_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('version', fields.IntField(default=1)),
                ('deleted_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('deleted_by', fields.ForeignKeyField('crm.User', source_field='deleted_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('work_calendar', fields.ForeignKeyField('crm.WorkCalendar', source_field='work_calendar_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('falls_on', fields.DateField()),
                ('kind', fields.CharField(max_length=10)),
                ('name', fields.CharField(null=True, max_length=60)),
                ('like_weekday', fields.SmallIntField(null=True)),
            ],
            options={'table': 'calendar_day', 'app': 'crm', 'pk_attr': 'id', 'table_description': '特殊日期. A holiday, or a day on which people work by the hours of another weekday.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='SlaPolicy',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('created_by', fields.ForeignKeyField('crm.User', source_field='created_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('updated_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_by', fields.ForeignKeyField('crm.User', source_field='updated_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('version', fields.IntField(default=1)),
                ('deleted_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('deleted_by', fields.ForeignKeyField('crm.User', source_field='deleted_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('name', fields.CharField(max_length=60)),
                ('name_key', fields.CharField(max_length=400)),
                ('priority', fields.CharField(max_length=10)),
                ('work_calendar', fields.ForeignKeyField('crm.WorkCalendar', source_field='work_calendar_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('response_minutes', fields.IntField()),
                ('resolution_minutes', fields.IntField()),
                ('near_percent', fields.SmallIntField(default=80)),
            ],
            options={'table': 'sla_policy', 'app': 'crm', 'pk_attr': 'id', 'table_description': "服务时限. What cases of one priority are promised, in minutes of a calendar's working time."},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='ServiceCase',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('created_by', fields.ForeignKeyField('crm.User', source_field='created_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('updated_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_by', fields.ForeignKeyField('crm.User', source_field='updated_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('version', fields.IntField(default=1)),
                ('deleted_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('deleted_by', fields.ForeignKeyField('crm.User', source_field='deleted_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('owner', fields.ForeignKeyField('crm.User', source_field='owner_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('department', fields.ForeignKeyField('crm.Department', source_field='department_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('number', fields.CharField(unique=True, max_length=40)),
                ('subject', fields.CharField(max_length=200)),
                ('description', fields.TextField(null=True, unique=False)),
                ('status', fields.CharField(default='NEW', max_length=10)),
                ('priority', fields.CharField(max_length=10)),
                ('type', fields.ForeignKeyField('crm.DictionaryItem', source_field='type_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('product', fields.CharField(null=True, max_length=500)),
                ('party', fields.ForeignKeyField('crm.Party', source_field='party_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('contact', fields.ForeignKeyField('crm.Contact', source_field='contact_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('project', fields.ForeignKeyField('crm.Project', source_field='project_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('maintenance', fields.ForeignKeyField('crm.Maintenance', source_field='maintenance_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('call', fields.ForeignKeyField('crm.Call', source_field='call_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('pending_reason', fields.TextField(null=True, unique=False)),
                ('resolution', fields.TextField(null=True, unique=False)),
                ('resolved_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('closed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('reject_reason', fields.TextField(null=True, unique=False)),
                ('reopen_reason', fields.TextField(null=True, unique=False)),
                ('reopened_count', fields.IntField(default=0)),
                ('satisfaction', fields.SmallIntField(null=True)),
                ('satisfaction_note', fields.TextField(null=True, unique=False)),
                ('clock_started_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('first_responded_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('pending_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('paused_seconds', fields.IntField(default=0)),
                ('sla_policy', fields.ForeignKeyField('crm.SlaPolicy', source_field='sla_policy_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('policy_version', fields.IntField(null=True)),
                ('calendar_version', fields.IntField(null=True)),
                ('response_due_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('resolution_due_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('response_breached', fields.BooleanField(default=False)),
                ('resolution_breached', fields.BooleanField(default=False)),
                ('escalation_level', fields.SmallIntField(default=0)),
                ('escalate_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'service_case', 'app': 'crm', 'pk_attr': 'id', 'table_description': '服务单. What a party wants of us, and by when it was promised an answer and a solution.'},
            bases=['OwnedRecord'],
        ),
        ops.CreateModel(
            name='WorkingHours',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('work_calendar', fields.ForeignKeyField('crm.WorkCalendar', source_field='work_calendar_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ('position', fields.IntField(default=0)),
                ('weekday', fields.SmallIntField()),
                ('begins', fields.CharField(max_length=5)),
                ('ends', fields.CharField(max_length=5)),
            ],
            options={'table': 'working_hours', 'app': 'crm', 'pk_attr': 'id', 'table_description': '工作时段. From one wall time to another, on one weekday (Monday is 1).'},
            bases=['Model'],
        ),
        *(_joined(part, name, model) for part in PARTS.values() for name, model in JOINED.items()),
        ops.RunSQL(_forward(), _backward()),
    ]
