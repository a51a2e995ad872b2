"""Opportunities: their own owner and shares, and wherever their party is visible. Pipelines are for everybody.

A snapshot of forecasts sums up the opportunities of one owner: whoever sees those by owner or scope sees it. It hangs on no
record, so no share and no party leads there, and it has no kind: nothing can be put on it or asked of it by id.
"""

from crm.access.branches import CRUD, OWNED_ACTIONS, Owned, Shared, SignedIn, Via, visible
from crm.access.searched import Written, searched
from crm.core.kinds import Kind
from crm.core.search_tokens import Place

pipeline = visible("pipeline", SignedIn(), kind=Kind.PIPELINE, gated=False, actions=CRUD)
stage = visible("stage", Via("pipeline_id", "pipeline"), kind=Kind.STAGE, recycled=False)
opportunity = visible("opportunity", Owned(), Shared(), Via("party_id", "party"), kind=Kind.OPPORTUNITY, actions=OWNED_ACTIONS)
stage_change = visible("stage_change", Via("opportunity_id", "opportunity"), kind=Kind.STAGE_CHANGE, recycled=False)
forecast_snapshot = visible("forecast_snapshot", Owned(), entities={"": "opportunity"}, actions=OWNED_ACTIONS, recycled=False)

searched("opportunity", Written("title", Place.NAME), Written("note", Place.TEXT), state="status")
