"""The migrated database is what the models say, to the last column, key, index and constraint.

Tortoise's migrations lose things without a word: constraints of a model when it is created, foreign keys to a model that comes
later, indexes of foreign keys. So nothing is taken on trust: the models are read, the database is read, and they are compared.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import pytest
from tortoise.context import get_current_context
from tortoise.fields.base import OnDelete
from tortoise.fields.relational import ForeignKeyFieldInstance, ManyToManyFieldInstance
from tortoise.indexes import Index
from tortoise.migrations.autodetector import MigrationAutodetector
from tortoise.migrations.constraints import CheckConstraint, UniqueConstraint
from tortoise.models import Model

from crm.rules.customers.sales_processes import PROCESSES
from crm.store.database import APP, Database, tortoise_config

DIALECT = "postgres"
ACTIONS = {OnDelete.RESTRICT: "r", OnDelete.CASCADE: "c", OnDelete.SET_NULL: "n", OnDelete.NO_ACTION: "a"}

CASCADES = {
    "ActivityParticipant.activity": "the people of an activity are part of it",
    "PhoneNumber.party": "a number is a value of its party",
    "PhoneNumber.contact": "a number is a value of its contact",
    "EmailAddress.party": "an address is a value of its party",
    "EmailAddress.contact": "an address is a value of its contact",
    "Address.party": "an address is a value of its party",
    "Address.contact": "an address is a value of its contact",
    "RoleGrant.role": "a role is its grants",
    "FieldGrant.role": "a role is its grants",
    "RecordTag.tag": "a mark means nothing without its tag",
    "CallCandidate.call": "whom a call rang is part of it",
    "CallMatch.call": "whom a call may be from is part of it",
    "CallMatch.party": "a match is a pointer and holds nothing else",
    "CallMatch.contact": "a match is a pointer and holds nothing else",
    "CallBack.call": "an entry is owed for its latest call, and goes with it",
    "CallEvent.call": "what is known of a call is part of it",
    "MergeItem.merge": "what a merge moved is part of it",
    "RingGroupNumber.ring_group": "a number is a value of its group",
    "RingGroupMember.ring_group": "a group is its members",
    **{
        f"{part}.{process.table}": "what hangs on a record of the sales process is part of it"
        for part in ("Stakeholder", "TeamMember", "ProcessTask", "Competition")
        for process in PROCESSES
    },
    "Stage.pipeline": "a pipeline is its stages",
    "StageChange.opportunity": "a history is part of its opportunity",
    "PoolLevel.policy": "the rules of levels are part of the rules",
    "PoolStay.party": "when it lay in the pool is part of a customer's history",
    "TerritoryRegion.territory": "the regions of a territory are part of it",
    "ChannelTask.marketing_task": "the part of a channel means nothing without its task",
    "SmsTemplateVariable.template": "a placeholder is part of its template",
    "SmsPart.message": "what the provider calls a message is part of it",
    "EmailMember.account": "who works with a mailbox is part of it",
    "EmailRule.account": "a rule is part of its mailbox",
    "EmailTemplateVariable.template": "a placeholder is part of its template",
    "EmailRecipient.message": "whom a message is to is part of it",
    "EmailAttachment.message": "what is attached to a message is part of it",
    "EmailSuggestion.message": "whom a message may be from is part of it",
    "EmailSuggestion.party": "a suggestion is a pointer and holds nothing else",
    "EmailSuggestion.contact": "a suggestion is a pointer and holds nothing else",
    "DeliveryLine.delivery": "a line is part of its document",
    "WorkingHours.work_calendar": "a calendar is its hours",
    "AnnouncementAudience.announcement": "whom an announcement is for is part of it",
    "AnnouncementReceipt.announcement": "who has seen it is part of it",
    "ScheduleAttendee.schedule_event": "who attends is part of the event",
    "ScheduleException.schedule_event": "an exception means nothing without its rule",
    "ReminderRule.schedule_event": "a reminder means nothing without its event",
    "ReminderSeries.schedule_event": "a reminder means nothing without its event",
    "Reminder.schedule_event": "a reminder means nothing without its event",
    "SegmentMember.segment": "a segment is its members",
    "SegmentUse.segment": "what a filter names is part of it",
}
"""`Model.key` → why its row goes with the row it points at. Everything else is RESTRICT."""

PEOPLE_KEYS = {
    "created_by", "updated_by", "deleted_by", "undone_by", "granted_by", "on_behalf_of", "our_signer", "approved_by",
    "changed_by",
    "closed_by",
}  # fmt: skip
"""Authors, whom nobody searches by; people are deactivated, never deleted, so no delete looks for them."""

OPTION_KEYS = {
    "level", "category", "source", "industry", "region", "credit_grade", "disposition", "lost_reason", "won_reason",
    "hold_reason", "type",
}  # fmt: skip
"""Options of dictionaries: never deleted either, and a list that is narrowed by one still walks the index of its order."""

TRAIL_KEYS = {"CallEvent.agent", "CallMatch.owner", "AnnouncementAudience.principal", "Comment.author", "ChannelTask.reported_by"}
"""People in trails, whom nobody searches by."""

UNINDEXED_KEYS = PEOPLE_KEYS | OPTION_KEYS

THEIRS = "procrastinate_"
"""Tables of the job queue: its schema, not ours, and without models (`tests/notify/test_job_schema.py`)."""


def models() -> list[type[Model]]:
    context = get_current_context()
    assert context
    assert context.apps
    return list(context.apps[APP].values())


def table(model: type[Model]) -> str:
    return str(model._meta.db_table)


def keys(model: type[Model]) -> list[tuple[str, ForeignKeyFieldInstance[Any]]]:
    """The foreign keys of a model by name."""
    found = [(name, model._meta.fields_map[name]) for name in sorted(model._meta.fk_fields | model._meta.o2o_fields)]
    return [(name, field) for name, field in found if isinstance(field, ForeignKeyFieldInstance)]


def columns_of(model: type[Model], names: Iterable[str]) -> list[str]:
    """Columns for field names; a foreign key's column for the key's."""
    found = []
    for name in names:
        field = model._meta.fields_map[name]
        found.append(field.source_field if isinstance(field, ForeignKeyFieldInstance) else model._meta.fields_db_projection[name])
    return [str(column) for column in found]


async def fetch(database: Database, sql: str, *arguments: object) -> list[Any]:
    async with database.connection() as connection:
        return list(await connection.fetch(sql, *arguments))


async def indexes(database: Database, model: type[Model]) -> list[dict[str, Any]]:
    """The indexes of a table with their columns in order; expressions are empty strings."""
    rows = await fetch(
        database,
        """
        SELECT c.relname AS name, i.indisunique AS unique, pg_get_indexdef(i.indexrelid) AS definition,
               ARRAY(SELECT coalesce(a.attname, '') FROM unnest(i.indkey) WITH ORDINALITY k(n, o)
                     LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.n AND k.n > 0
                     WHERE k.o <= i.indnkeyatts ORDER BY k.o) AS columns
        FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE i.indrelid = $1::regclass
        """,
        f'"{table(model)}"',
    )
    return [dict(row) for row in rows]


async def test_there_is_a_table_for_every_model_and_a_model_for_every_table(database: Database):
    rows = await fetch(database, "SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
    ours = {row["tablename"] for row in rows if not row["tablename"].startswith(THEIRS)}
    assert ours - {"tortoise_migrations"} == {table(model) for model in models()}
    assert not [
        field for model in models() for field in model._meta.fields_map.values() if isinstance(field, ManyToManyFieldInstance)
    ]


async def test_every_column_has_the_type_and_nullness_the_model_says(database: Database):
    shape = """
        SELECT attname, format_type(atttypid, atttypmod) AS type, attnotnull FROM pg_attribute
        WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped
    """
    async with database.connection() as connection:
        for model in models():
            meta = model._meta
            wanted = [
                (column, meta.fields_map[name].get_for_dialect(DIALECT, "SQL_TYPE"), meta.fields_map[name].null)
                for name, column in meta.fields_db_projection.items()
            ]
            # The server itself says what a type is called once it is in a table.
            body = ", ".join(
                f'"{column}" {re.sub("GENERATED.*", "", kind)} {"" if null else "NOT NULL"}' for column, kind, null in wanted
            )
            await connection.execute(f"CREATE TEMP TABLE probe ({body})")
            expected = {tuple(row) for row in await connection.fetch(shape, "probe")}
            await connection.execute("DROP TABLE probe")
            found = {tuple(row) for row in await connection.fetch(shape, f'"{table(model)}"')}
            assert found == expected, model.__name__


async def test_every_foreign_key_is_there_and_deletes_what_it_says(database: Database):
    rows = await fetch(
        database,
        """
        SELECT r.relname AS child, a.attname AS column, p.relname AS parent, k.confdeltype::text AS action
        FROM pg_constraint k JOIN pg_class r ON r.oid = k.conrelid JOIN pg_class p ON p.oid = k.confrelid
        JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
        WHERE k.contype = 'f' AND NOT starts_with(r.relname, $1)
        """,
        THEIRS,
    )
    found = {(row["child"], row["column"], row["parent"], row["action"]) for row in rows}
    expected = {
        (table(model), key.source_field, table(key.related_model), ACTIONS[key.on_delete])
        for model in models()
        for _, key in keys(model)
        if key.db_constraint
    }
    assert found == expected


async def test_only_what_is_listed_goes_with_its_parent(database: Database):
    cascading = {
        f"{model.__name__}.{name}" for model in models() for name, key in keys(model) if key.on_delete != OnDelete.RESTRICT
    }
    assert cascading == set(CASCADES)


async def test_every_foreign_key_leads_an_index(database: Database):
    missing = []
    for model in models():
        leading = {index["columns"][0] for index in await indexes(database, model)}
        names = [(name, str(key.source_field)) for name, key in keys(model) if name not in UNINDEXED_KEYS]
        missing += [f"{model.__name__}.{name}" for name, column in names if column not in leading]
    missing = [name for name in missing if name not in TRAIL_KEYS]
    assert missing == [], missing


async def test_every_index_of_a_model_is_there(database: Database):
    missing = []
    for model in models():
        found = [(index["columns"], index["unique"]) for index in await indexes(database, model)]
        meta = model._meta
        plain = [columns_of(model, declared) for declared in meta.indexes if not isinstance(declared, Index)]
        plain += [
            columns_of(model, declared.fields) for declared in meta.indexes if isinstance(declared, Index) and declared.fields
        ]
        plain += [
            columns_of(model, [name])
            for name, field in meta.fields_map.items()
            if field.index and name in meta.fields_db_projection
        ]
        unique = [columns_of(model, declared) for declared in meta.unique_together]
        unique += [
            columns_of(model, [name])
            for name, field in meta.fields_map.items()
            if field.unique and name in meta.fields_db_projection
        ]
        missing += [f"{model.__name__} {columns}" for columns in plain if columns not in [have for have, _ in found]]
        missing += [f"{model.__name__} unique {columns}" for columns in unique if (columns, True) not in found]
        names = {index["name"] for index in await indexes(database, model)}
        missing += [
            f"{model.__name__} {declared.name}"
            for declared in meta.indexes
            if isinstance(declared, Index) and declared.name and declared.name not in names
        ]
    assert missing == [], missing


async def test_every_constraint_of_a_model_is_there(database: Database):
    missing = []
    for model in models():
        rows = await fetch(database, "SELECT conname FROM pg_constraint WHERE conrelid = $1::regclass", f'"{table(model)}"')
        found = {row["conname"] for row in rows} | {index["name"] for index in await indexes(database, model)}
        for declared in getattr(model._meta, "constraints", ()):
            assert isinstance(declared, CheckConstraint | UniqueConstraint)
            assert declared.name, f"a constraint of {model.__name__} has no name"
            missing += [] if declared.name in found else [f"{model.__name__} {declared.name}"]
    assert missing == [], missing


async def test_names_fit_and_tell_tables_apart(database: Database):
    names = [
        row["relname"]
        for row in await fetch(database, "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace")
    ]
    assert [name for name in names if len(name.encode()) > 63] == []


async def test_the_migrations_are_complete(database: Database):
    context = get_current_context()
    assert context
    assert context.apps
    detector = MigrationAutodetector(context.apps, tortoise_config("postgresql://h/d")["apps"])
    changes = await detector.changes()
    assert [str(operation) for writer in changes for operation in writer.operations] == [], "run make migration NAME=what_changes"


@pytest.mark.parametrize("word", ["uuidv7", "pg_c_utf8", "gen_random_uuid"])
async def test_the_schema_asks_for_nothing_newer_than_postgresql_15(database: Database, word: str):
    rows = await fetch(
        database,
        "SELECT pg_get_expr(adbin, adrelid) AS text FROM pg_attrdef UNION ALL "
        "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
    )
    used = [row["text"] for row in rows if word in (row["text"] or "")]
    assert word == "gen_random_uuid" or used == []
