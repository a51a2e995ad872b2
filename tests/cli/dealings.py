"""What must hold of the sales and calls in every database that was filled in bulk, told by the product's own rules."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise
from typing import Any
from uuid import UUID

from tests.cli.filled import rows, value

from crm.rules.customers.call_states import OPEN, CallEvent, CallFacts, CallState, Signal, folded
from crm.rules.customers.opportunity_weight import weighted_amount
from crm.store.database import Database

Row = Mapping[str, Any]


async def check_opportunities(database: Database) -> None:
    """Weighted by the rule; every stay begins where the one before ended, and only what is not closed is still in a stage."""
    stays: dict[UUID, list[Row]] = defaultdict(list)
    for stay in await rows(database, "SELECT * FROM stage_change ORDER BY opportunity_id, entered_at, left_at"):
        stays[stay["opportunity_id"]].append(stay)
    stages = {row["id"]: row for row in await rows(database, "SELECT * FROM stage")}
    for row in await rows(database, "SELECT * FROM opportunity"):
        assert row["weighted_amount"] == weighted_amount(row["amount"], row["probability"], row["currency"])
        assert (row["closed_at"] is not None) == (row["status"] in ("WON", "LOST"))
        for reason, status in (("lost_reason_id", "LOST"), ("won_reason_id", "WON"), ("hold_reason_id", "ON_HOLD")):
            assert (row[reason] is not None) == (row["status"] == status)
        stage, history = stages[row["stage_id"]], stays[row["id"]]
        assert (stage["pipeline_id"], stage["probability"]) == (row["pipeline_id"], row["probability"])
        assert [stages[stay["stage_id"]]["position"] for stay in history] == list(range(len(history)))
        assert all(stay["left_at"] == following["entered_at"] for stay, following in pairwise(history))
        first, last = history[0], history[-1]
        assert (first["entered_at"], last["stage_id"], last["left_at"]) == (row["created_at"], row["stage_id"], row["closed_at"])
        assert all(stay["amount"] == row["amount"] for stay in history)


async def check_processes(database: Database) -> None:
    """Stakeholders are of the party, tasks are for the owner and the team, and a team has its shares."""
    strangers = "stakeholder s JOIN opportunity o ON o.id = s.opportunity_id JOIN contact c ON c.id = s.contact_id"
    assert await value(database, f"SELECT count(*) FROM {strangers} WHERE c.party_id <> o.party_id") == 0
    tasks = "process_task t JOIN opportunity o ON o.id = t.opportunity_id WHERE t.assignee_id IS DISTINCT FROM o.owner_id"
    member = "SELECT FROM team_member m WHERE m.opportunity_id = o.id AND m.user_id = t.assignee_id"
    assert await value(database, f"SELECT count(*) FROM {tasks} AND NOT EXISTS ({member})") == 0
    pairs = "SELECT opportunity_id, user_id, access FROM team_member"
    shares = "SELECT record_id, principal_id, access FROM share WHERE cause = 'TEAM'"
    assert await value(database, f"SELECT count(*) FROM (({pairs}) EXCEPT ({shares})) x") == 0
    assert await value(database, f"SELECT count(*) FROM (({shares}) EXCEPT ({pairs})) x") == 0


async def check_numbers(database: Database, table: str, prefix: str) -> None:
    """Every series is without a gap, in the order of making, and goes on where these end."""
    found = await rows(database, f"SELECT number, created_at FROM {table} ORDER BY created_at, number")
    years: dict[int, int] = defaultdict(int)
    for row in found:
        begins, year, place = row["number"].split("-")
        years[int(year)] += 1
        assert (begins, int(place)) == (prefix, years[int(year)])
    wrong = "substr(number, 4, 4)::int <> date_part('year', created_at AT TIME ZONE 'Asia/Shanghai')"
    assert await value(database, f"SELECT count(*) FROM {table} WHERE {wrong}") == 0
    kept = {row["year"]: row["given"] for row in await rows(database, "SELECT * FROM number_series WHERE prefix = $1", prefix)}
    assert kept == years


REACHED = {
    "submitted_at": "IN_REVIEW APPROVED SIGNED ACTIVE COMPLETED REJECTED TERMINATED EXPIRED",
    "approved_at": "APPROVED SIGNED ACTIVE COMPLETED TERMINATED EXPIRED",
    "approved_by_id": "APPROVED SIGNED ACTIVE COMPLETED TERMINATED EXPIRED",
    "signed_on": "SIGNED ACTIVE COMPLETED TERMINATED EXPIRED",
    "reject_reason": "REJECTED",
    "cancelled_at": "TERMINATED",
    "cancel_reason": "TERMINATED",
}
"""Marks that a contract has in these states, and in no other."""


async def check_contracts(database: Database, now: Any) -> None:
    """The marks of every step, in order; nobody approved their own; running ones run and finished ones are over."""
    for row in await rows(
        database, "SELECT *, (($1::timestamptz) AT TIME ZONE 'Asia/Shanghai')::date AS today FROM contract", now
    ):
        for column, states in REACHED.items():
            assert (row[column] is not None) == (row["status"] in states.split()), (row["status"], column)
        steps = [row[name] for name in ("created_at", "submitted_at", "approved_at", "cancelled_at") if row[name] is not None]
        assert steps == sorted(steps)
        assert row["owner_id"] is None or row["approved_by_id"] != row["owner_id"]
        days = [row[name] for name in ("signed_on", "starts_on", "ends_on") if row[name] is not None]
        assert days == sorted(days)
        if row["status"] == "ACTIVE":
            assert row["starts_on"] <= row["today"] <= row["ends_on"]
        if row["status"] in ("COMPLETED", "EXPIRED"):
            assert row["ends_on"] < row["today"]
    of_another = "contract c JOIN opportunity o ON o.id = c.opportunity_id WHERE o.party_id <> c.party_id OR o.status <> 'WON'"
    assert await value(database, f"SELECT count(*) FROM {of_another}") == 0
    later = "contract c JOIN opportunity o ON o.id = c.opportunity_id WHERE o.closed_at > c.created_at OR o.amount <> c.amount"
    assert await value(database, f"SELECT count(*) FROM {later}") == 0


SENT = {
    "shipped_on": "SHIPPED DELIVERED RETURNED",
    "waybill": "SHIPPED DELIVERED RETURNED",
    "delivered_at": "DELIVERED RETURNED",
    "returned_at": "RETURNED",
    "return_reason": "RETURNED",
    "cancelled_at": "CANCELLED",
    "cancel_reason": "CANCELLED",
}


async def check_deliveries(database: Database) -> None:
    """The marks of every step; sent after the contract was signed, to its party; never empty."""
    for row in await rows(database, "SELECT * FROM delivery"):
        for column, states in SENT.items():
            assert (row[column] is not None) == (row["status"] in states.split()), (row["status"], column)
    wrong = "delivery d JOIN contract c ON c.id = d.contract_id WHERE c.party_id <> d.party_id OR c.created_at > d.created_at"
    assert await value(database, f"SELECT count(*) FROM {wrong}") == 0
    early = "delivery d JOIN contract c ON c.id = d.contract_id WHERE d.shipped_on < c.signed_on OR c.signed_on IS NULL"
    assert await value(database, f"SELECT count(*) FROM {early}") == 0
    empty = "delivery d WHERE NOT EXISTS (SELECT FROM delivery_line l WHERE l.delivery_id = d.id AND l.position = 0)"
    assert await value(database, f"SELECT count(*) FROM {empty}") == 0


async def check_calls(database: Database) -> None:
    """Every row is what its events amount to; all are over; whoever took one was rung by it; missed ones are owed a call."""
    heard: dict[UUID, list[CallEvent]] = defaultdict(list)
    for row in await rows(database, "SELECT * FROM call_event"):
        told = (row["agent_id"], row["leg"], row["cause"], row["screen"])
        heard[row["call_id"]].append(CallEvent(f"{row['source']}:{row['key']}", Signal(row["signal"]), row["at"], *told))
    for call in await rows(database, "SELECT * FROM call"):
        facts = folded(heard[call["id"]])
        assert facts == CallFacts(
            CallState(call["state"]), call["ringing_at"], call["answered_at"], call["ended_at"], call["claimed_by_id"],
            False, call["cause"], call["filed_at"] is not None,
        )  # fmt: skip
        assert facts.state not in OPEN
        assert (call["claimed_by_id"] is None) == (call["claimed_at"] is None) == (call["activity_id"] is None)
        assert call["claimed_by_id"] == call["owner_id"]
        owed = call["state"] in ("MISSED", "ABANDONED") and call["direction"] == "INBOUND"
        assert (call["call_back_id"] is not None) == owed
        over = call["answered_at"] or call["ended_at"]
        assert call["ring_seconds"] == int((over - call["ringing_at"]).total_seconds())
        assert (call["talk_seconds"] is None) == (call["answered_at"] is None)
    wrong = "call_back b JOIN activity a ON a.id = b.activity_id WHERE (a.status = 'DONE') <> (b.status = 'DONE')"
    assert await value(database, f"SELECT count(*) FROM {wrong}") == 0
    strange = "call_back b JOIN call c ON c.id = b.call_id WHERE c.call_back_entry_id <> b.id OR c.number_e164 <> b.number_key"
    assert await value(database, f"SELECT count(*) FROM {strange}") == 0
    assert await value(database, "SELECT count(DISTINCT status) FROM call_back") == 2
    rung = "SELECT user_id FROM call_candidate WHERE call_id = c.id"
    assert (
        await value(database, f"SELECT count(*) FROM call c WHERE claimed_by_id IS NOT NULL AND claimed_by_id NOT IN ({rung})")
        == 0
    )
    kept = "call c JOIN activity a ON a.id IN (c.activity_id, c.call_back_id) WHERE a.party_id <> c.party_id"
    assert await value(database, f"SELECT count(*) FROM {kept}") == 0
    matched = "call c WHERE NOT EXISTS (SELECT FROM call_match m WHERE m.call_id = c.id AND m.contact_id = c.contact_id)"
    assert await value(database, f"SELECT count(*) FROM {matched}") == 0


async def check_service(database: Database, now: Any) -> None:
    """Projects cost what their maintenance does; marks stand where a step was taken; nothing waits to be told that is past."""
    sums = "SELECT coalesce(sum(cost), 0) FROM maintenance m WHERE m.project_id = p.id AND m.status <> 'CANCELLED'"
    assert await value(database, f"SELECT count(*) FROM project p WHERE cost <> ({sums})") == 0
    assert await value(database, "SELECT count(*) FROM project WHERE cost > 0") > 10
    for table, other, status in (("project", "opportunity", "WON"), ("maintenance", "delivery", "DELIVERED")):
        wrong = f"{table} x JOIN {other} o ON o.id = x.{other}_id WHERE o.status <> '{status}' OR o.party_id <> x.party_id"
        assert await value(database, f"SELECT count(*) FROM {wrong}") == 0, table
    wrong = "(status IN ('RESOLVED', 'CLOSED')) <> (resolved_at IS NOT NULL) OR (status = 'NEW') <> (first_responded_at IS NULL)"
    assert await value(database, f"SELECT count(*) FROM service_case WHERE {wrong} OR escalate_at <= $1", now) == 0


async def check_mail(database: Database) -> None:
    """Letters lie in conversations of their mailbox, are activities of their party, and nothing of it is on its way anywhere."""
    assert {row["kind"] for row in await rows(database, "SELECT kind FROM email_account")} == {"PERSONAL", "SHARED"}
    counts = "count(*)::int, (count(*) FILTER (WHERE NOT seen))::int, max(dated_at)"
    kept = f"SELECT ({counts}) FROM email_message m WHERE thread_id = t.id"
    became = "a.party_id <> m.party_id OR a.contact_id <> m.contact_id OR a.done_at <> coalesce(m.sent_at, m.received_at)"
    writers = "SELECT owner_id FROM email_account UNION SELECT user_id FROM email_member"
    for wrong in (
        "email_account WHERE address NOT LIKE '%@example.com' OR smtp_host IS NOT NULL OR imap_host IS NOT NULL OR receiving",
        f"email_thread t WHERE (message_count, unseen_count, last_at) IS DISTINCT FROM ({kept})",
        "email_message m JOIN email_thread t ON t.id = m.thread_id WHERE t.account_id <> m.account_id",
        f"email_message m JOIN activity a ON a.id = m.activity_id WHERE {became} OR a.content <> m.text",
        "email_message m JOIN email_message r ON r.id = m.reply_to_id WHERE m.rfc_in_reply_to IS DISTINCT FROM r.rfc_message_id",
        f"email_message WHERE created_by_id IS NOT NULL AND created_by_id NOT IN ({writers})",
        "email_message m WHERE NOT EXISTS (SELECT FROM email_recipient r WHERE r.message_id = m.id)",
        "email_message WHERE NOT filed AND party_id IS NOT NULL AND state IN ('SENT', 'RECEIVED') OR state = 'QUEUED'",
        "outbound WHERE medium = 'EMAIL'",
    ):
        assert await value(database, f"SELECT count(*) FROM {wrong}") == 0, wrong
    ways = {row[0]: row[1] for row in await rows(database, "SELECT direction, count(*) FROM email_message GROUP BY 1")}
    assert ways["INBOUND"] > ways["OUTBOUND"] > 20
    assert await value(database, "SELECT count(*) FROM email_thread WHERE message_count > 1 AND party_id IS NOT NULL") > 10


async def check_all(database: Database, now: Any) -> None:
    await check_opportunities(database)
    await check_processes(database)
    await check_contracts(database, now)
    await check_deliveries(database)
    await check_calls(database)
    await check_service(database, now)
    await check_mail(database)
    for table, prefix in (("contract", "CT"), ("delivery", "DL"), ("project", "PJ"), ("service_case", "SC")):
        await check_numbers(database, table, prefix)
    assert await value(database, "SELECT min(amount) FROM contract") > Decimal(0)
