"""What can be asked of and done with pipelines (销售管道) and their stages."""

from __future__ import annotations

from uuid import UUID

import strawberry

from crm.access.grants import SIGNED_IN
from crm.resolvers.verbs import command, listing, plain_input, single
from crm.schema.customers.pipeline import PipelineCreateInput, PipelinePayload, PipelineUpdateInput
from crm.services.customers import pipelines
from crm.services.deeds import Deed


@strawberry.type
class PipelineQuery:
    """Reading pipelines: everybody who moves an opportunity needs to know where to."""

    pipeline = single("customers.Pipeline", SIGNED_IN, "One pipeline (销售管道).")
    pipelines = listing("customers.Pipeline", SIGNED_IN, "The pipelines (销售管道).", search=True)


@strawberry.type
class PipelineMutation:
    """Writing pipelines."""

    @command("pipeline.create", PipelinePayload, "A new pipeline with its stages (新建销售管道).")
    async def pipeline_create(deed: Deed, input: PipelineCreateInput) -> UUID:
        """1 to 20 stages."""
        return await pipelines.create(deed, plain_input(input))

    @command(
        "pipeline.update", PipelinePayload, "New values of a pipeline (修改销售管道); stages that are given are all it offers."
    )
    async def pipeline_update(deed: Deed, id: strawberry.ID, version: int, input: PipelineUpdateInput) -> UUID:
        """An old version answers CONFLICT with the current one."""
        return await pipelines.update(deed, id, version, plain_input(input))

    @command("pipeline.delete", PipelinePayload, "Move a pipeline to the recycle bin that no opportunity uses (删除销售管道).")
    async def pipeline_delete(deed: Deed, id: strawberry.ID) -> UUID:
        """One that is used can be deactivated instead."""
        return await pipelines.delete(deed, id)

    @command("pipeline.delete", PipelinePayload, "Take a pipeline out of the recycle bin (恢复销售管道).")
    async def pipeline_restore(deed: Deed, id: strawberry.ID) -> UUID:
        """Refused where its name was given to another meanwhile."""
        return await pipelines.restore(deed, id)
