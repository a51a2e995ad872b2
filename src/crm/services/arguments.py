"""Arguments that are called otherwise than the column they are for: refusals name the argument."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from tortoise.models import Model

from crm.core.errors import DomainError, Required
from crm.services.values import checked


@contextmanager
def told_at(*path: str) -> Iterator[None]:
    """Whatever is refused inside is told at this argument."""
    try:
        yield
    except DomainError as error:
        for each in (error, *getattr(error, "errors", ())):
            each.field = path
        raise


def reason_for(model: type[Model], column: str, reason: str, *, argument: str = "reason") -> str:
    """The argument `reason`, or another text that has to be given, as its column takes it; a blank one is none."""
    with told_at(argument):
        text: str | None = checked(model, {column: reason})[column]
        if text is None:
            raise Required(f"A {argument} is needed here.")
    return text
