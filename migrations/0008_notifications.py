from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

# Orders of the list: one's own, its unread part, and of all, by which old ones are found; then edges.
INDEXES = {
    "notification_of_user": "notification (user_id, created_at, id)",
    "notification_unread": "notification (user_id, created_at, id) WHERE read_at IS NULL",
    "notification_by_created": "notification (created_at, id)",
    "notification_by_actor": "notification (actor_id)",
}
NOTICES = ("HANDED_TO_YOU", "TAKEN_OVER", "SHARED_WITH_YOU", "ASSIGNED", "DELETED", "APPROVED", "REJECTED")
CHECK = f"CHECK (kind IN ({', '.join(repr(each) for each in NOTICES)}))"


class Migration(migrations.Migration):
    dependencies = [("crm", "0007_activities_of_a_party")]

    initial = False

    operations = [
        ops.CreateModel(
            name='Notification',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('user', fields.ForeignKeyField('crm.User', source_field='user_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('kind', fields.CharField(max_length=20)),
                ('record_id', fields.UUIDField()),
                ('record_kind', fields.SmallIntField()),
                ('actor', fields.ForeignKeyField('crm.User', source_field='actor_id', null=True, db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('read_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'notification', 'app': 'crm', 'pk_attr': 'id', 'table_description': '通知. The record is named by its id alone: whether it may be seen, and what it is called, is asked when it is shown.'},
            bases=['Model'],
        ),
        ops.RunSQL(
            " ".join(
                [
                    *(f"CREATE INDEX {name} ON {what.replace(' (', ' USING btree (', 1)};" for name, what in INDEXES.items()),
                    f"ALTER TABLE notification ADD CONSTRAINT notification_kind_check {CHECK};",
                ]
            ),
            " ".join(
                [
                    "ALTER TABLE notification DROP CONSTRAINT notification_kind_check;",
                    *(f"DROP INDEX {name};" for name in INDEXES),
                ]
            ),
        ),
    ]
