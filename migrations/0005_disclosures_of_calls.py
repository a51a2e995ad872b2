from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.fields.base import OnDelete
from uuid import uuid4
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [("crm", "0004_rules_and_lists_of_calls")]

    initial = False

    operations = [
        ops.CreateModel(
            name='CallDisclosure',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('user', fields.ForeignKeyField('crm.User', source_field='user_id', db_constraint=True, to_field='id', related_name=False, on_delete=OnDelete.RESTRICT)),
                ('call_id', fields.UUIDField()),
                ('party_id', fields.UUIDField()),
                ('owner_id', fields.UUIDField(null=True)),
                ('withheld', fields.BooleanField(default=False)),
            ],
            options={'table': 'call_disclosure', 'app': 'crm', 'unique_together': (('call_id', 'user_id', 'party_id'),), 'indexes': [Index(fields=['user_id', 'at', 'id']), Index(fields=['at', 'id']), Index(fields=['party_id', 'at', 'id'])], 'pk_attr': 'id', 'table_description': '来电披露. Somebody whom a call rang was told that it may be from a party which they may not see, and who owns it.'},
            bases=['Model'],
        ),
    ]
