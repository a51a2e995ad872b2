from uuid import uuid4

from orjson import loads
from tortoise import fields, migrations
from tortoise.fields.base import OnDelete
from tortoise.fields.data import JSON_DUMPS
from tortoise.indexes import Index
from tortoise.migrations import operations as ops

# The list of merges, the merges of one record, what is due to be forgotten; rows that were merged into a row; edges.
INDEXES = {
    "party_merged_into": "party (merged_into_id) WHERE merged_into_id IS NOT NULL",
    "contact_merged_into": "contact (merged_into_id) WHERE merged_into_id IS NOT NULL",
    "duplicate_policy_by_created": "duplicate_policy (created_at, id)",
    "duplicate_policy_by_updated": "duplicate_policy (updated_at, id)",
    "merge_by_at": "merge (at, id)",
    "merge_of_record": "merge (record_id, at, id)",
    "merge_of_merged": "merge (merged_id)",
    "merge_by_expiry": "merge (expires_at)",
    "merge_by_actor": "merge (actor_id)",
    "merge_item_of": "merge_item (merge_id, place)",
}
ACTIONS = "('BLOCK', 'WARN', 'ALLOW')"
CHECKS = {
    ("party", "merged"): "merged_into_id IS NULL OR (deleted_at IS NOT NULL AND merged_into_id <> id)",
    ("contact", "merged"): "merged_into_id IS NULL OR (deleted_at IS NOT NULL AND merged_into_id <> id)",
    ("duplicate_policy", "subject"): "subject IN ('PARTY', 'CONTACT')",
    ("duplicate_policy", "entry_point"): "entry_point IN ('FORM', 'IMPORT', 'TELEPHONY', 'OTHER')",
    ("duplicate_policy", "actions"): " AND ".join(
        f"{column} IN {ACTIONS}" for column in ("name", "credit_code", "phone", "email")
    ),
    ("duplicate_policy", "people"): "subject = 'PARTY' OR credit_code = 'ALLOW'",
    ("merge", "undone"): "(undone_by_id IS NULL) OR (undone_at IS NOT NULL)",
}


def _forward() -> str:
    checks = [
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_{name}_check CHECK ({rule});" for (table, name), rule in CHECKS.items()
    ]
    return " ".join(
        [*checks, *(f"CREATE INDEX {name} ON {what.replace(' (', ' USING btree (', 1)};" for name, what in INDEXES.items())]
    )


def _backward() -> str:
    checks = [f"ALTER TABLE {table} DROP CONSTRAINT {table}_{name}_check;" for table, name in CHECKS]
    return " ".join([*(f"DROP INDEX {name};" for name in INDEXES), *checks])


class Migration(migrations.Migration):
    dependencies = [("crm", "0015_public_pool")]

    initial = False

    operations = [
        ops.CreateModel(
            name="DuplicateDisclosure",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "user",
                    fields.ForeignKeyField(
                        "crm.User",
                        source_field="user_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("record_id", fields.UUIDField()),
                ("record_kind", fields.SmallIntField()),
                ("owner_id", fields.UUIDField(null=True)),
                ("withheld", fields.BooleanField(default=False)),
            ],
            options={
                "table": "duplicate_disclosure",
                "app": "crm",
                "indexes": [
                    Index(fields=["user_id", "at", "id"]),
                    Index(fields=["at", "id"]),
                    Index(fields=["record_id", "at", "id"]),
                ],
                "pk_attr": "id",
                "table_description": "查重披露. Somebody who looked for duplicates, or made one, was told of a record that they may not see, and who owns it.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="DuplicatePolicy",
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
                ("subject", fields.CharField(max_length=10)),
                ("entry_point", fields.CharField(max_length=10)),
                ("name", fields.CharField(max_length=10)),
                ("credit_code", fields.CharField(max_length=10)),
                ("phone", fields.CharField(max_length=10)),
                ("email", fields.CharField(max_length=10)),
            ],
            options={
                "table": "duplicate_policy",
                "app": "crm",
                "unique_together": (("subject", "entry_point"),),
                "pk_attr": "id",
                "table_description": "查重策略. What is done about a record that comes in by one way and is the same in something as another.",
            },
            bases=["Record"],
        ),
        ops.CreateModel(
            name="Merge",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "actor",
                    fields.ForeignKeyField(
                        "crm.User",
                        source_field="actor_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("record_id", fields.UUIDField()),
                ("record_kind", fields.SmallIntField()),
                ("merged_id", fields.UUIDField()),
                ("merged_name", fields.CharField(max_length=200)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("undone_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                (
                    "undone_by",
                    fields.ForeignKeyField(
                        "crm.User",
                        source_field="undone_by_id",
                        null=True,
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.RESTRICT,
                    ),
                ),
                ("kept", fields.JSONField(encoder=JSON_DUMPS, decoder=loads)),
            ],
            options={
                "table": "merge",
                "app": "crm",
                "pk_attr": "id",
                "table_description": "合并记录. `record_id` is the survivor, `merged_id` the record that it stands for since.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="MergeItem",
            fields=[
                ("id", fields.BigIntField(generated=True, primary_key=True, unique=True, db_index=True)),
                (
                    "merge",
                    fields.ForeignKeyField(
                        "crm.Merge",
                        source_field="merge_id",
                        db_constraint=True,
                        to_field="id",
                        related_name=False,
                        on_delete=OnDelete.CASCADE,
                    ),
                ),
                ("place", fields.CharField(max_length=100)),
                ("row_key", fields.CharField(max_length=40)),
                ("version", fields.IntField(null=True)),
                ("dropped", fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
            ],
            options={
                "table": "merge_item",
                "app": "crm",
                "pk_attr": "id",
                "table_description": "One row that a merge gave another record to name: in which table and column (`place`), with which version it left it.",
            },
            bases=["Model"],
        ),
        ops.AlterModelOptions(
            name="Contact",
            options={
                "table": "contact",
                "app": "crm",
                "pk_attr": "id",
                "table_description": "联系人. A person at a customer, channel or supplier. `merged_into` as of a party.",
            },
        ),
        ops.AddField(
            model_name="Contact",
            name="merged_into",
            field=fields.ForeignKeyField(
                "crm.Contact",
                source_field="merged_into_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.AddField(
            model_name="Party",
            name="merged_into",
            field=fields.ForeignKeyField(
                "crm.Party",
                source_field="merged_into_id",
                null=True,
                db_constraint=True,
                to_field="id",
                related_name=False,
                on_delete=OnDelete.RESTRICT,
            ),
        ),
        ops.RunSQL(_forward(), _backward()),
    ]
