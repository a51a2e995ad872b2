from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

# The pool's own list has the orders of customers; it is a small part of them, so it has indexes of its own. Then: which customers
# nobody dealt with for longest, as `services/customers/recycling.py` asks; then edges.
POOLED = "WHERE owner_id IS NULL AND type = 'CUSTOMER' AND deleted_at IS NULL"
INDEXES = {
    "party_pool_by_updated": f"party (updated_at, id) {POOLED}",
    "party_pool_by_created": f"party (created_at, id) {POOLED}",
    "party_pool_by_name": f"party (name_key, id) {POOLED}",
    "party_pool_by_last_contact": f"party (last_contact_at, id) {POOLED}",
    "party_pool_by_next_contact": f"party (next_contact_at, id) {POOLED}",
    "party_followed": "party (greatest(created_at, owner_since, last_contact_at), id)"
    " WHERE owner_id IS NOT NULL AND type = 'CUSTOMER' AND deleted_at IS NULL",
    "party_protected": "party (owner_id, protected_until) WHERE protected_until IS NOT NULL AND deleted_at IS NULL",
    "pool_level_of_policy": "pool_level (policy_id, position)",
    "pool_level_by_level": "pool_level (level_id)",
    "pool_stay_of_party": "pool_stay (party_id, entered_at, id)",
    "pool_stay_claimed": "pool_stay (owner_id, left_at)",
    "pool_stay_by_former_owner": "pool_stay (former_owner_id, entered_at)",
    "pool_stay_by_returned_by": "pool_stay (returned_by_id)",
    "pool_stay_by_handed_by": "pool_stay (handed_by_id)",
}
UNIQUE = {
    "pool_stay_open": "pool_stay (party_id) WHERE left_at IS NULL",
    "pool_level_once": "pool_level (policy_id, level_id)",
    "pool_policy_one": "pool_policy ((TRUE))",
}
CHECKS = {
    "pool_stay_cause_check": "pool_stay CHECK (cause IN ('UNOWNED', 'RELEASED', 'RECYCLED'))",
    "pool_stay_exit_check": "pool_stay CHECK (exit IN ('CLAIMED', 'ASSIGNED', 'TRANSFERRED') AND left_at IS NOT NULL"
    " OR exit IS NULL AND left_at IS NULL)",
    "pool_policy_days_check": "pool_policy CHECK (recycle_days > 0 AND warn_days >= 0 AND most_owned >= 0"
    " AND claims_per_day >= 0 AND protect_days >= 0 AND most_protected >= 0 AND reclaim_days >= 0)",
    "pool_level_days_check": "pool_level CHECK (recycle_days > 0)",
}
NOTICES = ("HANDED_TO_YOU", "TAKEN_OVER", "SHARED_WITH_YOU", "ASSIGNED", "DELETED", "APPROVED", "REJECTED",
           "ESCALATED", "JOB_FAILED")
NEW_NOTICES = (*NOTICES, "RECYCLED_SOON", "RECYCLED")


def told(notices):
    listed = ", ".join(repr(each) for each in notices)
    return (
        "ALTER TABLE notification DROP CONSTRAINT notification_kind_check;"
        f" ALTER TABLE notification ADD CONSTRAINT notification_kind_check CHECK (kind IN ({listed}));"
    )


def added(name, what):
    table, _, test = what.partition(" ")
    return f"ALTER TABLE {table} ADD CONSTRAINT {name} {test};"


class Migration(migrations.Migration):
    dependencies = [("crm", "0014_jobs_that_were_given_up")]

    initial = False

    operations = [
        ops.CreateModel(
            name='PoolPolicy',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('created_by', fields.ForeignKeyField('crm.User', source_field='created_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('updated_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('updated_by', fields.ForeignKeyField('crm.User', source_field='updated_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('version', fields.IntField(default=1)),
                ('deleted_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('deleted_by', fields.ForeignKeyField('crm.User', source_field='deleted_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('recycle_days', fields.IntField(null=True)),
                ('warn_days', fields.IntField(default=3)),
                ('most_owned', fields.IntField(null=True)),
                ('claims_per_day', fields.IntField(null=True)),
                ('protect_days', fields.IntField(default=30)),
                ('most_protected', fields.IntField(default=20)),
                ('reclaim_days', fields.IntField(null=True)),
            ],
            options={'table': 'pool_policy', 'app': 'crm', 'pk_attr': 'id', 'table_description': '公海规则. There is one. Days and limits that are null do not hold.'},
            bases=['Record'],
        ),
        ops.CreateModel(
            name='PoolLevel',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('policy', fields.ForeignKeyField('crm.PoolPolicy', source_field='policy_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ('position', fields.IntField(default=0)),
                ('level', fields.ForeignKeyField('crm.DictionaryItem', source_field='level_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('recycle_days', fields.IntField(null=True)),
            ],
            options={'table': 'pool_level', 'app': 'crm', 'pk_attr': 'id', 'table_description': '级别回收天数. After how many days customers of one level are recycled, instead of the rule for all; null is never.'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='PoolStay',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('party', fields.ForeignKeyField('crm.Party', source_field='party_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.CASCADE)),
                ('entered_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('cause', fields.CharField(max_length=10)),
                ('reason', fields.TextField(null=True, unique=False)),
                ('former_owner', fields.ForeignKeyField('crm.User', source_field='former_owner_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('returned_by', fields.ForeignKeyField('crm.User', source_field='returned_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('left_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('exit', fields.CharField(null=True, max_length=11)),
                ('owner', fields.ForeignKeyField('crm.User', source_field='owner_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('handed_by', fields.ForeignKeyField('crm.User', source_field='handed_by_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
            ],
            options={'table': 'pool_stay', 'app': 'crm', 'pk_attr': 'id', 'table_description': '公海记录. One time that a customer lay in the pool; the open one has no end.'},
            bases=['Model'],
        ),
        ops.AddField(
            model_name='Party',
            name='owner_since',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Party',
            name='protected_until',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Party',
            name='recycle_warned_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.RunSQL(
            " ".join(
                [
                    *(f"CREATE INDEX {name} ON {what};" for name, what in INDEXES.items()),
                    *(f"CREATE UNIQUE INDEX {name} ON {what};" for name, what in UNIQUE.items()),
                    *(added(name, what) for name, what in CHECKS.items()),
                    told(NEW_NOTICES),
                ]
            ),
            " ".join(
                [
                    f"DELETE FROM notification WHERE kind NOT IN ({', '.join(repr(each) for each in NOTICES)});",
                    told(NOTICES),
                    *(f"ALTER TABLE {what.partition(' ')[0]} DROP CONSTRAINT {name};" for name, what in CHECKS.items()),
                    *(f"DROP INDEX {name};" for name in [*UNIQUE, *INDEXES]),
                ]
            ),
        ),
    ]
