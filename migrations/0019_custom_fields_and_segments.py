"""Custom fields with their values in a table of their own, and segments.

Values of all fields of a type stand in one index, led by the field: a new field takes no new index, and no lock on the table of its
records.
"""

from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from uuid import uuid4
from tortoise import fields
from tortoise.indexes import Index

FIELD_TYPES = ("TEXT", "NUMBER", "MONEY", "DATE", "OPTION", "MULTI_OPTION", "USER", "RECORD", "YES_NO")
CHECKS = {
    "custom_field_type_check": f"custom_field ADD CONSTRAINT custom_field_type_check CHECK (type IN {FIELD_TYPES})",
    "custom_field_options_check": "custom_field ADD CONSTRAINT custom_field_options_check"
    " CHECK (type NOT IN ('OPTION', 'MULTI_OPTION') OR dictionary_id IS NOT NULL)",
    "custom_field_target_check": "custom_field ADD CONSTRAINT custom_field_target_check"
    " CHECK (type <> 'RECORD' OR target IS NOT NULL)",
    "custom_value_one_check": "custom_value ADD CONSTRAINT custom_value_one_check"
    " CHECK (num_nonnulls(text, number, day, yes_no, option_id, user_id, target_id) = 1)",
    "segment_holds_check": "segment ADD CONSTRAINT segment_holds_check"
    " CHECK (holds IN ('CUSTOMER', 'CHANNEL', 'SUPPLIER', 'CONTACT'))",
    "segment_kind_check": "segment ADD CONSTRAINT segment_kind_check CHECK (kind IN ('DYNAMIC', 'STATIC'))",
    "segment_filter_check": "segment ADD CONSTRAINT segment_filter_check CHECK ((kind = 'DYNAMIC') = (asked IS NOT NULL))",
}

# Orders of lists, edges that lead to the table, keys; of values what filters and orders look for, by type.
INDEXES = {
    "custom_field_by_position": "custom_field (position, id) WHERE deleted_at IS NULL",
    "custom_field_by_entity": "custom_field (entity, id) WHERE deleted_at IS NULL",
    "custom_field_by_key": "custom_field (key, id) WHERE deleted_at IS NULL",
    "custom_field_by_created": "custom_field (created_at, id) WHERE deleted_at IS NULL",
    "custom_field_by_updated": "custom_field (updated_at, id) WHERE deleted_at IS NULL",
    "custom_field_by_dictionary": "custom_field (dictionary_id)",
    "custom_field_deleted": "custom_field (deleted_at, id) WHERE deleted_at IS NOT NULL",
    "custom_value_of_record": "custom_value (record_id, position, id)",
    "custom_value_by_text": "custom_value (field_id, text text_pattern_ops, record_id) WHERE text IS NOT NULL",
    "custom_value_by_key": 'custom_value (field_id, text_key COLLATE "C", record_id) WHERE text_key IS NOT NULL',
    "custom_value_by_number": "custom_value (field_id, number, record_id) WHERE number IS NOT NULL",
    "custom_value_by_day": "custom_value (field_id, day, record_id) WHERE day IS NOT NULL",
    "custom_value_by_yes_no": "custom_value (field_id, yes_no, record_id) WHERE yes_no IS NOT NULL",
    "custom_value_by_option": "custom_value (option_id, field_id, record_id) WHERE option_id IS NOT NULL",
    "custom_value_by_user": "custom_value (user_id, field_id, record_id) WHERE user_id IS NOT NULL",
    "custom_value_by_target": "custom_value (target_id, field_id, record_id) WHERE target_id IS NOT NULL",
    "segment_by_name": 'segment (name_key COLLATE "C", id) WHERE deleted_at IS NULL',
    "segment_by_prefix": "segment (name varchar_pattern_ops) WHERE deleted_at IS NULL",
    "segment_by_created": "segment (created_at, id) WHERE deleted_at IS NULL",
    "segment_by_updated": "segment (updated_at, id) WHERE deleted_at IS NULL",
    "segment_by_owner": "segment (owner_id)",
    "segment_by_department": "segment (department_id)",
    "segment_deleted": "segment (deleted_at, id) WHERE deleted_at IS NOT NULL",
}
UNIQUE = {
    "custom_field_key": "custom_field (entity, key) WHERE deleted_at IS NULL",
    "custom_value_of_field": "custom_value (record_id, field_id, position)",
    "custom_value_taken": "custom_value (field_id, taken) WHERE taken IS NOT NULL",
}
MADE = [
    *(f"ALTER TABLE {check};" for check in CHECKS.values()),
    *(f"CREATE INDEX {name} ON {what};" for name, what in INDEXES.items()),
    *(f"CREATE UNIQUE INDEX {name} ON {what};" for name, what in UNIQUE.items()),
]
UNDONE = [
    *(f"DROP INDEX {name};" for name in (*UNIQUE, *INDEXES)),
    *(f"ALTER TABLE {check.partition(' ')[0]} DROP CONSTRAINT {name};" for name, check in CHECKS.items()),
]


class Migration(migrations.Migration):
    dependencies = [("crm", "0018_activities_and_calls")]

    initial = False

    operations = [
        ops.CreateModel(
            name='CustomField',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('created_by', fields.ForeignKeyField('crm.User', source_field='created_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('updated_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_by', fields.ForeignKeyField('crm.User', source_field='updated_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('version', fields.IntField(default=1)),
                ('deleted_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('deleted_by', fields.ForeignKeyField('crm.User', source_field='deleted_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('entity', fields.CharField(max_length=40)),
                ('key', fields.CharField(max_length=40)),
                ('type', fields.CharField(max_length=12)),
                ('label_zh', fields.CharField(max_length=100)),
                ('label_en', fields.CharField(max_length=100)),
                ('dictionary', fields.ForeignKeyField('crm.Dictionary', source_field='dictionary_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('target', fields.CharField(null=True, max_length=40)),
                ('required', fields.BooleanField(default=False)),
                ('distinct_values', fields.BooleanField(default=False)),
                ('default_value', fields.CharField(null=True, max_length=500)),
                ('filterable', fields.BooleanField(default=True)),
                ('sortable', fields.BooleanField(default=False)),
                ('importable', fields.BooleanField(default=True)),
                ('position', fields.IntField(default=0)),
                ('active', fields.BooleanField(default=True)),
            ],
            options={'table': 'custom_field', 'app': 'crm', 'pk_attr': 'id', 'table_description': '自定义字段. What can be said of every record of an entity. Retired when it is no longer wanted; its values stay.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='CustomValue',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('field', fields.ForeignKeyField('crm.CustomField', source_field='field_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('record_id', fields.UUIDField()),
                ('record_kind', fields.SmallIntField()),
                ('position', fields.SmallIntField(default=0)),
                ('text', fields.CharField(null=True, max_length=500)),
                ('text_key', fields.CharField(null=True, max_length=200)),
                ('number', fields.DecimalField(null=True, max_digits=20, decimal_places=4)),
                ('day', fields.DateField(null=True)),
                ('yes_no', fields.BooleanField(null=True)),
                ('option', fields.ForeignKeyField('crm.DictionaryItem', source_field='option_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('user', fields.ForeignKeyField('crm.User', source_field='user_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('target_id', fields.UUIDField(null=True)),
                ('taken', fields.CharField(null=True, max_length=32)),
            ],
            options={'table': 'custom_value', 'app': 'crm', 'pk_attr': 'id', 'table_description': 'One value of one field of one record, in the column of its type. Of several options each has a row.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Segment',
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
                ('name', fields.CharField(max_length=100)),
                ('name_key', fields.CharField(max_length=400)),
                ('description', fields.TextField(null=True, unique=False)),
                ('holds', fields.CharField(max_length=10)),
                ('kind', fields.CharField(max_length=10)),
                ('asked', fields.TextField(null=True, unique=False)),
                ('frozen_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'segment', 'app': 'crm', 'pk_attr': 'id', 'table_description': '客群. DYNAMIC: whatever the stored filter finds when it is read; STATIC: the records that stand in its table of members.'},
            bases=['OwnedRecord'],
        ),
        ops.CreateModel(
            name='SegmentMember',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('segment', fields.ForeignKeyField('crm.Segment', source_field='segment_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ('record_id', fields.UUIDField()),
            ],
            options={'table': 'segment_member', 'app': 'crm', 'unique_together': (('segment_id', 'record_id'),), 'indexes': [Index(fields=['record_id', 'segment_id'])], 'pk_attr': 'id', 'table_description': 'A record in a static segment. It has no foreign key: it may stand in one of several tables.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='SegmentUse',
            fields=[
                ('id', fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ('segment', fields.ForeignKeyField('crm.Segment', source_field='segment_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ('used', fields.ForeignKeyField('crm.Segment', source_field='used_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
            ],
            options={'table': 'segment_use', 'app': 'crm', 'unique_together': (('segment_id', 'used_id'),), 'indexes': [Index(fields=['used_id', 'segment_id'])], 'pk_attr': 'id', 'table_description': 'That the filter of one segment names another.'},
            bases=['Model'],
        ),
        ops.AddField(
            model_name='RightsEpoch',
            name='catalogue',
            field=fields.UUIDField(null=True),
        ),
        ops.RunSQL(" ".join(MADE), " ".join(UNDONE)),
    ]
