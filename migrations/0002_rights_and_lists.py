"""What the models cannot say: checks, partial uniques, and an index for every list.

Names sort and search by `name_key`, whose collation is "C" whatever the database's is: no collation sorts Chinese here, pinyin does.
NULL counts as the largest value everywhere, so one index serves a list in both directions.
"""

from tortoise import migrations
from tortoise.migrations import operations as ops

COLLATIONS = """
ALTER TABLE party ALTER COLUMN name_key TYPE varchar(800) COLLATE "C";
ALTER TABLE contact ALTER COLUMN name_key TYPE varchar(400) COLLATE "C";
ALTER TABLE user_account ALTER COLUMN name_key TYPE varchar(400) COLLATE "C";
ALTER TABLE department ALTER COLUMN name_key TYPE varchar(400) COLLATE "C";
"""

CHECKS = {
    ("party", "type"): "type IN ('CUSTOMER', 'CHANNEL', 'SUPPLIER')",
    ("party", "lifecycle"): "lifecycle IN ('LEAD', 'PROSPECT', 'ACTIVE', 'DORMANT', 'LOST')",
    ("party", "credit_limit"): "credit_limit >= 0",
    ("activity", "kind"): "kind IN ('CALL', 'VISIT', 'MEETING', 'EMAIL', 'SMS', 'NOTE', 'TASK')",
    ("activity", "status"): "status IN ('PLANNED', 'DONE', 'CANCELLED')",
    ("activity", "done"): "(status = 'DONE') = (done_at IS NOT NULL)",
    ("activity_participant", "one"): "num_nonnulls(user_id, contact_id) = 1",
    ("phone_number", "one"): "num_nonnulls(party_id, contact_id) = 1",
    ("email_address", "one"): "num_nonnulls(party_id, contact_id) = 1",
    ("address", "one"): "num_nonnulls(party_id, contact_id) = 1",
    ("user_account", "kind"): "kind IN ('STAFF', 'CHANNEL')",
    ("user_account", "channel"): "(kind = 'CHANNEL') = (channel_id IS NOT NULL)",
    ("share", "access"): "access IN ('READ', 'EDIT')",
    ("share", "cause"): "cause IN ('MANUAL', 'RULE', 'TEAM', 'APPROVAL', 'INHERITED')",
    ("rights_epoch", "one_row"): "id = 1",
}

UNIQUES = {
    "user_account_username": "user_account (lower(username))",
    "user_account_extension": "user_account (extension) WHERE active AND extension IS NOT NULL",
    "role_name": "role (lower(name)) WHERE deleted_at IS NULL",
    "tag_name": "tag (lower(name)) WHERE deleted_at IS NULL",
    "dictionary_code": "dictionary (code) WHERE deleted_at IS NULL",
    "dictionary_item_code": "dictionary_item (dictionary_id, code) WHERE deleted_at IS NULL",
    "session_token": "session (token_hash)",
}

# One for every order of every list, for every edge, and for finding what a viewer owns.
INDEXES = {
    "party_by_updated": "party (type, updated_at, id) WHERE deleted_at IS NULL",
    "party_by_created": "party (type, created_at, id) WHERE deleted_at IS NULL",
    "party_by_name": "party (type, name_key, id) WHERE deleted_at IS NULL",
    "party_by_written_name": "party (type, name varchar_pattern_ops) WHERE deleted_at IS NULL",
    "party_by_last_contact": "party (type, last_contact_at, id) WHERE deleted_at IS NULL",
    "party_by_next_contact": "party (type, next_contact_at, id) WHERE deleted_at IS NULL",
    "party_by_owner": "party (owner_id, updated_at, id)",
    "party_by_department": "party (department_id, updated_at, id)",
    "party_by_parent": "party (parent_id, updated_at, id) WHERE parent_id IS NOT NULL",
    "party_by_credit_code": "party (credit_code) WHERE credit_code IS NOT NULL",
    "party_by_normalised_name": "party (normalised_name)",
    "party_deleted": "party (type, deleted_at, id) WHERE deleted_at IS NOT NULL",
    "contact_by_party": "contact (party_id, name_key, id)",
    "contact_by_party_updated": "contact (party_id, updated_at, id)",
    "contact_by_name": "contact (name_key, id) WHERE deleted_at IS NULL",
    "contact_by_written_name": "contact (name varchar_pattern_ops) WHERE deleted_at IS NULL",
    "contact_by_updated": "contact (updated_at, id) WHERE deleted_at IS NULL",
    "contact_by_created": "contact (created_at, id) WHERE deleted_at IS NULL",
    "contact_by_owner": "contact (owner_id)",
    "contact_by_department": "contact (department_id)",
    "contact_deleted": "contact (deleted_at, id) WHERE deleted_at IS NOT NULL",
    "activity_by_party": "activity (party_id, created_at, id)",
    "activity_by_contact": "activity (contact_id, created_at, id)",
    "activity_by_created": "activity (created_at, id) WHERE deleted_at IS NULL",
    "activity_by_updated": "activity (updated_at, id) WHERE deleted_at IS NULL",
    "activity_by_planned": "activity (planned_at, id) WHERE deleted_at IS NULL",
    "activity_by_done": "activity (done_at, id) WHERE deleted_at IS NULL",
    "activity_by_owner": "activity (owner_id, planned_at, id)",
    "activity_by_department": "activity (department_id)",
    "activity_deleted": "activity (deleted_at, id) WHERE deleted_at IS NOT NULL",
    "activity_participant_of": "activity_participant (activity_id, position)",
    "activity_participant_by_contact": "activity_participant (contact_id)",
    "activity_participant_by_user": "activity_participant (user_id)",
    "phone_number_of_party": "phone_number (party_id, position)",
    "phone_number_of_contact": "phone_number (contact_id, position)",
    "phone_number_by_e164": "phone_number (e164)",
    "phone_number_by_tail": "phone_number (tail)",
    "email_address_of_party": "email_address (party_id, position)",
    "email_address_of_contact": "email_address (contact_id, position)",
    "email_address_by_address": "email_address (lower(address))",
    "address_of_party": "address (party_id, position)",
    "address_of_contact": "address (contact_id, position)",
    "share_of_record": "share (record_id, created_at, id)",
    "change_by_kind": "change (record_kind, at, id)",
    "session_of_user": "session (user_id, created_at, id)",
    "user_by_name": "user_account (name_key, id)",
    "user_by_department": "user_account (department_id, name_key, id)",
    "user_by_manager": "user_account (manager_id, name_key, id)",
    "user_by_channel": "user_account (channel_id) WHERE channel_id IS NOT NULL",
    "department_by_head": "department (head_id)",
    "department_by_parent": "department (parent_id, name_key, id)",
    "reporting_by_subordinate": "reporting_closure (subordinate_id)",
    "department_by_descendant": "department_closure (descendant_id)",
    "dictionary_item_of": "dictionary_item (dictionary_id, position, id)",
    "dictionary_item_by_parent": "dictionary_item (parent_id, position, id)",
}


def _forward() -> str:
    checks = [f"ALTER TABLE {table} ADD CONSTRAINT {table}_{name}_check CHECK ({rule});" for (table, name), rule in CHECKS.items()]
    uniques = [f"CREATE UNIQUE INDEX {name} ON {what};" for name, what in UNIQUES.items()]
    indexes = [f"CREATE INDEX {name} ON {what.replace(' (', ' USING btree (', 1)};" for name, what in INDEXES.items()]
    return "\n".join([COLLATIONS, *checks, *uniques, *indexes])


def _backward() -> str:
    indexes = [f"DROP INDEX {name};" for name in (*UNIQUES, *INDEXES)]
    return "\n".join([*indexes, *(f"ALTER TABLE {table} DROP CONSTRAINT {table}_{name}_check;" for table, name in CHECKS)])


class Migration(migrations.Migration):
    dependencies = [("crm", "0001_initial")]

    operations = [ops.RunSQL(_forward(), _backward())]
