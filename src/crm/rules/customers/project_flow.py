"""How a project (项目) is planned, carried out, put aside and brought to its end."""

from __future__ import annotations

from enum import StrEnum

from crm.core.flow import Flow


class ProjectStatus(StrEnum):
    """Where a project stands (项目状态)."""

    PLANNING = "PLANNING"  # 筹备
    ACTIVE = "ACTIVE"  # 进行中
    ON_HOLD = "ON_HOLD"  # 暂停
    COMPLETED = "COMPLETED"  # 已完成
    CANCELLED = "CANCELLED"  # 已取消


class ProjectVerb(StrEnum):
    """What can be done to a project."""

    START = "START"  # 启动
    HOLD = "HOLD"  # 暂停
    RESUME = "RESUME"  # 恢复
    COMPLETE = "COMPLETE"  # 完成
    CANCEL = "CANCEL"  # 取消
    REOPEN = "REOPEN"  # 重新打开


PROJECT_FLOW = Flow(
    "Project",
    ProjectStatus,
    ProjectVerb,
    {
        (ProjectStatus.PLANNING, ProjectVerb.START): ProjectStatus.ACTIVE,
        (ProjectStatus.PLANNING, ProjectVerb.CANCEL): ProjectStatus.CANCELLED,
        (ProjectStatus.ACTIVE, ProjectVerb.HOLD): ProjectStatus.ON_HOLD,
        (ProjectStatus.ACTIVE, ProjectVerb.COMPLETE): ProjectStatus.COMPLETED,
        (ProjectStatus.ACTIVE, ProjectVerb.CANCEL): ProjectStatus.CANCELLED,
        (ProjectStatus.ON_HOLD, ProjectVerb.RESUME): ProjectStatus.ACTIVE,
        (ProjectStatus.ON_HOLD, ProjectVerb.CANCEL): ProjectStatus.CANCELLED,
        (ProjectStatus.COMPLETED, ProjectVerb.REOPEN): ProjectStatus.ACTIVE,
        (ProjectStatus.CANCELLED, ProjectVerb.REOPEN): ProjectStatus.PLANNING,
    },
)
"""What is on hold is completed only by somebody who has taken it up again; what was cancelled is planned anew."""
