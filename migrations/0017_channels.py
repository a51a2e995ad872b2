"""Channels: groups, territories, assignments, submissions, marketing tasks, and comments.

Tables and columns first, then what the models cannot say, by the conventions of 0002.
"""

from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

COLLATIONS = """
ALTER TABLE channel_group ALTER COLUMN name_key TYPE varchar(400) COLLATE "C";
ALTER TABLE territory ALTER COLUMN name_key TYPE varchar(400) COLLATE "C";
ALTER TABLE announcement ALTER COLUMN topic SET DEFAULT 'NOTICE';
"""

# Records are shared with a channel as with a user: its id is a principal.
PRINCIPALS = """
INSERT INTO principal (id, kind) SELECT id, 20 FROM party WHERE type = 'CHANNEL' ON CONFLICT DO NOTHING;
"""
NO_PRINCIPALS = """
DELETE FROM share WHERE cause = 'ASSIGNED' OR principal_id IN (SELECT id FROM principal WHERE kind = 20);
DELETE FROM announcement_audience WHERE principal_id IN (SELECT id FROM principal WHERE kind = 20);
DELETE FROM principal WHERE kind = 20;
"""

CHECKS = {
    ("party", "channel_group"): "channel_group_id IS NULL OR type = 'CHANNEL'",
    ("party", "territory"): "territory_id IS NULL OR type = 'CHANNEL'",
    ("party", "channel"): "channel_id IS NULL OR type = 'CUSTOMER'",
    ("channel_assignment", "status"): "status IN ('OFFERED', 'ACCEPTED', 'REGISTERED', 'DECLINED', 'EXPIRED', 'WITHDRAWN')",
    ("channel_assignment", "protected"): "status <> 'REGISTERED' OR protected_until IS NOT NULL",
    ("channel_assignment", "ended"): "(status IN ('DECLINED', 'EXPIRED', 'WITHDRAWN')) = (ended_at IS NOT NULL)",
    ("channel_submission", "status"): "status IN ('SUBMITTED', 'REGISTERED', 'REJECTED', 'WITHDRAWN')",
    ("channel_submission", "amount"): "amount >= 0",
    ("channel_submission", "registered"): "(status = 'REGISTERED') = (opportunity_id IS NOT NULL)",
    ("marketing_task", "status"): "status IN ('DRAFT', 'DISPATCHED', 'COMPLETED', 'CANCELLED')",
    ("marketing_task", "dispatched"): "status NOT IN ('DISPATCHED', 'COMPLETED') OR dispatched_at IS NOT NULL",
    ("channel_task", "percent"): "percent BETWEEN 0 AND 100",
    ("channel_task", "state"): "state = CASE percent WHEN 0 THEN 'TODO' WHEN 100 THEN 'DONE' ELSE 'DOING' END",
    ("announcement", "topic"): "topic IN ('NOTICE', 'MARKET', 'COMPETITOR', 'PRODUCT')",
}  # fmt: skip

UNIQUES = {
    "channel_group_name": "channel_group (lower(name)) WHERE deleted_at IS NULL",
    "territory_name": "territory (lower(name)) WHERE deleted_at IS NULL",
    "channel_assignment_live": "channel_assignment (opportunity_id) WHERE status IN ('OFFERED', 'ACCEPTED', 'REGISTERED')",
}

INDEXES = {
    "party_by_channel": "party (channel_id, updated_at, id) WHERE channel_id IS NOT NULL",
    "party_by_channel_group": "party (channel_group_id, updated_at, id) WHERE channel_group_id IS NOT NULL",
    "party_by_territory": "party (territory_id, updated_at, id) WHERE territory_id IS NOT NULL",
    "channel_group_by_name": "channel_group (name_key, id) WHERE deleted_at IS NULL",
    "channel_group_by_created": "channel_group (created_at, id) WHERE deleted_at IS NULL",
    "channel_group_by_updated": "channel_group (updated_at, id) WHERE deleted_at IS NULL",
    "channel_group_deleted": "channel_group (deleted_at, id) WHERE deleted_at IS NOT NULL",
    "territory_by_name": "territory (name_key, id) WHERE deleted_at IS NULL",
    "territory_by_created": "territory (created_at, id) WHERE deleted_at IS NULL",
    "territory_by_updated": "territory (updated_at, id) WHERE deleted_at IS NULL",
    "territory_by_parent": "territory (parent_id, name_key, id)",
    "territory_deleted": "territory (deleted_at, id) WHERE deleted_at IS NOT NULL",
    "territory_region_of": "territory_region (territory_id, position)",
    "channel_assignment_by_created": "channel_assignment (created_at, id) WHERE deleted_at IS NULL",
    "channel_assignment_by_updated": "channel_assignment (updated_at, id) WHERE deleted_at IS NULL",
    "channel_assignment_by_answer": "channel_assignment (respond_by, id) WHERE deleted_at IS NULL",
    "channel_assignment_by_end": "channel_assignment (protected_until, id) WHERE deleted_at IS NULL",
    "channel_assignment_by_opportunity": "channel_assignment (opportunity_id, created_at, id)",
    "channel_assignment_by_channel": "channel_assignment (channel_id, created_at, id)",
    "channel_assignment_by_owner": "channel_assignment (owner_id, created_at, id)",
    "channel_assignment_by_department": "channel_assignment (department_id, created_at, id)",
    "channel_assignment_offered": "channel_assignment (respond_by) WHERE status = 'OFFERED'",
    "channel_assignment_protected": "channel_assignment (protected_until) WHERE status = 'REGISTERED'",
    "channel_submission_by_created": "channel_submission (created_at, id) WHERE deleted_at IS NULL",
    "channel_submission_by_updated": "channel_submission (updated_at, id) WHERE deleted_at IS NULL",
    "channel_submission_by_channel": "channel_submission (channel_id, created_at, id)",
    "channel_submission_by_customer": "channel_submission (customer_id) WHERE customer_id IS NOT NULL",
    "channel_submission_by_opportunity": "channel_submission (opportunity_id) WHERE opportunity_id IS NOT NULL",
    "channel_submission_by_owner": "channel_submission (owner_id, created_at, id)",
    "channel_submission_by_department": "channel_submission (department_id, created_at, id)",
    "marketing_task_by_created": "marketing_task (created_at, id) WHERE deleted_at IS NULL",
    "marketing_task_by_updated": "marketing_task (updated_at, id) WHERE deleted_at IS NULL",
    "marketing_task_by_due": "marketing_task (due_on, id) WHERE deleted_at IS NULL",
    "marketing_task_by_owner": "marketing_task (owner_id, created_at, id)",
    "marketing_task_by_department": "marketing_task (department_id, created_at, id)",
    "marketing_task_deleted": "marketing_task (deleted_at, id) WHERE deleted_at IS NOT NULL",
    "channel_task_of": "channel_task (marketing_task_id, dispatched_at, id)",
    "channel_task_by_channel": "channel_task (channel_id, dispatched_at, id)",
    "comment_of": "comment (record_id, created_at, id)",
}

# Lists that other tables check, as they were and as they are.
CAUSES = ("MANUAL", "RULE", "TEAM", "APPROVAL", "INHERITED")
NOTICES = ("HANDED_TO_YOU", "TAKEN_OVER", "SHARED_WITH_YOU", "ASSIGNED", "DELETED", "APPROVED", "REJECTED",
           "ESCALATED", "JOB_FAILED", "RECYCLED_SOON", "RECYCLED")
NEWS = ("OFFERED", "OFFER_ACCEPTED", "OFFER_DECLINED", "OFFER_WITHDRAWN", "OFFER_EXPIRED", "SUBMITTED", "REGISTERED", "COMMENTED",
        "TASK_DISPATCHED", "TASK_REPORTED")  # fmt: skip


def _listed(table: str, column: str, values: tuple[str, ...]) -> str:
    """The check of a column's words, written anew."""
    words = ", ".join(repr(each) for each in values)
    name = f"{table}_{column}_check"
    return f"ALTER TABLE {table} DROP CONSTRAINT {name}, ADD CONSTRAINT {name} CHECK ({column} IN ({words}));"


def _forward() -> str:
    checks = [f"ALTER TABLE {table} ADD CONSTRAINT {table}_{name}_check CHECK ({rule});" for (table, name), rule in CHECKS.items()]
    uniques = [f"CREATE UNIQUE INDEX {name} ON {what};" for name, what in UNIQUES.items()]
    indexes = [f"CREATE INDEX {name} ON {what.replace(' (', ' USING btree (', 1)};" for name, what in INDEXES.items()]
    words = [_listed("share", "cause", (*CAUSES, "ASSIGNED")), _listed("notification", "kind", (*NOTICES, *NEWS))]
    return "\n".join([COLLATIONS, PRINCIPALS, *checks, *uniques, *indexes, *words])


def _backward() -> str:
    indexes = [f"DROP INDEX {name};" for name in (*UNIQUES, *INDEXES)]
    checks = [f"ALTER TABLE {table} DROP CONSTRAINT {table}_{name}_check;" for table, name in CHECKS]
    gone = f"DELETE FROM notification WHERE kind NOT IN ({', '.join(repr(each) for each in NOTICES)});"
    words = [_listed("share", "cause", CAUSES), _listed("notification", "kind", NOTICES)]
    return "\n".join([gone, NO_PRINCIPALS, *indexes, *checks, *words])


class Migration(migrations.Migration):
    dependencies = [("crm", "0016_merges_and_duplicates")]

    initial = False

    operations = [
        ops.CreateModel(
            name='ChannelAssignment',
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
                ('opportunity', fields.ForeignKeyField('crm.Opportunity', source_field='opportunity_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('channel', fields.ForeignKeyField('crm.Party', source_field='channel_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('title', fields.CharField(max_length=200)),
                ('brief', fields.TextField(null=True, unique=False)),
                ('customer_name', fields.CharField(null=True, max_length=200)),
                ('status', fields.CharField(default='OFFERED', max_length=10)),
                ('respond_by', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('answered_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('registered_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('protected_until', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('ended_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('reason', fields.TextField(null=True, unique=False)),
            ],
            options={'table': 'channel_assignment', 'app': 'crm', 'pk_attr': 'id', 'table_description': '机会分配. One offer of one opportunity to one channel, and what became of it; rows that ended are the history.'},
            bases=['OwnedRecord'],
        ),
        ops.CreateModel(
            name='ChannelGroup',
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
                ('description', fields.TextField(null=True, unique=False)),
            ],
            options={'table': 'channel_group', 'app': 'crm', 'pk_attr': 'id', 'table_description': '渠道分组.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='ChannelSubmission',
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
                ('channel', fields.ForeignKeyField('crm.Party', source_field='channel_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('title', fields.CharField(max_length=200)),
                ('customer_name', fields.CharField(max_length=200)),
                ('normalised_name', fields.CharField(max_length=200)),
                ('contact_name', fields.CharField(null=True, max_length=100)),
                ('phone', fields.CharField(null=True, max_length=40)),
                ('phone_e164', fields.CharField(null=True, max_length=40)),
                ('region', fields.ForeignKeyField('crm.DictionaryItem', source_field='region_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('industry', fields.ForeignKeyField('crm.DictionaryItem', source_field='industry_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('amount', fields.DecimalField(null=True, max_digits=20, decimal_places=4)),
                ('currency', fields.CharField(default='CNY', max_length=3)),
                ('expected_close_on', fields.DateField(null=True)),
                ('description', fields.TextField(null=True, unique=False)),
                ('status', fields.CharField(default='SUBMITTED', max_length=10)),
                ('decided_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('reason', fields.TextField(null=True, unique=False)),
                ('customer', fields.ForeignKeyField('crm.Party', source_field='customer_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('opportunity', fields.ForeignKeyField('crm.Opportunity', source_field='opportunity_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
            ],
            options={'table': 'channel_submission', 'app': 'crm', 'pk_attr': 'id', 'table_description': "渠道报备. What a partner's person found: whom, what for, how much."},
            bases=['OwnedRecord'],
        ),
        ops.CreateModel(
            name='Comment',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('record_id', fields.UUIDField()),
                ('record_kind', fields.SmallIntField()),
                ('body', fields.TextField(unique=False)),
                ('internal', fields.BooleanField(default=False)),
                ('author', fields.ForeignKeyField('crm.User', source_field='author_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('deleted_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'comment', 'app': 'crm', 'pk_attr': 'id', 'table_description': '评论. What somebody said of a record. Nobody edits one; whoever wrote it can take it back.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='MarketingTask',
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
                ('description', fields.TextField(null=True, unique=False)),
                ('due_on', fields.DateField(null=True)),
                ('status', fields.CharField(default='DRAFT', max_length=10)),
                ('dispatched_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('ended_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'marketing_task', 'app': 'crm', 'pk_attr': 'id', 'table_description': '营销任务. What channels are asked to do, by when.'},
            bases=['OwnedRecord'],
        ),
        ops.CreateModel(
            name='ChannelTask',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('marketing_task', fields.ForeignKeyField('crm.MarketingTask', source_field='marketing_task_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ('channel', fields.ForeignKeyField('crm.Party', source_field='channel_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('dispatched_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('state', fields.CharField(default='TODO', max_length=10)),
                ('percent', fields.SmallIntField(default=0)),
                ('report', fields.TextField(null=True, unique=False)),
                ('reported_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('reported_by', fields.ForeignKeyField('crm.User', source_field='reported_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
            ],
            options={'table': 'channel_task', 'app': 'crm', 'unique_together': (('marketing_task_id', 'channel_id'),), 'pk_attr': 'id', 'table_description': "渠道任务. One channel's part of a marketing task: how far it is, in whole per cent, and what it says of it."},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Territory',
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
                ('parent', fields.ForeignKeyField('crm.Territory', source_field='parent_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
            ],
            options={'table': 'territory', 'app': 'crm', 'pk_attr': 'id', 'table_description': '销售区域. A tree of its own; each names the regions it covers, which are a dictionary.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='TerritoryRegion',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('territory', fields.ForeignKeyField('crm.Territory', source_field='territory_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ('region', fields.ForeignKeyField('crm.DictionaryItem', source_field='region_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('position', fields.IntField(default=0)),
            ],
            options={'table': 'territory_region', 'app': 'crm', 'pk_attr': 'id', 'table_description': 'One region that a territory covers, with all below it.'},
            bases=['Model'],
        ),
        ops.AddField(
            model_name='Announcement',
            name='topic',
            field=fields.CharField(default='NOTICE', max_length=10),
        ),
        ops.AddField(
            model_name='Party',
            name='channel',
            field=fields.ForeignKeyField('crm.Party', source_field='channel_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT),
        ),
        ops.AddField(
            model_name='Party',
            name='channel_group',
            field=fields.ForeignKeyField('crm.ChannelGroup', source_field='channel_group_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT),
        ),
        ops.AddField(
            model_name='Party',
            name='territory',
            field=fields.ForeignKeyField('crm.Territory', source_field='territory_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT),
        ),
        ops.RunSQL(_forward(), _backward()),
    ]
