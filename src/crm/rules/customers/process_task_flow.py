"""How a task (任务) of a record of the sales process goes from being written down to being done."""

from __future__ import annotations

from enum import StrEnum

from crm.core.flow import Flow


class ProcessTaskStatus(StrEnum):
    """Where a task stands (任务状态): to do (待办), being done (进行中), done (已完成), cancelled (已取消)."""

    TODO = "TODO"
    DOING = "DOING"
    DONE = "DONE"
    CANCELLED = "CANCELLED"


class ProcessTaskVerb(StrEnum):
    """What can be done to a task: start (开始), complete (完成), cancel (取消), reopen (重新打开)."""

    START = "START"
    COMPLETE = "COMPLETE"
    CANCEL = "CANCEL"
    REOPEN = "REOPEN"


TODO, DOING, DONE, CANCELLED = ProcessTaskStatus
START, COMPLETE, CANCEL, REOPEN = ProcessTaskVerb

PROCESS_TASK_FLOW = Flow(
    "Task",
    ProcessTaskStatus,
    ProcessTaskVerb,
    {
        (TODO, START): DOING,
        (TODO, COMPLETE): DONE,
        (TODO, CANCEL): CANCELLED,
        (DOING, COMPLETE): DONE,
        (DOING, CANCEL): CANCELLED,
        (DOING, REOPEN): TODO,
        (DONE, REOPEN): TODO,
        (CANCELLED, REOPEN): TODO,
    },
)
"""A small task is done without ever having been started, and what was started can be put back."""

OPEN_STATES = frozenset({TODO, DOING})
"""The states in which there is still something to do."""
