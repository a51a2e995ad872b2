"""What can be asked of the contact plan (联系计划). Its lists are those of customers, by the filter that each figure names."""

from __future__ import annotations

import strawberry

from crm.access.select import Tally
from crm.core.errors import FieldForbidden
from crm.graph import reads
from crm.graph.context import Operation
from crm.graph.lists import condition_for
from crm.graph.nouns import hidden_fields, noun_named
from crm.resolvers.verbs import query
from crm.schema.customers.contact_plan import COUNTED, ContactPlanCount, ContactPlanGrouping, counted
from crm.schema.customers.customer import CustomerFilter

MOST_GROUPS = 1000
_COLUMNS = {
    ContactPlanGrouping.OWNER: ("owner", "owner_id"),
    ContactPlanGrouping.DEPARTMENT: ("department", "department_id"),
    ContactPlanGrouping.ALL: (None, None),
}


@strawberry.type
class ContactPlanQuery:
    """Counting the contact plan."""

    @query(
        "customer.read",
        "The contact plan (联系计划): how many of the customers that the viewer sees are overdue, due and contacted, by owner, by"
        " department or all together; at most 1,000 groups, those with nothing to count left out.",
    )
    async def contact_plan(
        operation: Operation,
        group_by: ContactPlanGrouping = ContactPlanGrouping.OWNER,
        filter: CustomerFilter | None = None,  # type: ignore[valid-type]  # made at run time
    ) -> list[ContactPlanCount] | None:
        """One statement, whatever there is."""
        entry, rights = noun_named("Customer"), operation.rights
        field, column = _COLUMNS[group_by]
        if field in hidden_fields(entry, rights):
            raise FieldForbidden(entry.key(field))
        figures = counted(entry, rights)
        wanted = await condition_for(operation, entry, filter)
        key = "NULL::uuid" if column is None else f"{{row}}.{column}"
        tally = Tally({"key": key}, {"rows": "count(*)"}, figures, most=MOST_GROUPS)
        rows = await reads.tallied(operation, entry, wanted, tally, "rows")
        return [
            ContactPlanCount(
                owner_id=row["key"] if field == "owner" else None,
                department_id=row["key"] if field == "department" else None,
                **{name: row[name] for name in COUNTED},
            )
            for row in rows[:MOST_GROUPS]
        ]
