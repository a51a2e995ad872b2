"""What is thrown away by itself of messages: what providers reported, once nobody reports it again."""

from __future__ import annotations

from datetime import timedelta

from crm.services.jobs import Nothing, Task
from crm.services.system.housekeeping import AGAIN, DAY, emptied
from crm.services.system.job_runs import JobRun

REPORTS_KEPT = timedelta(days=60)
"""Providers repeat a report for days, not weeks; one that comes again after this is taken for new, and moves nothing back."""

_REPORTS = """
DELETE FROM sms_report WHERE id IN (SELECT id FROM sms_report WHERE received_at < $1 ORDER BY received_at LIMIT $2) RETURNING id
"""


async def purge_reports(run: JobRun, _: Nothing) -> None:
    """Also those of messages that nobody knows: whoever sent these is not us."""
    await emptied(run, _REPORTS, REPORTS_KEPT)


PURGE_REPORTS = Task("messages.purge_reports", purge_reports, Nothing, retries=AGAIN, every=DAY, offset=timedelta(hours=20))
