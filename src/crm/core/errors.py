"""Every refusal the product can answer with, and where it goes.

`RequestError` and its kin end up in the top-level `errors` of a GraphQL answer: the request itself is at fault, or the viewer
may not use the verb or field at all. `DomainError` and its kin are values: a mutation returns them in `userErrors` and has
changed nothing. The codes are part of the contract with clients; the texts are for people.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

NOT_FOUND_TEXT = "There is no such record, or you may not see it."
"""One text for unknown, malformed, foreign and invisible ids: the answer must not tell them apart."""


class RequestError(Exception):
    """A refusal that belongs at the top level of the answer."""

    code = "BAD_USER_INPUT"

    def __init__(self, message: str, **details: object) -> None:
        super().__init__(message)
        self.message = message
        self.details = details

    @property
    def extensions(self) -> dict[str, object]:
        """What GraphQL clients read: the code, and details such as `retryAfter` in seconds."""
        return {"code": self.code, **self.details}


class BadUserInput(RequestError):
    """An argument of a field is wrong: paging, cursor, filter or order."""


class Unauthenticated(RequestError):
    """No token, or one that is unknown, expired, revoked or of a disabled user."""

    code = "UNAUTHENTICATED"

    def __init__(self, message: str = "Sign in first.") -> None:
        super().__init__(message)


class FieldForbidden(RequestError):
    """A verb or field that no role of the viewer grants."""

    code = "FORBIDDEN"

    def __init__(self, what: str) -> None:
        super().__init__(f"No role of yours grants {what}.", permission=what)


class RecordNotFound(RequestError):
    """`customer(id)` and `node(id)`: nothing there for this viewer."""

    code = "NOT_FOUND"

    def __init__(self) -> None:
        super().__init__(NOT_FOUND_TEXT)


class RateLimited(RequestError):
    """Too many attempts; `retryAfter` is in seconds."""

    code = "RATE_LIMITED"

    def __init__(self, message: str, retry_after: int) -> None:
        super().__init__(message, retryAfter=retry_after)


class Unavailable(RequestError):
    """The database is away, restarting, or has no connection free; `retryAfter` is in seconds."""

    code = "UNAVAILABLE"

    def __init__(self, retry_after: int = 1) -> None:
        super().__init__("The database does not answer now. Try again; a mutation with the same key.", retryAfter=retry_after)


class TimedOut(RequestError):
    """The operation took longer than `CRM_REQUEST_SECONDS` and was cancelled."""

    code = "TIMEOUT"

    def __init__(self) -> None:
        super().__init__("This took too long and was cancelled. Ask for less; repeat a mutation with the same key.")


class QueryTooComplex(RequestError):
    """A document beyond a limit; nothing of it ran. `limit` says which, `found` how much there is, `allowed` how much may be."""

    code = "QUERY_TOO_COMPLEX"

    def __init__(self, limit: str, found: int, allowed: int, message: str = "") -> None:
        told = message or f"The document has {found} {limit}; {allowed} are allowed."
        super().__init__(told, limit=limit, found=found, allowed=allowed)


class PersistedQueryNotFound(RequestError):
    """No document is kept under this hash. Clients know this text: they send the request again, with the document."""

    code = "PERSISTED_QUERY_NOT_FOUND"

    def __init__(self) -> None:
        super().__init__("PersistedQueryNotFound")


class DocumentNotAllowed(RequestError):
    """Only the documents of a list run here, and this is none of them."""

    code = "PERSISTED_QUERY_NOT_IN_LIST"

    def __init__(self) -> None:
        super().__init__("This document is not on the list of those that run here.")


class HistoryGone(RequestError):
    """The events after a cursor are no longer kept, or the database was restored since; `cursor` is where to start."""

    code = "HISTORY_GONE"

    def __init__(self, cursor: str) -> None:
        super().__init__("The history after this cursor is gone. Read what you show anew and go on from `cursor`.", cursor=cursor)


class DomainError(Exception):
    """A refusal that is a value: `userErrors { code message field }`.

    `field` is the path inside the mutation's arguments in GraphQL names, such as `["input", "phoneNumbers", "0", "raw"]`.
    `record` is the one that stands in the way, shown to those who may see it; `owner` whose it is, told to those who may be told.
    """

    code = "INVALID"
    record: UUID | None = None
    owner: UUID | None = None

    def __init__(self, message: str, field: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class Required(DomainError):
    """A value that must be given is missing or null."""

    code = "REQUIRED"


class Invalid(DomainError):
    """A value that breaks a rule."""


class Duplicate(DomainError):
    """A value that must be unique stands elsewhere already."""

    code = "DUPLICATE"


class NotFound(DomainError):
    """An id inside a mutation that is unknown, malformed, of another kind, or not for this viewer: one text for all."""

    code = "NOT_FOUND"

    def __init__(self, field: tuple[str, ...] = ("id",)) -> None:
        super().__init__(NOT_FOUND_TEXT, field)


class Forbidden(DomainError):
    """The record is visible, but this change of it is not the viewer's to make."""

    code = "FORBIDDEN"


class Conflict(DomainError):
    """Somebody was faster, or an idempotency key was used for something else."""

    code = "CONFLICT"

    def __init__(self, message: str, field: tuple[str, ...] = (), current_version: int | None = None) -> None:
        super().__init__(message, field)
        self.current_version = current_version


class MergedAway(Conflict):
    """The record was merged into another, which the viewer may see: it is that one's to be written now."""

    def __init__(self, field: tuple[str, ...], survivor: UUID) -> None:
        super().__init__("It was merged into another record.", field)
        self.record = survivor


class LimitReached(DomainError):
    """As many as there may be are there already: claims of a day, customers of one person."""

    code = "LIMIT_REACHED"


class IllegalTransition(DomainError):
    """The flow table has no step from this state by this verb."""

    code = "ILLEGAL_TRANSITION"

    def __init__(self, noun: str, state: str, verb: str) -> None:
        super().__init__(f"{noun} in state {state} cannot be taken through {verb}.")


class LastAdministrator(DomainError):
    """The change would leave nobody who can administer users and roles."""

    code = "LAST_ADMINISTRATOR"

    def __init__(self, field: tuple[str, ...] = ()) -> None:
        super().__init__("Somebody must remain who can administer users and roles.", field)


class Refusals(DomainError):
    """Several refusals of one mutation, reported together so that a form can mark every field at once."""

    def __init__(self, errors: list[DomainError]) -> None:
        super().__init__("; ".join(error.message for error in errors))
        self.errors = errors


class DisclosingRefusals(Refusals):
    """Refusals that tell of records which whoever is refused may not see.

    What was told is kept, though the deed is undone: `afterwards` writes it, in a deed of its own.
    """

    def __init__(self, errors: list[DomainError], afterwards: Callable[[Any], Awaitable[None]]) -> None:
        super().__init__(errors)
        self.afterwards = afterwards
