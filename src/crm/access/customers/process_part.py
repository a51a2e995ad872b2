"""What the records of the sales process share is part of its record, with no right of its own. Competitors are for all staff."""

from crm.access.branches import CRUD, Staff, Via, visible
from crm.core.kinds import Kind
from crm.rules.customers.sales_processes import PROCESSES

_PARENTS = tuple(Via(each.column, each.table) for each in PROCESSES)

stakeholder = visible("stakeholder", *_PARENTS, kind=Kind.STAKEHOLDER, recycled=False)
team_member = visible("team_member", *_PARENTS, kind=Kind.TEAM_MEMBER, recycled=False)
process_task = visible("process_task", *_PARENTS, kind=Kind.PROCESS_TASK, recycled=False, listed=True)
competition = visible("competition", *_PARENTS, kind=Kind.COMPETITION, recycled=False)
competitor = visible("competitor", Staff(), kind=Kind.COMPETITOR, gated=False, actions=CRUD)
