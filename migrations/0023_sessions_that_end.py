from tortoise import migrations
from tortoise.migrations import operations as ops

# Which sessions have just ended is asked twice a second, and which ended long ago by the purge.
INDEX = "session_by_end"


class Migration(migrations.Migration):
    dependencies = [("crm", "0022_sms")]

    operations = [
        ops.RunSQL(f"CREATE INDEX {INDEX} ON session (least(expires_at, revoked_at));", f"DROP INDEX {INDEX};"),
    ]
