"""Background jobs of the fixture company: of several people and of nobody, in every state."""

from __future__ import annotations

from datetime import timedelta

from tests.factories.company_rows import FUTURE, Company, bits, instant, key, user_id

from crm.core.kinds import Kind

STARTERS = (None, "agent", "manager", "partner", "norole", "hider", "mixed", "outsider", "chief")
STATES = {"WAITING": "todo", "RUNNING": "doing", "DONE": "succeeded", "FAILED": "failed", "CANCELLED": "cancelled"}
"""Ours, and what the queue calls them."""


def jobs(company: Company) -> None:
    for starter in STARTERS:
        for state in STATES:
            _job(company, f"{state} of {starter or 'nobody'}", starter, state)


def _job(company: Company, name: str, starter: str | None, state: str) -> None:
    """Numbers of the queue are counted from one, as the queue itself counts them."""
    number, made = len(company.of("job")) + 1, instant(f"job {name}")
    begun, over = state != "WAITING", state in ("DONE", "FAILED", "CANCELLED")
    company.add(
        "job", id=key(Kind.JOB, name), queue_id=number, name=f"test.{bits(name) % 3}", state=state,
        attempts=bits(name) % 3 + begun, most_attempts=5, starter_id=None if starter is None else user_id(starter),
        created_at=made, due_at=made if begun else FUTURE, started_at=made + timedelta(seconds=1) if begun else None,
        finished_at=made + timedelta(minutes=1) if over else None, reason=f"why {name} failed" if state == "FAILED" else None,
        cancelling=state == "RUNNING" and number % 2 == 0, phase=f"phase of {name}" if begun else None,
        steps_done=number if begun else None, steps_total=100 if begun and number % 3 else None,
    )  # fmt: skip
    company.add(
        "procrastinate_jobs", id=number, queue_name="default", task_name=f"test.{bits(name) % 3}", status=STATES[state],
        scheduled_at=FUTURE,
    )  # fmt: skip
