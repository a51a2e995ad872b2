"""Marketing tasks: their authors, and the channels they were dispatched to; each channel sees its own part alone."""

from crm.access.branches import OWNED_ACTIONS, Owned, Partner, Shared, Via, visible
from crm.access.searched import Written, searched
from crm.core.kinds import Kind
from crm.core.search_tokens import Place

marketing_task = visible(
    "marketing_task",
    Owned(),
    Shared(),
    Partner("channel_id", table="channel_task", beside="marketing_task_id"),
    kind=Kind.MARKETING_TASK,
    actions=OWNED_ACTIONS,
)
channel_task = visible(
    "channel_task",
    Partner("channel_id"),
    Via("marketing_task_id", "marketing_task", staff=True),
    kind=Kind.CHANNEL_TASK,
    recycled=False,
)

searched("marketing_task", Written("title", Place.NAME), Written("description", Place.TEXT), state="status", party=False)
