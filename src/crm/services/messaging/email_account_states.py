"""Whether the server of a mailbox lets us in: what tries say of it, and how long it is left alone then."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from crm.core.kinds import Kind
from crm.rules.messaging.email_flow import EmailAccountState
from crm.rules.messaging.email_outcomes import EmailOutcome
from crm.rules.messaging.sending import Outcome, Result
from crm.rules.system.notices import Notice
from crm.services import events
from crm.services.deeds import Deed
from crm.services.notices import notify_people
from crm.services.topics import topic_of_changes

PAUSE = timedelta(seconds=5)
LOGIN_PAUSE = timedelta(minutes=5)
LONGEST_DETAIL = 300


async def pause(deed: Deed, account_id: UUID, wait: timedelta) -> None:
    """Leave a mailbox alone for so long."""
    query = "UPDATE email_account SET next_at = greatest(next_at, $2::timestamptz) WHERE id = $1"
    await deed.run(query, account_id, deed.at + wait)


_STATE = """
UPDATE email_account SET smtp_state = $2, smtp_error = $3, smtp_checked_at = $4 WHERE id = $1
RETURNING owner_id, name
"""


async def judge(deed: Deed, key: UUID, outcomes: Sequence[Outcome]) -> None:
    """Leave a server alone that is away or turns us out, and say so to the mailbox's owner, once."""
    shut = [each for each in outcomes if isinstance(each, EmailOutcome) and each.login]
    if shut:
        await pause(deed, key, LOGIN_PAUSE)
    elif any(each.result is Result.NOT_SENT for each in outcomes):
        await pause(deed, key, PAUSE)
    fine = any(each.result is Result.ACCEPTED for each in outcomes)
    if shut or fine:
        state, error = (EmailAccountState.FAILING, shut[0].detail) if shut else (EmailAccountState.OK, None)
        await note_state(deed, key, state, error)


async def note_state(deed: Deed, key: UUID, state: EmailAccountState, error: str | None) -> None:
    """Write down whether the server lets us in. It counts no version up: nobody decided it."""
    row = (await deed.rows("SELECT smtp_state, owner_id FROM email_account WHERE id = $1 FOR NO KEY UPDATE", key))[0]
    if row["smtp_state"] == state and state is EmailAccountState.OK:
        return
    await deed.rows(_STATE, key, state.value, None if error is None else error[:LONGEST_DETAIL], deed.at)
    await events.record_many(deed, topic_of_changes(Kind.EMAIL_ACCOUNT), [(key, ())])
    if state is EmailAccountState.FAILING and row["smtp_state"] != EmailAccountState.FAILING:
        await notify_people(deed, Notice.EMAIL_FAILING, key, [row["owner_id"]])
