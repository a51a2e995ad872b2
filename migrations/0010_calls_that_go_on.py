from tortoise import migrations
from tortoise.migrations import operations as ops

# The latest event of a call, for whoever begins to listen while it goes on.
INDEX = "event_of_call ON event USING btree (record_id, seq) WHERE topic = 'incomingCalls' AND seq IS NOT NULL"


class Migration(migrations.Migration):
    dependencies = [("crm", "0007_activities_of_a_party")]

    operations = [ops.RunSQL(f"CREATE INDEX {INDEX};", "DROP INDEX event_of_call;")]
