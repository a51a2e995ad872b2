"""What the models of calls, sales, announcements and the calendar cannot say: checks, partial uniques, an index for every list.

The same conventions as in 0002: names sort under "C", NULL counts as the largest value, one index serves both directions.
"""

from tortoise import migrations
from tortoise.migrations import operations as ops

COLLATIONS = """
ALTER TABLE ring_group ALTER COLUMN name_key TYPE varchar(400) COLLATE "C";
ALTER TABLE pipeline ALTER COLUMN name_key TYPE varchar(400) COLLATE "C";
"""

CHECKS = {
    ("call", "direction"): "direction IN ('INBOUND', 'OUTBOUND', 'INTERNAL')",
    ("call", "state"): "state IN ('RINGING', 'ANSWERED', 'HELD', 'TRANSFERRED', 'ENDED', 'MISSED', 'BUSY', 'FAILED', 'ABANDONED', 'LOST')",
    ("call", "claimed"): "(claimed_by_id IS NULL) = (claimed_at IS NULL)",
    ("call_match", "reason"): "reason IN ('EXACT_NUMBER', 'EXACT_EXTENSION', 'SAME_TAIL', 'RECENT_CALLER')",
    ("call_event", "signal"): "signal IN ('RINGING', 'ANSWERED', 'HELD', 'RESUMED', 'TRANSFERRED', 'ENDED', 'MISSED', 'LOST', 'CLAIMED', 'FILED')",
    ("ring_group", "seconds"): "ring_seconds BETWEEN 5 AND 3600",
    ("agent_presence", "chosen"): "chosen IN ('AVAILABLE', 'AWAY')",
    ("stage", "probability"): "probability BETWEEN 0 AND 100",
    ("opportunity", "status"): "status IN ('OPEN', 'WON', 'LOST', 'ON_HOLD')",
    ("opportunity", "amount"): "amount >= 0",
    ("opportunity", "probability"): "probability BETWEEN 0 AND 100",
    ("opportunity", "closed"): "(status IN ('WON', 'LOST')) = (closed_at IS NOT NULL)",
    ("stage_change", "stay"): "left_at IS NULL OR left_at >= entered_at",
    ("contract", "kind"): "kind IN ('SALES', 'PURCHASE', 'SERVICE', 'FRAMEWORK', 'OTHER')",
    ("contract", "status"): "status IN ('DRAFT', 'IN_REVIEW', 'APPROVED', 'SIGNED', 'ACTIVE', 'COMPLETED', 'REJECTED', 'TERMINATED', 'EXPIRED')",
    ("contract", "amount"): "amount >= 0",
    ("contract", "dates"): "starts_on IS NULL OR ends_on IS NULL OR ends_on >= starts_on",
    ("delivery", "status"): "status IN ('DRAFT', 'SHIPPED', 'DELIVERED', 'RETURNED', 'CANCELLED')",
    ("delivery", "freight"): "freight >= 0",
    ("delivery", "payer"): "freight_payer IN ('SENDER', 'RECIPIENT', 'THIRD_PARTY')",
    ("delivery_line", "quantity"): "quantity > 0",
    ("announcement", "status"): "status IN ('DRAFT', 'SCHEDULED', 'PUBLISHED', 'WITHDRAWN', 'EXPIRED')",
    ("announcement", "published"): "status NOT IN ('PUBLISHED', 'WITHDRAWN', 'EXPIRED') OR published_at IS NOT NULL",
    ("announcement_receipt", "confirmed"): "confirmed_at IS NULL OR read_at IS NOT NULL",
    ("schedule_event", "duration"): "duration_seconds BETWEEN 0 AND 31622400",
    ("schedule_attendee", "one"): "num_nonnulls(user_id, contact_id) = 1",
    ("schedule_attendee", "answer"): "answer IN ('PENDING', 'ACCEPTED', 'DECLINED', 'TENTATIVE')",
    ("schedule_exception", "moved"): "cancelled = (local_start IS NULL)",
    ("reminder_rule", "channel"): "channel IN ('POPUP', 'SMS', 'EMAIL')",
    ("reminder_rule", "minutes"): "minutes_before BETWEEN 0 AND 40320",
    ("reminder_series", "due"): "(due_at IS NULL) = (occurrence_at IS NULL)",
    ("reminder", "state"): "state IN ('DUE', 'SNOOZED', 'DISMISSED')",
    ("reminder", "snoozed"): "(state = 'SNOOZED') = (snoozed_until IS NOT NULL)",
    ("event_stream", "one_row"): "id = 1",
}  # fmt: skip

UNIQUES = {
    "ring_group_name": "ring_group (lower(name)) WHERE deleted_at IS NULL",
    "pipeline_name": "pipeline (lower(name)) WHERE deleted_at IS NULL",
    "stage_change_open": "stage_change (opportunity_id) WHERE left_at IS NULL",
    "event_by_seq": "event (seq) WHERE seq IS NOT NULL",
    "schedule_attendee_user": "schedule_attendee (schedule_event_id, user_id) WHERE user_id IS NOT NULL",
    "announcement_audience_of": "announcement_audience (announcement_id, principal_id)",
}

INDEXES = {
    "call_by_ringing": "call (ringing_at, id) WHERE deleted_at IS NULL",
    "call_by_created": "call (created_at, id) WHERE deleted_at IS NULL",
    "call_by_updated": "call (updated_at, id) WHERE deleted_at IS NULL",
    "call_by_party": "call (party_id, ringing_at, id)",
    "call_by_contact": "call (contact_id, ringing_at, id)",
    "call_by_owner": "call (owner_id, ringing_at, id)",
    "call_by_department": "call (department_id, ringing_at, id)",
    "call_by_number": "call (number_e164, ringing_at) WHERE number_e164 IS NOT NULL",
    "call_by_ring_group": "call (ring_group_id, ringing_at, id)",
    "call_by_activity": "call (activity_id, ringing_at, id) WHERE activity_id IS NOT NULL",
    "call_by_call_back": "call (call_back_id, ringing_at, id) WHERE call_back_id IS NOT NULL",
    "call_open": "call (claimed_by_id, ringing_at) WHERE state IN ('RINGING', 'ANSWERED', 'HELD', 'TRANSFERRED')",
    "call_unfiled": "call (claimed_by_id, ended_at) WHERE filed_at IS NULL AND ended_at IS NOT NULL",
    "call_deleted": "call (deleted_at, id) WHERE deleted_at IS NOT NULL",
    "call_candidate_of": "call_candidate (call_id, position)",
    "call_candidate_by_user": "call_candidate (user_id, call_id)",
    "call_match_of": "call_match (call_id, position)",
    "call_match_by_party": "call_match (party_id)",
    "call_match_by_contact": "call_match (contact_id) WHERE contact_id IS NOT NULL",
    "call_event_of": "call_event (call_id, at)",
    "ring_group_by_name": "ring_group (name_key, id) WHERE deleted_at IS NULL",
    "ring_group_by_created": "ring_group (created_at, id) WHERE deleted_at IS NULL",
    "ring_group_by_updated": "ring_group (updated_at, id) WHERE deleted_at IS NULL",
    "ring_group_deleted": "ring_group (deleted_at, id) WHERE deleted_at IS NOT NULL",
    "ring_group_number_of": "ring_group_number (ring_group_id, position)",
    "ring_group_number_by_number": "ring_group_number (number)",
    "ring_group_member_of": "ring_group_member (ring_group_id, position)",
    "ring_group_member_by_user": "ring_group_member (user_id)",
    "pipeline_by_position": "pipeline (position, id) WHERE deleted_at IS NULL",
    "pipeline_by_name": "pipeline (name_key, id) WHERE deleted_at IS NULL",
    "pipeline_by_created": "pipeline (created_at, id) WHERE deleted_at IS NULL",
    "pipeline_by_updated": "pipeline (updated_at, id) WHERE deleted_at IS NULL",
    "pipeline_deleted": "pipeline (deleted_at, id) WHERE deleted_at IS NOT NULL",
    "stage_of": "stage (pipeline_id, position)",
    "opportunity_by_party": "opportunity (party_id, updated_at, id)",
    "opportunity_by_contact": "opportunity (contact_id, updated_at, id)",
    "opportunity_by_stage": "opportunity (stage_id, updated_at, id)",
    "opportunity_by_pipeline": "opportunity (pipeline_id, status, updated_at, id)",
    "opportunity_by_owner": "opportunity (owner_id, updated_at, id)",
    "opportunity_by_department": "opportunity (department_id, updated_at, id)",
    "opportunity_by_updated": "opportunity (updated_at, id) WHERE deleted_at IS NULL",
    "opportunity_by_created": "opportunity (created_at, id) WHERE deleted_at IS NULL",
    "opportunity_by_amount": "opportunity (amount, id) WHERE deleted_at IS NULL",
    "opportunity_by_close": "opportunity (expected_close_on, id) WHERE deleted_at IS NULL",
    "opportunity_deleted": "opportunity (deleted_at, id) WHERE deleted_at IS NOT NULL",
    "stage_change_of": "stage_change (opportunity_id, entered_at, id)",
    "stage_change_by_stage": "stage_change (stage_id)",
    "contract_by_party": "contract (party_id, created_at, id)",
    "contract_by_contact": "contract (contact_id, created_at, id)",
    "contract_by_opportunity": "contract (opportunity_id, created_at, id)",
    "contract_by_owner": "contract (owner_id, created_at, id)",
    "contract_by_department": "contract (department_id, created_at, id)",
    "contract_by_created": "contract (created_at, id) WHERE deleted_at IS NULL",
    "contract_by_updated": "contract (updated_at, id) WHERE deleted_at IS NULL",
    "contract_by_signed": "contract (signed_on, id) WHERE deleted_at IS NULL",
    "contract_by_end": "contract (ends_on, id) WHERE deleted_at IS NULL",
    "contract_by_amount": "contract (amount, id) WHERE deleted_at IS NULL",
    "contract_deleted": "contract (deleted_at, id) WHERE deleted_at IS NOT NULL",
    "delivery_by_party": "delivery (party_id, created_at, id)",
    "delivery_by_contact": "delivery (contact_id, created_at, id)",
    "delivery_by_contract": "delivery (contract_id, created_at, id)",
    "delivery_by_owner": "delivery (owner_id, created_at, id)",
    "delivery_by_department": "delivery (department_id, created_at, id)",
    "delivery_by_created": "delivery (created_at, id) WHERE deleted_at IS NULL",
    "delivery_by_updated": "delivery (updated_at, id) WHERE deleted_at IS NULL",
    "delivery_by_shipped": "delivery (shipped_on, id) WHERE deleted_at IS NULL",
    "delivery_by_waybill": "delivery (waybill) WHERE waybill IS NOT NULL",
    "delivery_deleted": "delivery (deleted_at, id) WHERE deleted_at IS NOT NULL",
    "delivery_line_of": "delivery_line (delivery_id, position)",
    "announcement_by_created": "announcement (created_at, id) WHERE deleted_at IS NULL",
    "announcement_by_updated": "announcement (updated_at, id) WHERE deleted_at IS NULL",
    "announcement_by_published": "announcement (published_at, id) WHERE deleted_at IS NULL",
    "announcement_by_owner": "announcement (owner_id, created_at, id)",
    "announcement_by_department": "announcement (department_id, created_at, id)",
    "announcement_due": "announcement (publish_at) WHERE status = 'SCHEDULED'",
    "announcement_expiring": "announcement (expires_at) WHERE status = 'PUBLISHED' AND expires_at IS NOT NULL",
    "announcement_deleted": "announcement (deleted_at, id) WHERE deleted_at IS NOT NULL",
    "announcement_receipt_of": "announcement_receipt (announcement_id, read_at, id)",
    "announcement_receipt_by_user": "announcement_receipt (user_id, announcement_id)",
    "announcement_receipt_unread": "announcement_receipt (user_id) WHERE read_at IS NULL",
    "schedule_event_by_start": "schedule_event (starts_at, id) WHERE deleted_at IS NULL",
    "schedule_event_by_created": "schedule_event (created_at, id) WHERE deleted_at IS NULL",
    "schedule_event_by_updated": "schedule_event (updated_at, id) WHERE deleted_at IS NULL",
    "schedule_event_by_owner": "schedule_event (owner_id, last_ends_at, starts_at)",
    "schedule_event_by_department": "schedule_event (department_id, starts_at, id)",
    "schedule_event_by_activity": "schedule_event (activity_id, starts_at, id) WHERE activity_id IS NOT NULL",
    "schedule_event_by_contract": "schedule_event (contract_id, starts_at, id) WHERE contract_id IS NOT NULL",
    "schedule_event_by_party": "schedule_event (party_id, starts_at, id) WHERE party_id IS NOT NULL",
    "schedule_event_deleted": "schedule_event (deleted_at, id) WHERE deleted_at IS NOT NULL",
    "schedule_attendee_of": "schedule_attendee (schedule_event_id, position)",
    "schedule_attendee_by_user": "schedule_attendee (user_id, schedule_event_id)",
    "schedule_attendee_by_contact": "schedule_attendee (contact_id) WHERE contact_id IS NOT NULL",
    "schedule_exception_of": "schedule_exception (schedule_event_id, original_start)",
    "reminder_rule_of": "reminder_rule (schedule_event_id, position)",
    "reminder_series_due": "reminder_series (due_at) WHERE due_at IS NOT NULL",
    "reminder_series_by_user": "reminder_series (user_id)",
    "reminder_of_user": "reminder (user_id, due_at, id)",
    "reminder_of_event": "reminder (schedule_event_id)",
    "reminder_snoozed": "reminder (snoozed_until) WHERE state = 'SNOOZED'",
    "event_unstamped": "event (id) WHERE seq IS NULL",
    "event_of_topic": "event (topic, seq) WHERE seq IS NOT NULL",
    "event_by_age": "event (topic, recorded_at)",
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
    dependencies = [("crm", "0003_calls_sales_and_schedule")]

    operations = [ops.RunSQL(_forward(), _backward())]
