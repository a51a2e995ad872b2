"""Between the queue and the gateway: what is sent now, by whom, whether it may be sent at all, and what is written of each try.

Everything that can have changed since a message was queued is asked here once more: whether the recipient opted out, whether it
is quiet there, whether the account is open, how much the number has had today, whether the message is still worth sending.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from crm.core.kinds import Kind
from crm.models import SmsMessage
from crm.rules.messaging.sending import Medium, Next, Outcome, Result, is_lost
from crm.rules.messaging.sms_flow import SMS_FLOW, WORTH, SmsCategory, SmsReason, SmsState, SmsVerb
from crm.rules.messaging.sms_hours import allowed_at
from crm.services import events
from crm.services.deeds import Channel, Database, Deed
from crm.services.messaging import outbound, sms_reports
from crm.services.messaging.outbound import Ticket
from crm.services.system.accounts import system_deed
from crm.services.topics import topic_of_changes

PAUSE = timedelta(seconds=1)
"""A peer that is away or asks for patience is left alone so long by the whole account, if it does not say how long."""
UNDECIDED = timedelta(seconds=2)
"""So long a message waits whose number has had its share if what is on its way to it arrives."""
LONGEST_DETAIL = 200


@dataclass(frozen=True, slots=True)
class Letter:
    """One try at one message: what its gateway needs. `outcome` where it is not even tried."""

    ticket: Ticket
    account: Mapping[str, Any]
    message: Mapping[str, Any]
    outcome: Outcome | None = None

    @property
    def account_id(self) -> UUID:
        """The account that sends it."""
        return UUID(str(self.account["id"]))

    @property
    def repeat(self) -> bool:
        """Whether an earlier try may have arrived."""
        return self.ticket.doubts > 0


_OPEN = """
SELECT a.* FROM sms_account a
WHERE (a.next_at IS NULL OR a.next_at <= $1) AND a.id <> ALL($2::uuid[])
    AND EXISTS (SELECT FROM outbound o WHERE o.medium = 'SMS' AND o.account_id = a.id AND o.due_at <= $1)
ORDER BY a.next_at NULLS FIRST, a.id FOR NO KEY UPDATE OF a SKIP LOCKED
"""
_MESSAGES = """
SELECT m.id, m.state, m.category, m.e164, m.text, m.encoding, m.segments, t.provider_code,
    EXISTS (SELECT FROM sms_opt_out x WHERE x.e164 = m.e164 AND x.deleted_at IS NULL) AS opted_out,
    (SELECT count(*) FROM sms_message s
        WHERE s.e164 = m.e164 AND (s.submitted_at > $2 OR s.doubts > 0 AND s.ended_at > $2)) AS recent,
    (SELECT count(*) FROM sms_message s JOIN outbound o ON o.medium = 'SMS' AND o.message_id = s.id
        WHERE s.e164 = m.e164 AND s.id <> ALL($1::uuid[]) AND (o.holder IS NOT NULL OR o.doubts > 0)) AS underway
FROM sms_message m LEFT JOIN sms_template t ON t.id = m.template_id WHERE m.id = ANY($1::uuid[])
"""


async def take(database: Database, most: int, flying: Collection[Letter] = ()) -> list[Letter]:
    """Claim at most so many messages of each account, less those `flying`, and no more than its rate allows.

    They are committed when this returns.
    """
    letters: list[Letter] = []
    busy, mine = Counter(each.account_id for each in flying), [each.ticket for each in flying]
    full = [account for account, count in busy.items() if count >= most]
    async with system_deed(database, "sms", channel=Channel.SCHEDULE) as deed:
        await outbound.keep(deed, mine)
        for account in await deed.rows(_OPEN, deed.at, full):
            room = most - busy[account["id"]]
            tickets = await outbound.claim(deed, Medium.SMS, account["id"], min(room, account["per_second"]), mine)
            given = await _letters(deed, account, tickets)
            # The gate is the account's and stands in the database, so several processes together keep to the rate.
            parts = sum(letter.message["segments"] for letter in given)
            opens = deed.at + timedelta(seconds=parts / account["per_second"])
            await deed.run("UPDATE sms_account SET next_at = $2 WHERE id = $1", account["id"], opens)
            letters += given
    return letters


async def listening(database: Database) -> list[dict[str, Any]]:
    """The accounts whose peer may speak over the line that it is sent by. What INSTALLATION is stands in the settings."""
    query = "SELECT * FROM sms_account WHERE active AND deleted_at IS NULL AND driver IN ('SMPP', 'INSTALLATION') ORDER BY id"
    async with database.transaction() as tx:
        found: list[dict[str, Any]] = await tx.execute_query_dict(query)
    return found


async def next_due(database: Database, full: Collection[UUID] = ()) -> datetime | None:
    """When there is something to send next, as far as the gates of the accounts allow; None where nothing waits.

    Those that are `full` have enough on its way.
    """
    async with database.transaction() as tx:
        found = await tx.execute_query_dict(
            "SELECT min(greatest(o.due_at, a.next_at)) AS at FROM sms_account a CROSS JOIN LATERAL (SELECT due_at FROM outbound"
            " WHERE medium = 'SMS' AND account_id = a.id ORDER BY due_at LIMIT 1) o WHERE a.id <> ALL($1::uuid[])",
            [list(full)],
        )
    at: datetime | None = found[0]["at"]
    return at


async def _letters(deed: Deed, account: Mapping[str, Any], tickets: Sequence[Ticket]) -> list[Letter]:
    keys = [ticket.message_id for ticket in tickets]
    found = {row["id"]: row for row in await deed.rows(_MESSAGES, keys, deed.at - timedelta(days=1))}
    given: Counter[str] = Counter()
    letters = []
    for ticket in tickets:
        message = found[ticket.message_id]
        outcome = _stopped(deed.at, account, message, ticket, given[message["e164"]])
        given[message["e164"]] += outcome is None
        letters.append(Letter(ticket, account, message, outcome))
    return letters


def _stopped(at: datetime, account: Mapping[str, Any], message: Mapping[str, Any], ticket: Ticket, given: int) -> Outcome | None:
    """Why it is not tried now, if so."""
    category = SmsCategory(message["category"])
    if message["state"] != SmsState.QUEUED:
        return Outcome(Result.REFUSED)
    if is_lost(ticket.doubts):
        return Outcome(Result.LOST)
    if account["deleted_at"] is not None or not account["active"]:
        return Outcome(Result.REFUSED, reason=SmsReason.ACCOUNT_CLOSED)
    if at > ticket.first_due_at + WORTH[category]:
        return Outcome(Result.TOO_OLD, reason=SmsReason.TOO_OLD)
    if message["opted_out"] and category is not SmsCategory.CODE:
        return Outcome(Result.REFUSED, reason=SmsReason.OPTED_OUT)
    limit = account["per_number_per_day"]
    if limit is not None and ticket.doubts == 0:
        if message["recent"] >= limit:
            return Outcome(Result.REFUSED, reason=SmsReason.DAILY_LIMIT)
        if message["recent"] + message["underway"] + given >= limit:
            return Outcome(Result.THROTTLED, after=UNDECIDED)
    return _quiet(at, account) if category is SmsCategory.MARKETING else None


def _quiet(at: datetime, account: Mapping[str, Any]) -> Outcome | None:
    """That it waits for the end of quiet hours."""
    later = allowed_at(at, account["time_zone"], account["quiet_from"], account["quiet_until"])
    return Outcome(Result.THROTTLED, after=later - at) if later > at else None


async def settle(database: Database, ended: Sequence[tuple[Letter, Outcome]]) -> None:
    """Write down how these tries ended, all in one transaction; the messages in the order of their ids."""
    changed: list[UUID] = []
    async with system_deed(database, "sms", channel=Channel.SCHEDULE) as deed:
        names = [(letter.account["id"], name) for letter, outcome in ended for name in outcome.provider_ids]
        await sms_reports.hold(deed, names)
        for letter, outcome in sorted(ended, key=lambda each: each[0].ticket.message_id):
            if await _settle(deed, letter, outcome):
                changed.append(letter.ticket.message_id)
        await _pause(deed, ended)
        topic = topic_of_changes(Kind.SMS_MESSAGE)
        await events.record_many(deed, topic, [(key, ()) for key in changed])


_SENT = (Result.ACCEPTED, Result.REJECTED, Result.DOUBTFUL, Result.LOST)
_VERBS = {
    Result.ACCEPTED: SmsVerb.SUBMIT, Result.REJECTED: SmsVerb.FAIL, Result.REFUSED: SmsVerb.REFUSE,
    Result.TOO_OLD: SmsVerb.EXPIRE, Result.DOUBTFUL: SmsVerb.LOSE,
    Result.LOST: SmsVerb.LOSE,
}  # fmt: skip
_REASONS = {
    Result.REJECTED: SmsReason.REJECTED, Result.DOUBTFUL: SmsReason.NO_ANSWER, Result.LOST: SmsReason.NO_ANSWER,
}  # fmt: skip


async def _settle(deed: Deed, letter: Letter, outcome: Outcome) -> bool:
    """Whether the message changed."""
    key = letter.ticket.message_id
    row = (await deed.rows("SELECT * FROM sms_message WHERE id = $1 FOR NO KEY UPDATE", key))[0]
    message: Any = SmsMessage._init_from_db(**row)
    message._saved_in_db = True
    following = await outbound.settle(deed, letter.ticket, outcome)
    if following is not None:
        await _write(deed, message, letter, outcome, following)
    if outcome.result is Result.ACCEPTED:
        # Also where somebody else has the row by now: that is how reports find the message.
        await sms_reports.name_parts(deed, row, outcome.provider_ids)
        await sms_reports.catch_up(deed, message, outcome.provider_ids)
    return following is not None


async def _write(deed: Deed, message: Any, letter: Letter, outcome: Outcome, following: Next) -> None:
    """What a locked message shows of this try."""
    doubts = letter.ticket.doubts + (outcome.result is Result.DOUBTFUL)
    values: dict[str, Any] = {"tries": letter.ticket.tries, "doubts": doubts}
    if letter.repeat and outcome.result in _SENT:
        values["repeated"] = True
    if outcome.detail is not None:
        values["detail"] = outcome.detail[:LONGEST_DETAIL]
    if following is not Next.AGAIN:
        values |= _ended(deed, message, outcome)
    message.update_from_dict({**values, "updated_at": deed.at})
    await message.save(using_db=deed.tx, update_fields=[*values, "updated_at"])


def _ended(deed: Deed, message: Any, outcome: Outcome) -> dict[str, Any]:
    """The state that follows. What was reported of it meanwhile is further on, and stays."""
    verb = _VERBS[outcome.result]
    state = SMS_FLOW.table.get((SmsState(message.state), verb))
    if state is None:
        return {}
    if state is SmsState.SUBMITTED:
        return {"state": state.value, "submitted_at": deed.at, "reason": None, "detail": None}
    reason = outcome.reason or _REASONS.get(outcome.result)
    return {"state": state.value, "ended_at": deed.at, "reason": None if reason is None else str(reason)}


async def _pause(deed: Deed, ended: Sequence[tuple[Letter, Outcome]]) -> None:
    """Leave a peer alone that is away or asks for patience. Waiting for the end of quiet hours is no word of its."""
    asked: dict[UUID, timedelta] = {}
    for letter, outcome in ended:
        if outcome.result in (Result.NOT_SENT, Result.THROTTLED) and letter.outcome is None:
            account = letter.account["id"]
            asked[account] = max(asked.get(account, PAUSE), outcome.after or PAUSE)
    for account, wait in sorted(asked.items()):
        query = "UPDATE sms_account SET next_at = greatest(next_at, $2::timestamptz) WHERE id = $1"
        await deed.run(query, account, deed.at + wait)
