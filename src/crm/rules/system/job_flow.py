"""The life of a background job (后台任务)."""

from __future__ import annotations

from enum import StrEnum

from crm.core.flow import Flow


class JobState(StrEnum):
    """Where a job stands (任务状态): waiting (等待), running (运行中), done (完成), failed (失败), cancelled (取消)."""

    WAITING = "WAITING"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"


class JobVerb(StrEnum):
    """What people can do to a job: retry (重试), cancel (取消)."""

    RETRY = "RETRY"
    CANCEL = "CANCEL"


JOB_FLOW = Flow(
    "Job",
    JobState,
    JobVerb,
    {
        (JobState.FAILED, JobVerb.RETRY): JobState.WAITING,
        (JobState.WAITING, JobVerb.CANCEL): JobState.CANCELLED,
        (JobState.RUNNING, JobVerb.CANCEL): JobState.RUNNING,
    },
)
"""What the worker does is no verb of people. A running job is asked to stop, and runs until it has: it may be done first."""
