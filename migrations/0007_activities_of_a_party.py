from tortoise import migrations
from tortoise.migrations import operations as ops

# The orders in which screens page through what is planned with a customer and what was done (ADR 0025).
INDEXES = {
    "activity_by_party_planned": "activity (party_id, planned_at, id) WHERE deleted_at IS NULL",
    "activity_by_party_done": "activity (party_id, done_at, id) WHERE deleted_at IS NULL",
}


class Migration(migrations.Migration):
    dependencies = [("crm", "0006_add_cost_budget_to_role")]

    operations = [
        ops.RunSQL(
            " ".join(f"CREATE INDEX {name} ON {what.replace(' (', ' USING btree (', 1)};" for name, what in INDEXES.items()),
            " ".join(f"DROP INDEX {name};" for name in INDEXES),
        ),
    ]
