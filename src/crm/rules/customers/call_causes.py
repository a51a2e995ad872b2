"""Why a call came to nothing (未接原因), where several of its lines tell of it in words of their own."""

from __future__ import annotations

from collections.abc import Iterable

from crm.rules.customers.call_states import OF_LEGS, verdict_of


def telling_cause(causes: Iterable[str]) -> str | None:
    """Of the reasons why lines of a call ended, the one that says what became of it; the last where none says anything.

    Whoever gave up did so, whatever the telephones said; and a call that rang out at one of them was missed, though another was
    busy.
    """
    given = [cause for cause in causes if cause.strip()]
    ranked = [cause for state in OF_LEGS for cause in given if verdict_of(cause) is state]
    return ranked[0] if ranked else (given[-1] if given else None)
