"""The board of a pipeline: its stages as columns, with counts, sums and the first cards of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry
from strawberry.types import Info

from crm.access.conditions import Compare, Condition, Every, Operator
from crm.core.errors import BadUserInput, FieldForbidden, RecordNotFound
from crm.core.ids import parse_id
from crm.core.kinds import Kind
from crm.core.paging import Page
from crm.graph import reads
from crm.graph.context import Operation
from crm.graph.fields import OWNED_PAGE
from crm.graph.lists import condition_for
from crm.graph.nouns import hidden_fields, noun_named, part
from crm.graph.rows import Row
from crm.schema.customers.enums import OpportunityStatus

if TYPE_CHECKING:
    from crm.schema.customers.opportunity import Opportunity
    from crm.schema.customers.stage import Stage

StageType = Annotated["Stage", strawberry.lazy("crm.schema.customers.stage")]
OpportunityType = Annotated["Opportunity", strawberry.lazy("crm.schema.customers.opportunity")]
MOST_CARDS = 50
BY, SUMMED = ("stage_id", "currency"), ("amount", "weighted_amount")


@part(of="Opportunity", description="What the opportunities in one currency come to (金额合计).")
class AmountSum:
    """Amounts in different currencies are not added up: nobody has said at what rate."""

    figures: strawberry.Private[Mapping[str, Any]]

    @strawberry.field(description="ISO 4217, such as CNY (币种).")
    def currency(self) -> str:
        """Of every amount in the sum."""
        return str(self.figures["currency"])

    @strawberry.field(description="How many opportunities there are in it (机会数).")
    def count(self) -> int:
        """Of those that the viewer may see."""
        return int(self.figures["total"])

    @strawberry.field(description="The sum of their amounts (金额).")
    def amount(self, info: Info) -> Decimal | None:
        """Hidden where amounts are."""
        return self._shown(info, "amount")

    @strawberry.field(description="The sum of their weighted amounts (加权金额).")
    def weighted_amount(self, info: Info) -> Decimal | None:
        """Hidden where amounts or probabilities are."""
        return self._shown(info, "weighted_amount")

    def _shown(self, info: Info, name: str) -> Decimal:
        refuse_hidden(info.context, name)
        found: Decimal = self.figures[name]
        return found


@part(of="Opportunity", description="A column of the board: a stage and what is in it (看板列).")
class OpportunityBoardColumn:
    """看板列."""

    row: strawberry.Private[Row]
    figures: strawberry.Private[Sequence[Mapping[str, Any]]]
    condition: strawberry.Private[Condition]

    @strawberry.field(description="The stage (阶段).")
    def stage(self) -> StageType:
        """With its name and probability."""
        return self.row  # type: ignore[return-value]

    @strawberry.field(description="How many opportunities are in it, of those that the viewer may see (机会数).")
    def count(self) -> int:
        """In all currencies."""
        return sum(int(each["total"]) for each in self.figures)

    @strawberry.field(description="What they come to, currency by currency (金额合计).")
    def sums(self) -> list[AmountSum]:
        """None where there is nothing in it."""
        return [AmountSum(figures=each) for each in sorted(self.figures, key=lambda each: str(each["currency"]))]

    @strawberry.field(description="The first of them, last changed first (卡片).")
    async def cards(
        self,
        info: Info,
        first: Annotated[int, strawberry.argument(description=f"How many, 1 to {MOST_CARDS}.")] = 10,
    ) -> list[OpportunityType] | None:
        """One statement for all columns."""
        if not 1 <= first <= MOST_CARDS:
            raise BadUserInput(f"`first` is 1 to {MOST_CARDS}.")
        entry = noun_named("Opportunity")
        page = Page(size=first, backwards=False, after=None, before=None)
        found = await reads.children(info.context, entry, "stage_id", self.row.id, self.condition, entry.order, page)
        return found[:first]  # type: ignore[return-value]


def refuse_hidden(operation: Operation, *names: str) -> None:
    """What a role hides of opportunities is not told by counting and summing them."""
    entry = noun_named("Opportunity")
    for name in names:
        if name in hidden_fields(entry, operation.rights):
            raise FieldForbidden(entry.key(name))


async def board_of(
    operation: Operation, pipeline_id: str, wanted: Any, statuses: Sequence[OpportunityStatus]
) -> list[OpportunityBoardColumn]:
    """The columns of a pipeline in their order: one statement for all counts and sums, however many stages there are."""
    refuse_hidden(operation, "stage", "pipeline")
    pipeline = await _pipeline(operation, pipeline_id)
    entry, stage = noun_named("Opportunity"), noun_named("Stage")
    condition = _condition(pipeline.id, await condition_for(operation, entry, wanted), statuses)
    found: dict[UUID, list[Mapping[str, Any]]] = {}
    for row in await reads.sums(operation, entry, condition, BY, SUMMED):
        found.setdefault(row["stage_id"], []).append(row)
    stages = await reads.children(operation, stage, "pipeline_id", pipeline.id, None, stage.order, OWNED_PAGE)
    return [
        OpportunityBoardColumn(row=each, figures=found.get(each.id, ()), condition=condition)
        for each in stages
        if each.record["active"] or each.id in found
    ]


async def _pipeline(operation: Operation, pipeline_id: str) -> Row:
    key = parse_id(pipeline_id, Kind.PIPELINE)
    found = None if key is None else await reads.one(operation, noun_named("Pipeline"), key)
    if found is None:
        raise RecordNotFound
    return found


def _condition(pipeline_id: UUID, wanted: Condition | None, statuses: Sequence[OpportunityStatus]) -> Condition:
    parts: list[Condition] = [
        Compare("pipeline_id", Operator.EQ, pipeline_id),
        Compare("status", Operator.IN, [each.value for each in statuses]),
    ]
    if wanted is not None:
        parts.append(wanted)
    return Every(tuple(parts))
