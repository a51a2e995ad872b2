"""Pipelines."""

from __future__ import annotations

import strawberry

from crm.graph.fields import column, owned_list
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.graph.orders import order_of
from crm.graph.payloads import payload_of
from crm.schema.customers.stage import StageInput
from crm.schema.system.record import Record


@noun(
    "pipeline",
    entity="pipeline",
    order="position",
    description="An ordered set of stages that opportunities go through (销售管道).",
)
class Pipeline(Record):
    """销售管道."""

    name: str = column("Its name (管道名称), unique without regard to letter case.", sort="name_key")
    active: bool = column("Whether new opportunities can enter it.")
    position: int = column("Its place among the pipelines; the first active one is the default.", sort=True)
    stages = owned_list("customers.Stage", "pipeline_id", "Its stages in order, those no longer offered last (阶段).")


PipelineFilter = filter_of(Pipeline)
PipelineOrder = order_of(Pipeline)
PipelinePayload = payload_of(Pipeline)


@strawberry.input(description="What creation and update of a pipeline have in common.")
class PipelineValues:
    """Everything but name and stages."""

    active: strawberry.Maybe[bool] = strawberry.field(description="Whether new opportunities can enter it.")
    position: strawberry.Maybe[int] = strawberry.field(description="Its place among the pipelines; a new one stands last.")


@strawberry.input(description="The values of a pipeline. Absent fields stay as they are.")
class PipelineUpdateInput(PipelineValues):
    """What an update takes."""

    name: strawberry.Maybe[str] = strawberry.field(description="Its name (管道名称).")
    stages: strawberry.Maybe[list[StageInput]] = strawberry.field(
        description="All its stages in order, 1 to 20. One that is left out is retired if opportunities were in it, else removed."
    )


@strawberry.input(description="A new pipeline.")
class PipelineCreateInput(PipelineValues):
    """Name and stages must be given."""

    name: str = strawberry.field(description="Its name (管道名称).")
    stages: list[StageInput] = strawberry.field(description="Its stages in order, 1 to 20 (阶段).")
