"""What came of one try at a message, recipient by recipient, and what follows for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from crm.rules.messaging.email_flow import EmailRecipientState
from crm.rules.messaging.sending import Outcome, Result

PERMANENT, TEMPORARY = 500, 400
TOO_LARGE = 552
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said about one recipient."""

    code: int
    text: str

    @property
    def state(self) -> EmailRecipientState:
        """5xx is for good, 4xx for now."""
        if self.code >= PERMANENT:
            return EmailRecipientState.REFUSED
        return EmailRecipientState.DEFERRED if self.code >= TEMPORARY else EmailRecipientState.SENT


@dataclass(frozen=True, slots=True)
class Delivered:
    """One conversation with a server: how it ended, and what was said of each address.

    `login`: the server does not let us in, or takes nothing from this sender; that is for the mailbox's owner to mend.
    """

    result: Result
    answers: Mapping[str, Answer] = field(default_factory=dict)
    detail: str | None = None
    login: bool = False


@dataclass(frozen=True, slots=True)
class EmailOutcome(Outcome):
    """An outcome with what became of each recipient, by their id."""

    told: Mapping[UUID, Answer] = field(default_factory=dict)
    login: bool = False


def wait_after(tries: int) -> timedelta:
    """A server that said "later" means minutes: half a minute, one, two … an hour."""
    doubled: int = 2 ** min(max(tries - 1, 0), 10)
    return min(LONGEST_WAIT, FIRST_WAIT * doubled)


def outcome_of(delivered: Delivered, people: Mapping[UUID, str], tries: int) -> EmailOutcome:
    """The outcome for a message: it is tried again where somebody is still to be reached."""
    told = {key: delivered.answers[address] for key, address in people.items() if address in delivered.answers}
    later = delivered.result in (Result.THROTTLED, Result.NOT_SENT)
    return EmailOutcome(
        delivered.result, detail=delivered.detail, after=wait_after(tries) if later else None, told=told, login=delivered.login
    )


def result_of(answers: Sequence[Answer]) -> Result:
    """How a conversation ended in which every address was answered."""
    states = {answer.state for answer in answers}
    if EmailRecipientState.DEFERRED in states:
        return Result.THROTTLED
    return Result.ACCEPTED if EmailRecipientState.SENT in states else Result.REJECTED
