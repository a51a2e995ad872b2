from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

# The latest event of a call, for whoever begins to listen while it goes on.
INDEX = "event_of_call ON event USING btree (record_id, seq) WHERE topic = 'incomingCalls' AND seq IS NOT NULL"
CHECK = "told_presence_state_check CHECK (state IN ('AVAILABLE', 'BUSY', 'WRAP_UP', 'AWAY', 'OFFLINE'))"


class Migration(migrations.Migration):
    dependencies = [("crm", "0009_jobs")]

    operations = [
        ops.RunSQL(f"CREATE INDEX {INDEX};", "DROP INDEX event_of_call;"),
        ops.CreateModel(
            name="ToldPresence",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                ("user", fields.ForeignKeyField("crm.User", source_field="user_id", db_constraint=True, to_field="id", related_name=False, on_delete=OnDelete.RESTRICT)),
                ("state", fields.CharField(max_length=10)),
                ("told_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={"table": "told_presence", "app": "crm", "unique_together": (("user_id",),), "pk_attr": "id", "table_description": "How an agent was found when that was last told (座席状态): news of presence is what differs from it."},
            bases=["Model"],
        ),
        ops.RunSQL(f"ALTER TABLE told_presence ADD CONSTRAINT {CHECK};", "ALTER TABLE told_presence DROP CONSTRAINT told_presence_state_check;"),
    ]
