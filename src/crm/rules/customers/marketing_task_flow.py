"""Marketing tasks (营销任务): from a draft to channels, and how far each of these is."""

from __future__ import annotations

from enum import StrEnum

from crm.core.flow import Flow


class MarketingTaskStatus(StrEnum):
    """Where a marketing task stands (营销任务状态): 草稿, 已下发, 已完成, 已取消."""

    DRAFT = "DRAFT"
    DISPATCHED = "DISPATCHED"
    COMPLETED = "COMPLETED"
    CANCELLED = "CANCELLED"


class MarketingTaskVerb(StrEnum):
    """What can be done to a marketing task: 下发, 完成, 取消."""

    DISPATCH = "DISPATCH"
    COMPLETE = "COMPLETE"
    CANCEL = "CANCEL"


class ChannelTaskState(StrEnum):
    """How far a channel is with it (渠道任务状态): 未开始, 进行中, 已完成."""

    TODO = "TODO"
    DOING = "DOING"
    DONE = "DONE"


MARKETING_TASK_FLOW = Flow(
    "Marketing task",
    MarketingTaskStatus,
    MarketingTaskVerb,
    {
        (MarketingTaskStatus.DRAFT, MarketingTaskVerb.DISPATCH): MarketingTaskStatus.DISPATCHED,
        (MarketingTaskStatus.DRAFT, MarketingTaskVerb.CANCEL): MarketingTaskStatus.CANCELLED,
        (MarketingTaskStatus.DISPATCHED, MarketingTaskVerb.DISPATCH): MarketingTaskStatus.DISPATCHED,
        (MarketingTaskStatus.DISPATCHED, MarketingTaskVerb.COMPLETE): MarketingTaskStatus.COMPLETED,
        (MarketingTaskStatus.DISPATCHED, MarketingTaskVerb.CANCEL): MarketingTaskStatus.CANCELLED,
    },
)
"""Dispatched again, it goes to the channels that do not have it yet."""

ENDED = frozenset({MarketingTaskStatus.COMPLETED, MarketingTaskStatus.CANCELLED})


def state_at(percent: int) -> ChannelTaskState:
    """The state that a figure means: who says both cannot contradict themselves."""
    if percent == 0:
        return ChannelTaskState.TODO
    return ChannelTaskState.DONE if percent == 100 else ChannelTaskState.DOING
