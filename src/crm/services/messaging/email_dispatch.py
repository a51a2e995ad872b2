"""Between the queue and the mail server: what is sent now, whether it may be sent at all, and what is written of each try.

A ticket is one conversation with a server: about a whole message, or, where every recipient has a return path of their own, about
one recipient. What can have changed since is asked here once more: whether the mailbox is open, how much it has sent today,
whether the recipient has unsubscribed, whether the message is still worth sending.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from crm.core.kinds import Kind
from crm.models import EmailMessage
from crm.rules.messaging.email_flow import (
    EMAIL_FLOW,
    OPEN,
    WORTH,
    EmailReason,
    EmailRecipientState,
    EmailState,
    EmailVerb,
    folder_after,
    state_of,
)
from crm.rules.messaging.email_outcomes import EmailOutcome
from crm.rules.messaging.sending import Next, Outcome, Result, is_lost
from crm.rules.system.notices import Notice
from crm.services import events
from crm.services.deeds import Channel, Database, Deed
from crm.services.messaging import email_limits, email_threads, outbound
from crm.services.messaging.email_account_states import LONGEST_DETAIL, judge, pause
from crm.services.messaging.outbound import Ticket
from crm.services.notices import notify_people
from crm.services.system.accounts import system_deed
from crm.services.topics import topic_of_changes


@dataclass(frozen=True, slots=True)
class Parcel:
    """A message to be tried: by which mailbox, to which recipients. `outcome` where nothing is to be tried."""

    ticket: Ticket
    account: Mapping[str, Any]
    message: Mapping[str, Any]
    recipients: Sequence[Mapping[str, Any]]
    outcome: Outcome | None

    @property
    def account_id(self) -> UUID:
        """The mailbox that it is sent from."""
        return UUID(str(self.account["id"]))

    @property
    def repeat(self) -> bool:
        """An earlier try may have arrived."""
        return self.ticket.doubts > 0


_OPEN = """
SELECT a.* FROM email_account a WHERE (a.next_at IS NULL OR a.next_at <= $1)
    AND EXISTS (SELECT FROM outbound o WHERE o.medium = 'EMAIL' AND o.account_id = a.id AND o.due_at <= $1)
ORDER BY a.next_at NULLS FIRST, a.id FOR NO KEY UPDATE OF a SKIP LOCKED
"""
_RECIPIENTS = """
SELECT r.* FROM email_recipient r WHERE (r.id = ANY($1::uuid[]) OR r.message_id = ANY($1::uuid[])) AND r.state = ANY($2)
ORDER BY r.message_id, r.position
"""
_MESSAGES = """
SELECT m.* FROM email_message m
WHERE m.id = ANY($1::uuid[]) OR m.id IN (SELECT message_id FROM email_recipient WHERE id = ANY($1::uuid[]))
"""
_UNWILLING = """
SELECT DISTINCT address_key FROM email_suppression WHERE address_key = ANY($1::text[]) AND deleted_at IS NULL
"""


async def take(database: Database, most: int, flying: Collection[Parcel] = ()) -> list[Parcel]:
    """Claim of each mailbox at most so many, and no more than it has connections free, less those `flying`; committed then."""
    parcels: list[Parcel] = []
    busy, mine = Counter(each.account_id for each in flying), [each.ticket for each in flying]
    async with system_deed(database, "email", channel=Channel.SCHEDULE) as deed:
        await outbound.keep(deed, mine)
        for account in await deed.rows(_OPEN, deed.at):
            room = min(most, account["connections"]) - busy[account["id"]]
            if room <= 0:
                continue
            tickets, never = await email_limits.claim(deed, account, min(room, account["per_minute"]), mine)
            # The gate is the mailbox's and stands in the database, so several processes together keep to the rate.
            await pause(deed, account["id"], timedelta(minutes=len(tickets) / account["per_minute"]))
            parcels += await _parcels(deed, account, tickets, never)
    return parcels


async def next_due(database: Database, full: Sequence[UUID]) -> datetime | None:
    """When there is something to send next, but for mailboxes all of whose connections are in use."""
    query = (
        "SELECT min(greatest(o.due_at, a.next_at)) AS at FROM email_account a CROSS JOIN LATERAL (SELECT due_at FROM outbound"
        " WHERE medium = 'EMAIL' AND account_id = a.id ORDER BY due_at LIMIT 1) o WHERE a.id <> ALL($1::uuid[])"
    )
    async with database.transaction() as tx:
        found = await tx.execute_query_dict(query, [list(full)])
    at: datetime | None = found[0]["at"]
    return at


async def _parcels(
    deed: Deed, account: Mapping[str, Any], tickets: Sequence[Ticket], never: Collection[UUID]
) -> list[Parcel]:  # fmt: skip
    keys = [ticket.message_id for ticket in tickets]
    messages = {row["id"]: row for row in await deed.rows(_MESSAGES, keys)}
    people = await deed.rows(_RECIPIENTS, keys, [state.value for state in OPEN])
    bulk = [row["address_key"] for row in people if messages[row["message_id"]]["batch_id"] is not None]
    unwilling = {row["address_key"] for row in await deed.rows(_UNWILLING, bulk)} if bulk else set[str]()
    owners = {row["id"]: row["message_id"] for row in people}
    parcels = []
    for ticket in tickets:
        whole = ticket.message_id in messages
        message = messages[ticket.message_id if whole else owners.get(ticket.message_id, await _of(deed, ticket.message_id))]
        own = [row for row in people if row["message_id"] == message["id"] and (whole or row["id"] == ticket.message_id)]
        outcome = _stopped(deed.at, account, message, ticket, own, unwilling)
        if outcome is None and ticket.message_id in never:
            outcome = Outcome(Result.REFUSED, reason=EmailReason.DAILY_LIMIT)
        parcels.append(Parcel(ticket, account, message, own, outcome))
    return parcels


async def _of(deed: Deed, recipient_id: UUID) -> UUID:
    """The message of a recipient, also of one that is settled already."""
    rows = await deed.rows("SELECT message_id FROM email_recipient WHERE id = $1", recipient_id)
    found: UUID = rows[0]["message_id"]
    return found


def _stopped(
    at: datetime, account: Mapping[str, Any], message: Mapping[str, Any], ticket: Ticket, people: Sequence[Mapping[str, Any]],
    unwilling: set[str],
) -> Outcome | None:  # fmt: skip
    """Why it is not tried now, if so."""
    if message["state"] != EmailState.QUEUED or not people:
        return Outcome(Result.REFUSED)
    if is_lost(ticket.doubts):
        return Outcome(Result.LOST)
    if account["deleted_at"] is not None or not account["active"] or message["deleted_at"] is not None:
        return Outcome(Result.REFUSED, reason=EmailReason.ACCOUNT_CLOSED)
    if at > ticket.first_due_at + WORTH:
        return Outcome(Result.TOO_OLD, reason=EmailReason.TOO_OLD)
    if message["batch_id"] is not None and all(row["address_key"] in unwilling for row in people):
        return Outcome(Result.REFUSED, reason=EmailReason.SUPPRESSED)
    return None


async def settle(database: Database, ended: Sequence[tuple[Parcel, Outcome]]) -> None:
    """Write down how these tries ended, all in one transaction; the messages in the order of their ids."""
    async with system_deed(database, "email", channel=Channel.SCHEDULE) as deed:
        # The mailbox before what is in it, as whoever receives does too.
        boxes = sorted({parcel.account["id"] for parcel, _ in ended})
        await deed.run("SELECT 1 FROM email_account WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE", boxes)
        changed = set()
        for parcel, outcome in sorted(ended, key=lambda each: (each[0].message["id"], each[0].ticket.id)):
            if await _settle(deed, parcel, outcome):
                changed.add(parcel.message["id"])
        for key in boxes:
            await judge(deed, key, [outcome for parcel, outcome in ended if parcel.account["id"] == key])
        await events.record_many(deed, topic_of_changes(Kind.EMAIL_MESSAGE), [(key, ()) for key in sorted(changed)])


_SENT = (Result.ACCEPTED, Result.REJECTED, Result.DOUBTFUL, Result.THROTTLED, Result.LOST)


async def _settle(deed: Deed, parcel: Parcel, outcome: Outcome) -> bool:
    """Whether the message changed."""
    key = parcel.message["id"]
    row = (await deed.rows("SELECT * FROM email_message WHERE id = $1 FOR NO KEY UPDATE", key))[0]
    following = await outbound.settle(deed, parcel.ticket, outcome)
    if following is None:
        return False
    message: Any = EmailMessage._init_from_db(**row)
    message._saved_in_db = True
    await _tell_recipients(deed, parcel, outcome, following)
    tried = await _note_tried(deed, parcel, outcome)
    doubts = max(message.doubts, parcel.ticket.doubts + (outcome.result is Result.DOUBTFUL))
    values = {"tries": max(message.tries, parcel.ticket.tries), "doubts": doubts, **await _following(deed, message, outcome)}
    if tried:
        values["tried_at"] = deed.at
    if parcel.repeat and outcome.result in _SENT:
        values["repeated"] = True
    if outcome.detail is not None:
        values["detail"] = outcome.detail[:LONGEST_DETAIL]
    message.update_from_dict({**values, "updated_at": deed.at})
    await message.save(using_db=deed.tx, update_fields=[*values, "updated_at"])
    if "state" in values:
        await email_threads.recount(deed, message.thread_id)
        await _tell_sender(deed, message)
    return True


_RECIPIENT = """
UPDATE email_recipient r SET state = k.state, reply = k.reply, status_code = k.code, settled_at = $5,
    repeated = r.repeated OR $6 FROM unnest($1::uuid[], $2::text[], $3::text[], $4::text[]) AS k(id, state, reply, code)
WHERE r.id = k.id
"""
_LAST = {
    Result.DOUBTFUL: EmailRecipientState.UNKNOWN, Result.LOST: EmailRecipientState.UNKNOWN,
    Result.REJECTED: EmailRecipientState.REFUSED,
    Result.REFUSED: EmailRecipientState.REFUSED, Result.TOO_OLD: EmailRecipientState.REFUSED,
}  # fmt: skip


async def _tell_recipients(deed: Deed, parcel: Parcel, outcome: Outcome, following: Next) -> None:
    """What the server said of each; of whom it said nothing, what follows from how the try ended."""
    told = outcome.told if isinstance(outcome, EmailOutcome) else {}
    rows: list[tuple[UUID, str, str | None, str | None]] = []
    for person in parcel.recipients:
        answer = told.get(person["id"])
        if answer is not None:
            # Who was told "later" got nothing, and where nothing follows it stays at that.
            over = following is not Next.AGAIN and answer.state in OPEN
            state = EmailRecipientState.REFUSED if over else answer.state
            rows.append((person["id"], state.value, answer.text[:LONGEST_DETAIL], str(answer.code)))
        elif following is not Next.AGAIN and outcome.result in _LAST:
            words = outcome.detail or outcome.reason
            rows.append((person["id"], _LAST[outcome.result].value, str(words)[:LONGEST_DETAIL] if words else None, None))
    if rows:
        repeated = parcel.repeat and outcome.result in _SENT
        await deed.run(_RECIPIENT, *map(list, zip(*rows, strict=True)), deed.at, repeated)


async def _note_tried(deed: Deed, parcel: Parcel, outcome: Outcome) -> bool:
    """Whether this try took it to somebody, or may have, or one that nobody ended did."""
    told = outcome.told if isinstance(outcome, EmailOutcome) else {}
    tried = []
    for person in parcel.recipients:
        if (answer := told.get(person["id"])) is not None:
            got = answer.state is EmailRecipientState.SENT
        else:
            got = outcome.result is Result.DOUBTFUL or (parcel.repeat and person["tried_at"] is None)
        if got:
            tried.append(person["id"])
    if tried:
        await deed.run("UPDATE email_recipient SET tried_at = $2 WHERE id = ANY($1::uuid[])", tried, deed.at)
    return bool(tried)


async def _following(deed: Deed, message: Any, outcome: Outcome) -> dict[str, Any]:
    """The state that follows from its recipients', and when the first of them got it."""
    rows = await deed.rows("SELECT state FROM email_recipient WHERE message_id = $1", message.id)
    states = [EmailRecipientState(row["state"]) for row in rows]
    values: dict[str, Any] = {}
    if EmailRecipientState.SENT in states and message.sent_at is None:
        values["sent_at"] = deed.at
    state = state_of(states)
    verb = _verb(state, outcome)
    if verb is None or (EmailState(message.state), verb) not in EMAIL_FLOW.table:
        return values
    values |= {"state": EMAIL_FLOW.after(EmailState(message.state), verb).value, "ended_at": deed.at}
    values["folder"] = folder_after(EmailState(values["state"])).value
    values["reason"] = None if state is EmailState.SENT else str(outcome.reason or _REASONS.get(outcome.result) or "") or None
    if state is EmailState.SENT:
        values["detail"] = None
    return values


_REASONS = {
    Result.REJECTED: EmailReason.REJECTED, Result.ACCEPTED: EmailReason.REJECTED, Result.DOUBTFUL: EmailReason.NO_ANSWER,
    Result.LOST: EmailReason.NO_ANSWER,
}  # fmt: skip


def _verb(state: EmailState, outcome: Outcome) -> EmailVerb | None:
    """What happened to the message, if anything has come to an end."""
    if state is EmailState.FAILED:
        ends = {Result.TOO_OLD: EmailVerb.EXPIRE, Result.REFUSED: EmailVerb.REFUSE}
        return ends.get(outcome.result, EmailVerb.FAIL)
    return {
        EmailState.SENT: EmailVerb.DELIVER, EmailState.PARTLY: EmailVerb.DELIVER_PARTLY, EmailState.UNKNOWN: EmailVerb.LOSE,
    }.get(state)  # fmt: skip


async def _tell_sender(deed: Deed, message: Any) -> None:
    """Whoever wrote it wants to know that it did not arrive; of a bulk message they look into that."""
    if message.batch_id is None and message.state not in (EmailState.SENT, EmailState.CANCELLED):
        await notify_people(deed, Notice.EMAIL_UNDELIVERED, message.id, [message.created_by_id])
