from tortoise import fields, migrations
from tortoise.contrib.postgres.fields import TSVectorField
from tortoise.migrations import operations as ops

# Tokens by kind: of the kinds that there are many of each apart, so that a search reads no longer lists than it must (ADR 0051).
# Entries go into them at once: a list of those that wait would have to be read through by every search.
APART = {
    "parties": 20, "contacts": 21, "activities": 22, "calls": 26, "opportunities": 34, "deliveries": 60, "contracts": 100,
}
TOKENS = {f"search_entry_of_{name}": f"record_kind = {kind}" for name, kind in APART.items()}
TOKENS["search_entry_of_others"] = f"record_kind NOT IN ({', '.join(map(str, APART.values()))})"
INDEXES = {
    **{name: f"search_entry USING gin (tokens) WITH (fastupdate = off) WHERE {which}" for name, which in TOKENS.items()},
    # What a kind consists of, the newest last; what belongs to a party.
    "search_entry_by_kind": "search_entry USING btree (record_kind, record_id)",
    "search_entry_by_party": "search_entry USING btree (party_id, record_kind) WHERE party_id IS NOT NULL",
}


class Migration(migrations.Migration):
    dependencies = [("crm", "0019_custom_fields_and_segments")]

    operations = [
        ops.CreateModel(
            name="SearchEntry",
            fields=[
                ("record_id", fields.UUIDField(primary_key=True, unique=True, db_index=True)),
                ("record_kind", fields.SmallIntField()),
                ("party_id", fields.UUIDField(null=True)),
                ("format", fields.SmallIntField()),
                ("tokens", TSVectorField()),
            ],
            options={"table": "search_entry", "app": "crm", "pk_attr": "record_id", "table_description": "检索条目. The tokens of one record that is not deleted, kept by whatever writes the record, in the same transaction."},
            bases=["Model"],
        ),
        ops.RunSQL(
            " ".join(f"CREATE INDEX {name} ON {what};" for name, what in INDEXES.items()),
            " ".join(f"DROP INDEX {name};" for name in INDEXES),
        ),
    ]
