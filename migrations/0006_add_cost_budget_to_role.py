"""What one operation of a role's members may cost."""

from tortoise import fields, migrations
from tortoise.migrations import operations as ops


class Migration(migrations.Migration):
    dependencies = [("crm", "0005_disclosures_of_calls")]

    operations = [
        ops.AddField(model_name="Role", name="cost_budget", field=fields.IntField(null=True)),
        ops.RunSQL(
            "ALTER TABLE role ADD CONSTRAINT role_cost_budget_check CHECK (cost_budget BETWEEN 1000 AND 1000000000);",
            "ALTER TABLE role DROP CONSTRAINT role_cost_budget_check;",
        ),
    ]
