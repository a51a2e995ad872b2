from pathlib import Path
from uuid import uuid4

from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.migrations import operations as ops

# Background jobs (ADR 0037): the tables they are taken from, which are procrastinate's, and the one that people see.
PROCRASTINATE = (Path(__file__).parent / "procrastinate_3_10_0.sql").read_text(encoding="utf-8")
TABLES = ("events", "periodic_defers", "jobs", "workers")
FUNCTIONS = (
    "defer_jobs_v1", "defer_periodic_job_v2", "fetch_job_v2", "finish_job_v1", "cancel_job_v1", "retry_job_v1", "retry_job_v2",
    "notify_queue_job_inserted_v1", "notify_queue_abort_job_v1", "trigger_function_status_events_insert_v1",
    "trigger_function_status_events_update_v1", "trigger_function_scheduled_events_v1",
    "trigger_abort_requested_events_procedure_v1", "unlink_periodic_defers_v1", "register_worker_v1", "unregister_worker_v1",
    "update_heartbeat_v1", "prune_stalled_workers_v1",
)
TYPES = ("job_to_defer_v1", "job_event_type", "job_status")


class Migration(migrations.Migration):
    dependencies = [("crm", "0008_notifications")]

    operations = [
        ops.RunSQL(
            PROCRASTINATE,
            # Functions that return a table's row go with the table.
            " ".join(
                [f"DROP TABLE procrastinate_{name} CASCADE;" for name in TABLES]
                + [f"DROP FUNCTION IF EXISTS procrastinate_{name};" for name in FUNCTIONS]
                + [f"DROP TYPE procrastinate_{name};" for name in TYPES]
            ),
        ),
        ops.CreateModel(
            name="Job",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("queue_id", fields.BigIntField()),
                ("name", fields.CharField(max_length=60)),
                ("state", fields.CharField(max_length=12)),
                ("attempts", fields.IntField(default=0)),
                ("most_attempts", fields.IntField()),
                ("starter", fields.ForeignKeyField("crm.User", source_field="starter_id", null=True, db_constraint=True, to_field="id", related_name=False, on_delete=OnDelete.RESTRICT)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("due_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("started_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("finished_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("reason", fields.CharField(null=True, max_length=200)),
                ("cancelling", fields.BooleanField(default=False)),
                ("phase", fields.CharField(null=True, max_length=60)),
                ("steps_done", fields.IntField(null=True)),
                ("steps_total", fields.IntField(null=True)),
            ],
            options={"table": "job", "app": "crm", "pk_attr": "id", "table_description": "后台任务. One row beside each of procrastinate's, written in the same transactions; it holds no arguments."},
            bases=["Model"],
        ),
        ops.RunSQL(
            """
            ALTER TABLE job ADD CONSTRAINT job_state_check CHECK (state IN ('WAITING', 'RUNNING', 'DONE', 'FAILED', 'CANCELLED'));
            ALTER TABLE job ADD CONSTRAINT job_attempts_check CHECK (attempts >= 0 AND most_attempts > 0);
            ALTER TABLE job ADD CONSTRAINT job_finished_check CHECK ((finished_at IS NULL) = (state IN ('WAITING', 'RUNNING')));
            CREATE UNIQUE INDEX job_by_queue_id ON job (queue_id);
            CREATE INDEX job_by_created ON job (created_at, id);
            CREATE INDEX job_by_state ON job (state, created_at, id);
            CREATE INDEX job_by_starter ON job (starter_id, created_at, id);
            CREATE INDEX job_by_finished ON job (finished_at) WHERE finished_at IS NOT NULL;
            """,
            """
            ALTER TABLE job DROP CONSTRAINT job_state_check, DROP CONSTRAINT job_attempts_check, DROP CONSTRAINT job_finished_check;
            DROP INDEX job_by_queue_id, job_by_created, job_by_state, job_by_starter, job_by_finished;
            """,
        ),
    ]
