"""Reminders go out as messages too, also to contacts; quiet hours; feeds of calendars."""

from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

INDEXES = {
    "reminder_waiting": "reminder (next_try_at) WHERE state = 'QUEUED'",
    "reminder_of_contact": "reminder (contact_id, due_at, id) WHERE contact_id IS NOT NULL",
    "calendar_feed_of_user": "calendar_feed (user_id, created_at, id)",
}
UNIQUES = {
    "reminder_series_of_contacts": "reminder_series (schedule_event_id, channel, minutes_before) WHERE user_id IS NULL",
    "calendar_feed_by_token": "calendar_feed (token_hash)",
}
OLD_STATES, STATES = "'DUE', 'SNOOZED', 'DISMISSED'", "'DUE', 'SNOOZED', 'DISMISSED', 'QUEUED', 'SENT', 'FAILED'"
CHECKS = {
    ("user_account", "quiet"): "(quiet_from IS NULL) = (quiet_until IS NULL) AND quiet_from <> quiet_until",
    ("reminder_rule", "recipients"): "recipients IN ('STAFF', 'CONTACTS') AND (recipients = 'STAFF' OR channel <> 'POPUP')",
    ("reminder", "failure"): "(state = 'FAILED') = (failure IS NOT NULL)",
    ("reminder", "waiting"): "(state = 'QUEUED') = (next_try_at IS NOT NULL)",
}


def _forward() -> str:
    checks = [f"ALTER TABLE {table} ADD CONSTRAINT {table}_{name}_check CHECK ({rule});" for (table, name), rule in CHECKS.items()]
    uniques = [f"CREATE UNIQUE INDEX {name} ON {what};" for name, what in UNIQUES.items()]
    indexes = [f"CREATE INDEX {name} ON {what.replace(' (', ' USING btree (', 1)};" for name, what in INDEXES.items()]
    states = f"ALTER TABLE reminder DROP CONSTRAINT reminder_state_check, ADD CONSTRAINT reminder_state_check CHECK (state IN ({STATES}));"
    return "\n".join([states, *checks, *uniques, *indexes])


def _backward() -> str:
    indexes = [f"DROP INDEX {name};" for name in (*UNIQUES, *INDEXES)]
    checks = [f"ALTER TABLE {table} DROP CONSTRAINT {table}_{name}_check;" for table, name in CHECKS]
    # What went out as a message, or was to, was unknown before.
    gone = [
        "DELETE FROM reminder WHERE state IN ('QUEUED', 'SENT', 'FAILED');",
        "DELETE FROM reminder_series WHERE user_id IS NULL;",
        "DELETE FROM reminder_rule WHERE recipients = 'CONTACTS';",
    ]
    states = f"ALTER TABLE reminder DROP CONSTRAINT reminder_state_check, ADD CONSTRAINT reminder_state_check CHECK (state IN ({OLD_STATES}));"
    return "\n".join([*gone, *indexes, *checks, states])


def _user(null: bool) -> fields.Field:
    return fields.ForeignKeyField(
        "crm.User",
        source_field="user_id",
        null=null,
        db_constraint=True,
        to_field="id",
        related_name=False,
        on_delete=OnDelete.RESTRICT,
    )


class Migration(migrations.Migration):
    dependencies = [("crm", "0020_search")]

    initial = False

    operations = [
        ops.CreateModel(
            name="CalendarFeed",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("user", _user(null=False)),
                ("name", fields.CharField(max_length=100)),
                ("token_hash", fields.BinaryField()),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("last_used_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("revoked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "calendar_feed",
                "app": "crm",
                "pk_attr": "id",
                "table_description": "日历订阅. Only the SHA-256 of its token is stored: the address is told once, when the feed is made.",
            },
            bases=["Model"],
        ),
        ops.AddField(model_name="User", name="quiet_from", field=fields.CharField(null=True, max_length=5)),
        ops.AddField(model_name="User", name="quiet_until", field=fields.CharField(null=True, max_length=5)),
        ops.AddField(model_name="ReminderRule", name="recipients", field=fields.CharField(default="STAFF", max_length=10)),
        ops.AlterModelOptions(
            name="ReminderRule",
            options={
                "table": "reminder_rule",
                "app": "crm",
                "pk_attr": "id",
                "table_description": "How long before each occurrence people are reminded, by which channel, and whether our people or the contacts.",
            },
        ),
        ops.AlterField(model_name="ReminderSeries", name="user", field=_user(null=True)),
        ops.AddField(model_name="Reminder", name="address", field=fields.CharField(null=True, max_length=254)),
        ops.AddField(model_name="Reminder", name="attempts", field=fields.IntField(default=0)),
        ops.AddField(
            model_name="Reminder",
            name="contact",
            field=fields.ForeignKeyField(
                "crm.Contact",
                source_field="contact_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddField(model_name="Reminder", name="failure", field=fields.CharField(null=True, max_length=20)),
        ops.AddField(
            model_name="Reminder", name="next_try_at", field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)
        ),
        ops.AddField(model_name="Reminder", name="repeated", field=fields.BooleanField(default=False)),
        ops.AddField(
            model_name="Reminder", name="sending_since", field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)
        ),
        ops.AddField(
            model_name="Reminder", name="sent_at", field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)
        ),
        ops.RunSQL(_forward(), _backward()),
    ]
