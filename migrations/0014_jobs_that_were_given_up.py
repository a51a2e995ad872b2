from tortoise import migrations
from tortoise.migrations import operations as ops

BEFORE = ("HANDED_TO_YOU", "TAKEN_OVER", "SHARED_WITH_YOU", "ASSIGNED", "DELETED", "APPROVED", "REJECTED", "ESCALATED")
NOTICES = (*BEFORE, "JOB_FAILED")


def check(notices: tuple[str, ...]) -> str:
    listed = ", ".join(repr(each) for each in notices)
    return f"""
    ALTER TABLE notification DROP CONSTRAINT notification_kind_check;
    ALTER TABLE notification ADD CONSTRAINT notification_kind_check CHECK (kind IN ({listed}));
    """


class Migration(migrations.Migration):
    dependencies = [("crm", "0013_projects_maintenance_and_service")]

    operations = [
        ops.RunSQL(check(NOTICES), "DELETE FROM notification WHERE kind = 'JOB_FAILED';" + check(BEFORE)),
    ]
