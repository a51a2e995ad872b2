"""Stages of pipelines."""

from __future__ import annotations

import strawberry

from crm.graph.fields import column
from crm.graph.filters import filter_of
from crm.graph.nouns import noun
from crm.schema.system.record import Node


@noun("stage", order="position", part_of="Pipeline", description="A step of a pipeline (阶段).")
class Stage(Node):
    """阶段."""

    name: str = column("Its name (阶段名称).")
    probability: int = column("How likely a sale is from here, in whole per cent (赢率).")
    position: int = column("Its place; those no longer offered come last.", sort=True)
    active: bool = column("Whether it is still offered; a stage that a history names is retired, never removed.")


StageFilter = filter_of(Stage)


@strawberry.input(description="A stage of a pipeline.")
class StageInput:
    """阶段."""

    id: strawberry.ID | None = strawberry.field(description="The stage it is already; without it, a new one.", default=None)
    name: str = strawberry.field(description="Its name (阶段名称).")
    probability: int = strawberry.field(description="How likely a sale is from here, 0 to 100 per cent (赢率).")
