"""Background jobs."""

from __future__ import annotations

from datetime import datetime

import strawberry

from crm.graph.fields import column, computed, related
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.graph.rows import Row
from crm.rules.system.job_flow import JOB_FLOW, JobState, JobVerb
from crm.schema.system.record import Node

strawberry.enum(JobState, description="Where a background job stands (任务状态).")
strawberry.enum(JobVerb, description="What can be done to a background job (任务操作).")


@noun(
    "job",
    entity="job",
    order="-created_at",
    description="Something that is done in the background (后台任务). One sees one's own; all of them with `job.read`.",
)
class Job(Node):
    """后台任务."""

    name: str = column("What is done, such as `jobs.purge` (任务名称).")
    state: JobState = column("Where it stands (状态). FAILED: after the last attempt; it stays until it is retried or purged.")
    attempts: int = column("How often it was begun, since it was enqueued or retried by hand (尝试次数).")
    most_attempts: int = column("After so many it has failed (最多尝试次数).")
    created_at: datetime = column("When it was enqueued (创建时间).", sort=True)
    due_at: datetime | None = column("When it is begun at the earliest, for the first time or again (计划时间).")
    started_at: datetime | None = column("When it was last begun (开始时间).")
    finished_at: datetime | None = column("When it was done, had failed or was cancelled (结束时间).")
    reason: str | None = column("Why the last attempt failed, in one line without anybody's data (失败原因).", filterable=False)
    cancelling: bool = column("Whether it runs and was asked to stop (正在取消).")
    phase: str | None = column("What it is at (阶段).", filterable=False)
    steps_done: int | None = column("How far it has come (已完成).", filterable=False)
    steps_total: int | None = column("Of how much (总量); null where that is not known.", filterable=False)
    starter = related("system.User", "starter_id", "Who started it; null for the system itself (发起人).", card=True)

    @computed("What can be done with it next; rights come on top.", needs=("state",))
    def actions(root: Row) -> list[JobVerb]:
        """The verbs that the flow table allows from here."""
        return list(JOB_FLOW.verbs(JobState(root.record["state"])))


JobFilter = filter_of(Job)
JobOrder = order_of(Job)
JobPayload = payload_of(Job)
