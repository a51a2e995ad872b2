"""How after-sales maintenance (后期维护) is planned, begun and done."""

from __future__ import annotations

from enum import StrEnum

from crm.core.flow import Flow


class MaintenanceStatus(StrEnum):
    """Where a maintenance stands (维护状态): planned (待维护), in progress (维护中), done (已完成), cancelled (已取消)."""

    PLANNED = "PLANNED"
    IN_PROGRESS = "IN_PROGRESS"
    DONE = "DONE"
    CANCELLED = "CANCELLED"


class MaintenanceVerb(StrEnum):
    """What can be done to a maintenance: start (开始), complete (完成), cancel (取消), reopen (重新打开)."""

    START = "START"
    COMPLETE = "COMPLETE"
    CANCEL = "CANCEL"
    REOPEN = "REOPEN"


MAINTENANCE_FLOW = Flow(
    "Maintenance",
    MaintenanceStatus,
    MaintenanceVerb,
    {
        (MaintenanceStatus.PLANNED, MaintenanceVerb.START): MaintenanceStatus.IN_PROGRESS,
        (MaintenanceStatus.PLANNED, MaintenanceVerb.COMPLETE): MaintenanceStatus.DONE,
        (MaintenanceStatus.PLANNED, MaintenanceVerb.CANCEL): MaintenanceStatus.CANCELLED,
        (MaintenanceStatus.IN_PROGRESS, MaintenanceVerb.COMPLETE): MaintenanceStatus.DONE,
        (MaintenanceStatus.IN_PROGRESS, MaintenanceVerb.CANCEL): MaintenanceStatus.CANCELLED,
        (MaintenanceStatus.DONE, MaintenanceVerb.REOPEN): MaintenanceStatus.IN_PROGRESS,
        (MaintenanceStatus.CANCELLED, MaintenanceVerb.REOPEN): MaintenanceStatus.PLANNED,
    },
)
