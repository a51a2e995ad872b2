"""Activities are about records and follow from one another; calls know how long they took; the block list; the call-back list."""

from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

INDEXES = {
    "activity_by_previous": "activity (previous_id, created_at, id) WHERE previous_id IS NOT NULL",
    "activity_by_opportunity": "activity (opportunity_id, created_at, id) WHERE opportunity_id IS NOT NULL",
    "activity_by_contract": "activity (contract_id, created_at, id) WHERE contract_id IS NOT NULL",
    "activity_by_delivery": "activity (delivery_id, created_at, id) WHERE delivery_id IS NOT NULL",
    "activity_by_project": "activity (project_id, created_at, id) WHERE project_id IS NOT NULL",
    "activity_by_maintenance": "activity (maintenance_id, created_at, id) WHERE maintenance_id IS NOT NULL",
    "activity_by_service_case": "activity (service_case_id, created_at, id) WHERE service_case_id IS NOT NULL",
    "activity_by_outcome": "activity (outcome_option_id) WHERE outcome_option_id IS NOT NULL",
    "activity_by_owner_done": "activity (owner_id, done_at, id) WHERE done_at IS NOT NULL",
    "call_by_talk": "call (talk_seconds, id)",
    "call_by_line": "call (line, ringing_at, id) WHERE line IS NOT NULL",
    "call_by_holder": "call (claimed_by_id, ringing_at, id) WHERE claimed_by_id IS NOT NULL",
    "call_by_disposition": "call (disposition_id, ringing_at, id) WHERE disposition_id IS NOT NULL",
    "call_by_entry": "call (call_back_entry_id, ringing_at, id) WHERE call_back_entry_id IS NOT NULL",
    "blocked_number_by_pattern": "blocked_number (pattern) WHERE deleted_at IS NULL",
    "blocked_number_by_created": "blocked_number (created_at, id) WHERE deleted_at IS NULL",
    "blocked_number_by_updated": "blocked_number (updated_at, id) WHERE deleted_at IS NULL",
    "blocked_number_deleted": "blocked_number (deleted_at, id) WHERE deleted_at IS NOT NULL",
    "call_back_by_last": "call_back (last_missed_at, id)",
    "call_back_by_due": "call_back (due_at, id)",
    "call_back_waiting": "call_back (last_missed_at, id) WHERE status IN ('OPEN', 'CLAIMED')",
    "call_back_by_call": "call_back (call_id)",
    "call_back_by_answer": "call_back (answer_id) WHERE answer_id IS NOT NULL",
    "call_back_by_claimer": "call_back (claimed_by_id, last_missed_at, id) WHERE claimed_by_id IS NOT NULL",
}
UNIQUES = {
    "blocked_number_once": "blocked_number (match, coalesce(pattern, '')) WHERE deleted_at IS NULL",
    "call_back_open": "call_back (number_key) WHERE status IN ('OPEN', 'CLAIMED')",
    "call_back_of_task": "call_back (activity_id)",
}
CHECKS = {
    ("activity", "link"): "num_nonnulls(opportunity_id, contract_id, delivery_id, project_id, maintenance_id,"
    " service_case_id) <= 1",
    ("activity", "previous"): "previous_id <> id",
    ("call", "seconds"): "ring_seconds >= 0 AND talk_seconds >= 0",
    ("blocked_number", "match"): "match IN ('NUMBER', 'PREFIX', 'WITHHELD')",
    ("blocked_number", "pattern"): "(match = 'WITHHELD') = (pattern IS NULL)",
    ("blocked_number", "direction"): "direction IN ('INBOUND', 'OUTBOUND')",
    ("call_back", "status"): "status IN ('OPEN', 'CLAIMED', 'DONE', 'CANCELLED')",
    ("call_back", "claimed"): "status <> 'CLAIMED' OR claimed_by_id IS NOT NULL",
    ("call_back", "closed"): "(status IN ('DONE', 'CANCELLED')) = (closed_at IS NOT NULL)",
    ("call_back", "count"): "missed_count > 0",
}

SECONDS = """
UPDATE call SET ring_seconds = greatest(0, extract(epoch FROM coalesce(answered_at, ended_at) - ringing_at))::int,
    talk_seconds = CASE WHEN ended_at >= answered_at THEN extract(epoch FROM ended_at - answered_at)::int
                        WHEN ended_at < answered_at THEN 0 END
WHERE coalesce(answered_at, ended_at) IS NOT NULL;
"""

# The tasks of calling back that are still to be done begin the list. An id says its instant and its kind, 74.
ENTRIES = """
INSERT INTO call_back (id, created_at, number_key, call_id, activity_id, status, missed_count, first_missed_at, last_missed_at, due_at)
SELECT DISTINCT ON (k.key) (lpad(to_hex((extract(epoch FROM k.last) * 1000)::bigint), 12, '0') || '804a8'
        || substr(md5(k.activity_id::text), 1, 15))::uuid,
    k.last, k.key, k.call_id, k.activity_id, 'OPEN', k.n, k.first, k.last, k.last + interval '1 hour'
FROM (SELECT coalesce(c.number_e164, c.number_display) AS key, a.id AS activity_id, count(*) AS n, min(c.ringing_at) AS first,
          max(c.ringing_at) AS last, (array_agg(c.id ORDER BY c.ringing_at DESC))[1] AS call_id
      FROM call c JOIN activity a ON a.id = c.call_back_id WHERE a.status = 'PLANNED' AND a.deleted_at IS NULL
      GROUP BY 1, 2) k
WHERE k.key IS NOT NULL ORDER BY k.key, k.last DESC
ON CONFLICT DO NOTHING;
UPDATE call SET call_back_entry_id = b.id FROM call_back b WHERE b.activity_id = call.call_back_id;
"""


def _forward() -> str:
    checks = [
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_{name}_check CHECK ({rule});" for (table, name), rule in CHECKS.items()
    ]
    uniques = [f"CREATE UNIQUE INDEX {name} ON {what};" for name, what in UNIQUES.items()]
    indexes = [f"CREATE INDEX {name} ON {what.replace(' (', ' USING btree (', 1)};" for name, what in INDEXES.items()]
    return "\n".join([SECONDS, *checks, *uniques, *indexes, ENTRIES])


def _backward() -> str:
    indexes = [f"DROP INDEX {name};" for name in (*UNIQUES, *INDEXES)]
    checks = [f"ALTER TABLE {table} DROP CONSTRAINT {table}_{name}_check;" for table, name in CHECKS]
    return "\n".join(["UPDATE call SET call_back_entry_id = NULL;", *indexes, *checks])


class Migration(migrations.Migration):
    dependencies = [("crm", "0017_channels")]

    initial = False

    operations = [
        ops.CreateModel(
            name="BlockedNumber",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "created_by",
                    fields.ForeignKeyField(
                        "crm.User",
                        source_field="created_by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("updated_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "updated_by",
                    fields.ForeignKeyField(
                        "crm.User",
                        source_field="updated_by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("version", fields.IntField(default=1)),
                ("deleted_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                (
                    "deleted_by",
                    fields.ForeignKeyField(
                        "crm.User",
                        source_field="deleted_by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("match", fields.CharField(max_length=10)),
                ("number", fields.CharField(null=True, max_length=64)),
                ("pattern", fields.CharField(null=True, max_length=24)),
                ("direction", fields.CharField(null=True, max_length=10)),
                ("reason", fields.CharField(null=True, max_length=200)),
                ("until", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "blocked_number",
                "app": "crm",
                "pk_attr": "id",
                "table_description": "黑名单号码. One number, all numbers that begin alike, or all that are withheld.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="CallBack",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("number_key", fields.CharField(max_length=64)),
                (
                    "call",
                    fields.ForeignKeyField(
                        "crm.Call",
                        source_field="call_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                (
                    "activity",
                    fields.ForeignKeyField(
                        "crm.Activity",
                        source_field="activity_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("status", fields.CharField(max_length=10)),
                ("missed_count", fields.IntField(default=1)),
                ("first_missed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("last_missed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("due_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "claimed_by",
                    fields.ForeignKeyField(
                        "crm.User",
                        source_field="claimed_by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("claimed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("closed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                (
                    "closed_by",
                    fields.ForeignKeyField(
                        "crm.User",
                        source_field="closed_by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                (
                    "answer",
                    fields.ForeignKeyField(
                        "crm.Call",
                        source_field="answer_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("note", fields.TextField(null=True, unique=False)),
            ],
            options={
                "table": "call_back",
                "app": "crm",
                "pk_attr": "id",
                "table_description": "回电. One number that is owed a call, however often it rang.",
            },
            bases=["Model"],
        ),
        ops.AddField(
            model_name="Activity",
            name="contract",
            field=fields.ForeignKeyField(
                "crm.Contract",
                source_field="contract_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddField(
            model_name="Activity",
            name="delivery",
            field=fields.ForeignKeyField(
                "crm.Delivery",
                source_field="delivery_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddField(
            model_name="Activity",
            name="project",
            field=fields.ForeignKeyField(
                "crm.Project",
                source_field="project_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddField(
            model_name="Activity",
            name="maintenance",
            field=fields.ForeignKeyField(
                "crm.Maintenance",
                source_field="maintenance_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddField(
            model_name="Activity",
            name="service_case",
            field=fields.ForeignKeyField(
                "crm.ServiceCase",
                source_field="service_case_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddField(
            model_name="Activity",
            name="opportunity",
            field=fields.ForeignKeyField(
                "crm.Opportunity",
                source_field="opportunity_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddField(
            model_name="Activity",
            name="outcome_option",
            field=fields.ForeignKeyField(
                "crm.DictionaryItem",
                source_field="outcome_option_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddField(
            model_name="Activity",
            name="previous",
            field=fields.ForeignKeyField(
                "crm.Activity",
                source_field="previous_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddField(
            model_name="Call",
            name="blocked",
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name="Call",
            name="call_back_entry",
            field=fields.ForeignKeyField(
                "crm.CallBack",
                source_field="call_back_entry_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddField(
            model_name="Call",
            name="ring_seconds",
            field=fields.IntField(null=True),
        ),
        ops.AddField(
            model_name="Call",
            name="talk_seconds",
            field=fields.IntField(null=True),
        ),
        ops.RunSQL(_forward(), _backward()),
    ]
