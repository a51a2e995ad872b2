"""What the records of the sales process share, the catalogue of competitors, why opportunities are won or put aside, and forecasts.

A row of a shared table hangs on one of several sorts of records: one foreign key for each sort, and a check that one is filled.
A sort that joins adds its column and its indexes, and takes the checks `…_one_check` anew.
"""

from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

PARTS = ("stakeholder", "team_member", "process_task", "competition")
CHECKS = {
    **{(table, "one"): "num_nonnulls(opportunity_id) = 1" for table in PARTS},
    ("stakeholder", "role"): "role IN ('DECISION_MAKER', 'APPROVER', 'INFLUENCER', 'EVALUATOR', 'USER', 'BUYER', 'GATEKEEPER', 'OTHER')",
    ("stakeholder", "attitude"): "attitude IN ('CHAMPION', 'SUPPORTER', 'NEUTRAL', 'SCEPTIC', 'OPPONENT', 'UNKNOWN')",
    ("team_member", "role"): "role IN ('LEAD', 'SALES', 'PRESALES', 'TECHNICAL', 'DELIVERY', 'SUPPORT', 'OBSERVER', 'OTHER')",
    ("team_member", "access"): "access IN ('READ', 'EDIT')",
    ("process_task", "status"): "status IN ('TODO', 'DOING', 'DONE', 'CANCELLED')",
    ("process_task", "done"): "(status = 'DONE') = (done_at IS NOT NULL)",
    ("competition", "state"): "state IN ('ACTIVE', 'WITHDRAWN', 'BEATEN', 'WON')",
    ("competition", "price"): "price >= 0",
    ("forecast_snapshot", "status"): "status IN ('OPEN', 'WON', 'LOST', 'ON_HOLD')",
}  # fmt: skip

UNIQUES = {
    "stakeholder_once_of_opportunity": "stakeholder (opportunity_id, contact_id) WHERE opportunity_id IS NOT NULL",
    "team_member_once_of_opportunity": "team_member (opportunity_id, user_id) WHERE opportunity_id IS NOT NULL",
    "competition_once_of_opportunity": "competition (opportunity_id, competitor_id) WHERE opportunity_id IS NOT NULL",
    "competitor_name": "competitor (lower(name)) WHERE deleted_at IS NULL",
    "forecast_snapshot_of_week": "forecast_snapshot (week_on, owner_id, department_id, pipeline_id, month_on, status, currency)"
    " NULLS NOT DISTINCT",
}

INDEXES = {
    "stakeholder_of_opportunity": "stakeholder (opportunity_id, created_at, id) WHERE opportunity_id IS NOT NULL",
    "stakeholder_by_contact": "stakeholder (contact_id, created_at, id)",
    "team_member_of_opportunity": "team_member (opportunity_id, created_at, id) WHERE opportunity_id IS NOT NULL",
    "team_member_by_user": "team_member (user_id)",
    "process_task_of_opportunity": "process_task (opportunity_id, position, id) WHERE opportunity_id IS NOT NULL",
    "process_task_by_assignee": "process_task (assignee_id, due_on, id)",
    "process_task_by_due": "process_task (due_on, id)",
    "process_task_by_position": "process_task (position, id)",
    "process_task_by_created": "process_task (created_at, id)",
    "process_task_by_updated": "process_task (updated_at, id)",
    "competition_of_opportunity": "competition (opportunity_id, created_at, id) WHERE opportunity_id IS NOT NULL",
    "competition_by_competitor": "competition (competitor_id, created_at, id)",
    "competitor_by_name": "competitor (name_key, id) WHERE deleted_at IS NULL",
    "competitor_by_chinese": "competitor (name varchar_pattern_ops) WHERE deleted_at IS NULL",
    "competitor_by_created": "competitor (created_at, id) WHERE deleted_at IS NULL",
    "competitor_by_updated": "competitor (updated_at, id) WHERE deleted_at IS NULL",
    "competitor_deleted": "competitor (deleted_at, id) WHERE deleted_at IS NOT NULL",
    "forecast_snapshot_by_week": "forecast_snapshot (week_on, id)",
    "forecast_snapshot_by_month": "forecast_snapshot (month_on, id)",
    "forecast_snapshot_by_owner": "forecast_snapshot (owner_id, week_on, id)",
    "forecast_snapshot_by_department": "forecast_snapshot (department_id, week_on, id)",
    "forecast_snapshot_by_pipeline": "forecast_snapshot (pipeline_id, week_on, id)",
}


def _forward() -> str:
    checks = [f"ALTER TABLE {table} ADD CONSTRAINT {table}_{name}_check CHECK ({rule});" for (table, name), rule in CHECKS.items()]
    uniques = [f"CREATE UNIQUE INDEX {name} ON {what};" for name, what in UNIQUES.items()]
    indexes = [f"CREATE INDEX {name} ON {what.replace(' (', ' USING btree (', 1)};" for name, what in INDEXES.items()]
    names = 'ALTER TABLE competitor ALTER COLUMN name_key TYPE varchar(400) COLLATE "C";'
    return "\n".join([names, *checks, *uniques, *indexes])


def _backward() -> str:
    indexes = [f"DROP INDEX {name};" for name in (*UNIQUES, *INDEXES)]
    return "\n".join([*indexes, *(f"ALTER TABLE {table} DROP CONSTRAINT {table}_{name}_check;" for table, name in CHECKS)])


class Migration(migrations.Migration):
    dependencies = [("crm", "0011_receipts_have_room")]

    initial = False

    operations = [
        ops.CreateModel(
            name='Competitor',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('created_by', fields.ForeignKeyField('crm.User', source_field='created_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('updated_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_by', fields.ForeignKeyField('crm.User', source_field='updated_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('version', fields.IntField(default=1)),
                ('deleted_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('deleted_by', fields.ForeignKeyField('crm.User', source_field='deleted_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('name', fields.CharField(max_length=200)),
                ('name_key', fields.CharField(max_length=400)),
                ('website', fields.CharField(null=True, max_length=200)),
                ('strengths', fields.TextField(null=True, unique=False)),
                ('weaknesses', fields.TextField(null=True, unique=False)),
                ('note', fields.TextField(null=True, unique=False)),
            ],
            options={'table': 'competitor', 'app': 'crm', 'pk_attr': 'id', 'table_description': '竞争对手. Somebody who sells what we sell.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='Competition',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('created_by', fields.ForeignKeyField('crm.User', source_field='created_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('updated_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_by', fields.ForeignKeyField('crm.User', source_field='updated_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('version', fields.IntField(default=1)),
                ('opportunity', fields.ForeignKeyField('crm.Opportunity', source_field='opportunity_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ('competitor', fields.ForeignKeyField('crm.Competitor', source_field='competitor_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('state', fields.CharField(max_length=10)),
                ('strengths', fields.TextField(null=True, unique=False)),
                ('weaknesses', fields.TextField(null=True, unique=False)),
                ('price', fields.DecimalField(null=True, max_digits=20, decimal_places=4)),
            ],
            options={'table': 'competition', 'app': 'crm', 'pk_attr': 'id', 'table_description': '竞争情况. A competitor who wants the same business, and what they bring to it.'},
            bases=['ProcessPart'],
        ),
        ops.CreateModel(
            name='ForecastSnapshot',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('week_on', fields.DateField()),
                ('owner', fields.ForeignKeyField('crm.User', source_field='owner_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('department', fields.ForeignKeyField('crm.Department', source_field='department_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('pipeline', fields.ForeignKeyField('crm.Pipeline', source_field='pipeline_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('month_on', fields.DateField(null=True)),
                ('status', fields.CharField(max_length=10)),
                ('currency', fields.CharField(max_length=3)),
                ('opportunity_count', fields.IntField()),
                ('amount', fields.DecimalField(max_digits=26, decimal_places=4)),
                ('weighted_amount', fields.DecimalField(max_digits=26, decimal_places=4)),
                ('taken_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'forecast_snapshot', 'app': 'crm', 'pk_attr': 'id', 'table_description': '预测快照. The opportunities of one owner, pipeline, month, status and currency, summed up at the start of a week.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='ProcessTask',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('created_by', fields.ForeignKeyField('crm.User', source_field='created_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('updated_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_by', fields.ForeignKeyField('crm.User', source_field='updated_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('version', fields.IntField(default=1)),
                ('opportunity', fields.ForeignKeyField('crm.Opportunity', source_field='opportunity_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ('title', fields.CharField(max_length=200)),
                ('description', fields.TextField(null=True, unique=False)),
                ('status', fields.CharField(max_length=10)),
                ('assignee', fields.ForeignKeyField('crm.User', source_field='assignee_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('due_on', fields.DateField(null=True)),
                ('done_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('position', fields.IntField(default=0)),
            ],
            options={'table': 'process_task', 'app': 'crm', 'pk_attr': 'id', 'table_description': '任务. Something to be done for it.'},
            bases=['ProcessPart'],
        ),
        ops.CreateModel(
            name='Stakeholder',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('created_by', fields.ForeignKeyField('crm.User', source_field='created_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('updated_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_by', fields.ForeignKeyField('crm.User', source_field='updated_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('version', fields.IntField(default=1)),
                ('opportunity', fields.ForeignKeyField('crm.Opportunity', source_field='opportunity_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ('contact', fields.ForeignKeyField('crm.Contact', source_field='contact_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('role', fields.CharField(max_length=20)),
                ('attitude', fields.CharField(max_length=12)),
                ('influence_note', fields.TextField(null=True, unique=False)),
            ],
            options={'table': 'stakeholder', 'app': 'crm', 'pk_attr': 'id', 'table_description': '影响者. A contact who has a say in it.'},
            bases=['ProcessPart'],
        ),
        ops.CreateModel(
            name='TeamMember',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('created_by', fields.ForeignKeyField('crm.User', source_field='created_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('updated_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_by', fields.ForeignKeyField('crm.User', source_field='updated_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('version', fields.IntField(default=1)),
                ('opportunity', fields.ForeignKeyField('crm.Opportunity', source_field='opportunity_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ('user', fields.ForeignKeyField('crm.User', source_field='user_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('role', fields.CharField(max_length=12)),
                ('access', fields.CharField(max_length=4)),
            ],
            options={'table': 'team_member', 'app': 'crm', 'pk_attr': 'id', 'table_description': '团队成员. One of our people who works on it; a share of cause TEAM stands beside it.'},
            bases=['ProcessPart'],
        ),
        ops.AddField(
            model_name='Opportunity',
            name='hold_note',
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddField(
            model_name='Opportunity',
            name='hold_reason',
            field=fields.ForeignKeyField('crm.DictionaryItem', source_field='hold_reason_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT),
        ),
        ops.AddField(
            model_name='Opportunity',
            name='resume_on',
            field=fields.DateField(null=True),
        ),
        ops.AddField(
            model_name='Opportunity',
            name='won_note',
            field=fields.TextField(null=True, unique=False),
        ),
        ops.AddField(
            model_name='Opportunity',
            name='won_reason',
            field=fields.ForeignKeyField('crm.DictionaryItem', source_field='won_reason_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT),
        ),
        ops.RunSQL(_forward(), _backward()),
    ]
